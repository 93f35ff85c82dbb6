//! What the system does when a signal comes: pylifecycle.c's `PyOS_getsig` and `PyOS_setsig` with an enum for C's three
//! kinds of pointer. Touches the process's dispositions. Async-signal-safe.
use crate::ffi;
use crate::signal::state::Constant;
use crate::signal::{Signal, handler};

/// A signal's disposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disposition {
    /// `SIG_DFL`
    Default,
    /// `SIG_IGN`
    Ignore,
    /// Our handler, which calls Python's.
    Python,
}

/// The system refused; `errno` says why.
#[derive(Debug)]
pub(super) struct Refused;

/// The handler as C sees it: NULL, small numbers, or a function's address.
type CHandler = ffi::PyOS_sighandler_t;

impl Disposition {
    /// Sets the disposition.
    pub(super) fn set(self, signal: Signal) -> Result<(), Refused> {
        let new: CHandler = match self {
            Self::Default => None,
            // SAFETY: C's own way to write it: a number in the place of a pointer that nobody calls.
            Self::Ignore => unsafe { core::mem::transmute::<usize, CHandler>(libc::SIG_IGN) },
            Self::Python => Some(handler::on_signal),
        };
        // SAFETY: a signal's number and a handler that may run at any time.
        match address(unsafe { ffi::PyOS_setsig(signal.number(), new) }) {
            libc::SIG_ERR => Err(Refused),
            _ => Ok(()),
        }
    }

    /// Sets the disposition where there is nobody to tell that the system refused.
    pub(super) fn set_if_possible(self, signal: Signal) {
        let _ = self.set(signal);
    }
}

/// What the system does with the signal now, or `None` for any function: one that was set before Python came is none of
/// our business.
pub(super) fn inherited(signal: Signal) -> Option<Constant> {
    // SAFETY: the number is a signal's.
    match address(unsafe { ffi::PyOS_getsig(signal.number()) }) {
        libc::SIG_DFL => Some(Constant::Default),
        libc::SIG_IGN => Some(Constant::Ignore),
        _ => None,
    }
}

fn address(handler: CHandler) -> usize {
    handler.map_or(libc::SIG_DFL, |function| function as usize)
}
