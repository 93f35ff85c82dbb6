//! Truth: what conditions make of values.
use super::arithmetic::{drop_int, drop_str};
use super::compare::truth;
use crate::bytecode::Opcode;
use crate::bytecode::cache::ToBool;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::specialize;

/// `UNARY_NOT`: the other one of `True` and `False`.
#[inline(always)]
pub(in crate::eval) fn unary_not(m: &mut Machine) -> Flow {
    let is_false = m.peek(1).is_at(&raw const ffi::_Py_FalseStruct);
    m.replace_immortal(is_false);
    Ok(())
}

/// `TO_BOOL`: `True` or `False` for any value.
#[inline(always)]
pub(in crate::eval) fn to_bool(m: &mut Machine) -> Flow {
    m.adapt::<ToBool>(|m, site| specialize::to_bool::to_bool(site, m.peek(1)))?;
    let value = m.pop();
    let answer = truth(value.borrow());
    drop(value);
    m.push_bool(answer?);
    Ok(())
}

/// `TO_BOOL_BOOL`: of a `bool`, which stays.
#[inline(always)]
pub(in crate::eval) fn to_bool_bool(m: &mut Machine) -> Flow {
    let is_bool = m.peek(1).is_exactly(&raw const ffi::PyBool_Type);
    m.guard(is_bool, Opcode::TO_BOOL)
}

/// `TO_BOOL_INT`: of an int.
#[inline(always)]
pub(in crate::eval) fn to_bool_int(m: &mut Machine) -> Flow {
    let is_int = m.peek(1).is_exactly(&raw const ffi::PyLong_Type);
    m.guard(is_int, Opcode::TO_BOOL)?;
    let value = m.pop();
    // SAFETY: an int, as just checked.
    let answer = unsafe {
        let answer = !ffi::_PyLong_IsZero(value.as_ptr().cast());
        drop_int(value);
        answer
    };
    m.push_bool(answer);
    Ok(())
}

/// `TO_BOOL_LIST`: of a list.
#[inline(always)]
pub(in crate::eval) fn to_bool_list(m: &mut Machine) -> Flow {
    let is_list = m.peek(1).is_exactly(&raw const ffi::PyList_Type);
    m.guard(is_list, Opcode::TO_BOOL)?;
    let value = m.pop();
    // SAFETY: a list, as just checked.
    let answer = unsafe { ffi::Py_SIZE(value.as_ptr()) != 0 };
    drop(value);
    m.push_bool(answer);
    Ok(())
}

/// `TO_BOOL_NONE`: of `None`.
#[inline(always)]
pub(in crate::eval) fn to_bool_none(m: &mut Machine) -> Flow {
    let is_none = m.peek(1).is_none();
    m.guard(is_none, Opcode::TO_BOOL)?;
    m.replace_immortal(false);
    Ok(())
}

/// `TO_BOOL_STR`: of a string.
#[inline(always)]
pub(in crate::eval) fn to_bool_str(m: &mut Machine) -> Flow {
    let is_str = m.peek(1).is_exactly(&raw const ffi::PyUnicode_Type);
    m.guard(is_str, Opcode::TO_BOOL)?;
    let value = m.pop();
    // SAFETY: a string, as just checked.
    let answer = unsafe {
        let answer = (*value.as_ptr().cast::<ffi::PyASCIIObject>()).length != 0;
        drop_str(value);
        answer
    };
    m.push_bool(answer);
    Ok(())
}

/// `TO_BOOL_ALWAYS_TRUE`: of an instance of a type that says nothing about truth.
#[inline(always)]
pub(in crate::eval) fn to_bool_always_true(m: &mut Machine) -> Flow {
    let cache = m.cache::<ToBool>();
    m.guard_type_version(1, cache.version.get(), Opcode::TO_BOOL)?;
    drop(m.pop());
    m.push_bool(true);
    Ok(())
}
