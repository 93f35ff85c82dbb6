//! The life of a function: making it, the start of its frame, and its return.
use crate::bytecode::Opcode;
use crate::eval::flow::{Flow, Leave};
use crate::eval::machine::Machine;
use crate::eval::{frames, recursion};
use crate::ffi;
use crate::frame::Frame;
use crate::jit;
use crate::monitoring::{self, Interpreter};
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ptr::null_mut;

/// `MAKE_FUNCTION`: makes a function of the code on top.
#[inline(always)]
pub(in crate::eval) fn make_function(m: &mut Machine) -> Flow {
    let code = m.pop();
    let function = function_of(code.borrow(), m.globals());
    drop(code);
    m.push(function?);
    Ok(())
}

/// A function of some code.
///
/// # Errors
/// `MemoryError`, and what watchers of functions raise.
pub(in crate::eval) fn function_of(
    code: Borrowed<'_>,
    globals: Borrowed<'_>,
) -> Result<Owned, Raised> {
    // SAFETY: the compiler puts code there; the result is a new function, or NULL with an exception.
    unsafe {
        let function = Owned::from_c(ffi::PyFunction_New(code.as_ptr(), globals.as_ptr()))?;
        let version = (*code.as_ptr().cast::<ffi::PyCodeObject>()).co_version;
        ffi::_PyFunction_SetVersion(function.as_ptr().cast(), version);
        Ok(function)
    }
}

/// `SET_FUNCTION_ATTRIBUTE(which)`: gives the new function on top what lies below it: defaults, annotations or a closure.
#[inline(always)]
pub(in crate::eval) fn set_function_attribute(m: &mut Machine) -> Flow {
    let function = m.pop();
    let attribute = m.pop();
    // SAFETY: the compiler puts a function there, which does not have the attribute yet.
    unsafe { set_attribute(function.borrow(), attribute, m.operand() as u32) };
    m.push(function);
    Ok(())
}

/// Gives a new function its defaults, annotations or closure.
///
/// # Safety
/// It is one, and has none yet.
#[inline(always)]
pub(in crate::eval) unsafe fn set_attribute(function: Borrowed<'_>, attribute: Owned, which: u32) {
    let members = function.as_ptr().cast::<ffi::PyFunctionObject>();
    // SAFETY: as the caller promises.
    unsafe {
        let place = match which {
            ffi::MAKE_FUNCTION_DEFAULTS => &raw mut (*members).func_defaults,
            ffi::MAKE_FUNCTION_KWDEFAULTS => &raw mut (*members).func_kwdefaults,
            ffi::MAKE_FUNCTION_ANNOTATIONS => &raw mut (*members).func_annotations,
            ffi::MAKE_FUNCTION_CLOSURE => &raw mut (*members).func_closure,
            _ => unreachable!("a function has four attributes that the compiler sets"),
        };
        debug_assert!((*place).is_null());
        *place = attribute.into_raw();
    }
}

/// `MAKE_CELL(local)`: puts a local variable, which may be an argument, into a cell of its own.
#[inline(always)]
pub(in crate::eval) fn make_cell(m: &mut Machine) -> Flow {
    let value = m.local(m.operand()).map_or(null_mut(), Borrowed::as_ptr);
    // SAFETY: a live object or NULL; the result is new, or NULL with an exception.
    let cell = unsafe { Owned::from_c(ffi::PyCell_New(value)) }?;
    drop(m.exchange_local(m.operand(), Some(cell)));
    Ok(())
}

/// `COPY_FREE_VARS(count)`: takes the cells of the closure into the frame, behind its own variables.
#[inline(always)]
pub(in crate::eval) fn copy_free_vars(m: &mut Machine) -> Flow {
    let count = m.operand();
    // SAFETY: a function with free variables has a closure with as many cells; the last locals are theirs, and unbound.
    unsafe {
        let closure = (*m.function().as_ptr()).func_closure.cast();
        let cells = ffi::_PyTuple_ITEMS(closure);
        let first = m.stack_base().sub(count);
        for index in 0..count {
            let cell = Borrowed::from_raw_unchecked(*cells.add(index));
            *first.add(index) = cell.new_ref().into_raw();
        }
    }
    Ok(())
}

/// `RESUME(where)`: the start of a function, and the place behind each of its `yield`s. Instruments the code if the tools
/// that watch it have changed, and lets others interrupt.
#[inline(always)]
pub(in crate::eval) fn resume(m: &mut Machine) -> Flow {
    // As `RESUME_CHECK`, if that is all that the compiler asks for.
    if m.eval_breaker() == m.code_version() && jit::heat::is_untold(m.this()) {
        return Ok(());
    }
    if !m.is_tracing() {
        if m.is_outdated() {
            instrument(m.thread(), m.code())?;
            return m.run_again();
        }
        // SAFETY: the instruction that runs. In its place may stand one that tells tools and then runs this one.
        unsafe {
            let opcode = m.this().cast::<Opcode>();
            if *opcode == Opcode::RESUME && !keeps_counting(m) {
                *opcode = Opcode::RESUME_CHECK;
            }
        }
    }
    check_unless_delegating(m)
}

/// Whether the instruction stays as it is, so that it sees the next call too, or the next time that a generator goes on: the
/// compiler counts.
#[inline(always)]
fn keeps_counting(m: &mut Machine) -> bool {
    if !jit::is_on() {
        return false;
    }
    m.save_stack();
    // SAFETY: the frame is alive, with its code.
    let frame = unsafe { Frame::from_raw_unchecked(m.frame()) };
    let keeps = if m.operand() as u32 == ffi::RESUME_AT_FUNC_START {
        jit::heat::call(m.thread(), frame)
    } else {
        jit::heat::resumption(m.thread(), frame)
    };
    m.load_stack();
    keeps
}

/// `RESUME_CHECK`: where the code is as the tools want it, and nobody wants to interrupt.
#[inline(always)]
pub(in crate::eval) fn resume_check(m: &mut Machine) -> Flow {
    m.guard(m.eval_breaker() == m.code_version(), Opcode::RESUME)
}

/// Lets others interrupt, unless the frame waits for another generator, which has done so.
#[inline(always)]
pub(super) fn check_unless_delegating(m: &mut Machine) -> Flow {
    let place = m.operand() as u32 & ffi::RESUME_OPARG_LOCATION_MASK;
    if place < ffi::RESUME_AFTER_YIELD_FROM {
        m.check_eval_breaker()?;
    }
    Ok(())
}

/// Puts instructions that tell tools into the code, as these want it now.
#[cold]
#[inline(never)]
pub(super) fn instrument(
    thread: ThreadState,
    code: Borrowed<'_, ffi::PyCodeObject>,
) -> Result<(), Raised> {
    monitoring::instrument(code, Interpreter::of(thread))
}

/// `RETURN_VALUE`: ends the function with the value on top.
#[inline(always)]
pub(in crate::eval) fn return_value(m: &mut Machine) -> Flow {
    let value = m.pop();
    leave(m, value);
    Ok(())
}

/// `RETURN_CONST(index)`: ends the function with a constant of its code.
#[inline(always)]
pub(in crate::eval) fn return_const(m: &mut Machine) -> Flow {
    let value = m.constant(m.operand()).new_ref();
    leave(m, value);
    Ok(())
}

/// Ends the frame and goes on in the one that called it, with a value.
#[inline(always)]
pub(super) fn leave(m: &mut Machine, value: Owned) {
    debug_assert_eq!(m.height(), 0);
    m.save_stack();
    recursion::leave_python(m.thread());
    let dying = m.frame();
    // SAFETY: the dying frame is unlinked before it is cleared, because destructors look at the frames; its caller is alive.
    unsafe {
        m.switch_to((*dying).previous);
        frames::clear_and_pop(m.thread(), dying);
    }
    m.resume_caller(value);
}

/// `INTERPRETER_EXIT`: in the frame that stands for a caller in C: goes back there with the value on top.
#[inline(always)]
pub(in crate::eval) fn interpreter_exit(_: &mut Machine) -> Flow {
    Err(Leave::Exit)
}
