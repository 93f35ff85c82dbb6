//! What the compiler has no instruction for: functions that it calls by number.
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::object::Owned;

/// `CALL_INTRINSIC_1(function)`: replaces the value on top by what the function makes of it.
#[inline(always)]
pub(in crate::eval) fn call_intrinsic_1(m: &mut Machine) -> Flow {
    let table = (&raw const ffi::_PyIntrinsics_UnaryFunctions).cast::<ffi::intrinsic_func1_info>();
    let value = m.pop();
    // SAFETY: the compiler numbers functions of the table; the result is new, or NULL with an exception.
    let result = unsafe {
        let function = (*table.add(m.operand())).func.unwrap_unchecked();
        Owned::from_c(function(m.thread().as_ptr(), value.as_ptr()))
    };
    drop(value);
    m.push(result?);
    Ok(())
}

/// `CALL_INTRINSIC_2(function)`: the same for two values.
#[inline(always)]
pub(in crate::eval) fn call_intrinsic_2(m: &mut Machine) -> Flow {
    let table = (&raw const ffi::_PyIntrinsics_BinaryFunctions).cast::<ffi::intrinsic_func2_info>();
    let second = m.pop();
    let first = m.pop();
    // SAFETY: as above.
    let result = unsafe {
        let function = (*table.add(m.operand())).func.unwrap_unchecked();
        Owned::from_c(function(
            m.thread().as_ptr(),
            first.as_ptr(),
            second.as_ptr(),
        ))
    };
    drop(first);
    drop(second);
    m.push(result?);
    Ok(())
}
