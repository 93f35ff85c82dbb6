//! The C recursion limit as a guard. Touches the thread state's counter only.
use crate::ffi;
use crate::object::{Raised, check_status};
use crate::thread::ThreadState;
use core::ffi::CStr;

/// One level of C recursion, taken by [`Recursion::enter`] and given back when dropped
/// (pycore_ceval.h `_Py_EnterRecursiveCallTstate` and `_Py_LeaveRecursiveCallTstate`).
pub struct Recursion {
    tstate: *mut ffi::PyThreadState,
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
        let tstate = tstate.as_ptr();
        // SAFETY: a thread state is alive while its thread runs this; C restores the counter when it refuses.
        unsafe {
            let left = (*tstate).c_recursion_remaining;
            (*tstate).c_recursion_remaining = left - 1;
            if left < 0 {
                check_status(ffi::_Py_CheckRecursiveCall(tstate, what.as_ptr()))?;
            }
        }
        Ok(Self { tstate })
    }
}

impl Drop for Recursion {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the guard is dropped on the thread that made it, before the thread state can go.
        unsafe { (*self.tstate).c_recursion_remaining += 1 }
    }
}
