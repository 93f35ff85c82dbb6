//! Constants, local variables, and the order of the stack.
use crate::eval::errors;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;

/// `POP_TOP`: drops the value on top.
#[inline(always)]
pub(in crate::eval) fn pop_top(m: &mut Machine) -> Flow {
    drop(m.pop());
    Ok(())
}

/// `COPY(depth)`: pushes the value `depth` places from the top once more.
#[inline(always)]
pub(in crate::eval) fn copy(m: &mut Machine) -> Flow {
    let value = m.peek(m.operand()).new_ref();
    m.push(value);
    Ok(())
}

/// `SWAP(depth)`: exchanges the top with the entry `depth` places from it.
#[inline(always)]
pub(in crate::eval) fn swap(m: &mut Machine) -> Flow {
    m.swap(1, m.operand());
    Ok(())
}

/// `LOAD_CONST(index)`: pushes a constant of the code.
#[inline(always)]
pub(in crate::eval) fn load_const(m: &mut Machine) -> Flow {
    let value = m.constant(m.operand()).new_ref();
    m.push(value);
    Ok(())
}

/// `LOAD_FAST(local)`: pushes a local variable that is known to be bound.
#[inline(always)]
pub(in crate::eval) fn load_fast(m: &mut Machine) -> Flow {
    let value = m.bound_local(m.operand()).new_ref();
    m.push(value);
    Ok(())
}

/// `LOAD_FAST_CHECK(local)`: pushes a local variable that may be unbound.
#[inline(always)]
pub(in crate::eval) fn load_fast_check(m: &mut Machine) -> Flow {
    let Some(value) = m.local(m.operand()) else {
        return Err(errors::unbound_local(m.code(), m.operand()).into());
    };
    let value = value.new_ref();
    m.push(value);
    Ok(())
}

/// `LOAD_FAST_LOAD_FAST(two locals)`: pushes two local variables, four bits of the operand each.
#[inline(always)]
pub(in crate::eval) fn load_fast_load_fast(m: &mut Machine) -> Flow {
    let (first, second) = two_locals(m);
    let value = m.bound_local(first).new_ref();
    m.push(value);
    let value = m.bound_local(second).new_ref();
    m.push(value);
    Ok(())
}

/// `LOAD_FAST_AND_CLEAR(local)`: moves a local variable to the stack, NULL if it is unbound. A comprehension begins so.
#[inline(always)]
pub(in crate::eval) fn load_fast_and_clear(m: &mut Machine) -> Flow {
    let value = m.exchange_local(m.operand(), None);
    m.push_optional(value);
    Ok(())
}

/// `STORE_FAST(local)`: binds a local variable. The entry may be NULL, which unbinds it: a comprehension ends so.
#[inline(always)]
pub(in crate::eval) fn store_fast(m: &mut Machine) -> Flow {
    let value = m.pop_optional();
    drop(m.exchange_local(m.operand(), value));
    Ok(())
}

/// `STORE_FAST_LOAD_FAST(two locals)`: binds one and pushes the other.
#[inline(always)]
pub(in crate::eval) fn store_fast_load_fast(m: &mut Machine) -> Flow {
    let (first, second) = two_locals(m);
    let value = m.pop_optional();
    drop(m.exchange_local(first, value));
    let value = m.bound_local(second).new_ref();
    m.push(value);
    Ok(())
}

/// `STORE_FAST_STORE_FAST(two locals)`: binds two local variables, the first one to the top.
#[inline(always)]
pub(in crate::eval) fn store_fast_store_fast(m: &mut Machine) -> Flow {
    let (first, second) = two_locals(m);
    let value = m.pop_optional();
    drop(m.exchange_local(first, value));
    let value = m.pop_optional();
    drop(m.exchange_local(second, value));
    Ok(())
}

/// `DELETE_FAST(local)`: unbinds a local variable.
#[inline(always)]
pub(in crate::eval) fn delete_fast(m: &mut Machine) -> Flow {
    match m.exchange_local(m.operand(), None) {
        Some(value) => drop(value),
        None => return Err(errors::unbound_local(m.code(), m.operand()).into()),
    }
    Ok(())
}

/// The two locals that one operand names.
#[inline(always)]
fn two_locals(m: &Machine) -> (usize, usize) {
    (m.operand() >> 4, m.operand() & 15)
}
