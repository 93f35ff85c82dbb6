//! Instructions that tell tools (PEP 669), in the place of those that do the work: at the start and the end of functions, at
//! loops, lines and single instructions.
//!
//! Tools may make a frame go on elsewhere: they set its instruction pointer, which these instructions look at again. Where
//! they may, the frame's stack is saved for them.
use super::function::{self, check_unless_delegating, instrument};
use super::generator::{stand, suspend};
use super::iteration::{self, END_UNITS};
use crate::bytecode::Opcode;
use crate::eval::flow::{Flow, Leave};
use crate::eval::machine::Machine;
use crate::eval::monitor;
use crate::ffi;
use crate::monitoring::{Event, Place, fire};
use crate::object::{Borrowed, Raised};
use crate::thread::ThreadState;

/// `INSTRUMENTED_LINE`: where a line begins. Runs what stands there besides. It has not begun, because the frame still stands
/// where it came from, which may be the same line.
#[inline(always)]
pub(in crate::eval) fn instrumented_line(m: &mut Machine) -> Flow {
    // SAFETY: the frame is alive, and its code has the lines' own table.
    let previous = unsafe { (*m.frame()).instr_ptr };
    m.begin(0);
    let hidden = if m.is_tracing() {
        // SAFETY: as above.
        unsafe { hidden_by_line(m.frame()) }
    } else {
        m.save_stack();
        // SAFETY: the frame stands at `this`, with its stack saved, and came from `previous`.
        let hidden = unsafe { tell_line(m.thread(), m.frame(), previous) };
        m.load_stack();
        let hidden = hidden?;
        m.load_next(0);
        if m.next() != m.this() {
            return Ok(());
        }
        hidden
    };
    run_hidden(m, hidden)
}

/// The instruction that the one hides at which the frame stands.
///
/// # Safety
/// That is an `INSTRUMENTED_LINE`.
#[cold]
#[inline(never)]
unsafe fn hidden_by_line(frame: *mut ffi::_PyInterpreterFrame) -> Opcode {
    // SAFETY: the frame is alive, and stands at an instruction of its code.
    fire::hidden_by_line(unsafe { Place::new(frame, (*frame).instr_ptr) })
}

/// Tells that the line begins at which the frame stands, and gives the instruction that is hidden there.
///
/// # Safety
/// The frame is the one that runs, and its stack is saved; `previous` is an instruction of its code.
#[cold]
#[inline(never)]
unsafe fn tell_line(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    previous: *mut ffi::_Py_CODEUNIT,
) -> Result<Opcode, Raised> {
    // SAFETY: as the caller promises.
    let (here, previous) = unsafe {
        let here = (*frame).instr_ptr;
        (Place::new(frame, here), Place::new(frame, previous))
    };
    fire::line(thread, here, previous)
}

/// Runs the instruction that stands here besides the one that tells of it.
#[inline(always)]
fn run_hidden(m: &mut Machine, hidden: Opcode) -> Flow {
    if hidden.caches() != 0 && !hidden.is_instrumented() {
        m.pause_counter();
    }
    m.run_instead(hidden)
}

/// `INSTRUMENTED_INSTRUCTION`: any instruction. Runs it besides.
#[inline(always)]
pub(in crate::eval) fn instrumented_instruction(m: &mut Machine) -> Flow {
    // SAFETY: the frame stands at `this`.
    let hidden = unsafe { tell_instruction(m.thread(), m.frame()) }?;
    run_hidden(m, hidden)
}

/// Tells that the instruction runs at which the frame stands, and gives the one that is hidden there.
///
/// # Safety
/// The frame is the one that runs.
#[cold]
#[inline(never)]
unsafe fn tell_instruction(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
) -> Result<Opcode, Raised> {
    // SAFETY: as the caller promises.
    fire::instruction(thread, unsafe { Place::new(frame, (*frame).instr_ptr) })
}

/// `INSTRUMENTED_RESUME(where)`: tells that a function starts or goes on, unless the tools have changed meanwhile: then what
/// stands here is run again.
#[inline(always)]
pub(in crate::eval) fn instrumented_resume(m: &mut Machine) -> Flow {
    if m.is_outdated() && !m.is_tracing() {
        instrument(m.thread(), m.code())?;
        return m.run_again();
    }
    check_unless_delegating(m)?;
    let event = if m.operand() > 0 {
        Event::PyResume
    } else {
        Event::PyStart
    };
    m.save_stack();
    // SAFETY: the frame stands at `this`, with its stack saved.
    let told = unsafe { tell_start(m.thread(), m.frame(), event) };
    m.load_stack();
    told?;
    // SAFETY: the frame is alive.
    if unsafe { (*m.frame()).instr_ptr } != m.this() {
        m.load_next(0);
    }
    Ok(())
}

/// Tells that a frame starts, or goes on.
///
/// # Safety
/// The frame is the one that runs, and its stack is saved.
#[cold]
#[inline(never)]
unsafe fn tell_start(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    event: Event,
) -> Result<(), Raised> {
    // SAFETY: as the caller promises.
    let here = unsafe { Place::new(frame, (*frame).instr_ptr) };
    fire::event(thread, event, here, &[])
}

/// `INSTRUMENTED_RETURN_VALUE`: tells that the function ends with the value on top.
#[inline(always)]
pub(in crate::eval) fn instrumented_return_value(m: &mut Machine) -> Flow {
    let event = Event::PyReturn;
    // SAFETY: the frame runs at `this`.
    unsafe { tell_value(m.thread(), m.frame(), m.this(), event, m.peek(1)) }?;
    function::return_value(m)
}

/// `INSTRUMENTED_RETURN_CONST(index)`: tells that the function ends with a constant.
#[inline(always)]
pub(in crate::eval) fn instrumented_return_const(m: &mut Machine) -> Flow {
    let event = Event::PyReturn;
    let value = m.constant(m.operand());
    // SAFETY: the frame runs at `this`.
    unsafe { tell_value(m.thread(), m.frame(), m.this(), event, value) }?;
    function::return_const(m)
}

/// `INSTRUMENTED_YIELD_VALUE(delegates)`: tells that the generator yields the value on top. It stands behind the instruction
/// by then.
#[inline(always)]
pub(in crate::eval) fn instrumented_yield_value(m: &mut Machine) -> Flow {
    stand(m);
    let value = m.pop();
    m.save_stack();
    let event = Event::PyYield;
    // SAFETY: the frame runs at `this`.
    let told = unsafe { tell_value(m.thread(), m.frame(), m.this(), event, value.borrow()) };
    if let Err(raised) = told {
        m.push(value);
        return Err(raised.into());
    }
    suspend(m, value);
    Ok(())
}

/// Tells of an event with a value.
///
/// # Safety
/// `frame` runs on the thread, at `this`.
#[cold]
#[inline(never)]
unsafe fn tell_value(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    this: *mut ffi::_Py_CODEUNIT,
    event: Event,
    value: Borrowed<'_>,
) -> Result<(), Raised> {
    // SAFETY: as the caller promises.
    let here = unsafe { Place::new(frame, this) };
    fire::event(thread, event, here, &[value])
}

/// `INSTRUMENTED_FOR_ITER(distance)`: as `FOR_ITER`, and tells where it goes on.
#[inline(always)]
pub(in crate::eval) fn instrumented_for_iter(m: &mut Machine) -> Flow {
    let distance = match iteration::next(m)? {
        Some(value) => {
            m.push(value);
            0
        }
        None => {
            drop(m.pop());
            m.operand() + END_UNITS
        }
    };
    super::instrumented_jump::branch(m, distance)
}

/// `INSTRUMENTED_END_FOR`: drops what a generator returned to a loop, and tells of it as of a `StopIteration`, which it would
/// be elsewhere (PEP 380).
#[inline(always)]
pub(in crate::eval) fn instrumented_end_for(m: &mut Machine) -> Flow {
    tell_stop(m, |class| class.is_at(&raw const ffi::PyGen_Type))?;
    drop(m.pop());
    Ok(())
}

/// `INSTRUMENTED_END_SEND`: drops the iterator below the value that it returned, and tells of it as of a `StopIteration`.
#[inline(always)]
pub(in crate::eval) fn instrumented_end_send(m: &mut Machine) -> Flow {
    tell_stop(m, |class| {
        class.is_at(&raw const ffi::PyGen_Type) || class.is_at(&raw const ffi::PyCoro_Type)
    })?;
    super::generator::end_send(m)
}

/// Tells that the iterator below the value on top has returned that, if it is of a type that does so without an exception.
#[inline(always)]
fn tell_stop(
    m: &Machine,
    is_silent: impl FnOnce(Borrowed<'_, ffi::PyTypeObject>) -> bool,
) -> Result<(), Leave> {
    if is_silent(m.peek(2).type_of()) {
        // SAFETY: no exception is set; the frame runs at `this`.
        unsafe { monitor::stop_iteration(m.thread(), m.frame(), m.this(), m.peek(1)) }?;
    }
    Ok(())
}
