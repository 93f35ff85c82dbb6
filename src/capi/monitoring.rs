//! `Include/cpython/monitoring.h`: how extensions tell tools of events in their own code. The functions with an underscore
//! are called by the header's inline ones when somebody watches.
use crate::ffi::Py_ssize_t;
use crate::monitoring::Event;
use crate::monitoring::code_like::{Position, Watchers, enter_scope};
use crate::object::{Borrowed, IntoC};
use core::cell::Cell;
use core::ffi::c_int;
use pyroxene_macros::capi;

/// Brings who watches the events of a scope up to date.
#[capi]
pub unsafe fn PyMonitoring_EnterScope(
    state_array: *const Watchers,
    version: &Cell<u64>,
    event_types: *const u8,
    length: Py_ssize_t,
) -> c_int {
    if let Ok(length @ 1..) = usize::try_from(length) {
        // SAFETY: the caller's two arrays are that long.
        let (watchers, events) = unsafe {
            (
                core::slice::from_raw_parts(state_array, length),
                core::slice::from_raw_parts(event_types, length),
            )
        };
        enter_scope(watchers, version, events);
    } else {
        enter_scope(&[], version, &[]);
    }
    0
}

/// Nothing is to be done when a scope is left.
#[capi]
pub unsafe fn PyMonitoring_ExitScope() -> c_int {
    0
}

macro_rules! plain_events {
    ($($(#[$doc:meta])* $function:ident $event:ident ($($argument:ident),*);)*) => {$(
        $(#[$doc])*
        #[capi]
        pub unsafe fn $function(
            state: &Watchers,
            codelike: Borrowed<'_>,
            offset: i32,
            $($argument: Borrowed<'_>),*
        ) -> c_int {
            let position = Position::new(codelike, offset);
            state.tell(Event::$event, position, &[$($argument),*]).into_c()
        }
    )*};
}

plain_events! {
    /// A function starts.
    _PyMonitoring_FirePyStartEvent PyStart();
    /// A generator goes on.
    _PyMonitoring_FirePyResumeEvent PyResume();
    /// A function returns.
    _PyMonitoring_FirePyReturnEvent PyReturn(retval);
    /// A generator stops at a `yield`.
    _PyMonitoring_FirePyYieldEvent PyYield(retval);
    /// Something is about to be called.
    _PyMonitoring_FireCallEvent Call(callable, arg0);
    /// A jump.
    _PyMonitoring_FireJumpEvent Jump(target_offset);
    /// A condition has decided.
    _PyMonitoring_FireBranchEvent Branch(target_offset);
    /// A function of C has returned.
    _PyMonitoring_FireCReturnEvent CReturn(retval);
}

/// A line starts.
#[capi]
pub unsafe fn _PyMonitoring_FireLineEvent(
    state: &Watchers,
    codelike: Borrowed<'_>,
    offset: i32,
    lineno: c_int,
) -> c_int {
    state
        .tell_line(Position::new(codelike, offset), lineno)
        .into_c()
}

macro_rules! exception_events {
    ($($(#[$doc:meta])* $function:ident $event:ident;)*) => {$(
        $(#[$doc])*
        #[capi]
        pub unsafe fn $function(state: &Watchers, codelike: Borrowed<'_>, offset: i32) -> c_int {
            state
                .tell_exception(Event::$event, Position::new(codelike, offset))
                .into_c()
        }
    )*};
}

exception_events! {
    /// A generator goes on by the exception that is set.
    _PyMonitoring_FirePyThrowEvent PyThrow;
    /// The exception that is set is raised.
    _PyMonitoring_FireRaiseEvent Raise;
    /// The exception that is set is raised once more.
    _PyMonitoring_FireReraiseEvent Reraise;
    /// The exception that is set was caught.
    _PyMonitoring_FireExceptionHandledEvent ExceptionHandled;
    /// A function of C has raised the exception that is set.
    _PyMonitoring_FireCRaiseEvent CRaise;
    /// A function ends by the exception that is set.
    _PyMonitoring_FirePyUnwindEvent PyUnwind;
}

/// An iteration ends with a value.
#[capi]
pub unsafe fn _PyMonitoring_FireStopIterationEvent(
    state: &Watchers,
    codelike: Borrowed<'_>,
    offset: i32,
    value: Option<Borrowed<'_>>,
) -> c_int {
    state
        .tell_stop_iteration(Position::new(codelike, offset), value)
        .into_c()
}
