//! `ThreadState`: a thread as the interpreter knows it, by a handle that costs nothing.
use crate::ffi;
use crate::frame::VisibleFrames;
use crate::object::{Borrowed, Lookup};
use crate::thread::Request;
use core::ptr::NonNull;

/// The state of a thread that is attached to an interpreter, usually the running one.
///
/// It has the bits of the C pointer, which is never NULL. It is neither `Send` nor `Sync`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct ThreadState(NonNull<ffi::PyThreadState>);

impl ThreadState {
    /// The running thread's (pycore_pystate.h `_PyThreadState_GET`). Not attached, the process ends with a message
    /// that says so: every caller is documented to hold the GIL.
    #[inline]
    pub fn current() -> Self {
        Self::attached().unwrap_or_else(|| not_attached(c"ThreadState::current"))
    }

    /// The running thread's, if the thread is attached: it is not yet when the runtime starts.
    #[inline]
    pub fn attached() -> Option<Self> {
        NonNull::new(ffi::_PyThreadState_GET()).map(Self)
    }

    /// A thread state from C.
    ///
    /// # Safety
    /// `tstate` is the state of a thread that lives for as long as the handle is used.
    #[inline(always)]
    pub const unsafe fn from_c(tstate: NonNull<ffi::PyThreadState>) -> Self {
        Self(tstate)
    }

    /// The main thread's in the main interpreter, while the runtime is there. Async-signal-safe.
    #[inline]
    pub fn main() -> Option<Self> {
        // SAFETY: one field of the runtime, written at its start and after a fork only.
        NonNull::new(unsafe { ffi::_PyRuntime.main_tstate }).map(Self)
    }

    /// The address.
    #[inline(always)]
    pub const fn as_non_null(self) -> NonNull<ffi::PyThreadState> {
        self.0
    }

    /// The address, for C.
    #[inline(always)]
    pub const fn as_ptr(self) -> *mut ffi::PyThreadState {
        self.0.as_ptr()
    }

    /// The interpreter that the thread belongs to.
    #[inline(always)]
    pub fn interpreter(self) -> *mut ffi::PyInterpreterState {
        // SAFETY: the state is alive, and its interpreter never changes.
        unsafe { (*self.as_ptr()).interp }
    }

    /// Whether an exception is set (pycore_pyerrors.h `_PyErr_Occurred`).
    #[inline(always)]
    pub fn has_exception(self) -> bool {
        // SAFETY: the state is alive.
        unsafe { !(*self.as_ptr()).current_exception.is_null() }
    }

    /// Whether Python's signal handlers run in this thread: the main thread in the main interpreter
    /// (pycore_pystate.h `_Py_ThreadCanHandleSignals`).
    #[inline]
    pub fn can_handle_signals(self) -> bool {
        ffi::_Py_ThreadCanHandleSignals(self.interpreter())
    }

    /// Runs the garbage collector if it was scheduled.
    #[inline]
    pub fn run_scheduled_gc(self) {
        if self.is_asked(Request::CollectGarbage) {
            self.run_gc();
        }
    }

    /// Runs the garbage collector. The request goes before the work, so that none is lost.
    pub(super) fn run_gc(self) {
        self.withdraw(Request::CollectGarbage);
        crate::jit::log::collecting(self, || {
            // SAFETY: the state is alive and the thread attached.
            unsafe { ffi::_Py_RunGC(self.as_ptr()) }
        });
    }

    /// The dict in which code keeps what belongs to the thread; `None` when there is no memory for one, without an exception
    /// (pystate.c `_PyThreadState_GetDict`).
    pub fn dict(&self) -> Option<Borrowed<'_>> {
        // SAFETY: the state is alive, and keeps its dict until it is cleared, when its thread is done.
        unsafe { Borrowed::from_c_optional(ffi::_PyThreadState_GetDict(self.as_ptr())) }
    }

    /// The innermost frame that Python code may see, as a frame object, or `None` when no code runs. Errors: no memory.
    pub fn frame(self) -> Lookup<ffi::PyFrameObject> {
        VisibleFrames::of(self).next_object()
    }
}

/// Ends the process because a function that needs the GIL was called without it, by the name of that function
/// (pycore_pystate.h `_Py_EnsureTstateNotNULL`).
#[cold]
pub fn not_attached(function: &core::ffi::CStr) -> ! {
    let why = c"the function must be called with the GIL held, after Python initialization and before Python \
                finalization, but the GIL is released (the current Python thread state is NULL)";
    // SAFETY: two C strings; the function does not come back.
    unsafe { ffi::_Py_FatalErrorFunc(function.as_ptr(), why.as_ptr()) }
}
