//! `Include/internal/pycore_ceval.h`: what the evaluator and its neighbours want of each other.
use crate::ffi::{Py_tracefunc, PyFrameObject, PyFunctionObject, PyGenObject, PyThreadState};
use crate::generator::make;
use crate::monitoring::legacy;
use crate::object::{Borrowed, IntoC, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::c_int;
use core::ptr::NonNull;
use pyroxene_macros::capi;

/// What a call of a generator or coroutine function gives, still without its frame.
#[capi]
pub unsafe fn _Py_MakeCoro(
    func: Borrowed<'_, PyFunctionObject>,
) -> Result<Owned<PyGenObject>, Raised> {
    make::from_function(func)
}

/// Sets the function that a thread is profiled with, or takes it away.
#[capi]
pub unsafe fn _PyEval_SetProfile(
    tstate: NonNull<PyThreadState>,
    func: Py_tracefunc,
    arg: Option<Borrowed<'_>>,
) -> c_int {
    // SAFETY: the caller's thread, or another of the interpreter's.
    let thread = unsafe { ThreadState::from_c(tstate) };
    legacy::set_profile(thread, func, arg).into_c()
}

/// Sets the function that a thread is traced with, or takes it away.
#[capi]
pub unsafe fn _PyEval_SetTrace(
    tstate: NonNull<PyThreadState>,
    func: Py_tracefunc,
    arg: Option<Borrowed<'_>>,
) -> c_int {
    // SAFETY: as above.
    let thread = unsafe { ThreadState::from_c(tstate) };
    legacy::set_trace(thread, func, arg).into_c()
}

/// Has the function of `sys.settrace` told of each instruction of a frame's code, or no longer.
#[capi]
pub unsafe fn _PyEval_SetOpcodeTrace(f: Borrowed<'_, PyFrameObject>, enable: bool) -> c_int {
    legacy::set_opcode_trace(f, enable).into_c()
}
