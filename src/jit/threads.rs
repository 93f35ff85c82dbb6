//! The threads of the compiler's own, which never run Python code: how they start, and what is done around forks; in [`count`]: that
//! nobody takes them for threads of the program.
mod count;

use super::{budget, library, log, sample, worker};
use crate::ffi;
use crate::thread::pending;
use core::ffi::{c_int, c_void};
use core::ptr::null_mut;
use std::io;
use std::sync::Once;
use std::thread::{Builder, JoinHandle};

/// Starts a thread that no signal reaches: Python's handlers want to interrupt threads that wait. A child that is forked does not
/// have it.
///
/// # Errors
/// When the system has no thread for us.
pub(super) fn start(
    name: &str,
    stack: usize,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let signals = block_signals();
    let coming = count::Coming::new();
    let thread = Builder::new()
        .name(name.to_owned())
        .stack_size(stack)
        .spawn(move || {
            coming.arrives();
            work();
        });
    unblock_signals(&signals);
    thread
}

/// Has the thread that calls this leave a processor that others want too nearly to them. It stays so until it ends.
pub(super) fn stand_back() {
    /// By this much nicer, Linux gives a thread a tenth of what it gives to another on the same processor.
    const NICER: core::ffi::c_int = 10;
    // SAFETY: it is about this thread alone, which Linux counts as a process here. Where it fails, the thread is like any other.
    unsafe { libc::nice(NICER) };
}

/// Sees to it that forks are told of.
pub(super) fn watch_forks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: functions that may be called around a fork; without memory for them, forks have some threads more.
        unsafe { libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child)) };
    });
}

/// First who writes to the log, then the log.
extern "C" fn before() {
    worker::before_fork();
    library::before_fork();
    log::before_fork();
}

extern "C" fn after_in_parent() {
    budget::after_fork_in_parent();
    log::after_fork_in_parent();
    library::after_fork();
    worker::after_fork_in_parent();
}

extern "C" fn after_in_child() {
    count::after_fork_in_child();
    budget::after_fork_in_child();
    sample::after_fork_in_child();
    log::after_fork_in_child();
    library::after_fork();
    worker::after_fork_in_child();
}

/// Has a thread of the main interpreter call a function soon, which any of its threads may do.
///
/// # Errors
/// When too many calls wait already.
///
/// # Safety
/// The main interpreter does not end meanwhile.
pub(super) unsafe fn ask(
    function: unsafe extern "C" fn(*mut c_void) -> c_int,
) -> Result<(), pending::Full> {
    let call = pending::Call {
        function,
        argument: null_mut(),
        flags: 0,
    };
    // SAFETY: as the caller promises.
    unsafe { pending::add(ffi::_PyRuntime.interpreters.main, call) }
}

fn block_signals() -> libc::sigset_t {
    let mut all = core::mem::MaybeUninit::uninit();
    let mut before = core::mem::MaybeUninit::uninit();
    // SAFETY: both sets are written before they are read; these calls do not fail with these arguments.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        before.assume_init()
    }
}

fn unblock_signals(before: &libc::sigset_t) {
    // SAFETY: the set is one that the call before gave.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, null_mut()) };
}
