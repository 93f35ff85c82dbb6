//! Telling tools of exceptions on their way through frames (PEP 669). Calls any Python code, if there are tools.
//!
//! Where nobody is told, an event costs one comparison. Where a function gives nothing and an exception was set, one is set
//! after it: the same, or that of a callback.
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, check_status, exception};
use crate::thread::ThreadState;
use core::ffi::c_int;

/// Whether any tool of the interpreter wants an event.
#[inline(always)]
fn is_wanted(thread: ThreadState, event: u32) -> bool {
    // SAFETY: the thread's interpreter is alive.
    unsafe { (*thread.interpreter()).monitors.tools[event as usize] != 0 }
}

/// Whether any tool wants an event of this code, one of those that tools may want of single code objects.
///
/// # Safety
/// The frame is alive.
#[inline(always)]
unsafe fn is_wanted_of_code(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    event: u32,
) -> bool {
    // SAFETY: the frame owns its code, which has data of its own or none.
    unsafe {
        let data = (*ffi::_PyFrame_GetCode(frame))._co_monitoring;
        if data.is_null() {
            is_wanted(thread, event)
        } else {
            (*data).active_monitors.tools[event as usize] != 0
        }
    }
}

/// Tells the tools of an event with an exception.
///
/// # Safety
/// The thread runs the frame, and the instruction is one of its code. No exception is set.
unsafe fn tell(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    instruction: *mut ffi::_Py_CODEUNIT,
    event: u32,
    exception: Borrowed<'_>,
) -> Result<(), Raised> {
    // SAFETY: as the caller promises.
    check_status(unsafe {
        ffi::_Py_call_instrumentation_arg(
            thread.as_ptr(),
            event as c_int,
            frame,
            instruction,
            exception.as_ptr(),
        )
    })
}

/// Tells the tools of an event with the exception that is set, which waits meanwhile, unless the code is not to be monitored
/// (ceval.c `do_monitor_exc`).
///
/// # Errors
/// What a callback raises, in the place of that exception.
///
/// # Safety
/// As [`tell`], but that an exception is set.
#[cold]
#[inline(never)]
unsafe fn tell_of_raised(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    instruction: *mut ffi::_Py_CODEUNIT,
    event: u32,
) -> Result<Raised, Raised> {
    // SAFETY: as the caller promises.
    unsafe {
        let raised = Raised::on_c_word();
        let flags = (*ffi::_PyFrame_GetCode(frame)).co_flags.cast_unsigned();
        if flags & ffi::CO_NO_MONITORING_EVENTS != 0 {
            return Ok(raised);
        }
        let exception: Owned = raised.take();
        tell(thread, frame, instruction, event, exception.borrow())?;
        Ok(Raised::restore(exception))
    }
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
            if is_wanted(thread, ffi::$event) {
                // SAFETY: as the caller promises.
                let _raised = unsafe { tell_of_raised(thread, frame, instruction, ffi::$event) };
            }
        }
    )*};
}

events_of_raised! {
    /// An exception was raised at an instruction (ceval.c `_PyEval_MonitorRaise`).
    raise: PY_MONITORING_EVENT_RAISE;
    /// An exception goes on after it was handled (ceval.c `monitor_reraise`).
    reraise: PY_MONITORING_EVENT_RERAISE;
    /// A frame is left by an exception (ceval.c `monitor_unwind`).
    unwind: PY_MONITORING_EVENT_PY_UNWIND;
    /// An exception was thrown into a generator (ceval.c `monitor_throw`).
    throw: PY_MONITORING_EVENT_PY_THROW;
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
    const EVENT: u32 = ffi::PY_MONITORING_EVENT_EXCEPTION_HANDLED;
    if !is_wanted(thread, EVENT) {
        return Ok(());
    }
    // SAFETY: as the caller promises.
    unsafe { tell(thread, frame, instruction, EVENT, exception) }
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
    const EVENT: u32 = ffi::PY_MONITORING_EVENT_STOP_ITERATION;
    // SAFETY: as the caller promises; an exception class that is a static type, and a live object.
    unsafe {
        if !is_wanted_of_code(thread, frame, EVENT) {
            return Ok(());
        }
        ffi::PyErr_SetObject(exception::StopIteration.as_ptr(), value.as_ptr());
        tell_of_raised(thread, frame, instruction, EVENT)?.clear();
    }
    Ok(())
}
