//! Calling the function that a thread has set, with the frame that runs. Runs any code.
use super::handler::What;
use crate::eval::namespaces::frame_object;
use crate::ffi;
use crate::frame::FrameObject;
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use crate::thread::ThreadState;
use core::ffi::CStr;
use core::ptr::null_mut;

/// A function of C with the object that it belongs to, as a thread has set it (cpython/pystate.h `Py_tracefunc`).
pub(super) struct Function {
    function: unsafe extern "C" fn(
        *mut ffi::PyObject,
        *mut ffi::PyFrameObject,
        core::ffi::c_int,
        *mut ffi::PyObject,
    ) -> core::ffi::c_int,
    object: Option<Owned>,
}

impl Function {
    /// What the thread has set with `sys.settrace` or `PyEval_SetTrace`, if anything.
    #[inline]
    pub(super) fn of_trace(thread: ThreadState) -> Option<Self> {
        let state = thread.as_ptr();
        // SAFETY: the state is alive, and the object NULL or a reference of its own.
        unsafe { Self::of((*state).c_tracefunc, (*state).c_traceobj) }
    }

    /// What the thread has set with `sys.setprofile` or `PyEval_SetProfile`, if anything.
    #[inline]
    pub(super) fn of_profile(thread: ThreadState) -> Option<Self> {
        let state = thread.as_ptr();
        // SAFETY: as above.
        unsafe { Self::of((*state).c_profilefunc, (*state).c_profileobj) }
    }

    /// # Safety
    /// `object` is NULL or alive.
    #[inline(always)]
    unsafe fn of(function: ffi::Py_tracefunc, object: *mut ffi::PyObject) -> Option<Self> {
        let function = function?;
        // SAFETY: as the caller promises. The function may set another in its place, so the object is kept for the call.
        let object = unsafe { Borrowed::from_c_optional(object) }.map(Borrowed::new_ref);
        Some(Self { function, object })
    }

    /// Tells the function what happens in a frame.
    ///
    /// # Errors
    /// What it raises.
    pub(super) fn call(
        &self,
        frame: FrameObject<'_>,
        what: What,
        argument: Option<Borrowed<'_>>,
    ) -> Result<(), Raised> {
        let object = self.object.as_ref().map_or(null_mut(), Owned::as_ptr);
        let argument = argument.map_or(null_mut(), Borrowed::as_ptr);
        // SAFETY: the function was set along with the object, for calls like this one.
        match unsafe { (self.function)(object, frame.as_ptr(), what as _, argument) } {
            0 => Ok(()),
            _ => Err(Raised::on_c_word()),
        }
    }
}

/// The frame object of the running frame.
///
/// # Errors
/// `SystemError` with the message when there is none.
pub(super) fn running_frame(
    thread: ThreadState,
    message: &CStr,
) -> Result<Owned<ffi::PyFrameObject>, Raised> {
    match frame_object(thread) {
        Some(frame) => Ok(frame.new_ref()),
        None => Err(raise(exception::SystemError, message)),
    }
}
