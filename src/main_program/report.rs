//! From an exception to an exit code: what the program says when it stops. Writes to stderr, and to the runtime's note
//! of an interrupt that nobody handled.
use crate::ffi;
use crate::object::{Raised, exception};
use core::ffi::{CStr, c_int};

/// Why the program goes no further.
pub(super) enum Stop {
    /// With this exit code; what there was to say is said.
    Exit(c_int),
    /// An exception, not shown yet.
    Raised(Raised),
}

impl From<Raised> for Stop {
    fn from(raised: Raised) -> Self {
        Self::Raised(raised)
    }
}

impl Stop {
    /// The exit code; an exception is shown first.
    pub(super) fn into_code(self) -> c_int {
        match self {
            Self::Exit(code) => code,
            Self::Raised(raised) => show_and_code(raised),
        }
    }
}

/// Shows an exception and gives its exit code: that of a `SystemExit`, or else 1 (main.c `pymain_exit_err_print`).
pub(super) fn show_and_code(raised: Raised) -> c_int {
    show(raised).unwrap_or(1)
}

/// Shows an exception (main.c `pymain_err_print`). `Some` is the exit code of a `SystemExit`, which ends the program
/// unless `-i` was given.
#[must_use]
fn show(raised: Raised) -> Option<c_int> {
    let mut code = 0;
    // SAFETY: an exception is set, as `raised` says; the code is written when the result is 1.
    if unsafe { ffi::_Py_HandleSystemExit(&raw mut code) } != 0 {
        return Some(code);
    }
    raised.print();
    None
}

/// The value, or `None` after the exception was shown: the program goes on, unless it was `SystemExit`.
pub(super) fn unless_exit<T>(result: Result<T, Raised>) -> Result<Option<T>, Stop> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(raised) => match show(raised) {
            Some(code) => Err(Stop::Exit(code)),
            None => Ok(None),
        },
    }
}

/// For [`Result::inspect_err`]: a line before the exception, through `sys.stderr`.
pub(super) fn says(line: &'static CStr) -> impl Fn(&Raised) {
    // SAFETY: the format takes one C string; the exception that is set survives the call.
    move |_| unsafe { ffi::PySys_WriteStderr(c"%s\n".as_ptr(), line.as_ptr()) }
}

/// The address of the runtime's note that a `KeyboardInterrupt` reached the top.
fn interrupt_note() -> *mut c_int {
    // SAFETY: only the address of a static is taken.
    unsafe { &raw mut ffi::_PyRuntime.signals.unhandled_keyboard_interrupt }
}

/// Whether a `KeyboardInterrupt` ended the program.
pub(super) fn is_interrupt_unhandled() -> bool {
    // SAFETY: the note is a number that only the main thread writes.
    unsafe { interrupt_note().read() != 0 }
}

/// Runs Python code, and notes whether exactly a `KeyboardInterrupt` came out of it.
pub(super) fn noting_interrupt<T>(run: impl FnOnce() -> Result<T, Raised>) -> Result<T, Raised> {
    // SAFETY: the note is a number that only the main thread, ours, writes.
    unsafe { interrupt_note().write(0) };
    run().inspect_err(|raised| {
        if raised.is_exactly(exception::KeyboardInterrupt) {
            // SAFETY: as above.
            unsafe { interrupt_note().write(1) };
        }
    })
}
