//! What the headers say inline about objects of several types: sizes, the start of bytecode, lists, what the collector has to
//! know. Under the names of C; memory reads and writes only, but for a list that grows.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;

/// How many items an object of variable size has (object.h `Py_SIZE`).
///
/// # Safety
/// `op` is alive, and its layout starts with a `PyVarObject`.
#[inline(always)]
pub unsafe fn Py_SIZE(op: *mut PyObject) -> Py_ssize_t {
    // SAFETY: as the caller promises.
    unsafe { (*op.cast::<PyVarObject>()).ob_size }
}

/// The first instruction of a code object (code.h `_PyCode_CODE`).
///
/// # Safety
/// `code` is alive.
#[inline(always)]
pub unsafe fn _PyCode_CODE(code: *mut PyCodeObject) -> *mut _Py_CODEUNIT {
    // SAFETY: the instructions follow the struct.
    unsafe { (&raw mut (*code).co_code_adaptive).cast() }
}

/// Whether the collector may have to know the object (`_PyObject_GC_MAY_BE_TRACKED`).
///
/// # Safety
/// `op` is alive.
#[inline(always)]
pub unsafe fn _PyObject_GC_MAY_BE_TRACKED(op: *mut PyObject) -> bool {
    // SAFETY: as the caller promises; an untracked tuple holds nothing that could be in a cycle.
    unsafe {
        PyObject_IS_GC(op) != 0
            && (Py_TYPE(op) != &raw mut PyTuple_Type || _PyObject_GC_IS_TRACKED(op))
    }
}

/// Appends a value, whose reference the list takes; -1 with an exception when there is no memory
/// (`_PyList_AppendTakeRef`).
///
/// # Safety
/// `list` is a list and the caller owns `item`.
#[inline(always)]
pub unsafe fn _PyList_AppendTakeRef(list: *mut PyListObject, item: *mut PyObject) -> i32 {
    // SAFETY: as the caller promises; below `allocated` there is room.
    unsafe {
        let length = (*list).ob_base.ob_size;
        if (*list).allocated > length {
            *(*list).ob_item.offset(length) = item;
            (*list).ob_base.ob_size = length + 1;
            return 0;
        }
        _PyList_AppendTakeRefListResize(list, item)
    }
}
