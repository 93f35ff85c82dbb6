//! `pycore_pylifecycle.h`: signals at the start and the end of the runtime. Calls [`crate::signal`].
use crate::object::IntoC;
use crate::signal::lifecycle;
use core::ffi::c_int;
use pyroxene_macros::capi;

/// Fills the table of signals and, if asked to, sets Python's handlers: 0, or -1 with an exception.
///
/// # Safety
/// As the C declaration in `pycore_pylifecycle.h`: the main thread of the main interpreter, once.
#[capi]
pub unsafe fn _PySignal_Init(install_signal_handlers: c_int) -> c_int {
    lifecycle::start(install_signal_handlers != 0).into_c()
}

/// Gives the signals that Python handled back to the system.
///
/// # Safety
/// As the C declaration in `pycore_pylifecycle.h`: the main thread of the main interpreter, at the end.
#[capi]
pub unsafe fn _PySignal_Fini() {
    lifecycle::finish();
}
