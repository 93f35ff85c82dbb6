//! Telling tools of exceptions on their way through frames (PEP 669). Calls any Python code, if there are tools.
//!
//! Where nobody is told, an event costs one comparison. Where a function gives nothing and an exception was set, one is set
//! after it: the same, or that of a callback.
use crate::ffi;
use crate::monitoring::{Event, Interpreter, Place, fire};
use crate::object::{Borrowed, Raised, exception};
use crate::thread::ThreadState;

/// Whether any tool of the interpreter wants an event.
#[inline(always)]
fn is_wanted(thread: ThreadState, event: Event) -> bool {
    !Interpreter::of(thread).tools(event).is_empty()
}

/// Whether any tool wants to be told of exceptions that are raised, in whatever code.
#[inline(always)]
pub fn tells_of_raised(thread: ThreadState) -> bool {
    is_wanted(thread, Event::Raise)
}

/// Whether any tool wants to be told of exceptions on their way, in whatever code.
pub fn tells_of_exceptions(thread: ThreadState) -> bool {
    [
        Event::Raise,
        Event::ExceptionHandled,
        Event::Reraise,
        Event::PyUnwind,
    ]
    .into_iter()
    .any(|event| is_wanted(thread, event))
}

/// Tells the tools of an event with an exception. None is set.
#[cold]
#[inline(never)]
fn tell(
    thread: ThreadState,
    place: Place<'_>,
    event: Event,
    exception: Borrowed<'_>,
) -> Result<(), Raised> {
    fire::event(thread, event, place, &[exception])
}

/// Tells the tools of an event with the exception that is set, which waits meanwhile, unless the code is not to be monitored
/// (ceval.c `do_monitor_exc`).
///
/// # Errors
/// What a callback raises, in the place of that exception.
#[cold]
#[inline(never)]
fn tell_of_raised(
    thread: ThreadState,
    place: Place<'_>,
    event: Event,
    raised: Raised,
) -> Result<Raised, Raised> {
    if place.is_silent() {
        return Ok(raised);
    }
    let exception = raised.take();
    fire::event(thread, event, place, &[exception.borrow()])?;
    Ok(Raised::restore(exception))
}

macro_rules! events_of_raised {
    ($($(#[$doc:meta])* $name:ident: $event:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// # Safety
        /// An exception is set. The thread runs the frame, and the instruction is one of its code.
        #[inline(always)]
        pub unsafe fn $name(
            thread: ThreadState,
            frame: *mut ffi::_PyInterpreterFrame,
            instruction: *mut ffi::_Py_CODEUNIT,
        ) {
            if is_wanted(thread, Event::$event) {
                // SAFETY: as the caller promises.
                let place = unsafe { Place::new(frame, instruction) };
                let _raised = tell_of_raised(thread, place, Event::$event, Raised::on_c_word());
            }
        }
    )*};
}

events_of_raised! {
    /// An exception was raised at an instruction (ceval.c `_PyEval_MonitorRaise`).
    raise: Raise;
    /// An exception goes on after it was handled (ceval.c `monitor_reraise`).
    reraise: Reraise;
    /// A frame is left by an exception (ceval.c `monitor_unwind`).
    unwind: PyUnwind;
    /// An exception was thrown into a generator (ceval.c `monitor_throw`).
    throw: PyThrow;
}

/// An exception has found its handler, at whose start the frame stands (ceval.c `monitor_handled`).
///
/// # Errors
/// What a callback raises.
///
/// # Safety
/// No exception is set. The thread runs the frame, and the instruction is one of its code.
#[inline(always)]
pub unsafe fn handled(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    instruction: *mut ffi::_Py_CODEUNIT,
    exception: Borrowed<'_>,
) -> Result<(), Raised> {
    if !is_wanted(thread, Event::ExceptionHandled) {
        return Ok(());
    }
    // SAFETY: as the caller promises.
    let place = unsafe { Place::new(frame, instruction) };
    tell(thread, place, Event::ExceptionHandled, exception)
}

/// A generator ended with a value, which the loop took without a `StopIteration` (ceval.c `monitor_stop_iteration`).
///
/// # Errors
/// What a callback raises.
///
/// # Safety
/// As [`handled`].
#[inline(always)]
pub unsafe fn stop_iteration(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    instruction: *mut ffi::_Py_CODEUNIT,
    value: Borrowed<'_>,
) -> Result<(), Raised> {
    // SAFETY: as the caller promises.
    let place = unsafe { Place::new(frame, instruction) };
    if place.is_watched(thread, Event::StopIteration) {
        let stop = Raised::with_value(exception::StopIteration, Some(value));
        tell_of_raised(thread, place, Event::StopIteration, stop)?.clear();
    }
    Ok(())
}
