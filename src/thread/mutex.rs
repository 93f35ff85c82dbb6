//! CPython's one-byte mutex, held for as long as a guard lives. Touches the mutex, and detaches a thread that waits.
use crate::ffi;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A [`PyMutex`](ffi::PyMutex) that this thread holds.
#[must_use = "the mutex is unlocked when the guard is dropped"]
#[derive(Debug)]
pub(super) struct MutexGuard<'m> {
    mutex: NonNull<ffi::PyMutex>,
    _mutex: PhantomData<&'m ()>,
}

impl MutexGuard<'_> {
    /// Locks the mutex. A thread that has to wait lets go of the GIL meanwhile.
    ///
    /// # Safety
    /// The mutex lives for as long as the guard.
    #[inline]
    pub(super) unsafe fn lock(mutex: NonNull<ffi::PyMutex>) -> Self {
        // SAFETY: as the caller promises.
        unsafe { ffi::_PyMutex_Lock(mutex.as_ptr()) };
        Self {
            mutex,
            _mutex: PhantomData,
        }
    }
}

impl Drop for MutexGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the mutex was locked when the guard was made, and lives as long.
        unsafe { ffi::_PyMutex_Unlock(self.mutex.as_ptr()) }
    }
}
