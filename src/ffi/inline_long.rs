//! What the headers say inline about the sizes of `int` objects, under the names of C: memory reads only.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;

/// Whether an `int` has one digit at most (cpython/longintrepr.h `_PyLong_IsCompact`).
///
/// # Safety
/// `op` points at a live `int`.
#[inline(always)]
pub unsafe fn _PyLong_IsCompact(op: *const PyLongObject) -> bool {
    // SAFETY: the caller promises an int.
    unsafe { (*op).long_value.lv_tag < 2 << _PyLong_NON_SIZE_BITS }
}

/// Whether an `int` has one digit at most and is not negative (pycore_long.h `_PyLong_IsNonNegativeCompact`).
///
/// # Safety
/// `op` points at a live `int`.
#[inline(always)]
pub unsafe fn _PyLong_IsNonNegativeCompact(op: *const PyLongObject) -> bool {
    // SAFETY: the caller promises an int.
    unsafe { (*op).long_value.lv_tag <= 1 << NON_SIZE_BITS }
}
