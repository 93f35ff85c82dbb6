//! `pycore_pystate.h`: signals of threads and after a fork. Calls [`crate::signal`].
use crate::signal::{lifecycle, pending};
use crate::thread::{ThreadState, not_attached};
use core::ffi::c_int;
use pyroxene_macros::capi;

/// Forgets the signals that came before the fork.
///
/// # Safety
/// As the C declaration in `pycore_pystate.h`: a child that has just been forked.
#[capi]
pub unsafe fn _PySignal_AfterFork() {
    lifecycle::after_fork();
}

/// Whether SIGINT has come, for the main thread; it then counts as handled. NULL ends the process.
///
/// # Safety
/// As the C declaration in `pycore_pystate.h`: `tstate` is the running thread's; the GIL is not needed.
#[capi]
pub unsafe fn _PyOS_InterruptOccurred(tstate: Option<ThreadState>) -> c_int {
    let thread = tstate.unwrap_or_else(|| not_attached(c"_PyOS_InterruptOccurred"));
    c_int::from(pending::take_interrupt(thread))
}
