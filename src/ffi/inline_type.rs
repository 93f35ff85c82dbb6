//! What pycore_typeobject.h says inline about types, under the names of C: memory reads only.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;

/// Whether a type is complete (pycore_typeobject.h `_PyType_IsReady`).
///
/// # Safety
/// `tp` points at a type.
#[inline(always)]
pub unsafe fn _PyType_IsReady(tp: *mut PyTypeObject) -> bool {
    // SAFETY: the caller promises a type.
    unsafe { !_PyType_GetDict(tp).is_null() }
}
