//! Functions of the stable ABI that no header of 3.13 declares any more: extensions built for older versions import them.
use super::abstract_calls::tuple;
use crate::call::{Arguments, vectorcall};
use crate::ffi::{PyDictObject, PyTupleObject};
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use crate::thread::ThreadState;
use pyroxene_macros::capi;

/// `callable(*args, **kwargs)`, under the name that it had for built-in functions.
#[capi]
pub unsafe fn PyCFunction_Call(
    callable: Borrowed<'_>,
    args: Borrowed<'_, PyTupleObject>,
    kwargs: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    vectorcall::call_with_tuple(ThreadState::current(), callable, args, kwargs)
}

/// `callable(*args, **kwargs)`, of which both may be missing.
#[capi]
pub unsafe fn PyEval_CallObjectWithKeywords(
    callable: Borrowed<'_>,
    args: Option<Borrowed<'_>>,
    kwargs: Option<Borrowed<'_>>,
) -> Result<Owned, Raised> {
    let args = args.map(tuple).transpose()?;
    let wrong = || raise(exception::TypeError, c"keyword list must be a dictionary");
    let kwargs: Option<Borrowed<'_, PyDictObject>> = match kwargs {
        Some(kwargs) => Some(kwargs.downcast().ok_or_else(wrong)?),
        None => None,
    };
    let tstate = ThreadState::current();
    match args {
        Some(args) => vectorcall::call_with_tuple(tstate, callable, args, kwargs),
        None => vectorcall::call_with_dict(tstate, callable, Arguments::NONE, kwargs),
    }
}
