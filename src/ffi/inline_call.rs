//! What cpython/abstract.h, pycore_call.h and pycore_tuple.h say inline about calls, under the names of C. Reads callables
//! and argument arrays, and calls.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;
use core::ptr::null;

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

/// Looks whether a result and the thread's exception fit: exactly one of the two is there. Where they do not, what
/// `_Py_CheckFunctionResult` makes of that; where they do, which is nearly always, no call is made (call.c).
///
/// # Safety
/// `tstate` is the running thread's, `callable` points at a live object, and `result` is NULL or a reference that the
/// caller gives away.
#[inline(always)]
pub unsafe fn _Py_CheckFunctionResultInline(
    tstate: *mut PyThreadState,
    callable: *mut PyObject,
    result: *mut PyObject,
) -> *mut PyObject {
    /// Out of the way, so that the usual path stays short.
    #[cold]
    #[inline(never)]
    unsafe fn unfit(
        tstate: *mut PyThreadState,
        callable: *mut PyObject,
        result: *mut PyObject,
    ) -> *mut PyObject {
        // SAFETY: as the caller promises.
        unsafe { _Py_CheckFunctionResult(tstate, callable, result, null()) }
    }
    // SAFETY: as the caller promises.
    unsafe {
        if result.is_null() == (*tstate).current_exception.is_null() {
            return unfit(tstate, callable, result);
        }
    }
    result
}

/// Calls an object with an array of arguments (PEP 590, pycore_call.h `_PyObject_VectorcallTstate`): a new reference, or
/// NULL with an exception.
///
/// # Safety
/// `tstate` is the running thread's; `callable` points at a live object; `kwnames` is NULL or a tuple of strings; `args`
/// points at as many live objects as `nargsf` and `kwnames` say, which stay alive; where `nargsf` has
/// [`PY_VECTORCALL_ARGUMENTS_OFFSET`], the place before them may be written to.
#[inline(always)]
pub unsafe fn _PyObject_VectorcallTstate(
    tstate: *mut PyThreadState,
    callable: *mut PyObject,
    args: *const *mut PyObject,
    nargsf: usize,
    kwnames: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: as the caller promises; a function of the object is called with the object itself.
    unsafe {
        match _PyVectorcall_FunctionInline(callable) {
            Some(function) => {
                let result = function(callable, args, nargsf, kwnames);
                _Py_CheckFunctionResultInline(tstate, callable, result)
            }
            None => {
                let nargs = _PyVectorcall_NARGS(nargsf);
                _PyObject_MakeTpCall(tstate, callable, args, nargs, kwnames)
            }
        }
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
