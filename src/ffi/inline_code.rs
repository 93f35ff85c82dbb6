//! What pycore_code.h says inline about code objects, under the names of C: addresses and numbers only.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;

/// The first unit of a code object's bytecode, which is at its end (pycore_code.h `_PyCode_CODE`).
///
/// # Safety
/// `code` points at a code object.
#[inline(always)]
pub unsafe fn _PyCode_CODE(code: *mut PyCodeObject) -> *mut _Py_CODEUNIT {
    // SAFETY: the caller promises the code object; only an address inside it is taken.
    unsafe { (&raw mut (*code).co_code_adaptive).cast() }
}

/// The bits of the counter of an instruction that has not been specialised, so that it is soon (pycore_code.h
/// `adaptive_counter_warmup`): above four bits for the exponent of the wait, how many runs are left.
#[inline(always)]
pub const fn adaptive_counter_warmup() -> u16 {
    (ADAPTIVE_WARMUP_VALUE << 4 | ADAPTIVE_WARMUP_BACKOFF) as u16
}
