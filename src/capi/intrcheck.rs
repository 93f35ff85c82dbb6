//! `intrcheck.h`: whether the keyboard has interrupted. Calls [`crate::signal`].
use crate::signal::pending;
use crate::thread::ThreadState;
use core::ffi::c_int;
use pyroxene_macros::capi;

/// Whether SIGINT has come, for the main thread; it then counts as handled.
///
/// # Safety
/// As the C declaration in `intrcheck.h`: the thread holds the GIL.
#[capi]
pub unsafe fn PyOS_InterruptOccurred() -> c_int {
    c_int::from(pending::take_interrupt(ThreadState::current()))
}
