//! What the compiler has no instruction for: functions that it calls by number.
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::intrinsics;

/// `CALL_INTRINSIC_1(function)`: replaces the value on top by what the function makes of it.
#[inline(always)]
pub(in crate::eval) fn call_intrinsic_1(m: &mut Machine) -> Flow {
    let value = m.pop();
    // SAFETY: the compiler gives the function what it is for.
    let result = unsafe { intrinsics::unary(m.operand())(m.thread(), value.borrow()) };
    drop(value);
    m.push(result?);
    Ok(())
}

/// `CALL_INTRINSIC_2(function)`: the same for two values.
#[inline(always)]
pub(in crate::eval) fn call_intrinsic_2(m: &mut Machine) -> Flow {
    let second = m.pop();
    let first = m.pop();
    let function = intrinsics::binary(m.operand());
    // SAFETY: as above.
    let result = unsafe { function(m.thread(), first.borrow(), second.borrow()) };
    drop(first);
    drop(second);
    m.push(result?);
    Ok(())
}
