//! What pycore_object.h says inline about where instances keep their attributes, under the names of C: memory reads only.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;

/// Where, from the start of an object, its managed dict is (pycore_object.h).
pub const MANAGED_DICT_OFFSET: Py_ssize_t = -3 * size_of::<*mut PyObject>() as Py_ssize_t;

/// The managed dict of an object, borrowed, or NULL when it has none yet (pycore_object.h `_PyObject_GetManagedDict`).
///
/// # Safety
/// As [`_PyObject_ManagedDictPointer`].
#[inline(always)]
pub unsafe fn _PyObject_GetManagedDict(op: *mut PyObject) -> *mut PyDictObject {
    // SAFETY: as the caller promises, the slot is there.
    unsafe { *_PyObject_ManagedDictPointer(op) }
}

/// The values that an object keeps inside itself (pycore_object.h `_PyObject_InlineValues`).
///
/// # Safety
/// `op` points at an object of a type with `Py_TPFLAGS_INLINE_VALUES`.
#[inline(always)]
pub unsafe fn _PyObject_InlineValues(op: *mut PyObject) -> *mut PyDictValues {
    // SAFETY: such an object is a head and the values behind it.
    unsafe { op.add(1).cast() }
}
