//! Specialised calls of methods of types of C: the function from the type's table is called with `self` and the arguments,
//! and no bound method is made.
use super::call_builtin::{Definition, deeper, fast, fast_with_keywords, guard_c_stack};
use crate::bytecode::Opcode;
use crate::eval::flow::{Flow, Leave};
use crate::eval::machine::Machine;
use crate::ffi;
use crate::object::Owned;
use core::ptr::null_mut;

/// `CALL_METHOD_DESCRIPTOR_NOARGS`: of one that takes no arguments.
#[inline(always)]
pub(in crate::eval) fn call_method_descriptor_noargs(m: &mut Machine) -> Flow {
    let count = m.argument_count();
    m.guard(count == 1, Opcode::CALL)?;
    let function = guard_method(m, count, ffi::METH_NOARGS)?;
    guard_c_stack(m)?;
    let of = m.peek(1).as_ptr();
    // SAFETY: the function takes an object of its type; the result is new, or NULL with an exception.
    let result = deeper(m.thread(), || unsafe {
        Owned::from_c(function(of, null_mut()))
    });
    m.end_call(1, result)
}

/// `CALL_METHOD_DESCRIPTOR_O`: of one that takes one argument.
#[inline(always)]
pub(in crate::eval) fn call_method_descriptor_o(m: &mut Machine) -> Flow {
    let count = m.argument_count();
    m.guard(count == 2, Opcode::CALL)?;
    let function = guard_method(m, count, ffi::METH_O)?;
    guard_c_stack(m)?;
    let (of, argument) = (m.peek(2).as_ptr(), m.peek(1).as_ptr());
    // SAFETY: the function takes an object of its type and any other; the result is new, or NULL with an exception.
    let result = deeper(m.thread(), || unsafe {
        Owned::from_c(function(of, argument))
    });
    m.end_call(2, result)
}

/// `CALL_METHOD_DESCRIPTOR_FAST`: of one that takes an array of arguments.
#[inline(always)]
pub(in crate::eval) fn call_method_descriptor_fast(m: &mut Machine) -> Flow {
    let count = m.argument_count();
    m.guard(count != 0, Opcode::CALL)?;
    let function = guard_method(m, count, ffi::METH_FASTCALL)?;
    // SAFETY: the function is of the type that its flags say; `self` and its arguments lie on top.
    let result = unsafe {
        let (of, rest) = (m.top(count), count.cast_signed() - 1);
        Owned::from_c(fast(function)(*of, of.add(1), rest))
    };
    m.end_call(count, result)
}

/// `CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS`: of one that takes an array of arguments and names for the last of them.
#[inline(always)]
pub(in crate::eval) fn call_method_descriptor_fast_with_keywords(m: &mut Machine) -> Flow {
    let count = m.argument_count();
    m.guard(count != 0, Opcode::CALL)?;
    let convention = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
    let function = guard_method(m, count, convention)?;
    // SAFETY: the function is of the type that its flags say; `self` and its arguments lie on top.
    let result = unsafe {
        let (of, rest) = (m.top(count), count.cast_signed() - 1);
        Owned::from_c(fast_with_keywords(function)(
            *of,
            of.add(1),
            rest,
            null_mut(),
        ))
    };
    m.end_call(count, result)
}

/// Goes on only if a method of C is called that takes its arguments in this way, and the first of them, its `self`, is
/// exactly of its type.
#[inline(always)]
fn guard_method(m: &mut Machine, count: usize, convention: u32) -> Result<Definition, Leave> {
    let callable = m.callable();
    let is_method = callable.is_exactly(&raw const ffi::PyMethodDescr_Type);
    let callable = callable.as_ptr().cast::<ffi::PyMethodDescrObject>();
    m.guard(is_method, Opcode::CALL)?;
    // SAFETY: a method of C, as just checked, has its definition, with a function in it, and its type.
    unsafe {
        let definition = (*callable).d_method;
        let same = (*definition).ml_flags.cast_unsigned() == convention;
        m.guard(same, Opcode::CALL)?;
        let fits = m.peek(count).is_exactly((*callable).d_common.d_type);
        m.guard(fits, Opcode::CALL)?;
        Ok((*definition).ml_meth.unwrap_unchecked())
    }
}
