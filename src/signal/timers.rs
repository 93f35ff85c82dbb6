//! `setitimer`, `getitimer`: timers that send a signal.
use crate::ffi;
use crate::module::Module;
use crate::object::{Borrowed, Raised, check_status};
use crate::signal::module::State;
use core::ffi::c_int;
use core::mem::MaybeUninit;

/// The time until a timer's next signal, and between the following ones, in seconds.
type DelayAndInterval = (f64, f64);

/// `_signal.setitimer(which, seconds, interval=0.0)`: sets a timer; gives what it had left. Errors: those of the
/// numbers' conversion, `ItimerError` when the system refuses.
pub(super) fn setitimer<'a>(
    module: Module<'a, State>,
    which: c_int,
    seconds: Borrowed<'a>,
    interval: Option<Borrowed<'a>>,
) -> Result<DelayAndInterval, Raised> {
    let new = libc::itimerval {
        it_value: timeval(seconds)?,
        it_interval: interval.map_or(Ok(ZERO), timeval)?,
    };
    let mut old = MaybeUninit::zeroed();
    // SAFETY: one timer to read and one to write; the system checks which.
    let status = unsafe { libc::setitimer(which, &raw const new, old.as_mut_ptr()) };
    outcome(module, status, old)
}

/// `_signal.getitimer(which)`: what a timer has left. Errors: `ItimerError` when the system refuses.
pub(super) fn getitimer(
    module: Module<'_, State>,
    which: c_int,
) -> Result<DelayAndInterval, Raised> {
    let mut now = MaybeUninit::zeroed();
    // SAFETY: one timer to write; the system checks which.
    let status = unsafe { libc::getitimer(which, now.as_mut_ptr()) };
    outcome(module, status, now)
}

/// What the system said of a timer, unless it refused.
fn outcome(
    module: Module<'_, State>,
    status: c_int,
    timer: MaybeUninit<libc::itimerval>,
) -> Result<DelayAndInterval, Raised> {
    if status != 0 {
        return Err(module.state()?.raise_timer_error());
    }
    // SAFETY: zeroes are a valid timer, and the system has written one over them.
    let timer = unsafe { timer.assume_init() };
    Ok((seconds(timer.it_value), seconds(timer.it_interval)))
}

const ZERO: libc::timeval = libc::timeval {
    tv_sec: 0,
    tv_usec: 0,
};

/// A number of seconds as C keeps it, rounded up: a timer must not end early. Errors: `TypeError`, `ValueError` for a
/// NaN, `OverflowError`.
fn timeval(seconds: Borrowed<'_>) -> Result<libc::timeval, Raised> {
    let mut time = 0;
    let mut value = ffi::timeval {
        tv_sec: 0,
        tv_usec: 0,
    };
    let round = ffi::_PyTime_ROUND_CEILING;
    // SAFETY: a live object, and results of ours.
    check_status(unsafe {
        ffi::_PyTime_FromSecondsObject(&raw mut time, seconds.as_ptr(), round)
    })?;
    // SAFETY: a result of ours.
    check_status(unsafe { ffi::_PyTime_AsTimeval(time, &raw mut value, round) })?;
    Ok(libc::timeval {
        tv_sec: value.tv_sec,
        tv_usec: value.tv_usec,
    })
}

/// The seconds of a time.
fn seconds(time: libc::timeval) -> f64 {
    time.tv_sec as f64 + time.tv_usec as f64 / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_fractions_of_a_second() {
        let time = libc::timeval {
            tv_sec: 2,
            tv_usec: 500_000,
        };
        assert_eq!(seconds(time), 2.5);
        assert_eq!(seconds(ZERO), 0.0);
    }
}
