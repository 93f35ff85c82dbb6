//! Calls of methods by name, without a bound method in between where the type has a function of that name.
use crate::call::{MethodArguments, vectorcall};
use crate::object::generic::{self, Method};
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;

/// Calls a method of an object (call.c `PyObject_VectorcallMethod`).
///
/// # Errors
/// What looking it up and calling it raise.
#[inline(always)]
pub fn call(
    tstate: ThreadState,
    name: Borrowed<'_>,
    arguments: MethodArguments<'_>,
) -> Result<Owned, Raised> {
    let (callable, arguments) = match generic::method(arguments.object(), name)? {
        Method::Unbound(function) => (function, arguments.with_object()),
        Method::Attribute(callable) => (callable, arguments.without_object()),
    };
    vectorcall::call(tstate, callable.borrow(), arguments)
}
