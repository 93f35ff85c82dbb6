//! What the headers say inline about the sizes and small values of `int` objects, under the names of C: memory reads only.
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

/// The value of a compact number (`_PyLong_CompactValue`).
///
/// # Safety
/// `op` is a compact int.
#[inline(always)]
pub unsafe fn _PyLong_CompactValue(op: *const PyLongObject) -> isize {
    // SAFETY: as the caller promises; a compact number has its one digit.
    unsafe {
        let sign = 1 - ((*op).long_value.lv_tag & _PyLong_SIGN_MASK as usize) as isize;
        sign * (*op).long_value.ob_digit[0] as isize
    }
}

/// Whether the number is zero (`_PyLong_IsZero`).
///
/// # Safety
/// `op` is an int.
#[inline(always)]
pub unsafe fn _PyLong_IsZero(op: *const PyLongObject) -> bool {
    // SAFETY: as the caller promises.
    unsafe { (*op).long_value.lv_tag & _PyLong_SIGN_MASK as usize == 1 }
}
