//! Indices of slices, for C. Calls `__index__`.
use crate::ffi;
use crate::field;
use crate::object::{Borrowed, Raised, exception, raise};
use crate::thread::ThreadState;
use core::ffi::CStr;
use core::ptr::null_mut;

/// An index of a slice, cut off where it does not fit; nothing for `None` (ceval.c `_PyEval_SliceIndex`).
///
/// # Errors
/// `TypeError` for what has no `__index__`; what that raises.
pub fn optional_index(object: Borrowed<'_>) -> Result<Option<ffi::Py_ssize_t>, Raised> {
    if object.is_none() {
        return Ok(None);
    }
    let message = c"slice indices must be integers or None or have an __index__ method";
    as_index(object, message).map(Some)
}

/// The same where `None` is none either (ceval.c `_PyEval_SliceIndexNotNone`).
///
/// # Errors
/// As [`optional_index`], and `TypeError` for `None`.
pub fn index(object: Borrowed<'_>) -> Result<ffi::Py_ssize_t, Raised> {
    let message = c"slice indices must be integers or have an __index__ method";
    as_index(object, message)
}

#[inline]
fn as_index(object: Borrowed<'_>, message: &CStr) -> Result<ffi::Py_ssize_t, Raised> {
    if !has_index(object) {
        return Err(raise(exception::TypeError, message));
    }
    // SAFETY: a live object; without an exception class, the number is cut off.
    let index = unsafe { ffi::PyNumber_AsSsize_t(object.as_ptr(), null_mut()) };
    if index == -1 && ThreadState::current().has_exception() {
        return Err(Raised::on_c_word());
    }
    Ok(index)
}

/// Whether it has an `__index__` (pycore_abstract.h `_PyIndex_Check`).
#[inline]
fn has_index(object: Borrowed<'_>) -> bool {
    let class = object.type_of();
    let slots = field!(class.tp_as_number);
    // SAFETY: the member is NULL or a table of slots.
    !slots.is_null() && unsafe { (*slots).nb_index.is_some() }
}
