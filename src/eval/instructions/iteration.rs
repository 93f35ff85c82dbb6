//! `for`: getting an iterator, and its next value.
//!
//! When an iterator is exhausted, `FOR_ITER` jumps over the `END_FOR` and the `POP_TOP` that stand at the end of the loop for
//! generators, and does their work: it drops the iterator.
use super::generator::prepare;
use crate::bytecode::Opcode;
use crate::bytecode::cache::ForIter;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::eval::monitor;
use crate::ffi;
use crate::generator::Generator;
use crate::object::{Borrowed, Owned, Raised, exception};
use crate::specialize;
use crate::thread::ThreadState;

/// The code units of the two instructions at the end of a loop.
pub(super) const END_UNITS: usize = 2;

/// `GET_ITER`: the iterator of the value on top.
#[inline(always)]
pub(in crate::eval) fn get_iter(m: &mut Machine) -> Flow {
    let iterable = m.pop();
    // SAFETY: a live object; the result is new, or NULL with an exception.
    let iterator = unsafe { Owned::from_c(ffi::PyObject_GetIter(iterable.as_ptr())) };
    drop(iterable);
    m.push(iterator?);
    Ok(())
}

/// `END_FOR`: where the loop of a generator ends: drops what it returned.
#[inline(always)]
pub(in crate::eval) fn end_for(m: &mut Machine) -> Flow {
    drop(m.pop());
    Ok(())
}

/// `FOR_ITER(distance)`: pushes the next value of the iterator on top. When there is none, drops it and jumps.
#[inline(always)]
pub(in crate::eval) fn for_iter(m: &mut Machine) -> Flow {
    m.adapt::<ForIter>(|m, site| specialize::iteration::step(site, m.peek(1), m.operand32()))?;
    match next(m)? {
        Some(value) => m.push(value),
        None => end_loop(m),
    }
    Ok(())
}

/// The next value of the iterator on top.
#[inline(always)]
pub(super) fn next(m: &mut Machine) -> Result<Option<Owned>, Raised> {
    let class = m.peek(1).type_of();
    // SAFETY: the compiler puts an iterator there, whose type has the slot; the result is new, or NULL, with an exception or
    // at the end.
    let value = unsafe {
        let iternext = crate::field!(class.tp_iternext).unwrap_unchecked();
        Owned::from_c_optional(iternext(m.peek(1).as_ptr()))
    };
    if value.is_none() && m.thread().has_exception() {
        // SAFETY: the frame runs at `this`.
        unsafe { end_by_exception(m.thread(), m.frame(), m.this()) }?;
    }
    Ok(value)
}

/// Drops the exception by which an iterator ended, if that is `StopIteration`.
///
/// # Safety
/// `frame` runs on the thread, at `this`.
#[cold]
#[inline(never)]
pub(crate) unsafe fn end_by_exception(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    this: *mut ffi::_Py_CODEUNIT,
) -> Result<(), Raised> {
    let raised = Raised::on_c_word();
    if !raised.matches(exception::StopIteration) {
        return Err(raised);
    }
    // SAFETY: as the caller promises.
    unsafe { monitor::raise(thread, frame, this) };
    raised.clear();
    Ok(())
}

/// Drops the iterator on top and goes on behind the loop.
#[inline(always)]
fn end_loop(m: &mut Machine) {
    drop(m.pop());
    m.jump((m.operand() + END_UNITS).cast_signed());
}

/// `FOR_ITER_LIST`: of a list's iterator.
#[inline(always)]
pub(in crate::eval) fn for_iter_list(m: &mut Machine) -> Flow {
    let is_one = m.peek(1).is_exactly(&raw const ffi::PyListIter_Type);
    m.guard(is_one, Opcode::FOR_ITER)?;
    // SAFETY: a list's iterator, as just checked, which holds its list until the end. Whatever the index is, as an unsigned
    // number it is below the length only where there is an item.
    let value = unsafe {
        let iterator = m.peek(1).as_ptr().cast::<ffi::_PyListIterObject>();
        let (list, index) = ((*iterator).it_seq, (*iterator).it_index);
        if !list.is_null() && index.cast_unsigned() < (*list).ob_base.ob_size.cast_unsigned() {
            (*iterator).it_index = index + 1;
            Some(Borrowed::from_raw_unchecked(*(*list).ob_item.offset(index)).new_ref())
        } else {
            (*iterator).it_index = -1;
            drop(Owned::exchange(&raw mut (*iterator).it_seq, None));
            None
        }
    };
    push_or_end(m, value);
    Ok(())
}

/// `FOR_ITER_TUPLE`: of a tuple's iterator.
#[inline(always)]
pub(in crate::eval) fn for_iter_tuple(m: &mut Machine) -> Flow {
    let is_one = m.peek(1).is_exactly(&raw const ffi::PyTupleIter_Type);
    m.guard(is_one, Opcode::FOR_ITER)?;
    // SAFETY: a tuple's iterator, as just checked, which holds its tuple until the end; its index is never negative.
    let value = unsafe {
        let iterator = m.peek(1).as_ptr().cast::<ffi::_PyTupleIterObject>();
        let (tuple, index) = ((*iterator).it_seq, (*iterator).it_index);
        if !tuple.is_null() && index < (*tuple).ob_base.ob_size {
            (*iterator).it_index = index + 1;
            let item = *ffi::_PyTuple_ITEMS(tuple).offset(index);
            Some(Borrowed::from_raw_unchecked(item).new_ref())
        } else {
            drop(Owned::exchange(&raw mut (*iterator).it_seq, None));
            None
        }
    };
    push_or_end(m, value);
    Ok(())
}

#[inline(always)]
fn push_or_end(m: &mut Machine, value: Option<Owned>) {
    match value {
        Some(value) => m.push(value),
        None => end_loop(m),
    }
}

/// `FOR_ITER_RANGE`: of a range's iterator.
#[inline(always)]
pub(in crate::eval) fn for_iter_range(m: &mut Machine) -> Flow {
    let is_one = m.peek(1).is_exactly(&raw const ffi::PyRangeIter_Type);
    m.guard(is_one, Opcode::FOR_ITER)?;
    let iterator = m.peek(1).as_ptr().cast::<ffi::_PyRangeIterObject>();
    // SAFETY: a range's iterator, as just checked. Behind its last value, its start may wrap around.
    unsafe {
        if (*iterator).len <= 0 {
            end_loop(m);
            return Ok(());
        }
        let value = (*iterator).start;
        (*iterator).start = value.wrapping_add((*iterator).step);
        (*iterator).len -= 1;
        m.push(Owned::from_c(ffi::PyLong_FromLong(value))?);
    }
    Ok(())
}

/// `FOR_ITER_GEN`: of a generator, in whose frame this loop goes on. It yields to behind this instruction, and returns to the
/// end of the loop.
#[inline(always)]
pub(in crate::eval) fn for_iter_gen(m: &mut Machine) -> Flow {
    m.guard(m.keeps_frames(), Opcode::FOR_ITER)?;
    let is_one = m.peek(1).is_exactly(&raw const ffi::PyGen_Type);
    m.guard(is_one, Opcode::FOR_ITER)?;
    let generator = m.peek(1).as_ptr().cast::<ffi::PyGenObject>();
    // SAFETY: a generator, as just checked, which the stack keeps.
    unsafe {
        let can_resume = Generator::from_raw_unchecked(generator)
            .state()
            .can_resume();
        m.guard(can_resume, Opcode::FOR_ITER)?;
        let frame = prepare(m.thread(), generator, Borrowed::none().new_ref());
        m.enter_unchecked(frame, m.return_offset() + m.operand())
    }
}
