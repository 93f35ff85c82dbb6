//! `Include/internal/pycore_call.h`: calls as the evaluator and the types make them.
use crate::call::arguments::{Keywords, slice};
use crate::call::result::{self, Callee};
use crate::call::{tp_call, unpacked, vectorcall};
use crate::ffi::{self, PyDictObject, PyObject, PyTupleObject};
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::{CStr, c_char};
use core::ptr::NonNull;
use pyroxene_macros::capi;

/// Holds a callee to its word. Either the callable or, without one, the name of a function is given.
#[capi]
pub unsafe fn _Py_CheckFunctionResult(
    tstate: ThreadState,
    callable: Option<Borrowed<'_>>,
    result: Option<Owned>,
    where_: *const c_char,
) -> Result<Owned, Raised> {
    result::check(tstate, result, || match callable {
        Some(object) => Callee::Object(object),
        // SAFETY: without a callable, the caller gives a C string.
        None => Callee::Function(unsafe { CStr::from_ptr(where_) }),
    })
}

/// Calls through `tp_call`. The keywords are a dict, or a tuple of names whose values follow the positional arguments.
#[capi]
pub unsafe fn _PyObject_MakeTpCall(
    tstate: ThreadState,
    callable: Borrowed<'_>,
    args: *const *mut PyObject,
    nargs: ffi::Py_ssize_t,
    keywords: Option<Borrowed<'_>>,
) -> Result<Owned, Raised> {
    // SAFETY: the caller's array is as long as it says.
    let (positional, keywords) = unsafe {
        (
            slice(args, nargs),
            Keywords::from_c(keywords, args.wrapping_offset(nargs)),
        )
    };
    tp_call::call(tstate, callable, positional, keywords)
}

/// `callable(*args, **kwargs)`.
#[capi]
pub unsafe fn _PyObject_Call(
    tstate: ThreadState,
    callable: Borrowed<'_>,
    args: Borrowed<'_, PyTupleObject>,
    kwargs: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    vectorcall::call_with_tuple(tstate, callable, args, kwargs)
}

/// `callable(obj, *args, **kwargs)`.
#[capi]
pub unsafe fn _PyObject_Call_Prepend(
    tstate: ThreadState,
    callable: Borrowed<'_>,
    obj: Borrowed<'_>,
    args: Borrowed<'_, PyTupleObject>,
    kwargs: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    vectorcall::call_prepended(tstate, callable, obj, args, kwargs)
}

/// Positional arguments and those of a dict in one new array, with a tuple of names through the pointer; NULL with an
/// exception when that failed.
#[capi]
pub unsafe fn _PyStack_UnpackDict(
    _tstate: ThreadState,
    args: *const *mut PyObject,
    nargs: ffi::Py_ssize_t,
    kwargs: Borrowed<'_, PyDictObject>,
    p_kwnames: *mut *mut PyObject,
) -> *const *mut PyObject {
    // SAFETY: the caller's array is as long as it says, and the variable is the caller's.
    unsafe {
        match unpacked::unpack_for_c(args, nargs, kwargs) {
            Ok((first, names)) => {
                *p_kwnames = names.into_raw().cast();
                first.as_ptr()
            }
            Err(_) => core::ptr::null(),
        }
    }
}

/// Frees what `_PyStack_UnpackDict` gave, but for the references in the array.
#[capi]
pub unsafe fn _PyStack_UnpackDict_FreeNoDecRef(
    stack: NonNull<*mut PyObject>,
    kwnames: Owned<PyTupleObject>,
) {
    // SAFETY: both are from `_PyStack_UnpackDict`, and the caller is through with them.
    unsafe { unpacked::free_for_c(stack, kwnames) }
}
