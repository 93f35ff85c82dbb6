//! Jumps. Conditional ones shift what they did into their inline cache, for whoever wants to know how often they jump.
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;

/// `JUMP_FORWARD(distance)`.
#[inline(always)]
pub(in crate::eval) fn jump_forward(m: &mut Machine) -> Flow {
    m.jump(m.operand() as isize);
    Ok(())
}

/// `JUMP_BACKWARD(distance)`: the end of a loop's round, where others may interrupt.
#[inline(always)]
pub(in crate::eval) fn jump_backward(m: &mut Machine) -> Flow {
    m.check_eval_breaker()?;
    m.count_round();
    m.jump(-(m.operand() as isize));
    Ok(())
}

/// `JUMP_BACKWARD_NO_INTERRUPT(distance)`: in the loop of `yield from` and `await`, which leaves interruptions to the
/// innermost generator.
#[inline(always)]
pub(in crate::eval) fn jump_backward_no_interrupt(m: &mut Machine) -> Flow {
    m.jump(-(m.operand() as isize));
    Ok(())
}

/// `POP_JUMP_IF_FALSE(distance)`: of `True` or `False`.
#[inline(always)]
pub(in crate::eval) fn pop_jump_if_false(m: &mut Machine) -> Flow {
    // Bools are immortal: there is nothing to count.
    let value = m.pop();
    let jumps = value.borrow().is_at(&raw const ffi::_Py_FalseStruct);
    core::mem::forget(value);
    jump_if(m, jumps)
}

/// `POP_JUMP_IF_TRUE(distance)`: of `True` or `False`.
#[inline(always)]
pub(in crate::eval) fn pop_jump_if_true(m: &mut Machine) -> Flow {
    let value = m.pop();
    let jumps = value.borrow().is_at(&raw const ffi::_Py_TrueStruct);
    core::mem::forget(value);
    jump_if(m, jumps)
}

/// `POP_JUMP_IF_NONE(distance)`: of any value.
#[inline(always)]
pub(in crate::eval) fn pop_jump_if_none(m: &mut Machine) -> Flow {
    let value = m.pop();
    let jumps = value.borrow().is_none();
    drop(value);
    jump_if(m, jumps)
}

/// `POP_JUMP_IF_NOT_NONE(distance)`: of any value.
#[inline(always)]
pub(in crate::eval) fn pop_jump_if_not_none(m: &mut Machine) -> Flow {
    let value = m.pop();
    let jumps = !value.borrow().is_none();
    drop(value);
    jump_if(m, jumps)
}

#[inline(always)]
fn jump_if(m: &mut Machine, jumps: bool) -> Flow {
    m.note_branch(jumps);
    m.jump(if jumps { m.operand() as isize } else { 0 });
    Ok(())
}
