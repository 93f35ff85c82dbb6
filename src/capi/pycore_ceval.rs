//! `Include/internal/pycore_ceval.h`: what the evaluator and its neighbours want of each other.
use crate::ffi::{PyFunctionObject, PyGenObject};
use crate::generator::make;
use crate::object::{Borrowed, Owned, Raised};
use pyroxene_macros::capi;

/// What a call of a generator or coroutine function gives, still without its frame.
#[capi]
pub unsafe fn _Py_MakeCoro(
    func: Borrowed<'_, PyFunctionObject>,
) -> Result<Owned<PyGenObject>, Raised> {
    make::from_function(func)
}
