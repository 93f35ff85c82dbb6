//! Generators, for machine code: what the loop does by its instructions to go on in one, to end one, and to send to whatever
//! else yields. Runs machine code.
use super::frames;
use super::instructions::generator::{Sent, prepare, resumable, send_to};
use super::recursion;
use crate::bytecode::Opcode;
use crate::ffi;
use crate::frame::Frame;
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
    // SAFETY: the interpreter of the running thread is alive.
    let others_evaluate = unsafe { (*thread.interpreter()).eval_frame.is_some() };
    if others_evaluate || here <= floor || !recursion::has_python(thread, 1) {
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
