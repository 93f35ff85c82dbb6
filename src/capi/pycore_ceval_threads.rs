//! `Include/internal/pycore_ceval.h`, the half about threads: the GIL, pending calls, requests to the evaluator. Calls
//! [`crate::thread`].
use crate::config::Status;
use crate::ffi;
use crate::jit;
use crate::object::IntoC;
use crate::thread::gil::{Release, Whose};
use crate::thread::pending::{Call, Function};
use crate::thread::{self, ThreadState, gil, not_attached, pending};
use core::ffi::{c_int, c_ulong, c_void};
use core::ptr::NonNull;
use pyroxene_macros::capi;

/// Sets the switch interval.
///
/// # Safety
/// As the C declaration in `pycore_ceval.h`: the thread is attached.
#[capi]
pub unsafe fn _PyEval_SetSwitchInterval(microseconds: c_ulong) {
    gil::set_switch_interval(microseconds);
}

/// The switch interval in microseconds.
///
/// # Safety
/// As the C declaration in `pycore_ceval.h`: the thread is attached.
#[capi]
pub unsafe fn _PyEval_GetSwitchInterval() -> c_ulong {
    gil::switch_interval()
}

/// Says of a new interpreter's own GIL that it does not exist.
///
/// # Safety
/// As the C declaration in `pycore_ceval.h`: the interpreter is new, and known to this thread only.
#[capi]
pub unsafe fn _PyEval_InitState(interp: *mut ffi::PyInterpreterState) {
    // SAFETY: as the caller promises.
    unsafe { gil::prepare(interp) }
}

/// Gives the thread's interpreter a GIL and attaches the thread.
///
/// # Safety
/// As the C declaration in `pycore_ceval.h`: `tstate` is the running thread's, not attached, in a new interpreter.
#[capi]
pub unsafe fn _PyEval_InitGIL(tstate: ThreadState, own_gil: c_int) {
    let whose = match own_gil {
        0 => Whose::Shared,
        _ => Whose::Own,
    };
    // SAFETY: as the caller promises. The interpreter has its configuration.
    unsafe {
        gil::init(tstate, whose);
        jit::begin(tstate.interpreter());
    }
}

/// Takes the GIL away from an interpreter.
///
/// # Safety
/// As the C declaration in `pycore_ceval.h`: the interpreter has no threads any more.
#[capi]
pub unsafe fn _PyEval_FiniGIL(interp: *mut ffi::PyInterpreterState) {
    // SAFETY: as the caller promises.
    unsafe { gil::finish(interp) }
}

/// Prints statistics in builds that make them, which this one is not.
///
/// # Safety
/// None.
#[capi]
pub unsafe fn _PyEval_Fini() {}

/// Whether the main interpreter's GIL exists.
///
/// # Safety
/// None.
#[capi]
pub unsafe fn _PyEval_ThreadsInitialized() -> c_int {
    c_int::from(gil::is_initialized())
}

/// Takes the GIL for a thread. NULL ends the process.
///
/// # Safety
/// As the C declaration in `pycore_ceval.h`: `tstate` is the running thread's, and does not have the GIL; after the
/// finalization it may be gone.
#[capi]
pub unsafe fn _PyEval_AcquireLock(tstate: *mut ffi::PyThreadState) {
    let tstate = NonNull::new(tstate).unwrap_or_else(|| not_attached(c"_PyEval_AcquireLock"));
    // SAFETY: as the caller promises.
    unsafe { gil::take(tstate) }
}

/// Releases the GIL.
///
/// # Safety
/// As the C declaration in `pycore_ceval.h`: `tstate` is the running thread's in that interpreter, and has the GIL.
#[capi]
pub unsafe fn _PyEval_ReleaseLock(
    interp: *mut ffi::PyInterpreterState,
    tstate: ThreadState,
    final_release: c_int,
) {
    let release = match final_release {
        0 => Release::ForNow,
        _ => Release::ForGood,
    };
    // SAFETY: as the caller promises.
    unsafe { gil::release(interp, tstate, release) }
}

/// Makes the main interpreter's locks anew in a forked child.
///
/// # Safety
/// As the C declaration in `pycore_ceval.h`: `tstate` is that of the only thread, in the main interpreter.
#[capi]
pub unsafe fn _PyEval_ReInitThreads(tstate: ThreadState) -> ffi::PyStatus {
    // SAFETY: as the caller promises.
    unsafe { gil::after_fork(tstate) };
    Status::Ok(()).into_c()
}

/// Leaves a call for a thread of the interpreter, or for the main thread: `_Py_ADD_PENDING_…`.
///
/// # Safety
/// As the C declaration in `pycore_ceval.h`: the interpreter is alive, and `func` may be called with `arg`. From any thread,
/// attached or not.
#[capi]
pub unsafe fn _PyEval_AddPendingCall(
    interp: *mut ffi::PyInterpreterState,
    func: Function,
    arg: *mut c_void,
    flags: c_int,
) -> c_int {
    let call = Call {
        function: func,
        argument: arg,
        flags,
    };
    if flags & ffi::_Py_PENDING_MAINTHREADONLY as c_int != 0 {
        pending::add_for_main_thread(call).into_c()
    } else {
        // SAFETY: as the caller promises.
        unsafe { pending::add(interp, call) }.into_c()
    }
}

/// Handles signals, in the main thread, and makes pending calls: 0, or -1 with an exception.
///
/// # Safety
/// As the C declaration in `pycore_ceval.h`: `tstate` is the running thread's, and attached.
#[capi]
pub unsafe fn _PyEval_MakePendingCalls(tstate: ThreadState) -> c_int {
    pending::make_with_signals(tstate).into_c()
}

/// Makes the interpreter's pending calls until none is left.
///
/// # Safety
/// As [`_PyEval_MakePendingCalls`].
#[capi]
pub unsafe fn _Py_FinishPendingCalls(tstate: ThreadState) {
    pending::finish(tstate);
    jit::end(tstate.interpreter());
}

/// Does what the thread is asked to do by its eval breaker: 0, or -1 with an exception.
///
/// # Safety
/// As [`_PyEval_MakePendingCalls`].
#[capi]
pub unsafe fn _Py_HandlePending(tstate: ThreadState) -> c_int {
    thread::handle_requests(tstate).into_c()
}
