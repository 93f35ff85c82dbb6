//! Comparisons, identity and membership.
use super::arithmetic::{drop_float, drop_int, drop_str, float, guard_both};
use crate::bytecode::Opcode;
use crate::bytecode::cache::{CompareOp, ContainsOp};
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised};
use crate::specialize;

/// The operand's bit that asks for a `bool`.
const AS_BOOL: usize = 16;

/// `COMPARE_OP(comparison)`: `left < right` and its like. The comparison is in the high bits; the low ones are the
/// specialised forms' masks, and one asks for a `bool`.
#[inline(always)]
pub(in crate::eval) fn compare_op(m: &mut Machine) -> Flow {
    m.adapt::<CompareOp>(|m, site| {
        specialize::compare::compare(site, m.peek(2), m.peek(1), m.operand32())
    })?;
    let comparison = (m.operand() >> 5) as i32;
    let as_bool = m.operand() & AS_BOOL != 0;
    let right = m.pop();
    let left = m.pop();
    // SAFETY: live objects; the result is new, or NULL with an exception.
    let result = unsafe {
        Owned::from_c(ffi::PyObject_RichCompare(
            left.as_ptr(),
            right.as_ptr(),
            comparison,
        ))
    };
    drop(left);
    drop(right);
    let result = result?;
    if !as_bool {
        m.push(result);
        return Ok(());
    }
    let truth = truth(result.borrow());
    drop(result);
    m.push_bool(truth?);
    Ok(())
}

/// `COMPARE_OP_FLOAT`: of two floats.
#[inline(always)]
pub(in crate::eval) fn compare_op_float(m: &mut Machine) -> Flow {
    guard_both(m, &raw const ffi::PyFloat_Type, Opcode::COMPARE_OP)?;
    let right = m.pop();
    let left = m.pop();
    // SAFETY: both are floats, as just checked.
    let outcome = unsafe {
        let outcome = outcome(float(left.borrow()), float(right.borrow()));
        drop_float(left);
        drop_float(right);
        outcome
    };
    m.push_bool(outcome & m.operand() != 0);
    Ok(())
}

/// `COMPARE_OP_INT`: of two ints of one digit.
#[inline(always)]
pub(in crate::eval) fn compare_op_int(m: &mut Machine) -> Flow {
    guard_both(m, &raw const ffi::PyLong_Type, Opcode::COMPARE_OP)?;
    // SAFETY: both are ints, as just checked.
    unsafe {
        m.guard(
            ffi::_PyLong_IsCompact(m.peek(2).as_ptr().cast()),
            Opcode::COMPARE_OP,
        )?;
        m.guard(
            ffi::_PyLong_IsCompact(m.peek(1).as_ptr().cast()),
            Opcode::COMPARE_OP,
        )?;
    }
    let right = m.pop();
    let left = m.pop();
    // SAFETY: both are compact ints, as just checked.
    let outcome = unsafe {
        let outcome = outcome(
            ffi::_PyLong_CompactValue(left.as_ptr().cast()),
            ffi::_PyLong_CompactValue(right.as_ptr().cast()),
        );
        drop_int(left);
        drop_int(right);
        outcome
    };
    m.push_bool(outcome & m.operand() != 0);
    Ok(())
}

/// `COMPARE_OP_STR`: whether two strings are equal, or not.
#[inline(always)]
pub(in crate::eval) fn compare_op_str(m: &mut Machine) -> Flow {
    guard_both(m, &raw const ffi::PyUnicode_Type, Opcode::COMPARE_OP)?;
    let right = m.pop();
    let left = m.pop();
    // SAFETY: both are strings, as just checked; comparing them cannot fail.
    let equal = unsafe {
        let equal = ffi::_PyUnicode_Equal(left.as_ptr(), right.as_ptr());
        drop_str(left);
        drop_str(right);
        equal != 0
    };
    let outcome = if equal {
        EQUAL
    } else {
        LESS | GREATER | UNORDERED
    };
    m.push_bool(outcome & m.operand() != 0);
    Ok(())
}

// How two values compare, as the bits that the operand's low half selects (pycore_code.h `COMPARISON_BIT`).
const UNORDERED: usize = 1;
const LESS: usize = 2;
const GREATER: usize = 4;
const EQUAL: usize = 8;

#[inline(always)]
fn outcome<T: PartialOrd>(left: T, right: T) -> usize {
    1 << (2 * usize::from(left >= right) + usize::from(left <= right))
}

const _: () = {
    assert!(UNORDERED == ffi::COMPARISON_UNORDERED as usize);
    assert!(LESS == ffi::COMPARISON_LESS_THAN as usize);
    assert!(GREATER == ffi::COMPARISON_GREATER_THAN as usize);
    assert!(EQUAL == ffi::COMPARISON_EQUALS as usize);
};

/// `IS_OP(invert)`: `left is right`, or `is not`.
#[inline(always)]
pub(in crate::eval) fn is_op(m: &mut Machine) -> Flow {
    let invert = m.operand() != 0;
    let right = m.pop();
    let left = m.pop();
    let same = left.borrow().is(right.borrow());
    drop(left);
    drop(right);
    m.push_bool(same != invert);
    Ok(())
}

/// `CONTAINS_OP(invert)`: `left in right`, or `not in`.
#[inline(always)]
pub(in crate::eval) fn contains_op(m: &mut Machine) -> Flow {
    m.adapt::<ContainsOp>(|m, site| specialize::contains::contains(site, m.peek(1)))?;
    contains(m, ffi::PySequence_Contains)
}

/// `CONTAINS_OP_SET`: in a set or frozenset.
#[inline(always)]
pub(in crate::eval) fn contains_op_set(m: &mut Machine) -> Flow {
    let container = m.peek(1);
    let is_set = container.is_exactly(&raw const ffi::PySet_Type)
        || container.is_exactly(&raw const ffi::PyFrozenSet_Type);
    m.guard(is_set, Opcode::CONTAINS_OP)?;
    contains(m, set_contains)
}

/// Whether a set contains a value; another set may stand for a frozen one.
unsafe extern "C" fn set_contains(set: *mut ffi::PyObject, value: *mut ffi::PyObject) -> i32 {
    // SAFETY: as the caller promises, a set and a live object.
    unsafe { ffi::_PySet_Contains(set.cast(), value) }
}

/// `CONTAINS_OP_DICT`: among the keys of a dict.
#[inline(always)]
pub(in crate::eval) fn contains_op_dict(m: &mut Machine) -> Flow {
    let is_dict = m.peek(1).is_exactly(&raw const ffi::PyDict_Type);
    m.guard(is_dict, Opcode::CONTAINS_OP)?;
    contains(m, ffi::PyDict_Contains)
}

#[inline(always)]
fn contains(
    m: &mut Machine,
    function: unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> i32,
) -> Flow {
    let invert = m.operand() != 0;
    let right = m.pop();
    let left = m.pop();
    // SAFETY: live objects; below zero an exception is set.
    let found = unsafe { function(right.as_ptr(), left.as_ptr()) };
    drop(left);
    drop(right);
    if found < 0 {
        return Err(Raised::on_c_word().into());
    }
    m.push_bool((found != 0) != invert);
    Ok(())
}

/// Whether a value is true.
#[inline(always)]
pub(super) fn truth(value: Borrowed<'_>) -> Result<bool, Raised> {
    // SAFETY: a live object; below zero an exception is set.
    match unsafe { ffi::PyObject_IsTrue(value.as_ptr()) } {
        ..0 => Err(Raised::on_c_word()),
        answer => Ok(answer != 0),
    }
}
