//! `Include/internal/pycore_code.h`: what the maker of code objects wants of their bytecode. Two of the symbols are declared
//! only where they are used.
use crate::ffi::PyCodeObject;
use crate::monitoring::code::Code;
use crate::object::Borrowed;
use crate::specialize::init_cleanup::{InitCleanup, init_cleanup};
use crate::specialize::quicken;
use core::ffi::c_int;
use pyroxene_macros::capi;

/// The code that runs behind an `__init__` that was entered without a call.
#[capi]
pub static _Py_InitCleanup: InitCleanup = init_cleanup();

/// Starts the counters of a new code object.
#[capi]
pub unsafe fn _PyCode_Quicken(code: Borrowed<'_, PyCodeObject>) {
    quicken::quicken(code);
}

/// The instruction that the compiler made at an index. Where machine code is entered, C looks behind the patch itself.
#[capi]
pub unsafe fn _Py_GetBaseOpcode(code: Borrowed<'_, PyCodeObject>, offset: c_int) -> c_int {
    let index = usize::try_from(offset).expect("an index of an instruction");
    c_int::from(Code::of(code).patched_opcode(index).number())
}
