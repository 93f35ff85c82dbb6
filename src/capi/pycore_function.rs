//! `Include/internal/pycore_function.h`: how Python functions are called.
use crate::call::{Arguments, vectorcall};
use crate::ffi::{PyFunctionObject, PyObject, PyTupleObject};
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use pyroxene_macros::capi;

/// The vectorcall function of Python functions.
#[capi]
pub unsafe fn _PyFunction_Vectorcall(
    func: Borrowed<'_, PyFunctionObject>,
    stack: *const *mut PyObject,
    nargsf: usize,
    kwnames: Option<Borrowed<'_, PyTupleObject>>,
) -> Result<Owned, Raised> {
    // SAFETY: the caller's array is as long as it says.
    let arguments = unsafe { Arguments::from_c(stack, nargsf, kwnames) };
    vectorcall::call_function(ThreadState::current(), func, arguments)
}
