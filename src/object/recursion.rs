//! The C recursion limit as a guard. Touches the thread state's counter only.
use crate::eval::recursion;
use crate::object::Raised;
use crate::thread::ThreadState;
use core::ffi::CStr;

/// One level of C recursion, taken by [`Recursion::enter`] and given back when dropped
/// (pycore_ceval.h `_Py_EnterRecursiveCallTstate` and `_Py_LeaveRecursiveCallTstate`).
pub struct Recursion {
    tstate: ThreadState,
}

impl Recursion {
    /// Goes one level deeper.
    ///
    /// # Errors
    /// `RecursionError` with `what` (" while …") at its end when the thread is at its limit.
    #[inline(always)]
    pub fn enter(what: &'static CStr) -> Result<Self, Raised> {
        Self::enter_in(ThreadState::current(), what)
    }

    /// Goes one level deeper in the running thread, whose state is at hand.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    #[inline(always)]
    pub fn enter_in(tstate: ThreadState, what: &'static CStr) -> Result<Self, Raised> {
        recursion::enter_c(tstate, what)?;
        Ok(Self { tstate })
    }
}

impl Drop for Recursion {
    #[inline(always)]
    fn drop(&mut self) {
        recursion::count_c(self.tstate, -1);
    }
}
