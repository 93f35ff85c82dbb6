//! `Include/abstract.h` and `Include/cpython/abstract.h`: the calls in them. Those that take a variable number of arguments
//! come through [`super::variadic`].
use crate::call::{Arguments, MethodArguments, method, unpacked, vectorcall};
use crate::ffi::{self, PyDictObject, PyObject, PyTupleObject};
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use crate::thread::ThreadState;
use pyroxene_macros::capi;

/// `callable()`.
#[capi]
pub unsafe fn PyObject_CallNoArgs(callable: Borrowed<'_>) -> Result<Owned, Raised> {
    callable.call_in(ThreadState::current(), &[])
}

/// `callable(arg)`.
#[capi]
pub unsafe fn PyObject_CallOneArg(
    callable: Borrowed<'_>,
    arg: Borrowed<'_>,
) -> Result<Owned, Raised> {
    callable.call_in(ThreadState::current(), &[arg])
}

/// `callable(*args, **kwargs)`.
#[capi]
pub unsafe fn PyObject_Call(
    callable: Borrowed<'_>,
    args: Borrowed<'_, PyTupleObject>,
    kwargs: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    vectorcall::call_with_tuple(ThreadState::current(), callable, args, kwargs)
}

/// `callable(*args)`; no tuple is no arguments.
#[capi]
pub unsafe fn PyObject_CallObject(
    callable: Borrowed<'_>,
    args: Option<Borrowed<'_>>,
) -> Result<Owned, Raised> {
    match args {
        None => callable.call(&[]),
        Some(args) => {
            let args = tuple(args)?;
            vectorcall::call_with_tuple(ThreadState::current(), callable, args, None)
        }
    }
}

/// The argument as a tuple, or `TypeError`.
pub(super) fn tuple(args: Borrowed<'_>) -> Result<Borrowed<'_, PyTupleObject>, Raised> {
    let wrong = || raise(exception::TypeError, c"argument list must be a tuple");
    args.downcast().ok_or_else(wrong)
}

/// A call by PEP 590.
#[capi]
pub unsafe fn PyObject_Vectorcall(
    callable: Borrowed<'_>,
    args: *const *mut PyObject,
    nargsf: usize,
    kwnames: Option<Borrowed<'_, PyTupleObject>>,
) -> Result<Owned, Raised> {
    // SAFETY: the caller's array is as long as it says.
    let arguments = unsafe { Arguments::from_c(args, nargsf, kwnames) };
    vectorcall::call(ThreadState::current(), callable, arguments)
}

/// As `PyObject_Vectorcall`, with a dict of the arguments by name.
#[capi]
pub unsafe fn PyObject_VectorcallDict(
    callable: Borrowed<'_>,
    args: *const *mut PyObject,
    nargsf: usize,
    kwargs: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    // SAFETY: the caller's array is as long as it says.
    let arguments = unsafe { Arguments::from_c(args, nargsf, None) };
    vectorcall::call_with_dict(ThreadState::current(), callable, arguments, kwargs)
}

/// Calls a method of the first argument.
#[capi]
pub unsafe fn PyObject_VectorcallMethod(
    name: Borrowed<'_>,
    args: *const *mut PyObject,
    nargsf: usize,
    kwnames: Option<Borrowed<'_, PyTupleObject>>,
) -> Result<Owned, Raised> {
    // SAFETY: the caller's array is as long as it says, and begins with the object.
    let arguments = unsafe { MethodArguments::from_c(args, nargsf, kwnames) };
    method::call(ThreadState::current(), name, arguments)
}

/// What `tp_call` does for a type with vectorcall functions.
#[capi]
pub unsafe fn PyVectorcall_Call(
    callable: Borrowed<'_>,
    tuple: Borrowed<'_, PyTupleObject>,
    dict: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    vectorcall::call_by_place(ThreadState::current(), callable, tuple, dict)
}

/// The vectorcall function of an object, or NULL.
#[capi]
pub unsafe fn PyVectorcall_Function(callable: Borrowed<'_>) -> ffi::vectorcallfunc {
    vectorcall::function_of(callable)
}

/// The number of arguments, without the bit that is no number.
#[capi]
pub unsafe fn PyVectorcall_NARGS(nargsf: usize) -> ffi::Py_ssize_t {
    ffi::_PyVectorcall_NARGS(nargsf)
}

/// A dict of arguments by name.
#[capi]
pub unsafe fn _PyStack_AsDict(
    values: *const *mut PyObject,
    kwnames: Borrowed<'_, PyTupleObject>,
) -> Result<Owned<PyDictObject>, Raised> {
    // SAFETY: the caller has as many values as names.
    let values =
        unsafe { crate::call::arguments::slice(values, crate::field!(kwnames.ob_base.ob_size)) };
    unpacked::to_dict(kwnames, values)
}
