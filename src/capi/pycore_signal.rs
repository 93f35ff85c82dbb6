//! `pycore_signal.h`: the main thread, and dispositions for a child. Calls [`crate::signal`].
use crate::signal::lifecycle;
use crate::thread::ThreadState;
use core::ffi::c_int;
use pyroxene_macros::capi;

/// Gives the signals that Python ignores back to the system.
///
/// # Safety
/// As the C declaration in `pycore_signal.h`: async-signal-safe, so anywhere.
#[capi]
pub unsafe fn _Py_RestoreSignals() {
    lifecycle::restore_defaults();
}

/// Whether this is the thread where Python's signal handlers run.
///
/// # Safety
/// As the C declaration in `pycore_signal.h`: the thread holds the GIL.
#[capi]
pub unsafe fn _PyOS_IsMainThread() -> c_int {
    c_int::from(ThreadState::current().can_handle_signals())
}
