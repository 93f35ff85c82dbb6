//! Taking the GIL.
use crate::ffi;
use crate::thread::gil::{Gil, Held, TAKEN};
use crate::thread::{ErrnoGuard, Request, ThreadState, pending};
use core::ptr::NonNull;
use core::sync::atomic::Ordering;

/// Takes the GIL for the running thread, which does not have it, and waits as long as that needs
/// (ceval_gil.c `take_gil`). `errno` stays as it is.
///
/// Where another thread finalizes the interpreter or the runtime, or has done so, the running thread ends here.
///
/// # Safety
/// `tstate` is the running thread's, of an interpreter that has been given a GIL. It may be gone only if its interpreter or
/// the runtime is being finalized or was.
// A function of its own in every build: gdb's `py-bt` knows threads that wait for the GIL by it.
#[inline(never)]
pub unsafe fn take(tstate: NonNull<ffi::PyThreadState>) {
    let _errno = ErrnoGuard::new();
    // SAFETY: as the caller promises.
    if unsafe { try_take(tstate) }.is_err() {
        // SAFETY: no lock is held, and the runtime does not wait for a thread that it finalizes without.
        unsafe { ffi::PyThread_exit_thread() }
    }
    // SAFETY: as the caller promises; the state is there, because the thread goes on.
    crate::jit::sample::attached(unsafe { ThreadState::from_c(tstate) });
}

/// Another thread finalizes: the state of this one may be gone, and it must not run Python code again.
struct Finalized;

/// Whether the running thread may go on with its state, which this function only reads as far as it is there
/// (pystate.c `_PyThreadState_MustExit`).
///
/// # Safety
/// As [`take`].
unsafe fn check_finalized(tstate: NonNull<ffi::PyThreadState>) -> Result<(), Finalized> {
    // SAFETY: as the caller promises; made for states that may be gone.
    match unsafe { ffi::_PyThreadState_MustExit(tstate.as_ptr()) } {
        0 => Ok(()),
        _ => Err(Finalized),
    }
}

/// [`take`], or [`Finalized`] and without the GIL.
///
/// # Safety
/// As [`take`].
unsafe fn try_take(tstate: NonNull<ffi::PyThreadState>) -> Result<(), Finalized> {
    // SAFETY: as the caller promises; where nobody finalizes, the state is alive.
    let thread = unsafe {
        check_finalized(tstate)?;
        ThreadState::from_c(tstate)
    };
    let gil = Gil::of_thread(&thread);
    debug_assert!(gil.is_created());
    let monitor = gil.monitor();
    let held = monitor.enter();
    // SAFETY: as the caller promises.
    unsafe {
        wait_until_free(gil, &held, tstate)?;
        claim(gil, &held, tstate);
        // Once more: the lock may have been free because who finalized is done.
        if let Err(finalized) = check_finalized(tstate) {
            gil.make_free(&held);
            return Err(finalized);
        }
    }
    gil.note_holding(&held, thread, true);
    thread.withdraw(Request::ReleaseGil);
    if pending::are_waiting_for(thread) {
        thread.ask(Request::MakeCalls);
    }
    thread.adopt_instrumentation_version();
    Ok(())
}

/// Waits until nobody has the lock. Each time that the switch interval went by and the same thread still had it, that
/// thread is asked to let go.
///
/// # Safety
/// As [`take`].
unsafe fn wait_until_free(
    gil: Gil<'_>,
    held: &Held<'_>,
    tstate: NonNull<ffi::PyThreadState>,
) -> Result<(), Finalized> {
    let mut asked = false;
    while gil.is_taken() {
        let switches = gil.switches(held);
        let interval = gil.interval().load(Ordering::Relaxed).max(1);
        if !held.wait_at_most(interval) || gil.switches(held) != switches {
            continue;
        }
        let Some(holder) = gil.holder(held) else {
            continue;
        };
        // SAFETY: as the caller promises.
        if let Err(finalized) = unsafe { check_finalized(tstate) } {
            // Who lets go on demand waits for somebody to take the lock, which this thread will not do. The demands of
            // others go with it; they repeat theirs.
            if asked {
                holder.withdraw(Request::ReleaseGil);
            }
            return Err(finalized);
        }
        holder.ask(Request::ReleaseGil);
        asked = true;
    }
    Ok(())
}

/// Makes the free lock the thread's. Whoever let go on demand and waits for this is woken.
///
/// # Safety
/// As [`take`]; only the address of the state is used.
unsafe fn claim(gil: Gil<'_>, held: &Held<'_>, tstate: NonNull<ffi::PyThreadState>) {
    let switch = gil.switch();
    let switching = switch.enter();
    gil.locked().store(TAKEN, Ordering::Relaxed);
    if gil.last_holder().load(Ordering::Relaxed) != tstate.as_ptr() {
        gil.last_holder().store(tstate.as_ptr(), Ordering::Relaxed);
        gil.count_switch(held);
    }
    switching.signal();
}
