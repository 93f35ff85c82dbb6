//! `sigwait`, `sigwaitinfo`, `sigtimedwait`: taking a signal without a handler, and what is known about it.
use crate::ffi;
use crate::module::{Module, Record, RecordField, RecordType};
use crate::object::{Borrowed, Owned, Raised, check_status, exception, raise};
use crate::signal::masks::SignalSet;
use crate::signal::module::State;
use crate::signal::pending;
use crate::thread::{ThreadState, errno, raise_errno, without_gil};
use core::ffi::c_int;

/// `_signal.sigwait(sigset)`: waits for one of the signals, and gives its number. Errors: `OSError`.
pub(super) fn sigwait(_: Module<'_, State>, signals: SignalSet) -> Result<c_int, Raised> {
    let mut number = 0;
    // SAFETY: a set to read and a number to write.
    match without_gil(|| unsafe { libc::sigwait(signals.as_ptr(), &raw mut number) }) {
        0 => Ok(number),
        error => Err(raise_errno(error)),
    }
}

/// `_signal.sigwaitinfo(sigset)`: waits for one of the signals, and gives what is known about it. A signal that
/// interrupts is handled, and the waiting goes on. Errors: `OSError`, or what a handler raises.
pub(super) fn sigwaitinfo(module: Module<'_, State>, signals: SignalSet) -> Result<Owned, Raised> {
    let mut information = Information::new();
    loop {
        // SAFETY: a set to read and a record to write.
        let status = without_gil(|| unsafe {
            libc::sigwaitinfo(signals.as_ptr(), information.as_mut_ptr())
        });
        if status != -1 {
            return information.record(module.state()?);
        }
        if errno() != libc::EINTR {
            return Err(Raised::from_errno(exception::OSError));
        }
        pending::check(ThreadState::current())?;
    }
}

/// `_signal.sigtimedwait(sigset, timeout)`: the same for no longer than a number of seconds, after which it gives
/// `None`. Errors: those of the number's conversion, `ValueError` for a negative one, `OSError`, or what a handler
/// raises.
pub(super) fn sigtimedwait<'a>(
    module: Module<'a, State>,
    signals: SignalSet,
    timeout: Borrowed<'a>,
) -> Result<Option<Owned>, Raised> {
    let mut left = time(timeout)?;
    if left < 0 {
        return Err(raise(
            exception::ValueError,
            c"timeout must be non-negative",
        ));
    }
    // SAFETY: the two functions of the deadline read a clock.
    let deadline = unsafe { ffi::_PyDeadline_Init(left) };
    let mut information = Information::new();
    // A handler may have taken all the time that was left. Upstream then makes a record of memory that nobody wrote.
    while left >= 0 {
        let wait = timespec(left)?;
        // SAFETY: a set and a time to read and a record to write.
        let status = without_gil(|| unsafe {
            libc::sigtimedwait(signals.as_ptr(), information.as_mut_ptr(), &raw const wait)
        });
        if status != -1 {
            return information.record(module.state()?).map(Some);
        }
        match errno() {
            libc::EAGAIN => return Ok(None),
            libc::EINTR => pending::check(ThreadState::current())?,
            _ => return Err(Raised::from_errno(exception::OSError)),
        }
        // SAFETY: as above.
        left = unsafe { ffi::_PyDeadline_Get(deadline) };
    }
    Ok(None)
}

/// A number of seconds as Python keeps time, rounded up.
fn time(seconds: Borrowed<'_>) -> Result<ffi::PyTime_t, Raised> {
    let mut time = 0;
    let round = ffi::_PyTime_ROUND_CEILING;
    // SAFETY: a live object, and a result of ours.
    check_status(unsafe {
        ffi::_PyTime_FromSecondsObject(&raw mut time, seconds.as_ptr(), round)
    })?;
    Ok(time)
}

/// A time as C keeps it. Errors: `OverflowError`.
fn timespec(time: ffi::PyTime_t) -> Result<libc::timespec, Raised> {
    let mut value = ffi::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: a result of ours.
    check_status(unsafe { ffi::_PyTime_AsTimespec(time, &raw mut value) })?;
    Ok(libc::timespec {
        tv_sec: value.tv_sec,
        tv_nsec: value.tv_nsec,
    })
}

/// The type of what is known about a signal.
pub(super) static INFORMATION: RecordType = RecordType::new(
    c"signal.struct_siginfo",
    c"What is known about a signal that sigwaitinfo or sigtimedwait took.\n\n\
      A tuple of (si_signo, si_code, si_errno, si_pid, si_uid, si_status,\n\
      si_band) whose items are also attributes of these names.",
    &[
        RecordField::new(c"si_signo", c"number of the signal"),
        RecordField::new(c"si_code", c"why it was sent"),
        RecordField::new(c"si_errno", c"error number that belongs to it"),
        RecordField::new(c"si_pid", c"process that sent it"),
        RecordField::new(c"si_uid", c"real user of that process"),
        RecordField::new(c"si_status", c"exit status, or signal that ended a child"),
        RecordField::new(c"si_band", c"event of SIGPOLL"),
        RecordField::END,
    ],
);

/// What the system tells about a signal.
struct Information(libc::siginfo_t);

// SAFETY: numbers and addresses, which nobody follows.
unsafe impl Send for Information {}

impl Information {
    fn new() -> Self {
        // SAFETY: the struct is of integers and pointers, for which zero is a value.
        Self(unsafe { core::mem::zeroed() })
    }

    /// For functions of the system, to write.
    fn as_mut_ptr(&mut self) -> *mut libc::siginfo_t {
        &raw mut self.0
    }

    /// The tuple with names. Which of the last four mean anything depends on the signal; all are given, as in C.
    fn record(&self, state: &State) -> Result<Owned, Raised> {
        // SAFETY: fields of a union that was zeroed before the system wrote it, and of whose bytes each makes a number.
        let (process, user, status, band) = unsafe {
            (
                self.0.si_pid(),
                self.0.si_uid(),
                self.0.si_status(),
                self.0.si_band(),
            )
        };
        let mut record = Record::new(state.information_type()?.borrow())?;
        record.push(self.0.si_signo)?;
        record.push(self.0.si_code)?;
        record.push(self.0.si_errno)?;
        record.push(process)?;
        // SAFETY: makes an int of the number; a new reference or NULL with an exception.
        record.push(unsafe { Owned::from_c(ffi::_PyLong_FromUid(user))? })?;
        record.push(status)?;
        record.push(band)?;
        Ok(record.finish())
    }
}
