//! What cpython/abstract.h says inline about the number of a call's arguments, under the names of C.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;

/// The bit of a number of arguments that lets the callee write to the place before the first one, if it puts back what was
/// there (PEP 590, cpython/abstract.h).
pub const PY_VECTORCALL_ARGUMENTS_OFFSET: usize = 1 << (usize::BITS - 1);

/// The number itself (cpython/abstract.h `_PyVectorcall_NARGS`).
#[inline(always)]
pub const fn _PyVectorcall_NARGS(n: usize) -> Py_ssize_t {
    (n & !PY_VECTORCALL_ARGUMENTS_OFFSET).cast_signed()
}
