//! `Include/internal/pycore_code.h`: what C does with the bytecode of code objects.
use crate::ffi::{PyCodeObject, PyInterpreterState};
use crate::monitoring::Interpreter;
use crate::monitoring::code::Code;
use crate::monitoring::instrument::instrument;
use crate::object::{Borrowed, IntoC};
use core::ffi::c_int;
use pyroxene_macros::capi;

/// Instruments a code object for the tools that watch it.
#[capi]
pub unsafe fn _Py_Instrument(
    co: Borrowed<'_, PyCodeObject>,
    interp: *mut PyInterpreterState,
) -> c_int {
    // SAFETY: the evaluator's own interpreter.
    instrument(co, unsafe { Interpreter::from_c(interp) }).into_c()
}

/// The instruction that the compiler made at an index.
#[capi]
pub unsafe fn _Py_GetBaseOpcode(code: Borrowed<'_, PyCodeObject>, offset: c_int) -> c_int {
    let index = usize::try_from(offset).expect("an index of an instruction");
    c_int::from(Code::of(code).base_opcode(index).number())
}
