//! `signal`, `getsignal`, `siginterrupt`, `strsignal`, `default_int_handler`: what is done when a signal comes.
use crate::module::{IntoObject, Module};
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use crate::signal::disposition::Disposition;
use crate::signal::module::State;
use crate::signal::state::Constant;
use crate::signal::{Signal, pending};
use crate::thread::{ThreadState, errno, set_errno};
use core::ffi::{CStr, c_int};
use core::mem::MaybeUninit;

/// `_signal.default_int_handler(signalnum, frame)`: raises `KeyboardInterrupt`.
pub(super) fn default_int_handler<'a>(
    _: Module<'a, State>,
    _number: c_int,
    _frame: Borrowed<'a>,
) -> Result<(), Raised> {
    Err(Raised::bare(exception::KeyboardInterrupt))
}

/// `_signal.signal(signalnum, handler)`: sets the handler and gives the one before. What has come so far is handled by
/// the old ones first. Errors: `ValueError` in another thread or interpreter than the main ones, or for a number that
/// is no signal; `TypeError` for a handler that is none; `OSError` when the system refuses.
pub(super) fn signal<'a>(
    _: Module<'a, State>,
    number: c_int,
    handler: Borrowed<'a>,
) -> Result<Option<Owned>, Raised> {
    let thread = ThreadState::current();
    if !thread.can_handle_signals() {
        return Err(raise(
            exception::ValueError,
            c"signal only works in main thread of the main interpreter",
        ));
    }
    let signal = Signal::from_python(number)?;
    let disposition = disposition_for(handler)?;
    pending::run_handlers(thread)?;
    disposition
        .set(signal)
        .map_err(|_| Raised::from_errno(exception::OSError))?;
    Ok(signal.replace_handler(Some(handler.new_ref())))
}

/// What to ask of the system for a handler that Python code gave.
fn disposition_for(handler: Borrowed<'_>) -> Result<Disposition, Raised> {
    if handler.is_callable() {
        Ok(Disposition::Python)
    } else if Constant::Ignore.is(handler) {
        Ok(Disposition::Ignore)
    } else if Constant::Default.is(handler) {
        Ok(Disposition::Default)
    } else {
        Err(raise(
            exception::TypeError,
            c"signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object",
        ))
    }
}

/// `_signal.getsignal(signalnum)`: Python's handler. Errors: `ValueError` for a number that is no signal.
pub(super) fn getsignal(_: Module<'_, State>, number: c_int) -> Result<Option<Owned>, Raised> {
    Signal::from_python(number).map(Signal::handler)
}

/// `_signal.strsignal(signalnum)`: the system's words for the signal, if it has any. Errors: `ValueError` for a number
/// that is no signal.
pub(super) fn strsignal(_: Module<'_, State>, number: c_int) -> Result<Option<Owned>, Raised> {
    let signal = Signal::from_python(number)?;
    set_errno(0);
    // SAFETY: the number is a signal's. The words are in memory of the C library that the next call may write to; they
    // are copied before, and the GIL is held until then.
    let words = unsafe {
        let words = libc::strsignal(signal.number());
        if words.is_null() || errno() != 0 {
            return Ok(None);
        }
        CStr::from_ptr(words)
    };
    let unknown = b"Unknown signal";
    let known = !words
        .to_bytes()
        .windows(unknown.len())
        .any(|part| part == unknown);
    known.then(|| words.into_object()).transpose()
}

/// `_signal.siginterrupt(signalnum, flag)`: whether the signal interrupts functions of the system, or these go on.
/// Errors: `ValueError` for a number that is no signal, `OSError` when the system refuses.
pub(super) fn siginterrupt(
    _: Module<'_, State>,
    number: c_int,
    interrupts: c_int,
) -> Result<(), Raised> {
    let signal = Signal::from_python(number)?.number();
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: reads the action into our memory, in which zeroes are a valid one, and writes it back changed.
    let status = unsafe {
        libc::sigaction(signal, core::ptr::null(), action.as_mut_ptr());
        let action = action.assume_init_mut();
        if interrupts != 0 {
            action.sa_flags &= !libc::SA_RESTART;
        } else {
            action.sa_flags |= libc::SA_RESTART;
        }
        libc::sigaction(signal, action, core::ptr::null_mut())
    };
    if status < 0 {
        return Err(Raised::from_errno(exception::OSError));
    }
    Ok(())
}
