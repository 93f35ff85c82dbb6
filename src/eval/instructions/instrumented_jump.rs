//! Jumps that tell tools where they lead (PEP 669). Tools may make the frame go on elsewhere.
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::monitoring::{Event, Place, fire};
use crate::object::Raised;
use crate::thread::ThreadState;

/// `INSTRUMENTED_JUMP_FORWARD(distance)`.
#[inline(always)]
pub(in crate::eval) fn instrumented_jump_forward(m: &mut Machine) -> Flow {
    let distance = m.operand().cast_signed();
    jump(m, Event::Jump, distance)
}

/// `INSTRUMENTED_JUMP_BACKWARD(distance)`: others may interrupt first.
#[inline(always)]
pub(in crate::eval) fn instrumented_jump_backward(m: &mut Machine) -> Flow {
    m.check_eval_breaker()?;
    let distance = -m.operand().cast_signed();
    jump(m, Event::Jump, distance)
}

/// `INSTRUMENTED_POP_JUMP_IF_TRUE(distance)`: of `True` or `False`.
#[inline(always)]
pub(in crate::eval) fn instrumented_pop_jump_if_true(m: &mut Machine) -> Flow {
    let value = m.pop();
    let jumps = value.borrow().is_at(&raw const ffi::_Py_TrueStruct);
    branch_if(m, jumps)
}

/// `INSTRUMENTED_POP_JUMP_IF_FALSE(distance)`: of `True` or `False`.
#[inline(always)]
pub(in crate::eval) fn instrumented_pop_jump_if_false(m: &mut Machine) -> Flow {
    let value = m.pop();
    let jumps = value.borrow().is_at(&raw const ffi::_Py_FalseStruct);
    branch_if(m, jumps)
}

/// `INSTRUMENTED_POP_JUMP_IF_NONE(distance)`: of any value.
#[inline(always)]
pub(in crate::eval) fn instrumented_pop_jump_if_none(m: &mut Machine) -> Flow {
    let value = m.pop();
    let jumps = value.borrow().is_none();
    drop(value);
    branch_if(m, jumps)
}

/// `INSTRUMENTED_POP_JUMP_IF_NOT_NONE(distance)`: of any value.
#[inline(always)]
pub(in crate::eval) fn instrumented_pop_jump_if_not_none(m: &mut Machine) -> Flow {
    let value = m.pop();
    let jumps = !value.borrow().is_none();
    drop(value);
    branch_if(m, jumps)
}

#[inline(always)]
fn branch_if(m: &mut Machine, jumps: bool) -> Flow {
    m.note_branch(jumps);
    let distance = if jumps { m.operand() } else { 0 };
    branch(m, distance)
}

/// Goes on at one of the two places that an instruction knows, and tells at which.
#[inline(always)]
pub(super) fn branch(m: &mut Machine, distance: usize) -> Flow {
    jump(m, Event::Branch, distance.cast_signed())
}

/// Jumps and tells of it, unless something is being told already.
#[inline(always)]
fn jump(m: &mut Machine, event: Event, distance: isize) -> Flow {
    m.jump(distance);
    if m.is_tracing() {
        return Ok(());
    }
    m.save_stack();
    // SAFETY: the frame stands at `this`, with its stack saved; a jump leads to an instruction of its code.
    let next = unsafe { tell_jump(m.thread(), event, m.frame(), m.next()) };
    m.load_stack();
    match next {
        Ok(next) => {
            // SAFETY: the place where the frame was told to go on, by the compiler or by a tracer.
            unsafe { m.set_next(next) };
            Ok(())
        }
        Err(raised) => {
            // A callback that raised: the exception comes from where the jump led. Upstream means that too, but counts from
            // NULL for all jumps but those of loops that end, and then finds no handler in this frame.
            m.jump(1);
            Err(raised.into())
        }
    }
}

/// Tells of a jump, and gives the instruction to go on at.
///
/// # Safety
/// The frame is the one that runs, and its stack is saved; `target` is an instruction of its code.
#[cold]
#[inline(never)]
unsafe fn tell_jump(
    thread: ThreadState,
    event: Event,
    frame: *mut ffi::_PyInterpreterFrame,
    target: *mut ffi::_Py_CODEUNIT,
) -> Result<*mut ffi::_Py_CODEUNIT, Raised> {
    // SAFETY: as the caller promises.
    let here = unsafe { Place::new(frame, (*frame).instr_ptr) };
    fire::jump(thread, event, here, target)
}
