//! `Include/internal/pycore_freelist.h`: emptying the free lists of an interpreter.
use crate::ffi::_Py_object_freelists;
use crate::generator::free_list;
use core::ffi::c_int;
use pyroxene_macros::capi;

/// Empties the free lists of asynchronous generators.
#[capi]
pub unsafe fn _PyAsyncGen_ClearFreeLists(
    freelist_state: *mut _Py_object_freelists,
    is_finalization: c_int,
) {
    // SAFETY: the interpreter's own free lists.
    unsafe { free_list::clear(freelist_state, is_finalization != 0) }
}
