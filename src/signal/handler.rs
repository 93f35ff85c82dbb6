//! What happens when a signal comes, in whatever thread and moment: async-signal-safe from end to end.
use crate::ffi;
use crate::object::{Raised, exception};
use crate::signal::Signal;
use crate::signal::state::{NO_FD, Wakeup};
use crate::thread::pending::{self, Call};
use crate::thread::{self, ErrnoGuard, errno, set_errno};
use core::ffi::{c_int, c_void};

/// The handler that the system calls (signalmodule.c `signal_handler`). The code that it interrupts does not see its
/// `errno` change.
pub(super) unsafe extern "C" fn on_signal(number: c_int) {
    let _errno = ErrnoGuard::new();
    if let Some(signal) = Signal::new(number) {
        trip(signal);
    }
}

/// Notes that a signal has come, wakes the evaluator, then whoever waits on the wakeup file
/// (signalmodule.c `trip_signal`).
///
/// The file comes last: its reader may look at once, finds the signal noted, and does not go back to sleep over it.
pub(super) fn trip(signal: Signal) {
    signal.trip();
    thread::signal_received();
    let fd = Wakeup::fd();
    if fd != NO_FD {
        write_to(fd, signal);
    }
}

/// Writes the signal's number to the wakeup file.
fn write_to(fd: c_int, signal: Signal) {
    // Below 65, so it fits.
    let byte = signal.number() as u8;
    // SAFETY: one byte of ours; the function tries again when another signal interrupts it.
    let written = unsafe { ffi::_Py_write_noraise(fd, (&raw const byte).cast::<c_void>(), 1) };
    if written >= 0 {
        return;
    }
    let error = errno();
    if Wakeup::warns_on_full_buffer() || (error != libc::EWOULDBLOCK && error != libc::EAGAIN) {
        report_later(error);
    }
}

/// Has the main thread say that the wakeup file could not be written to. Registering takes a lock, so it is not
/// strictly async-signal-safe; upstream takes the same risk for a case that should not happen. When the queue is full
/// the message is lost.
fn report_later(error: c_int) {
    let _ = pending::add_for_main_thread(Call {
        function: report_write_error,
        argument: core::ptr::without_provenance_mut(error as usize),
        flags: ffi::_Py_PENDING_MAINTHREADONLY as c_int,
    });
}

/// Reports an `OSError` as one that nobody can catch; an exception that is on its way stays
/// (signalmodule.c `report_wakeup_write_error`).
unsafe extern "C" fn report_write_error(error: *mut c_void) -> c_int {
    let _errno = ErrnoGuard::new();
    let on_its_way = Raised::take_pending();
    set_errno(error.addr() as c_int);
    Raised::from_errno(exception::OSError)
        .unraisable(c"Exception ignored when trying to write to the signal wakeup fd");
    if let Some(exception) = on_its_way {
        let _ = Raised::restore(exception);
    }
    0
}
