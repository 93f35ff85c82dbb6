//! `pycore_pyerrors.h`: running Python's signal handlers. Calls [`crate::signal`].
use crate::object::IntoC;
use crate::signal::pending;
use crate::thread::ThreadState;
use core::ffi::c_int;
use pyroxene_macros::capi;

/// Runs the handlers of the signals that have come: 0, or -1 with an exception.
///
/// # Safety
/// As the C declaration in `pycore_pyerrors.h`: the main thread of the main interpreter, with the GIL.
#[capi]
pub unsafe fn _PyErr_CheckSignals() -> c_int {
    pending::run_handlers(ThreadState::current()).into_c()
}

/// The same for a thread state that is at hand.
///
/// # Safety
/// As the C declaration in `pycore_pyerrors.h`: `tstate` is the running thread's, which is the main one.
#[capi]
pub unsafe fn _PyErr_CheckSignalsTstate(tstate: ThreadState) -> c_int {
    pending::run_handlers(tstate).into_c()
}
