//! `Include/internal/pycore_ceval.h`: what the evaluator and its neighbours want of each other.
use crate::ffi::{PyFunctionObject, PyGenObject, PyThreadState};
use crate::frame::builtins;
use crate::generator::make;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ptr::NonNull;
use pyroxene_macros::capi;

/// The builtins that belong to some globals, which keep them alive.
#[capi]
pub unsafe fn _PyEval_BuiltinsFromGlobals<'a>(
    tstate: NonNull<PyThreadState>,
    globals: Borrowed<'a>,
) -> Result<Borrowed<'a>, Raised> {
    // SAFETY: the caller gives the running thread's state.
    builtins::from_globals(unsafe { ThreadState::from_c(tstate) }, globals)
}

/// What a call of a generator or coroutine function gives, still without its frame.
#[capi]
pub unsafe fn _Py_MakeCoro(
    func: Borrowed<'_, PyFunctionObject>,
) -> Result<Owned<PyGenObject>, Raised> {
    make::from_function(func)
}
