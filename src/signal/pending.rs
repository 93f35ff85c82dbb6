//! Running Python's handlers for the signals that have come. Only in the main thread of the main interpreter.
use crate::module::IntoObject;
use crate::object::{Borrowed, Owned, Raised, exception};
use crate::raise_format;
use crate::signal::state::{Constant, clear_any_tripped, set_any_tripped};
use crate::signal::{Signal, handler};
use crate::thread::ThreadState;

/// Handles what has come, if this thread is the one to do it. C code that runs for long calls this, so it also runs the
/// garbage collector when that is due: such code may make cycles without ever entering the evaluator. Errors: what a
/// handler raised, usually `KeyboardInterrupt` (signalmodule.c `PyErr_CheckSignals`).
#[inline]
pub fn check(thread: ThreadState) -> Result<(), Raised> {
    thread.run_scheduled_gc();
    if !thread.can_handle_signals() {
        return Ok(());
    }
    run_handlers(thread)
}

/// Calls the handlers of all signals that have come, by number. Errors: the first handler's that raises; the rest are
/// called the next time (signalmodule.c `_PyErr_CheckSignalsTstate`).
pub fn run_handlers(thread: ThreadState) -> Result<(), Raised> {
    // Cleared first: a signal that comes meanwhile sets it again. At worst the next look finds nothing.
    if !clear_any_tripped() {
        return Ok(());
    }
    for signal in Signal::all().filter(|signal| signal.untrip()) {
        if let Err(raised) = run_handler(thread, signal) {
            set_any_tripped();
            return Err(raised);
        }
    }
    Ok(())
}

/// Calls one signal's handler with the signal's number and the frame that runs. The handler is ours while it runs, one
/// reference more than upstream takes: it may replace itself in the table, and a C callable would be gone under its feet.
fn run_handler(thread: ThreadState, signal: Signal) -> Result<(), Raised> {
    let Some(function) = callable_handler(signal) else {
        report_lost(signal);
        return Ok(());
    };
    let number = signal.number().into_object()?;
    let frame = thread.frame()?.into_object()?;
    let arguments = [number.borrow(), frame.borrow()];
    function.borrow().call(&arguments).map(drop)
}

/// The signal's handler if it is something to call.
fn callable_handler(signal: Signal) -> Option<Owned> {
    signal
        .handler()
        .filter(|handler| !handler.borrow().is_none() && !is_constant(handler.borrow()))
}

fn is_constant(handler: Borrowed<'_>) -> bool {
    Constant::Ignore.is(handler) || Constant::Default.is(handler)
}

/// Says on the error stream that a signal found no handler: it was taken away after the signal had come. Raising the
/// signal again could kill a process for which it was only simulated ([`interrupt`]), and an exception out of nowhere
/// would puzzle.
fn report_lost(signal: Signal) {
    // SAFETY: the format takes one int.
    let raised = unsafe {
        raise_format!(
            exception::OSError,
            c"Signal %i ignored due to race condition",
            signal.number(),
        )
    };
    raised.unraisable_in(None);
}

/// Acts as if a signal had come, unless Python ignores it or leaves it to the system. Needs no GIL; async-signal-safe
/// (signalmodule.c `PyErr_SetInterruptEx`).
pub fn interrupt(signal: Signal) {
    let handler = signal.handler_address();
    if !Constant::Ignore.is_handler(handler) && !Constant::Default.is_handler(handler) {
        handler::trip(signal);
    }
}

/// Whether an interrupt from the keyboard has come, for a thread that could handle it; it then counts as handled. The
/// thread need not hold the GIL (signalmodule.c `_PyOS_InterruptOccurred`).
pub fn take_interrupt(thread: ThreadState) -> bool {
    thread.can_handle_signals() && Signal::INTERRUPT.untrip()
}
