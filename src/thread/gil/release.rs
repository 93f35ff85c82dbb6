//! Releasing the GIL.
use crate::ffi;
use crate::thread::gil::{Gil, fatal};
use crate::thread::{Request, ThreadState};
use core::sync::atomic::Ordering;

/// Whether a thread wants the GIL again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Yes: who asked for the lock must have had it before.
    ForNow,
    /// Never: once the lock is free, the thread's state and its interpreter may be gone.
    ForGood,
}

/// Releases the GIL of the interpreter, which the thread has (ceval_gil.c `drop_gil`). A thread that does so on demand
/// comes back when another one has taken it.
///
/// # Safety
/// `interpreter` is the thread's, and the running thread is the one that has the GIL, detached from its state already or
/// about to be.
pub unsafe fn release(
    interpreter: *mut ffi::PyInterpreterState,
    thread: ThreadState,
    release: Release,
) {
    // SAFETY: nobody can end the interpreters while one of their threads has the GIL.
    let gil = unsafe { Gil::of(interpreter) }.filter(Gil::is_taken);
    let Some(gil) = gil else {
        fatal(c"drop_gil", c"drop_gil: GIL is not locked");
    };
    if release == Release::ForNow {
        // A thread may have changed its state while it had the lock (`PyThreadState_Swap`).
        gil.last_holder().store(thread.as_ptr(), Ordering::Relaxed);
    }
    let monitor = gil.monitor();
    let held = monitor.enter();
    gil.note_holding(&held, thread, false);
    gil.make_free(&held);
    drop(held);
    if release == Release::ForNow && thread.is_asked(Request::ReleaseGil) {
        wait_for_switch(gil, thread);
    }
}

/// Waits until another thread has taken the lock (pycore_gil.h `FORCE_SWITCHING`).
fn wait_for_switch(gil: Gil<'_>, thread: ThreadState) {
    let switch = gil.switch();
    let switching = switch.enter();
    // Taking changes the last holder under this mutex, so the signal cannot come before the wait.
    if gil.last_holder().load(Ordering::Relaxed) == thread.as_ptr() {
        thread.withdraw(Request::ReleaseGil);
        switching.wait();
    }
}
