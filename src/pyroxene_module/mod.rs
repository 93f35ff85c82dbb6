//! The module `pyroxene`.
use crate::ffi;

/// Stub.
///
/// # Safety
/// Stub.
pub unsafe extern "C" fn init() -> *mut ffi::PyObject {
    core::ptr::null_mut()
}
