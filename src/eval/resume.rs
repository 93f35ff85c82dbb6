//! Generators, for machine code: what the loop does by its instructions to make one, to go on in one, to end one, and to send to whatever
//! else yields. Runs machine code.
use super::frames;
use super::instructions::generator::{Sent, prepare, resumable, send_to};
use super::recursion;
use crate::bytecode::{Opcode, original};
use crate::ffi;
use crate::frame::{Frame, Owner};
use crate::generator::coroutine::origin_depth;
use crate::generator::frame::State;
use crate::generator::make;
use crate::jit::executor::executor_of;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ptr::null_mut;
use pyroxene_jit_api::{Exit, ExitKind, Run};

/// Goes on in a generator or coroutine for a frame ([`Helpers::resume`](pyroxene_jit_api::Helpers::resume)).
///
/// # Safety
/// The thread runs the frame, which is written whole and keeps the generator. The value is NULL or a reference, which is given
/// away unless the result is [`ExitKind::Unable`].
pub(crate) unsafe fn resume(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    generator: Borrowed<'_>,
    value: *mut ffi::PyObject,
    floor: usize,
) -> Exit {
    let here = (&raw const floor).addr();
    if others_evaluate(thread) || here <= floor || !recursion::has_python(thread, 1) {
        return unable();
    }
    // SAFETY: as the caller promises. The generator's frame has its code, and what `entrance` tells holds until other code
    // runs.
    unsafe {
        let Some(generator) = resumable(generator) else {
            return unable();
        };
        let Some((run, entry, begins)) = entrance(generator) else {
            return unable();
        };
        let value = Owned::from_c_optional(value).unwrap_or_else(|| Borrowed::none().new_ref());
        let frame = prepare(thread, generator, value);
        if begins {
            // The evaluator drops there what it was sent: nothing.
            drop(Frame::from_raw_unchecked(frame).pop());
            (*frame).instr_ptr = (*frame).instr_ptr.add(1);
        }
        (*frame).previous = caller;
        (*frame).stacktop = -1;
        (*thread.as_ptr()).current_frame = frame;
        recursion::count_python(thread);
        run(thread.as_ptr().cast(), frame.cast(), entry, floor)
    }
}

const fn unable() -> Exit {
    Exit {
        index: 0,
        kind: ExitKind::Unable,
        payload: null_mut(),
    }
}

/// How the machine code is entered where a generator stands, and whether that is at its beginning, before the `POP_TOP` of
/// what it is sent.
///
/// # Safety
/// The generator is alive, and can be resumed.
#[inline(always)]
unsafe fn entrance(generator: *mut ffi::PyGenObject) -> Option<(Run, u32, bool)> {
    // SAFETY: as the caller promises; behind a `POP_TOP` there is another instruction.
    unsafe {
        let frame = Borrowed::from_raw_unchecked(generator).frame_place();
        let mut unit = (*frame).instr_ptr;
        let begins = (*unit).op.code == Opcode::POP_TOP.number();
        if begins {
            unit = unit.add(1);
        }
        if (*unit).op.code != Opcode::ENTER_EXECUTOR.number() {
            return None;
        }
        let code = (*frame).f_executable.cast();
        let (run, entry) = executor_of(code, (*unit).op.arg.into()).entrance();
        Some((run, entry, begins))
    }
}

/// Whether [`make`] can call functions with this code: nothing but free variables is set up before the generator is made.
pub(crate) fn can_make(code: Borrowed<'_, ffi::PyCodeObject>) -> bool {
    let first = original(code, 0).opcode;
    let second = usize::from(first == Opcode::COPY_FREE_VARS);
    original(code, second).opcode == Opcode::RETURN_GENERATOR
}

/// Calls a generator function: its generator, with the frame in it as after `RETURN_GENERATOR`. Nothing if the evaluator has to
/// do it, and then nothing was done.
///
/// # Errors
/// `MemoryError`.
///
/// # Safety
/// The function, to whose code [`can_make`] applies, and the arguments, one for each of its parameters, are references, which
/// are given away unless the result is nothing.
pub(crate) unsafe fn make(
    thread: ThreadState,
    function: *mut ffi::PyFunctionObject,
    arguments: &[*mut ffi::PyObject],
) -> Result<Option<Owned>, Raised> {
    if others_evaluate(thread) || !recursion::has_python(thread, 1) || origin_depth() != 0 {
        return Ok(None);
    }
    // SAFETY: as the caller promises. A new generator has room for a frame of the code, which is its function's; before the
    // instruction that makes it there is at most the one that copies the closure, which has as many cells as that says.
    unsafe {
        let function = Owned::from_raw_unchecked(function);
        let generator = match make::from_function(function.borrow()) {
            Ok(generator) => generator,
            Err(raised) => {
                for &argument in arguments {
                    drop(Owned::from_raw_unchecked(argument));
                }
                return Err(raised);
            }
        };
        let place = generator.borrow().frame_place();
        let code = Borrowed::from_raw_unchecked((*function.as_ptr()).func_code.cast());
        let closure = (*function.as_ptr()).func_closure.cast();
        let frame = Frame::initialize(place, function, None, code, arguments.len());
        for (index, &argument) in arguments.iter().enumerate() {
            frame.entry(index).write(argument);
        }
        let mut unit = code.first_instruction();
        if (*unit).op.code == Opcode::COPY_FREE_VARS.number() {
            let count = usize::from((*unit).op.arg);
            let cells = ffi::_PyTuple_ITEMS(closure);
            for index in 0..count {
                let cell: Borrowed<'_> = Borrowed::from_raw_unchecked(*cells.add(index));
                let slot = code.variable_count() - count + index;
                frame.entry(slot).write(cell.new_ref().into_raw());
            }
            unit = unit.add(1);
        }
        (*place).instr_ptr = unit.add(1);
        (*place).previous = null_mut();
        frame.set_owner(Owner::GENERATOR);
        generator.borrow().set_state(State::CREATED);
        Ok(Some(generator.upcast()))
    }
}

/// Whether somebody has put another evaluator in place of ours (PEP 523).
fn others_evaluate(thread: ThreadState) -> bool {
    // SAFETY: the interpreter of the running thread is alive.
    unsafe { (*thread.interpreter()).eval_frame.is_some() }
}

/// Ends the frame of a generator that returns ([`Helpers::end_generator`](pyroxene_jit_api::Helpers::end_generator)).
///
/// # Safety
/// The thread runs the frame, a generator's, which is written whole.
pub(crate) unsafe fn end(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) {
    recursion::leave_python(thread);
    // SAFETY: as the caller promises. It is unlinked before it is cleared, because destructors look at the frames.
    unsafe {
        (*thread.as_ptr()).current_frame = (*frame).previous;
        frames::clear_and_pop(thread, frame);
    }
}

/// Sends a value to an iterator: whether it has yielded, and what it gave.
///
/// # Errors
/// What the iterator raises.
///
/// # Safety
/// The thread runs the frame, which stands at the `SEND`.
pub(crate) unsafe fn send(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    receiver: Borrowed<'_>,
    value: Borrowed<'_>,
) -> Result<(bool, Owned), Raised> {
    // SAFETY: as the caller promises.
    let sent = unsafe { send_to(thread, frame, (*frame).instr_ptr, receiver, value) }?;
    Ok(match sent {
        Sent::Yielded(value) => (true, value),
        Sent::Returned(value) => (false, value),
    })
}
