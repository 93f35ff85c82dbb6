//! Unpacking: `a, b = value` and `a, *b = value`.
use crate::bytecode::Opcode;
use crate::bytecode::cache::UnpackSequence;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::eval::unpack;
use crate::ffi;
use crate::object::Borrowed;
use crate::specialize;

/// `UNPACK_SEQUENCE(count)`: replaces an iterable by its items, the first one on top.
#[inline(always)]
pub(in crate::eval) fn unpack_sequence(m: &mut Machine) -> Flow {
    m.adapt::<UnpackSequence>(|m, site| {
        specialize::unpack::unpack(site, m.peek(1), m.operand() as isize)
    })?;
    let count = m.operand();
    unpack_to(m, count, None)
}

/// `UNPACK_EX(before, after)`: the same with a starred name between as many others, in the operand's two bytes.
#[inline(always)]
pub(in crate::eval) fn unpack_ex(m: &mut Machine) -> Flow {
    let (before, after) = (m.operand() & 0xFF, m.operand() >> 8);
    unpack_to(m, before, Some(after))
}

#[inline(always)]
fn unpack_to(m: &mut Machine, before: usize, after: Option<usize>) -> Flow {
    let iterable = m.pop();
    let count = before + after.map_or(0, |after| after + 1);
    // SAFETY: the code has room on its stack for what it unpacks; when it fails, nothing was left there.
    unsafe {
        let top = m.stack().add(count);
        unpack::iterable(m.thread(), iterable.borrow(), before, after, top)?;
        m.grow(count);
    }
    Ok(())
}

/// `UNPACK_SEQUENCE_TWO_TUPLE`: of a tuple of two.
#[inline(always)]
pub(in crate::eval) fn unpack_sequence_two_tuple(m: &mut Machine) -> Flow {
    guard_size(m, &raw const ffi::PyTuple_Type, 2)?;
    let tuple = m.pop();
    // SAFETY: a tuple of two, as just checked.
    unsafe {
        let items = ffi::_PyTuple_ITEMS(tuple.as_ptr().cast());
        m.push(Borrowed::from_raw_unchecked(*items.add(1)).new_ref());
        m.push(Borrowed::from_raw_unchecked(*items).new_ref());
    }
    drop(tuple);
    Ok(())
}

/// `UNPACK_SEQUENCE_TUPLE`: of a tuple of the right size.
#[inline(always)]
pub(in crate::eval) fn unpack_sequence_tuple(m: &mut Machine) -> Flow {
    let count = m.operand();
    guard_size(m, &raw const ffi::PyTuple_Type, count)?;
    let tuple = m.pop();
    // SAFETY: a tuple of that size, as just checked.
    unsafe { push_reversed(m, ffi::_PyTuple_ITEMS(tuple.as_ptr().cast()), count) };
    drop(tuple);
    Ok(())
}

/// `UNPACK_SEQUENCE_LIST`: of a list of the right size.
#[inline(always)]
pub(in crate::eval) fn unpack_sequence_list(m: &mut Machine) -> Flow {
    let count = m.operand();
    guard_size(m, &raw const ffi::PyList_Type, count)?;
    let list = m.pop();
    // SAFETY: a list of that size, as just checked.
    unsafe {
        let items = (*list.as_ptr().cast::<ffi::PyListObject>()).ob_item;
        push_reversed(m, items, count);
    }
    drop(list);
    Ok(())
}

/// Goes on only if the top is of this exact type and has as many items.
#[inline(always)]
fn guard_size(m: &mut Machine, class: *const ffi::PyTypeObject, count: usize) -> Flow {
    m.guard(m.peek(1).is_exactly(class), Opcode::UNPACK_SEQUENCE)?;
    // SAFETY: lists and tuples have a size.
    let size = unsafe { ffi::Py_SIZE(m.peek(1).as_ptr()) };
    m.guard(size == count as isize, Opcode::UNPACK_SEQUENCE)
}

/// Pushes items, the last one first.
///
/// # Safety
/// `items` points at `count` live objects.
#[inline(always)]
unsafe fn push_reversed(m: &mut Machine, items: *mut *mut ffi::PyObject, count: usize) {
    for index in (0..count).rev() {
        // SAFETY: as the caller promises.
        let item = unsafe { Borrowed::from_raw_unchecked(*items.add(index)) };
        m.push(item.new_ref());
    }
}
