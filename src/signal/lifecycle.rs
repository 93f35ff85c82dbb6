//! Signals at the start and the end of the runtime and in the child after a fork.
use crate::ffi;
use crate::object::{Owned, Raised, import};
use crate::signal::Signal;
use crate::signal::disposition::Disposition;
use crate::signal::state::{Constant, clear_any_tripped};

/// The signals that Python ignores so that a function reports the error instead: writing to a pipe that nobody reads,
/// and beyond the limit of a file's size.
fn ignored_signals() -> impl Iterator<Item = Signal> {
    [libc::SIGPIPE, libc::SIGXFSZ]
        .into_iter()
        .filter_map(Signal::new)
}

/// Fills the table and, if the configuration wants it, sets Python's dispositions. Errors: memory, or what importing
/// `_signal` raises (signalmodule.c `_PySignal_Init`).
pub fn start(install_handlers: bool) -> Result<(), Raised> {
    for constant in [Constant::Default, Constant::Ignore] {
        let address = core::ptr::without_provenance_mut(constant.number());
        // SAFETY: makes an int of the number; a new reference or NULL with an exception.
        let number = unsafe { Owned::from_c(ffi::PyLong_FromVoidPtr(address))? };
        drop(constant.replace(Some(number)));
    }
    for signal in Signal::all() {
        signal.untrip();
    }
    if install_handlers {
        install()?;
    }
    Ok(())
}

/// Sets the dispositions. Importing the module sets the one of the keyboard's interrupt.
fn install() -> Result<(), Raised> {
    ignored_signals().for_each(|signal| Disposition::Ignore.set_if_possible(signal));
    import(c"_signal").map(drop)
}

/// Gives the system's defaults back to signals that Python handled, and lets go of every handler
/// (signalmodule.c `_PySignal_Fini`).
pub fn finish() {
    for signal in Signal::all() {
        signal.untrip();
        let Some(handler) = signal.replace_handler(None) else {
            continue;
        };
        let object = handler.borrow();
        if !object.is_none() && !Constant::Default.is(object) && !Constant::Ignore.is(object) {
            Disposition::Default.set_if_possible(signal);
        }
    }
    drop(Constant::Default.replace(None));
    drop(Constant::Ignore.replace(None));
}

/// Gives the system's defaults back to the signals that Python ignores: for a child that will be another program. Only
/// async-signal-safe functions (signalmodule.c `_Py_RestoreSignals`; subprocess.py has the same list for `posix_spawn`).
pub fn restore_defaults() {
    ignored_signals().for_each(|signal| Disposition::Default.set_if_possible(signal));
}

/// Forgets in a forked child the signals that came just before: the parent handles them
/// (signalmodule.c `_PySignal_AfterFork`).
pub fn after_fork() {
    if clear_any_tripped() {
        for signal in Signal::all() {
            signal.untrip();
        }
    }
}
