//! Attaching the running thread to its interpreter and detaching it, which takes and releases the GIL; letting go of it
//! while the system is waited for. Goes through `Python/pystate.c`, which calls [`crate::thread::gil`].
use crate::ffi;
use crate::thread::{ThreadState, not_attached};
use core::ffi::CStr;

/// Detaches the running thread, so that others may run, and gives the state to attach it with
/// (ceval.h `PyEval_SaveThread`).
#[inline]
pub fn detach() -> ThreadState {
    let thread = ThreadState::current();
    // SAFETY: the running thread's state, which is attached.
    unsafe { detach_from(thread) };
    thread
}

/// Detaches the running thread from its state (ceval.h `PyEval_ReleaseThread`).
///
/// # Safety
/// The state is the running thread's, and attached.
#[inline]
pub unsafe fn detach_from(thread: ThreadState) {
    // SAFETY: as the caller promises.
    unsafe { ffi::_PyThreadState_Detach(thread.as_ptr()) }
}

/// Attaches the running thread again, waiting for the GIL (ceval.h `PyEval_RestoreThread`, whose name the caller gives,
/// because NULL ends the process with a message). `errno` stays. When the interpreter is being finalized by another
/// thread, this one ends here.
///
/// # Safety
/// `tstate` is NULL or a state that no other thread uses, and the running thread is not attached; after the
/// finalization the state may be gone, if the thread was detached before.
#[inline]
pub unsafe fn attach(tstate: *mut ffi::PyThreadState, function: &'static CStr) {
    if tstate.is_null() {
        not_attached(function);
    }
    // SAFETY: as the caller promises.
    unsafe { ffi::_PyThreadState_Attach(tstate) }
}

/// The running thread without the GIL, until this is dropped (ceval.h `Py_BEGIN_ALLOW_THREADS`).
struct Detached(*mut ffi::PyThreadState);

impl Drop for Detached {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the state was this thread's until it was detached, and nobody else may take it.
        unsafe { ffi::_PyThreadState_Attach(self.0) }
    }
}

/// Does something that may take long while other threads run Python code.
///
/// The work must be `Send`, which references to objects are not: without the GIL it cannot touch any. `errno` survives
/// the way back.
#[inline]
pub fn without_gil<T>(work: impl FnOnce() -> T + Send) -> T {
    let _detached = Detached(detach().as_ptr());
    work()
}
