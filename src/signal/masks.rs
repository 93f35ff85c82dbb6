//! `pthread_sigmask`, `sigpending`, `valid_signals`: sets of signals, in C's form and in Python's.
use crate::ffi;
use crate::module::{Argument, IntoObject, Module, Parameter};
use crate::object::{Borrowed, Owned, Raised, check_status, exception};
use crate::signal::module::State;
use crate::signal::{Signal, pending};
use crate::thread::{ThreadState, raise_errno};
use core::ffi::c_int;
use core::mem::MaybeUninit;

/// A set of signals.
#[derive(Clone, Copy)]
pub(super) struct SignalSet(libc::sigset_t);

impl SignalSet {
    /// The set with no signal in it.
    fn empty() -> Self {
        let mut set = MaybeUninit::<libc::sigset_t>::zeroed();
        // SAFETY: fills our memory; on this system it cannot fail, and zeroes are a valid set anyway.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            Self(set.assume_init())
        }
    }

    /// The set that a function of the system fills. Errors: `OSError` when it says so by `errno`.
    fn filled_by(fill: unsafe extern "C" fn(*mut libc::sigset_t) -> c_int) -> Result<Self, Raised> {
        let mut set = Self::empty();
        // SAFETY: the function writes a set.
        match unsafe { fill(&raw mut set.0) } {
            0 => Ok(set),
            _ => Err(Raised::from_errno(exception::OSError)),
        }
    }

    /// For functions of the system.
    pub(super) fn as_ptr(&self) -> *const libc::sigset_t {
        &raw const self.0
    }

    fn contains(&self, signal: Signal) -> bool {
        // SAFETY: an initialised set and a signal's number; one that the system reserves is not a member.
        unsafe { libc::sigismember(self.as_ptr(), signal.number()) == 1 }
    }
}

/// Any iterable of signal numbers (posixmodule.c `_Py_Sigset_Converter`). Errors: `ValueError` for a number that is no
/// signal; a warning that was made an error for one that the system reserves.
impl Argument<'_> for SignalSet {
    fn from_value(value: Borrowed<'_>, _: Parameter<'_>) -> Result<Self, Raised> {
        let mut set = Self::empty();
        // SAFETY: a live object and a set of ours.
        match unsafe { ffi::_Py_Sigset_Converter(value.as_ptr(), (&raw mut set.0).cast()) } {
            0 => Err(Raised::on_c_word()),
            _ => Ok(set),
        }
    }
}

/// A Python `set` of numbers.
impl IntoObject for SignalSet {
    fn into_object(self) -> Result<Owned, Raised> {
        // SAFETY: a new reference, or NULL with an exception.
        let set = unsafe { Owned::from_c(ffi::PySet_New(core::ptr::null_mut()))? };
        for signal in Signal::all().filter(|signal| self.contains(*signal)) {
            let number = signal.number().into_object()?;
            // SAFETY: a live set that only we have, and a live number.
            check_status(unsafe { ffi::PySet_Add(set.as_ptr(), number.as_ptr()) })?;
        }
        Ok(set)
    }
}

/// `_signal.pthread_sigmask(how, mask)`: changes the signals that the running thread does not take now; gives those
/// before. What was waiting is handled at once. Errors: `OSError`, or what a handler raises.
pub(super) fn pthread_sigmask(
    _: Module<'_, State>,
    how: c_int,
    mask: SignalSet,
) -> Result<SignalSet, Raised> {
    let mut previous = SignalSet::empty();
    // SAFETY: a set to read and one to write; the system checks how.
    match unsafe { libc::pthread_sigmask(how, mask.as_ptr(), &raw mut previous.0) } {
        0 => pending::check(ThreadState::current()).map(|()| previous),
        error => Err(raise_errno(error)),
    }
}

/// `_signal.sigpending()`: the signals that wait until the running thread takes them. Errors: `OSError`.
pub(super) fn sigpending(_: Module<'_, State>) -> Result<SignalSet, Raised> {
    SignalSet::filled_by(libc::sigpending)
}

/// `_signal.valid_signals()`: the signals that the C library does not keep for itself. Errors: `OSError`.
pub(super) fn valid_signals(_: Module<'_, State>) -> Result<SignalSet, Raised> {
    SignalSet::filled_by(libc::sigfillset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_set_has_no_member() {
        let set = SignalSet::empty();
        assert!(!Signal::all().any(|signal| set.contains(signal)));
    }
}
