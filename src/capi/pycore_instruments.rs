//! `Include/internal/pycore_instruments.h`: the values that callbacks give and get, the lines of instrumented code, `sys.monitoring`.
//! `sysmodule.c` declares the function that makes the module by itself.
use crate::ffi::{PyBaseObject_Type, PyCodeObject, PyObject};
use crate::monitoring::code::Code;
use crate::monitoring::module;
use crate::object::static_type::static_head;
use crate::object::{Borrowed, Owned, Raised};
use core::ffi::c_int;
use pyroxene_macros::capi;

/// What a callback returns that does not want to be called again.
#[capi]
pub static mut _PyInstrumentation_DISABLE: PyObject = static_head(&raw mut PyBaseObject_Type);

/// What a callback gets in the place of an argument that there is not.
#[capi]
pub static mut _PyInstrumentation_MISSING: PyObject = static_head(&raw mut PyBaseObject_Type);

/// The line of an instruction of a code object that has a table of lines, or -1. A crashing process may ask.
#[capi]
pub unsafe fn _Py_Instrumentation_GetLine(code: Borrowed<'_, PyCodeObject>, index: c_int) -> c_int {
    usize::try_from(index).map_or(-1, |index| Code::of(code).line(index))
}

/// Makes `sys.monitoring`.
#[capi]
pub unsafe fn _Py_CreateMonitoringObject() -> Result<Owned, Raised> {
    module::create()
}
