//! `Include/internal/pycore_call.h`: calls as the evaluator and the types make them.
use crate::call::result::{Callee, Outcome};
use crate::call::{Arguments, tp_call, vectorcall};
use crate::ffi::{self, PyDictObject, PyObject, PyTupleObject};
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::{CStr, c_char};
use pyroxene_macros::capi;

/// Holds a callee to its word. Either the callable or, without one, the name of a function is given.
#[capi]
pub unsafe fn _Py_CheckFunctionResult(
    tstate: ThreadState,
    callable: Option<Borrowed<'_>>,
    result: Option<Owned>,
    where_: *const c_char,
) -> Result<Owned, Raised> {
    Outcome::new(result).checked_of(tstate, move || match callable {
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
    let dict = keywords.and_then(Borrowed::downcast);
    let names = keywords.filter(|_| dict.is_none());
    // SAFETY: what is no dict is a tuple; the caller's array is as long as it and the tuple say.
    let arguments = unsafe {
        let names = names.map(|names| Borrowed::from_raw_unchecked(names.as_ptr().cast()));
        Arguments::from_c(args, nargs.cast_unsigned(), names)
    };
    tp_call::call(tstate, callable, arguments, dict)
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
