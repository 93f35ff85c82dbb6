//! `Include/cpython/ceval.h` and, of `Include/cpython/pystate.h`, tracing: functions of `sys.settrace` and
//! `sys.setprofile`, compiler flags, slices.
use crate::eval::hooks::{self, Tracing};
use crate::eval::{flags, run, slices};
use crate::ffi::{_PyInterpreterFrame, Py_ssize_t, Py_tracefunc, PyCompilerFlags, freefunc};
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::c_int;
use pyroxene_macros::capi;

/// Sets the running thread's profile function.
#[capi]
pub unsafe fn PyEval_SetProfile(func: Py_tracefunc, arg: Option<Borrowed<'_>>) {
    Tracing::Profile.set(func, arg);
}

/// Sets the profile function of all threads.
#[capi]
pub unsafe fn PyEval_SetProfileAllThreads(func: Py_tracefunc, arg: Option<Borrowed<'_>>) {
    Tracing::Profile.set_of_all_threads(func, arg);
}

/// Sets the running thread's trace function.
#[capi]
pub unsafe fn PyEval_SetTrace(func: Py_tracefunc, arg: Option<Borrowed<'_>>) {
    Tracing::Trace.set(func, arg);
}

/// Sets the trace function of all threads.
#[capi]
pub unsafe fn PyEval_SetTraceAllThreads(func: Py_tracefunc, arg: Option<Borrowed<'_>>) {
    Tracing::Trace.set_of_all_threads(func, arg);
}

/// Suspends tracing of a thread.
#[capi]
pub unsafe fn PyThreadState_EnterTracing(tstate: ThreadState) {
    hooks::enter_tracing(tstate);
}

/// Resumes tracing of a thread.
#[capi]
pub unsafe fn PyThreadState_LeaveTracing(tstate: ThreadState) {
    hooks::leave_tracing(tstate);
}

/// Adds the flags of the code that runs; whether there are any flags now.
#[capi]
pub unsafe fn PyEval_MergeCompilerFlags(cf: *mut PyCompilerFlags) -> c_int {
    // SAFETY: the caller's flags.
    unsafe {
        (*cf).cf_flags |= flags::inherited(ThreadState::current());
        c_int::from((*cf).cf_flags != 0)
    }
}

/// A new index for an extra member of code objects, or -1 without an exception.
#[capi]
pub unsafe fn PyUnstable_Eval_RequestCodeExtraIndex(free: freefunc) -> Py_ssize_t {
    flags::request_code_extra_index(free).unwrap_or(-1)
}

/// Stores an index of a slice, or for `None` leaves what is there: 1, or 0 with an exception.
#[capi]
pub unsafe fn _PyEval_SliceIndex(v: Borrowed<'_>, pi: *mut Py_ssize_t) -> c_int {
    match slices::optional_index(v) {
        Ok(Some(index)) => {
            // SAFETY: the caller's variable.
            unsafe { *pi = index };
            1
        }
        Ok(None) => 1,
        Err(_) => 0,
    }
}

/// Stores an index of a slice: 1, or 0 with an exception.
#[capi]
pub unsafe fn _PyEval_SliceIndexNotNone(v: Borrowed<'_>, pi: *mut Py_ssize_t) -> c_int {
    match slices::index(v) {
        Ok(index) => {
            // SAFETY: the caller's variable.
            unsafe { *pi = index };
            1
        }
        Err(_) => 0,
    }
}

/// The evaluator: runs a frame, and the frames that it calls. Its name is what profilers look for on the C stack, and what
/// NumPy looks for to know that it was called from Python code. So it has to be found there, and nowhere else: with a
/// profile, the optimiser would repeat the whole loop in what calls it most, and put what seldom runs of it elsewhere,
/// unless it has a section of its own.
#[capi]
#[inline(never)]
#[unsafe(link_section = ".text.hot._PyEval_EvalFrameDefault")]
pub unsafe fn _PyEval_EvalFrameDefault(
    tstate: ThreadState,
    frame: *mut _PyInterpreterFrame,
    throwflag: c_int,
) -> Result<Owned, Raised> {
    // SAFETY: the caller promises the running thread's state, and a frame that is ready to run, or left by machine code.
    unsafe { run::evaluate(tstate, frame, run::Start::from_c(throwflag)) }
}
