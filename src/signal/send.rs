//! `raise_signal`, `pthread_kill`, `pidfd_send_signal`, `alarm`, `pause`: sending a signal, and waiting for any.
use crate::ffi;
use crate::module::{Bitwise, Module};
use crate::object::{Borrowed, Raised, check_status, exception, raise};
use crate::signal::module::State;
use crate::signal::pending;
use crate::thread::{ThreadState, raise_errno, without_gil};
use core::ffi::{c_int, c_long, c_ulong};

/// `_signal.alarm(seconds)`: has `SIGALRM` sent later; gives the seconds that an earlier one had left.
pub(super) fn alarm(_: Module<'_, State>, seconds: c_int) -> Result<c_long, Raised> {
    // SAFETY: the function has no precondition. A negative number becomes a large one, as in C.
    Ok(c_long::from(unsafe { libc::alarm(seconds as u32) }))
}

/// `_signal.pause()`: waits for a signal that is handled. Errors: what the handler raises.
pub(super) fn pause(_: Module<'_, State>) -> Result<(), Raised> {
    // SAFETY: the function has no precondition; it always says that it was interrupted.
    without_gil(|| unsafe { libc::pause() });
    pending::check(ThreadState::current())
}

/// `_signal.raise_signal(signalnum)`: sends the running thread a signal, which is handled at once where that is
/// possible. Errors: `OSError`, or what the handler raises.
pub(super) fn raise_signal(_: Module<'_, State>, number: c_int) -> Result<(), Raised> {
    // SAFETY: a wrong number is an error of the function's own.
    if without_gil(|| unsafe { libc::raise(number) }) != 0 {
        return Err(Raised::from_errno(exception::OSError));
    }
    pending::check(ThreadState::current())
}

/// `_signal.pthread_kill(thread_id, signalnum)`: sends a thread a signal. Audited. Errors: `OSError`, or what the
/// handler raises when the thread is the running one.
pub(super) fn pthread_kill(
    _: Module<'_, State>,
    Bitwise(thread): Bitwise<c_ulong>,
    number: c_int,
) -> Result<(), Raised> {
    // SAFETY: the format takes an unsigned long and an int.
    check_status(unsafe {
        ffi::PySys_Audit(
            c"signal.pthread_kill".as_ptr(),
            c"ki".as_ptr(),
            thread,
            number,
        )
    })?;
    // SAFETY: that the thread exists is up to the caller, as the documentation says.
    match unsafe { libc::pthread_kill(thread, number) } {
        0 => pending::check(ThreadState::current()),
        error => Err(raise_errno(error)),
    }
}

/// `_signal.pidfd_send_signal(pidfd, signalnum, siginfo=None, flags=0)`: sends a process a signal by its file
/// descriptor. Errors: `TypeError` for a `siginfo` that is not `None`, `OSError`.
pub(super) fn pidfd_send_signal<'a>(
    _: Module<'a, State>,
    process: c_int,
    number: c_int,
    information: Option<Borrowed<'a>>,
    flags: Option<c_int>,
) -> Result<(), Raised> {
    if information.is_some_and(|information| !information.is_none()) {
        return Err(raise(exception::TypeError, c"siginfo must be None"));
    }
    let nothing = core::ptr::null::<libc::siginfo_t>();
    // SAFETY: numbers and a NULL, of which the system checks each.
    let status = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            process,
            number,
            nothing,
            flags.unwrap_or(0),
        )
    };
    if status < 0 {
        return Err(Raised::from_errno(exception::OSError));
    }
    Ok(())
}
