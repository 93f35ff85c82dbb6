//! What the function of `sys.settrace` is told. Calls it.
use super::call::{Function, running_frame};
use super::handler::{CallbackArguments, Listener, What, handler, no_value, nothing, value};
use super::opcodes::set_opcode_trace;
use super::set::Callback;
use crate::bad_internal_call;
use crate::ffi;
use crate::field;
use crate::frame::{Frame, FrameObject};
use crate::monitoring::code::{Code, UNIT_BYTES};
use crate::monitoring::tracing::Tracing;
use crate::monitoring::{Answer, Event, EventSet};
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::c_int;

/// The callbacks.
pub(super) const CALLBACKS: &[Callback] = &[
    Callback::new(
        handler!(nothing::<Trace>),
        What::Call,
        &[Event::PyStart, Event::PyResume],
    ),
    Callback::new(handler!(nothing::<Trace>), What::Call, &[Event::PyThrow]),
    Callback::new(handler!(value::<Trace>), What::Return, &[Event::PyReturn]),
    Callback::new(handler!(value::<Trace>), What::Return, &[Event::PyYield]),
    Callback::new(
        handler!(exception),
        What::Exception,
        &[Event::Raise, Event::StopIteration],
    ),
    Callback::new(handler!(line), What::Line, &[Event::Line]),
    Callback::new(
        handler!(no_value::<Trace>),
        What::Return,
        &[Event::PyUnwind],
    ),
    Callback::new(handler!(jump), What::Line, &[Event::Jump]),
    Callback::new(handler!(instruction), What::Opcode, &[Event::Instruction]),
];

/// The events that are wanted while some thread has a function. Instructions are wanted of the code of single frames.
pub(super) const EVENTS: EventSet = EventSet::of(&[
    Event::PyStart,
    Event::PyResume,
    Event::PyReturn,
    Event::PyYield,
    Event::Raise,
    Event::Line,
    Event::Jump,
    Event::PyUnwind,
    Event::PyThrow,
    Event::StopIteration,
]);

/// The running frame, for the thread's function.
fn frame_of(thread: ThreadState) -> Result<Owned<ffi::PyFrameObject>, Raised> {
    running_frame(thread, c"Missing frame when calling trace function.")
}

/// A frame whose function is being told of something. The number of a line in its object counts only for that long:
/// dropped, the frame is again at the line of its instruction.
struct LineReset<'a>(FrameObject<'a>);

impl<'a> LineReset<'a> {
    /// Has the frame be at a line.
    fn at(frame: FrameObject<'a>, line: c_int) -> Self {
        frame.set_line(line);
        Self(frame)
    }
}

impl Drop for LineReset<'_> {
    fn drop(&mut self) {
        self.0.forget_line();
    }
}

/// The function of `sys.settrace` (legacy_tracing.c `call_trace_func`).
enum Trace {}

impl Listener for Trace {
    fn tell(what: What, argument: Option<Borrowed<'_>>) -> Result<Answer, Raised> {
        let thread = ThreadState::current();
        let Some(function) = Function::of_trace(thread) else {
            return Ok(Answer::GoOn);
        };
        let frame = frame_of(thread)?;
        let frame = frame.borrow();
        if field!(frame.f_trace_opcodes) != 0 {
            set_opcode_trace(frame, true)?;
        }
        let _reset = LineReset(frame);
        function.call(frame, what, argument)?;
        Ok(Answer::GoOn)
    }
}

/// An exception, told of as `sys.exc_info()` gives it (legacy_tracing.c `sys_trace_exception_func`).
fn exception(what: What, arguments: CallbackArguments<'_>) -> Result<Answer, Raised> {
    let exception = arguments.get(2)?;
    let class = exception.type_of();
    // SAFETY: an event of this kind comes with an exception; the result is NULL or a new reference.
    let traceback =
        unsafe { Owned::from_c_optional(ffi::PyException_GetTraceback(exception.as_ptr())) };
    let traceback = traceback.unwrap_or_else(|| Borrowed::none().new_ref());
    // SAFETY: three live objects, to which the tuple takes its own references.
    let told = unsafe {
        Owned::from_c(ffi::PyTuple_Pack(
            3,
            class.as_ptr(),
            exception.as_ptr(),
            traceback.as_ptr(),
        ))?
    };
    drop(traceback);
    Trace::tell(what, Some(told.borrow()))
}

/// Tells of a line unless the frame does not want to hear of lines, or there is none (legacy_tracing.c `trace_line`).
fn tell_line(function: &Function, frame: FrameObject<'_>, line: c_int) -> Result<(), Raised> {
    if field!(frame.f_trace_lines) == 0 || line < 0 {
        return Ok(());
    }
    let _reset = LineReset::at(frame, line);
    function.call(frame, What::Line, Some(Borrowed::none()))
}

/// A line of what is not Python's bytecode (legacy_tracing.c `sys_trace_line_func`). Those of bytecode come by
/// [`trace_line_of`].
fn line(_: What, arguments: CallbackArguments<'_>) -> Result<Answer, Raised> {
    let thread = ThreadState::current();
    let Some(function) = Function::of_trace(thread) else {
        return Ok(Answer::GoOn);
    };
    let line = arguments.number(1)?;
    tell_line(&function, frame_of(thread)?.borrow(), line)?;
    Ok(Answer::GoOn)
}

/// Tells the thread's function that a line of a frame starts, without the detour by an object for its number
/// (instrumentation.c `_Py_call_instrumentation_line`).
///
/// # Errors
/// What the function raises, or `MemoryError`.
pub(in crate::monitoring) fn trace_line_of(
    thread: ThreadState,
    frame: Frame<'_>,
    line: c_int,
) -> Result<(), Raised> {
    let Some(function) = Function::of_trace(thread) else {
        return Ok(());
    };
    let frame = frame.object()?.new_ref();
    let _tracing = Tracing::of(thread, Event::Line);
    tell_line(&function, frame.borrow(), line)
}

/// A jump: the start of a line when it goes back within one, for the function is told of a line in each run of a loop, even
/// if that stands in one line (legacy_tracing.c `sys_trace_jump_func`).
fn jump(_: What, arguments: CallbackArguments<'_>) -> Result<Answer, Raised> {
    let thread = ThreadState::current();
    let Some(function) = Function::of_trace(thread) else {
        return Ok(Answer::GoOn);
    };
    let index = |position| {
        let offset = arguments.number(position)?;
        Ok(usize::try_from(offset).unwrap_or_default() / UNIT_BYTES)
    };
    let (from, to) = (index(1)?, index(2)?);
    if to > from {
        return Ok(Answer::Disable);
    }
    let code = arguments.get(0)?.downcast();
    let code = Code::of(code.ok_or_else(|| bad_internal_call!())?);
    // The lines are there: whoever traces jumps traces lines.
    let line = code.line(to);
    if line != code.line(from) {
        // The line at the target tells of itself.
        return Ok(Answer::Disable);
    }
    tell_line(&function, frame_of(thread)?.borrow(), line)?;
    Ok(Answer::GoOn)
}

/// An instruction, told of while the frame wants to hear of instructions. When it does so no longer, none of its code is told
/// of any more (legacy_tracing.c `sys_trace_instruction_func`).
fn instruction(what: What, _: CallbackArguments<'_>) -> Result<Answer, Raised> {
    let thread = ThreadState::current();
    let frame = frame_of(thread)?;
    let frame = frame.borrow();
    match Function::of_trace(thread) {
        Some(function) if field!(frame.f_trace_opcodes) != 0 => {
            let _reset = LineReset(frame);
            function.call(frame, what, Some(Borrowed::none()))?;
        }
        _ => set_opcode_trace(frame, false)?,
    }
    Ok(Answer::GoOn)
}
