//! `pyerrors.h` and `cpython/pyerrors.h`: signals as C code checks and simulates them. Calls [`crate::signal`].
use crate::object::IntoC;
use crate::signal::{Signal, pending, set_wakeup_fd_unchecked};
use crate::thread::ThreadState;
use core::ffi::c_int;
use pyroxene_macros::capi;

/// Handles the signals that have come, and the garbage collection that is due: 0, or -1 with an exception.
///
/// # Safety
/// As the C declaration in `pyerrors.h`: the thread holds the GIL.
#[capi]
pub unsafe fn PyErr_CheckSignals() -> c_int {
    pending::check(ThreadState::current()).into_c()
}

/// Acts as if SIGINT had come.
///
/// # Safety
/// As the C declaration in `pyerrors.h`: any thread, with or without the GIL, in a signal handler too.
#[capi]
pub unsafe fn PyErr_SetInterrupt() {
    pending::interrupt(Signal::INTERRUPT);
}

/// Acts as if the signal had come: 0, or -1 without an exception for a number that is no signal.
///
/// # Safety
/// As the C declaration in `pyerrors.h`: any thread, with or without the GIL, in a signal handler too.
#[capi]
pub unsafe fn PyErr_SetInterruptEx(signum: c_int) -> c_int {
    match Signal::new(signum) {
        Some(signal) => {
            pending::interrupt(signal);
            0
        }
        None => -1,
    }
}

/// Sets the file that is written to when a signal comes, and gives the one before, or -1.
///
/// # Safety
/// As the C declaration in `cpython/pyerrors.h`: the thread holds the GIL, and the file does not block.
#[capi]
pub unsafe fn PySignal_SetWakeupFd(fd: c_int) -> c_int {
    set_wakeup_fd_unchecked(fd)
}
