//! What cpython/abstract.h, pycore_call.h and pycore_tuple.h say inline about calls, under the names of C. Reads callables
//! and argument arrays.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;

/// The bit of a number of arguments by which a caller says that the place before the first of them may be written to
/// while the call lasts, if it is restored (PEP 590, abstract.h).
pub const PY_VECTORCALL_ARGUMENTS_OFFSET: usize = 1 << (usize::BITS - 1);

/// A number of arguments without the bit (cpython/abstract.h `_PyVectorcall_NARGS`).
#[inline(always)]
pub const fn _PyVectorcall_NARGS(n: usize) -> Py_ssize_t {
    (n & !PY_VECTORCALL_ARGUMENTS_OFFSET).cast_signed()
}

/// The function by which an object is called with an array of arguments, if it has one (PEP 590, pycore_call.h
/// `_PyVectorcall_FunctionInline`).
///
/// # Safety
/// `callable` points at a live object.
#[inline(always)]
pub unsafe fn _PyVectorcall_FunctionInline(callable: *mut PyObject) -> vectorcallfunc {
    // SAFETY: the caller promises a live object; a type with the feature says where its instances keep the function.
    unsafe {
        let class = Py_TYPE(callable);
        if !_PyType_HasFeature(class, Py_TPFLAGS_HAVE_VECTORCALL) {
            return None;
        }
        debug_assert!((*class).tp_vectorcall_offset > 0);
        _PyVectorcall_FunctionAt(callable, (*class).tp_vectorcall_offset)
    }
}

/// What an object has at the place where its type says that such a function is; C's callers copy it byte by byte, for the
/// place need not be aligned.
///
/// # Safety
/// `callable` points at a live object, and `offset` is its type's `tp_vectorcall_offset`, more than zero.
#[inline(always)]
pub unsafe fn _PyVectorcall_FunctionAt(
    callable: *mut PyObject,
    offset: Py_ssize_t,
) -> vectorcallfunc {
    // SAFETY: as the caller promises; NULL is `None`.
    unsafe {
        callable
            .byte_offset(offset)
            .cast::<vectorcallfunc>()
            .read_unaligned()
    }
}

/// The items of a tuple (pycore_tuple.h `_PyTuple_ITEMS`).
///
/// # Safety
/// `op` points at a live tuple.
#[inline(always)]
pub const unsafe fn _PyTuple_ITEMS(op: *mut PyTupleObject) -> *mut *mut PyObject {
    // SAFETY: the caller promises the tuple; its items go on behind the struct's end.
    unsafe { (&raw mut (*op).ob_item).cast() }
}
