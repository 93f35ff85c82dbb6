//! Calls from C to Python functions and generators that have machine code: it runs at once, and the loop only if it leaves.
//!
//! Such a function's `vectorcall` stays what it always is: what is called by it is one of Python's own functions, which the
//! specialiser, extensions and upstream's C tell by that pointer. Whether there is machine code is looked up in the code.
use super::instructions::generator::prepare;
use super::machine::Machine;
use super::run::{After, C_STACK_UNITS};
use super::step::{self, Begun};
use super::{recursion, resume};
use crate::bytecode::Opcode;
use crate::ffi;
use crate::frame::make_current;
use crate::generator::Generator;
use crate::jit;
use crate::jit::enter::{Left, enter, left, note_unable};
use crate::jit::executor::executor_of;
use crate::object::{Owned, Raised};
use crate::thread::{ThreadState, c_stack};
use pyroxene_jit_api::{ExitKind, RunPassed};

/// Runs the new frame of a function that C calls.
///
/// # Errors
/// What the code raises.
///
/// # Safety
/// The thread is attached. The frame is new, the thread's own, ready to run, and linked to no other.
#[inline(always)]
pub(super) unsafe fn run(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises: the frame has its code.
    unsafe {
        let code = ffi::_PyFrame_GetCode(frame);
        if !(*code).co_executors.is_null()
            && let Some(result) = run_machine_code(thread, frame)
        {
            return result;
        }
        Owned::from_c(ffi::_PyEval_EvalFrame(thread.as_ptr(), frame, 0))
    }
}

/// Runs the machine code that is entered where the frame begins. Does nothing without, or where a limit is near, or if another
/// evaluator wants to see the frame.
///
/// There is no frame of C below it as there is with the loop: it is put there if the loop has to go on.
///
/// # Safety
/// As [`run`].
#[inline(never)]
unsafe fn run_machine_code(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
) -> Option<Result<Owned, Raised>> {
    let floor = c_stack::floor()?;
    // SAFETY: as the caller promises; an `ENTER_EXECUTOR` stands in the code with its record.
    unsafe {
        let state = thread.as_ptr();
        let is_ours = jit::is_main((*state).interp) && (*(*state).interp).eval_frame.is_none();
        if !is_ours || !recursion::has_python(thread, 1) || !recursion::has_c(thread, C_STACK_UNITS)
        {
            return None;
        }
        let caller = (*state).current_frame;
        (*frame).previous = caller;
        make_current(thread, frame);
        let index = match entered_at_once(frame) {
            Some(index) => index,
            None => {
                let mut machine = Machine::new(thread, frame);
                // A generator would be put onto the stack of a caller in Python.
                let Begun::Enters(index) = step::begin(&mut machine, false) else {
                    make_current(thread, caller);
                    return None;
                };
                index
            }
        };
        recursion::count_python(thread);
        recursion::count_c(thread, C_STACK_UNITS);
        let code = ffi::_PyFrame_GetCode(frame);
        let entrance = executor_of(code, index).entrance();
        let left = enter(thread, frame, entrance, floor);
        recursion::count_c(thread, -C_STACK_UNITS);
        Some(end(thread, frame, left))
    }
}

/// What a function has given that C has called with values of its own.
pub(crate) enum Given {
    /// A float.
    Float(f64),
    /// An int.
    Int(i64),
    /// An object.
    Object(Owned),
}

/// Calls a function for C, which passes it values of its own, in machine code that is made for that. Nothing if that is not able to
/// run now: then nothing was done.
///
/// # Errors
/// What the function raises.
///
/// # Safety
/// The thread is attached. The machine code is called with as many values as it wants, of the kinds that it wants, and with a function
/// that stays alive until it has begun.
#[inline(always)]
pub(crate) unsafe fn call_passed(
    thread: ThreadState,
    run: RunPassed,
    function: *mut ffi::PyObject,
    values: *const u64,
) -> Option<Result<Given, Raised>> {
    let floor = c_stack::floor().filter(|_| recursion::has_c(thread, C_STACK_UNITS))?;
    // SAFETY: as the caller promises. If there is ever a frame of the function, it is the first that comes onto the data stack: the
    // machine code runs only if there is room where that is now.
    unsafe {
        let state = thread.as_ptr();
        let caller = (*state).current_frame;
        let frame = (*state).datastack_top;
        if caller.is_null() {
            return None;
        }
        recursion::count_c(thread, C_STACK_UNITS);
        let exit = run(
            state.cast(),
            caller.cast(),
            0,
            floor,
            values,
            function.cast(),
        );
        recursion::count_c(thread, -C_STACK_UNITS);
        let given = match exit.kind {
            ExitKind::Float => Given::Float(f64::from_bits(exit.payload.addr() as u64)),
            ExitKind::Int => Given::Int((exit.payload.addr() as u64).cast_signed()),
            ExitKind::Unable => {
                note_unable(thread, exit);
                return None;
            }
            ExitKind::Resume
            | ExitKind::Error
            | ExitKind::Switched
            | ExitKind::Returned
            | ExitKind::Yielded => {
                let left = left(thread, exit);
                return Some(end(thread, frame.cast(), left).map(Given::Object));
            }
        };
        Some(Ok(given))
    }
}

/// Runs a generator or coroutine for C until it pauses or ends, with a value that it is sent.
///
/// # Errors
/// What its code raises.
///
/// # Safety
/// The thread is attached. The generator can be resumed.
#[inline(always)]
pub(crate) unsafe fn resume(
    thread: ThreadState,
    generator: Generator<'_>,
    value: Owned,
) -> Result<Owned, Raised> {
    let frame = generator.frame_place();
    // SAFETY: as the caller promises: the frame has its code. It is linked to no caller.
    unsafe {
        let code = ffi::_PyFrame_GetCode(frame);
        let value = value.into_raw();
        if !(*code).co_executors.is_null()
            && let Some(left) = resume_machine_code(thread, generator, value)
        {
            return end(thread, frame, left);
        }
        prepare(thread, generator.as_ptr(), Owned::from_raw_unchecked(value));
        Owned::from_c(ffi::_PyEval_EvalFrame(thread.as_ptr(), frame, 0))
    }
}

/// Goes on in the machine code of a generator, as [`run_machine_code`] runs a function's. Does nothing if there is none where
/// it stands.
///
/// # Safety
/// As [`resume`]. The value is a reference, which is given away if there is a result.
#[inline(never)]
unsafe fn resume_machine_code(
    thread: ThreadState,
    generator: Generator<'_>,
    value: *mut ffi::PyObject,
) -> Option<Left> {
    let floor = c_stack::floor().filter(|_| recursion::has_c(thread, C_STACK_UNITS))?;
    // SAFETY: as the caller promises. C code has called for the frame that the thread runs.
    unsafe {
        let caller = (*thread.as_ptr()).current_frame;
        recursion::count_c(thread, C_STACK_UNITS);
        let exit = resume::resume(thread, caller, generator, value, floor);
        recursion::count_c(thread, -C_STACK_UNITS);
        (exit.kind != ExitKind::Unable).then(|| left(thread, exit))
    }
}

/// What a frame gives C whose machine code has ended or left: then the loop goes on.
///
/// # Errors
/// What its code raises.
///
/// # Safety
/// It has just ended or left, and the thread runs what called it, or the frame or one above it.
#[inline(always)]
unsafe fn end(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    left: Left,
) -> Result<Owned, Raised> {
    let after = match left {
        Left::Returned(value) | Left::Yielded(value) => return Ok(value),
        Left::Resume => After::Resume,
        Left::Error => After::Error,
        Left::Switched => After::Enter,
    };
    // SAFETY: as the caller promises: there is room for the loop, which was counted.
    unsafe {
        Owned::from_c(ffi::_PyEval_EvalFrameDefault(
            thread.as_ptr(),
            frame,
            after.to_c(),
        ))
    }
}

/// The argument of the `ENTER_EXECUTOR` at which a new frame stands, as it does unless it has cells. The frame has begun then.
///
/// # Safety
/// The frame is new.
#[inline(always)]
unsafe fn entered_at_once(frame: *mut ffi::_PyInterpreterFrame) -> Option<usize> {
    // SAFETY: as the caller promises: the frame stands at an instruction of its code.
    unsafe {
        let unit = *(*frame).instr_ptr;
        if unit.op.code != Opcode::ENTER_EXECUTOR.number() {
            return None;
        }
        (*frame).stacktop = -1;
        Some(unit.op.arg.into())
    }
}
