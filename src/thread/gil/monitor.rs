//! A mutex and a condition variable that belong together, in memory that C laid out. Errors of the system end the process:
//! without its lock the runtime cannot go on.
use crate::ffi;
use core::ffi::{CStr, c_int, c_ulong};
use core::mem::MaybeUninit;

/// A pair of a mutex and the condition that is waited for with it. It lives in a [`Gil`](super::Gil)'s memory, which whoever
/// makes one promises to be there.
#[derive(Debug)]
pub(super) struct Monitor {
    mutex: *mut libc::pthread_mutex_t,
    condition: *mut libc::pthread_cond_t,
}

impl Monitor {
    /// The monitor in this memory.
    ///
    /// # Safety
    /// Both lie still for as long as the monitor is used. They are initialised, but for [`create`](Self::create).
    #[inline]
    pub(super) unsafe fn at(
        mutex: *mut ffi::pthread_mutex_t,
        condition: *mut ffi::pthread_cond_t,
    ) -> Self {
        Self {
            mutex: mutex.cast(),
            condition: condition.cast(),
        }
    }

    /// Initialises both, whatever is in their memory.
    pub(super) fn create(&self) {
        // SAFETY: the memory is there; nobody uses what was in it.
        unsafe {
            require(
                libc::pthread_mutex_init(self.mutex, core::ptr::null()),
                c"PyMUTEX_INIT failed",
            );
            require(
                ffi::_PyThread_cond_init(self.condition),
                c"PyCOND_INIT failed",
            );
        }
    }

    /// Ends both; nobody uses them any more.
    pub(super) fn destroy(&self) {
        // SAFETY: both are initialised. The condition goes first: it may be tied to the mutex.
        unsafe {
            require(
                libc::pthread_cond_destroy(self.condition),
                c"PyCOND_FINI failed",
            );
            require(
                libc::pthread_mutex_destroy(self.mutex),
                c"PyMUTEX_FINI failed",
            );
        }
    }

    /// Locks the mutex until the guard is dropped.
    #[inline]
    pub(super) fn enter(&self) -> Entered<'_> {
        // SAFETY: the mutex is initialised.
        require(
            unsafe { libc::pthread_mutex_lock(self.mutex) },
            c"PyMUTEX_LOCK failed",
        );
        Entered(self)
    }
}

/// A [`Monitor`] whose mutex this thread holds.
#[must_use = "the mutex is unlocked when the guard is dropped"]
#[derive(Debug)]
pub(super) struct Entered<'m>(&'m Monitor);

impl Entered<'_> {
    /// Wakes one thread that waits for the condition.
    #[inline]
    pub(super) fn signal(&self) {
        // SAFETY: the condition is initialised.
        require(
            unsafe { libc::pthread_cond_signal(self.0.condition) },
            c"PyCOND_SIGNAL failed",
        );
    }

    /// Waits for the condition, the mutex unlocked meanwhile. May wake without reason.
    #[inline]
    pub(super) fn wait(&self) {
        // SAFETY: both are initialised, and this thread holds the mutex.
        require(
            unsafe { libc::pthread_cond_wait(self.0.condition, self.0.mutex) },
            c"PyCOND_WAIT failed",
        );
    }

    /// Waits as [`wait`](Self::wait), but no longer than that many microseconds; whether these went by.
    #[inline]
    pub(super) fn wait_at_most(&self, microseconds: c_ulong) -> bool {
        let mut until = MaybeUninit::uninit();
        // SAFETY: the function writes the time; both are initialised, and this thread holds the mutex.
        let status = unsafe {
            ffi::_PyThread_cond_after(microseconds.cast_signed(), until.as_mut_ptr());
            libc::pthread_cond_timedwait(self.0.condition, self.0.mutex, until.as_ptr())
        };
        let timed_out = status == libc::ETIMEDOUT;
        if !timed_out {
            require(status, c"PyCOND_WAIT failed");
        }
        timed_out
    }
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the mutex is initialised, and this thread holds it.
        require(
            unsafe { libc::pthread_mutex_unlock(self.0.mutex) },
            c"PyMUTEX_UNLOCK failed",
        );
    }
}

/// Ends the process with the message unless the status of a `pthread_…` function is 0.
#[inline(always)]
fn require(status: c_int, message: &'static CStr) {
    if status != 0 {
        super::fatal(c"GIL", message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::UnsafeCell;

    /// Memory for a monitor that several threads use.
    struct Memory(
        UnsafeCell<(
            MaybeUninit<ffi::pthread_mutex_t>,
            MaybeUninit<ffi::pthread_cond_t>,
        )>,
    );

    // SAFETY: only the functions of the monitor touch it, and those are made for several threads.
    unsafe impl Sync for Memory {}

    impl Memory {
        fn new() -> Self {
            Self(UnsafeCell::new((
                MaybeUninit::uninit(),
                MaybeUninit::uninit(),
            )))
        }

        fn monitor(&self) -> Monitor {
            let place = self.0.get();
            // SAFETY: the memory outlives the monitor in these tests.
            unsafe { Monitor::at((&raw mut (*place).0).cast(), (&raw mut (*place).1).cast()) }
        }
    }

    #[test]
    fn a_wait_ends_by_time() {
        let memory = Memory::new();
        let monitor = memory.monitor();
        monitor.create();
        let start = std::time::Instant::now();
        // Waking without reason is allowed, so the time may come in pieces.
        while !monitor.enter().wait_at_most(2_000) {}
        assert!(start.elapsed() >= std::time::Duration::from_micros(1_900));
        monitor.destroy();
    }

    #[test]
    fn a_wait_ends_by_a_signal() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let memory = Memory::new();
        memory.monitor().create();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let monitor = memory.monitor();
                let entered = monitor.enter();
                done.store(true, Ordering::Relaxed);
                entered.signal();
            });
            let monitor = memory.monitor();
            let entered = monitor.enter();
            while !done.load(Ordering::Relaxed) {
                entered.wait();
            }
        });
        memory.monitor().destroy();
    }
}
