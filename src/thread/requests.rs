//! Doing what the running thread is asked to do: the evaluator comes here at calls and at the ends of loops when a bit of
//! its eval breaker is set. Runs signal handlers, pending calls, the collector, other threads.
use crate::ffi;
use crate::object::{Owned, Raised};
use crate::signal;
use crate::thread::{Request, ThreadState, pending};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

/// Does what the running thread was asked when this starts; what is asked meanwhile waits for the evaluator's next look. The
/// evaluator calls this between two instructions, where any code may run. Errors: what a signal handler, a pending call or
/// another thread raised; the rest of the requests is then still there (ceval_gil.c `_Py_HandlePending`).
pub fn handle_requests(thread: ThreadState) -> Result<(), Raised> {
    let asked = thread.requests();
    if asked.contain(Request::Stop) {
        thread.withdraw(Request::Stop);
        // SAFETY: the running thread's state, attached; it comes back when the world goes on.
        unsafe {
            ffi::_PyThreadState_Suspend(thread.as_ptr());
            ffi::_PyThreadState_Attach(thread.as_ptr());
        }
    }
    if asked.contain(Request::HandleSignals) {
        handle_signals(thread)?;
    }
    if asked.contain(Request::MakeCalls) {
        pending::make(thread)?;
    }
    if asked.contain(Request::CollectGarbage) {
        thread.run_gc();
    }
    if asked.contain(Request::ReleaseGil) {
        // SAFETY: the running thread's state, attached; others run between the two.
        unsafe {
            ffi::_PyThreadState_Detach(thread.as_ptr());
            ffi::_PyThreadState_Attach(thread.as_ptr());
        }
    }
    if asked.contain(Request::RaiseException) {
        raise_sent_exception(thread)?;
    }
    Ok(())
}

/// Runs Python's signal handlers in the thread that may; in others the request just goes. Errors: what a handler raises; the
/// rest is then asked for again (ceval_gil.c `handle_signals`).
pub(super) fn handle_signals(thread: ThreadState) -> Result<(), Raised> {
    thread.withdraw(Request::HandleSignals);
    if !thread.can_handle_signals() {
        return Ok(());
    }
    signal::pending::run_handlers(thread).inspect_err(|_| thread.ask(Request::HandleSignals))
}

/// Raises what another thread sent with `PyThreadState_SetAsyncExc`, unless it has thought better of it.
fn raise_sent_exception(thread: ThreadState) -> Result<(), Raised> {
    thread.withdraw(Request::RaiseException);
    // SAFETY: the state is alive, every access to the member is atomic, and its reference comes to us.
    let class = unsafe {
        let place = AtomicPtr::from_ptr(&raw mut (*thread.as_ptr()).async_exc);
        Owned::from_c_optional(place.swap(null_mut(), Ordering::SeqCst))
    };
    match class {
        None => Ok(()),
        Some(class) => Err(Raised::bare_as(class.borrow())),
    }
}

/// Asks the main thread to look for signals. Async-signal-safe (ceval_gil.c `_PyEval_SignalReceived`).
#[inline]
pub fn signal_received() {
    if let Some(main) = ThreadState::main() {
        main.ask(Request::HandleSignals);
    }
}
