//! `errno`: the error that the last call of the system left to this thread. Async-signal-safe but for the raising.
use crate::object::{Raised, exception};
use core::ffi::c_int;

/// The running thread's `errno`.
#[inline]
pub fn errno() -> c_int {
    // SAFETY: the C library gives the address of the thread's own variable.
    unsafe { *libc::__errno_location() }
}

/// Sets the running thread's `errno`.
#[inline]
pub fn set_errno(code: c_int) {
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = code }
}

/// Raises `OSError` for an error code that a function returned instead of leaving it in `errno`, as the `pthread_…`
/// functions do. `errno` becomes the code.
#[cold]
pub fn raise_errno(code: c_int) -> Raised {
    set_errno(code);
    Raised::from_errno(exception::OSError)
}

/// Keeps `errno` as it is: what happens until this is dropped does not show to the code around.
#[must_use = "errno is restored when the guard is dropped"]
#[derive(Debug)]
pub struct ErrnoGuard(c_int);

impl ErrnoGuard {
    /// Remembers `errno`.
    #[inline]
    pub fn new() -> Self {
        Self(errno())
    }
}

impl Default for ErrnoGuard {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for ErrnoGuard {
    #[inline]
    fn drop(&mut self) {
        set_errno(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_restores() {
        set_errno(libc::EAGAIN);
        {
            let _kept = ErrnoGuard::new();
            set_errno(libc::EPERM);
            assert_eq!(errno(), libc::EPERM);
        }
        assert_eq!(errno(), libc::EAGAIN);
    }
}
