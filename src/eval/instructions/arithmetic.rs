//! Unary and binary operators.
use crate::bytecode::Opcode;
use crate::bytecode::cache::BinaryOp;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::eval::tables;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised};
use crate::specialize;

/// `UNARY_NEGATIVE`: `-value`.
#[inline(always)]
pub(in crate::eval) fn unary_negative(m: &mut Machine) -> Flow {
    unary(m, ffi::PyNumber_Negative)
}

/// `UNARY_INVERT`: `~value`.
#[inline(always)]
pub(in crate::eval) fn unary_invert(m: &mut Machine) -> Flow {
    unary(m, ffi::PyNumber_Invert)
}

#[inline(always)]
fn unary(
    m: &mut Machine,
    function: unsafe extern "C" fn(*mut ffi::PyObject) -> *mut ffi::PyObject,
) -> Flow {
    let value = m.pop();
    // SAFETY: a live object; the result is new, or NULL with an exception.
    let result = unsafe { Owned::from_c(function(value.as_ptr())) }?;
    m.push(result);
    Ok(())
}

/// `BINARY_OP(operator)`: `left + right` and its like, in-place ones too.
#[inline(always)]
pub(in crate::eval) fn binary_op(m: &mut Machine) -> Flow {
    m.adapt::<BinaryOp>(|m, site| {
        specialize::arithmetic::binary(site, m.peek(2), m.peek(1), m.operand32(), |local| {
            m.local(usize::from(local))
                .is_some_and(|value| value.is(m.peek(2)))
        })
    })?;
    let function = tables::binary_operation(m.operand());
    let right = m.pop();
    let left = m.pop();
    // SAFETY: live objects; the result is new, or NULL with an exception.
    let result = unsafe { Owned::from_c(function(left.as_ptr(), right.as_ptr())) }?;
    m.push(result);
    Ok(())
}

/// `BINARY_OP_ADD_INT`: `left + right` of two ints.
#[inline(always)]
pub(in crate::eval) fn binary_op_add_int(m: &mut Machine) -> Flow {
    of_ints(m, ffi::_PyLong_Add)
}

/// `BINARY_OP_SUBTRACT_INT`: `left - right` of two ints.
#[inline(always)]
pub(in crate::eval) fn binary_op_subtract_int(m: &mut Machine) -> Flow {
    of_ints(m, ffi::_PyLong_Subtract)
}

/// `BINARY_OP_MULTIPLY_INT`: `left * right` of two ints.
#[inline(always)]
pub(in crate::eval) fn binary_op_multiply_int(m: &mut Machine) -> Flow {
    of_ints(m, ffi::_PyLong_Multiply)
}

#[inline(always)]
fn of_ints(
    m: &mut Machine,
    function: unsafe extern "C" fn(
        *mut ffi::PyLongObject,
        *mut ffi::PyLongObject,
    ) -> *mut ffi::PyObject,
) -> Flow {
    guard_both(m, &raw const ffi::PyLong_Type, Opcode::BINARY_OP)?;
    let right = m.pop();
    let left = m.pop();
    // SAFETY: both are ints, as just checked, whose memory is all that there is to free.
    let result = unsafe {
        let result = function(left.as_ptr().cast(), right.as_ptr().cast());
        drop_int(right);
        drop_int(left);
        Owned::from_c(result)
    }?;
    m.push(result);
    Ok(())
}

/// `BINARY_OP_ADD_FLOAT`: `left + right` of two floats.
#[inline(always)]
pub(in crate::eval) fn binary_op_add_float(m: &mut Machine) -> Flow {
    of_floats(m, |left, right| left + right)
}

/// `BINARY_OP_SUBTRACT_FLOAT`: `left - right` of two floats.
#[inline(always)]
pub(in crate::eval) fn binary_op_subtract_float(m: &mut Machine) -> Flow {
    of_floats(m, |left, right| left - right)
}

/// `BINARY_OP_MULTIPLY_FLOAT`: `left * right` of two floats.
#[inline(always)]
pub(in crate::eval) fn binary_op_multiply_float(m: &mut Machine) -> Flow {
    of_floats(m, |left, right| left * right)
}

#[inline(always)]
fn of_floats(m: &mut Machine, operation: impl FnOnce(f64, f64) -> f64) -> Flow {
    guard_both(m, &raw const ffi::PyFloat_Type, Opcode::BINARY_OP)?;
    let right = m.pop();
    let left = m.pop();
    // SAFETY: both are floats, as just checked.
    let value = unsafe { operation(float(left.borrow()), float(right.borrow())) };
    // SAFETY: as above.
    let result = unsafe { reuse_float(left, right, value) }?;
    m.push(result);
    Ok(())
}

/// A float of `value` in place of two others: an operand that nobody else holds becomes the result.
///
/// # Safety
/// Both are floats.
#[inline(always)]
unsafe fn reuse_float(left: Owned, right: Owned, value: f64) -> Result<Owned, Raised> {
    // SAFETY: the operands are floats; with one reference, ours, nobody sees that its value changes.
    unsafe {
        if left.borrow().count() == 1 {
            (*left.as_ptr().cast::<ffi::PyFloatObject>()).ob_fval = value;
            drop_float(right);
            Ok(left)
        } else if right.borrow().count() == 1 {
            (*right.as_ptr().cast::<ffi::PyFloatObject>()).ob_fval = value;
            left.drop_shared();
            Ok(right)
        } else {
            // Upstream leaves the operands on the stack when there is no memory; they are dropped either way.
            let result = Owned::from_c(ffi::PyFloat_FromDouble(value))?;
            drop(left);
            drop(right);
            Ok(result)
        }
    }
}

/// `BINARY_OP_ADD_UNICODE`: `left + right` of two strings.
#[inline(always)]
pub(in crate::eval) fn binary_op_add_unicode(m: &mut Machine) -> Flow {
    guard_both(m, &raw const ffi::PyUnicode_Type, Opcode::BINARY_OP)?;
    let right = m.pop();
    let left = m.pop();
    // SAFETY: both are strings, as just checked.
    let result = unsafe {
        let result = ffi::PyUnicode_Concat(left.as_ptr(), right.as_ptr());
        drop_str(left);
        drop_str(right);
        Owned::from_c(result)
    }?;
    m.push(result);
    Ok(())
}

/// `BINARY_OP_INPLACE_ADD_UNICODE`: `local = local + right` of two strings, together with the `STORE_FAST` that follows.
/// Where the local variable holds the only other reference, the string grows in place, which keeps loops that build a
/// string so from taking quadratic time.
#[inline(always)]
pub(in crate::eval) fn binary_op_inplace_add_unicode(m: &mut Machine) -> Flow {
    guard_both(m, &raw const ffi::PyUnicode_Type, Opcode::BINARY_OP)?;
    let place = m.local_place(m.operand_of_next());
    // SAFETY: the place of a local variable of this frame.
    let same = unsafe { *place == m.peek(2).as_ptr() };
    m.guard(same, Opcode::BINARY_OP)?;
    let right = m.pop();
    let left = m.pop();
    // SAFETY: both are strings, as just checked; the variable holds a reference to `left` too. The function takes the
    // variable's reference and puts that of the result there, or NULL with an exception.
    let failed = unsafe {
        left.drop_shared();
        ffi::PyUnicode_Append(place, right.as_ptr());
        drop_str(right);
        (*place).is_null()
    };
    if failed {
        return Err(Raised::on_c_word().into());
    }
    m.jump(1);
    Ok(())
}

/// Goes on only if the topmost two values are exactly of this type.
#[inline(always)]
pub(super) fn guard_both(
    m: &mut Machine,
    class: *const ffi::PyTypeObject,
    generic: Opcode,
) -> Flow {
    m.guard(m.peek(2).is_exactly(class), generic)?;
    m.guard(m.peek(1).is_exactly(class), generic)
}

/// The value of a float.
///
/// # Safety
/// It is one.
#[inline(always)]
pub(super) unsafe fn float(object: Borrowed<'_>) -> f64 {
    // SAFETY: as the caller promises.
    unsafe { (*object.as_ptr().cast::<ffi::PyFloatObject>()).ob_fval }
}

/// Drops an int.
///
/// # Safety
/// Its type is exactly `int`.
#[inline(always)]
pub(super) unsafe fn drop_int(value: Owned) {
    // SAFETY: an int's deallocator frees its memory, and does nothing else but for small ones, which are immortal.
    unsafe { value.drop_with(free_int) }
}

unsafe extern "C" fn free_int(op: *mut ffi::PyObject) {
    // SAFETY: the memory of an object that nobody refers to any more.
    unsafe { ffi::PyObject_Free(op.cast()) }
}

/// Drops a float.
///
/// # Safety
/// Its type is exactly `float`.
#[inline(always)]
pub(super) unsafe fn drop_float(value: Owned) {
    // SAFETY: as the caller promises.
    unsafe { value.drop_with(ffi::_PyFloat_ExactDealloc) }
}

/// Drops a string.
///
/// # Safety
/// Its type is exactly `str`.
#[inline(always)]
pub(super) unsafe fn drop_str(value: Owned) {
    // SAFETY: as the caller promises.
    unsafe { value.drop_with(ffi::_PyUnicode_ExactDealloc) }
}
