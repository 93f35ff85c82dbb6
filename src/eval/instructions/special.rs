//! Instructions that do nothing, that belong to the next one, or that must not be run.
use crate::eval::flow::{Flow, Leave};
use crate::eval::machine::Machine;
use crate::ffi;
use core::ffi::CStr;

/// `NOP`.
#[inline(always)]
pub(in crate::eval) fn nop(_: &mut Machine) -> Flow {
    Ok(())
}

/// `EXTENDED_ARG(high)`: the high bits of the operand of the next instruction.
#[inline(always)]
pub(in crate::eval) fn extended_arg(m: &mut Machine) -> Flow {
    m.fetch_extended();
    Err(Leave::Again)
}

/// `CACHE`: what lies behind an instruction.
#[inline(always)]
pub(in crate::eval) fn cache(_: &mut Machine) -> Flow {
    must_not_run(c"Executing a cache.")
}

/// `RESERVED`: a number that no instruction has.
#[inline(always)]
pub(in crate::eval) fn reserved(_: &mut Machine) -> Flow {
    must_not_run(c"Executing RESERVED instruction.")
}

/// Ends the process, because the code is broken.
#[cold]
#[inline(never)]
fn must_not_run(why: &'static CStr) -> ! {
    // SAFETY: two C strings; the function does not come back.
    unsafe { ffi::_Py_FatalErrorFunc(c"_PyEval_EvalFrameDefault".as_ptr(), why.as_ptr()) }
}
