//! `ceval.h`: attaching and detaching threads, and pending calls, with the functions of the stable ABI that the header does
//! not declare any more. Calls [`crate::thread`].
use crate::ffi;
use crate::object::IntoC;
use crate::thread::gil::Release;
use crate::thread::pending::{self, Call, Function};
use crate::thread::{self, ThreadState, gil, not_attached};
use core::ffi::{c_int, c_void};
use core::ptr::NonNull;
use pyroxene_macros::capi;

/// Detaches the running thread and gives its state.
///
/// # Safety
/// As the C declaration in `ceval.h`: the thread is attached.
#[capi]
pub unsafe fn PyEval_SaveThread() -> ThreadState {
    thread::detach()
}

/// Attaches the running thread.
///
/// # Safety
/// As the C declaration in `ceval.h`: `tstate` is the running thread's, and not attached; after the finalization it may
/// be gone.
#[capi]
pub unsafe fn PyEval_RestoreThread(tstate: *mut ffi::PyThreadState) {
    // SAFETY: as the caller promises.
    unsafe { thread::attach(tstate, c"PyEval_RestoreThread") }
}

/// Attaches the running thread.
///
/// # Safety
/// As [`PyEval_RestoreThread`].
#[capi]
pub unsafe fn PyEval_AcquireThread(tstate: *mut ffi::PyThreadState) {
    // SAFETY: as the caller promises.
    unsafe { thread::attach(tstate, c"PyEval_AcquireThread") }
}

/// Detaches the running thread.
///
/// # Safety
/// As the C declaration in `ceval.h`: `tstate` is the running thread's, and attached.
#[capi]
pub unsafe fn PyEval_ReleaseThread(tstate: ThreadState) {
    // SAFETY: as the caller promises.
    unsafe { thread::detach_from(tstate) }
}

/// Takes the GIL without attaching the thread. Removed from the header.
///
/// # Safety
/// The running thread has a current state, but not the GIL.
#[capi]
pub unsafe fn PyEval_AcquireLock() {
    let tstate = ffi::_PyThreadState_GET();
    let tstate = NonNull::new(tstate).unwrap_or_else(|| not_attached(c"PyEval_AcquireLock"));
    // SAFETY: as the caller promises.
    unsafe { gil::take(tstate) }
}

/// Releases the GIL without detaching the thread. Removed from the header.
///
/// # Safety
/// The running thread has a current state and the GIL.
#[capi]
pub unsafe fn PyEval_ReleaseLock() {
    let thread = ThreadState::current();
    // SAFETY: as the caller promises.
    unsafe { gil::release(thread.interpreter(), thread, Release::ForNow) }
}

/// Does nothing: there is a GIL since the runtime started.
///
/// # Safety
/// None.
#[capi]
pub unsafe fn PyEval_InitThreads() {}

/// Whether the main interpreter's GIL exists. Removed from the header.
///
/// # Safety
/// None.
#[capi]
pub unsafe fn PyEval_ThreadsInitialized() -> c_int {
    c_int::from(gil::is_initialized())
}

/// Leaves a call for the main thread: 0, or -1 without an exception when there is no room.
///
/// # Safety
/// As the C declaration in `ceval.h`: `func` may be called with `arg` by the main thread. From any thread, attached or not.
#[capi]
pub unsafe fn Py_AddPendingCall(func: Function, arg: *mut c_void) -> c_int {
    let call = Call {
        function: func,
        argument: arg,
        flags: ffi::_Py_PENDING_MAINTHREADONLY as c_int,
    };
    pending::add_for_main_thread(call).into_c()
}

/// Handles signals and makes pending calls, in the main thread: 0, or -1 with an exception.
///
/// # Safety
/// As the C declaration in `ceval.h`: the thread is attached.
#[capi]
pub unsafe fn Py_MakePendingCalls() -> c_int {
    pending::make_in_main_thread().into_c()
}
