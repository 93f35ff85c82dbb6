//! Slices: their indices, for C, and `container[start:stop]`, without a slice object where nobody could tell. Calls what objects have
//! for that.
use crate::ffi;
use crate::field;
use crate::object::{Borrowed, Owned, Raised, check_status, exception, raise};
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

/// `container[start:stop]`.
///
/// # Errors
/// What the container raises.
pub(super) fn get(container: Borrowed<'_>, start: Owned, stop: Owned) -> Result<Owned, Raised> {
    if let Some(part) = part(container, start.borrow(), stop.borrow()) {
        return part;
    }
    let slice = of(start, stop)?;
    // SAFETY: live objects; the result is new, or NULL with an exception.
    unsafe { Owned::from_c(ffi::PyObject_GetItem(container.as_ptr(), slice.as_ptr())) }
}

/// `container[start:stop] = value`.
///
/// # Errors
/// What the container raises.
pub(super) fn set(
    container: Borrowed<'_>,
    start: Owned,
    stop: Owned,
    value: Borrowed<'_>,
) -> Result<(), Raised> {
    // What other objects raise that cannot be iterated, the class says.
    let is_sequence = value.is_exactly(&raw const ffi::PyList_Type)
        || value.is_exactly(&raw const ffi::PyTuple_Type);
    if is_sequence
        && container.is_exactly(&raw const ffi::PyList_Type)
        && let Some((start, stop)) = between(size(container), start.borrow(), stop.borrow())
    {
        // SAFETY: a list, and a live object.
        return unsafe {
            check_status(ffi::PyList_SetSlice(
                container.as_ptr(),
                start,
                stop,
                value.as_ptr(),
            ))
        };
    }
    let slice = of(start, stop)?;
    // SAFETY: live objects.
    unsafe {
        check_status(ffi::PyObject_SetItem(
            container.as_ptr(),
            slice.as_ptr(),
            value.as_ptr(),
        ))
    }
}

/// The slice of two bounds.
fn of(start: Owned, stop: Owned) -> Result<Owned, Raised> {
    // SAFETY: the function takes the references, when it fails too.
    unsafe {
        Owned::from_c(ffi::_PyBuildSlice_ConsumeRefs(
            start.into_raw(),
            stop.into_raw(),
        ))
    }
}

/// A part of a list, a tuple or a string, as their classes give it for a slice of these bounds; nothing for other containers and
/// bounds.
#[inline(always)]
fn part(
    container: Borrowed<'_>,
    start: Borrowed<'_>,
    stop: Borrowed<'_>,
) -> Option<Result<Owned, Raised>> {
    let slice = if container.is_exactly(&raw const ffi::PyList_Type) {
        ffi::PyList_GetSlice
    } else if container.is_exactly(&raw const ffi::PyUnicode_Type) {
        ffi::PyUnicode_Substring
    } else if container.is_exactly(&raw const ffi::PyTuple_Type) {
        ffi::PyTuple_GetSlice
    } else {
        return None;
    };
    let (start, stop) = between(size(container), start, stop)?;
    // SAFETY: of the class whose function it is; the result is new, or NULL with an exception.
    Some(unsafe { Owned::from_c(slice(container.as_ptr(), start, stop)) })
}

/// The size of a list, a tuple or a string, which all have it at the same place.
#[inline(always)]
fn size(container: Borrowed<'_>) -> ffi::Py_ssize_t {
    // SAFETY: an object of more than its head, as all that are asked for are.
    unsafe { ffi::Py_SIZE(container.as_ptr()) }
}

/// The first index between two bounds in something of a size, and the one behind the last, neither before the first; nothing if one of
/// them is neither `None` nor an int of one digit.
#[inline(always)]
fn between(
    size: ffi::Py_ssize_t,
    start: Borrowed<'_>,
    stop: Borrowed<'_>,
) -> Option<(ffi::Py_ssize_t, ffi::Py_ssize_t)> {
    let bound = |bound: Borrowed<'_>, none: ffi::Py_ssize_t| {
        if bound.is_none() {
            return Some(none);
        }
        let index = bound.small_int()?;
        let index = if index < 0 { index + size } else { index };
        Some(index.clamp(0, size))
    };
    let start = bound(start, 0)?;
    Some((start, bound(stop, size)?.max(start)))
}
