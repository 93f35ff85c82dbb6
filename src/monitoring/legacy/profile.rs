//! What the function of `sys.setprofile` is told. Calls it.
use super::call::{Function, running_frame};
use super::handler::{CallbackArguments, Listener, What, handler, no_value, nothing, value};
use super::set::Callback;
use crate::ffi;
use crate::field;
use crate::monitoring::{Answer, Event, EventSet};
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;

/// The callbacks.
pub(super) const CALLBACKS: &[Callback] = &[
    Callback::new(
        handler!(nothing::<Profile>),
        What::Call,
        &[Event::PyStart, Event::PyResume],
    ),
    Callback::new(handler!(nothing::<Profile>), What::Call, &[Event::PyThrow]),
    Callback::new(
        handler!(value::<Profile>),
        What::Return,
        &[Event::PyReturn, Event::PyYield],
    ),
    Callback::new(
        handler!(no_value::<Profile>),
        What::Return,
        &[Event::PyUnwind],
    ),
    Callback::new(handler!(called), What::CCall, &[Event::Call]),
    Callback::new(handler!(called), What::CReturn, &[Event::CReturn]),
    Callback::new(handler!(called), What::CException, &[Event::CRaise]),
];

/// The events that are wanted while some thread has a function.
pub(super) const EVENTS: EventSet = EventSet::of(&[
    Event::PyStart,
    Event::PyResume,
    Event::PyReturn,
    Event::PyYield,
    Event::Call,
    Event::PyUnwind,
    Event::PyThrow,
]);

/// The function of `sys.setprofile` (legacy_tracing.c `call_profile_func`).
enum Profile {}

impl Listener for Profile {
    fn tell(what: What, argument: Option<Borrowed<'_>>) -> Result<Answer, Raised> {
        let thread = ThreadState::current();
        let Some(function) = Function::of_profile(thread) else {
            return Ok(Answer::GoOn);
        };
        let frame = running_frame(thread, c"Missing frame when calling profile function.")?;
        function.call(frame.borrow(), what, argument)?;
        Ok(Answer::GoOn)
    }
}

/// A call, or its end: told of C functions alone (legacy_tracing.c `sys_profile_call_or_return`).
fn called(what: What, arguments: CallbackArguments<'_>) -> Result<Answer, Raised> {
    let callable = arguments.get(2)?;
    if is_c_function(callable) {
        return Profile::tell(what, Some(callable));
    }
    if callable.is_exactly(&raw const ffi::PyMethodDescr_Type) {
        return match bound(callable, arguments.get(3)?)? {
            Some(method) => Profile::tell(what, Some(method.borrow())),
            None => Ok(Answer::GoOn),
        };
    }
    // The call takes the function out of a method, and tells of its end as the function's.
    if let Some(method) = callable.downcast::<ffi::PyMethodObject>() {
        // SAFETY: a method keeps its function.
        let function = unsafe { Borrowed::from_raw_unchecked(field!(method.im_func)) };
        if is_c_function(function) {
            return Profile::tell(what, Some(function));
        }
    }
    Ok(Answer::GoOn)
}

/// Whether it is a function of C (methodobject.h `PyCFunction_Check`).
fn is_c_function(object: Borrowed<'_>) -> bool {
    object.downcast::<ffi::PyCFunctionObject>().is_some()
}

/// The built-in method that a descriptor is for an object, because that is what the function used to be told; `None` for a
/// call without arguments, where there is no object.
fn bound(descriptor: Borrowed<'_>, object: Borrowed<'_>) -> Result<Option<Owned>, Raised> {
    if object.is_at(&raw const ffi::_PyInstrumentation_MISSING) {
        return Ok(None);
    }
    let class = descriptor.type_of();
    let Some(get) = field!(class.tp_descr_get) else {
        return Ok(None);
    };
    let owner = object.type_of().upcast();
    // SAFETY: a type's slot is called with an instance of it, an object and its type.
    unsafe { Owned::from_c(get(descriptor.as_ptr(), object.as_ptr(), owner.as_ptr())) }.map(Some)
}
