//! Telling tools of events, as the evaluator does at instrumented instructions. Calls any Python code.
use super::call::{EventArguments, call_tools};
use super::code::{Code, UNIT_BYTES};
use super::data::Data;
use super::event::Event;
use super::interpreter::Interpreter;
use super::legacy;
use super::marks::table_of;
use super::tool::{Tool, ToolSet};
use super::tracing::is_tracing;
use crate::bytecode::Opcode;
use crate::ffi;
use crate::frame::Frame;
use crate::jit;
use crate::module::IntoObject;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::cell::Cell;
use core::ffi::c_int;

/// An instruction in a frame that runs: where an event happens.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    frame: Frame<'a>,
    code: Code<'a>,
    index: isize,
}

impl Place<'_> {
    /// An instruction of a frame.
    ///
    /// # Safety
    /// The running thread executes the frame, or is about to or has just done, and neither it nor its code go away for as
    /// long as the place is used.
    ///
    /// The instruction should be one of its code. It is not read through the address, because the evaluator has others when an
    /// exception is raised: just before the code in a frame that has not started, and anywhere after a callback has raised
    /// that was told of a jump.
    #[inline(always)]
    pub unsafe fn new(
        frame: *mut ffi::_PyInterpreterFrame,
        instruction: *const ffi::_Py_CODEUNIT,
    ) -> Self {
        // SAFETY: as the caller promises.
        unsafe {
            let frame = Frame::from_raw_unchecked(frame);
            let code = Code::of(frame.code());
            Self {
                frame,
                code,
                index: code.index_of(instruction),
            }
        }
    }

    /// Whether nothing of its code is ever told of (`CO_NO_MONITORING_EVENTS`).
    pub fn is_silent(self) -> bool {
        self.code.is_silent()
    }

    /// Whether any tool wants a local event of its code. Who is told at the place itself may be fewer
    /// (ceval.c `no_tools_for_local_event`).
    #[inline(always)]
    pub fn is_watched(self, thread: ThreadState, event: Event) -> bool {
        let tools = match self.code.data() {
            Some(data) => data.members.active_monitors.get().tools(event),
            None => Interpreter::of(thread).tools(event),
        };
        !tools.is_empty()
    }

    /// The index as one of a table. Where it is no index of a unit, it is no index of a table either.
    #[inline(always)]
    fn unit(self) -> usize {
        self.index.cast_unsigned()
    }

    /// Whether a `RESUME` stands there. A line that starts before it is not told of until the instruction behind it, because
    /// no mark may hide a `RESUME`. One that is specialised does not count, nor one that would be if the compiler did not
    /// count by it.
    fn is_resume(self) -> bool {
        let unit = self.code.units().get(self.unit());
        unit.is_some_and(|unit| match unit.opcode.get() {
            Opcode::RESUME => !jit::has_begun(self.code.object(), self.unit()),
            opcode => opcode == Opcode::INSTRUMENTED_RESUME,
        })
    }

    /// The line there, or -1.
    fn line(self) -> c_int {
        self.code.line(self.unit())
    }

    /// Whom an event at this place tells, which is not that of a line or of any instruction
    /// (instrumentation.c `get_tools_for_instruction`).
    #[inline]
    fn tools(self, thread: ThreadState, event: Event) -> ToolSet {
        let event = event.ungrouped();
        if event.is_local() {
            self.watchers(event, |data| {
                data.members.active_monitors.get().tools(event)
            })
        } else {
            Interpreter::of(thread).tools(event)
        }
    }

    /// Whom a mark at this place tells (instrumentation.c `_Py_call_instrumentation_line`,
    /// `_Py_call_instrumentation_instruction`).
    #[inline]
    fn watchers_of_mark(self, thread: ThreadState, event: Event) -> ToolSet {
        self.watchers(event, |data| {
            // The code may be of an older version: a frame that some extension has put aside is not found and brought up to
            // date when something changes.
            let local = data.members.local_monitors.get().tools(event);
            Interpreter::of(thread).tools(event).union(local)
        })
    }

    /// Whom a local event at this place tells: those who are named for the place, or the one tool that watches the code.
    #[inline]
    fn watchers(self, event: Event, of_code: impl FnOnce(Data<'_>) -> ToolSet) -> ToolSet {
        let Some(data) = self.code.data() else {
            return ToolSet::EMPTY;
        };
        match data.tools(table_of(event)) {
            Some(places) => places.get(self.unit()).map_or(ToolSet::EMPTY, Cell::get),
            None => of_code(data),
        }
    }

    /// Tells the tools, with a position in the code and up to two arguments of the event itself. Those that want no more of
    /// it are not told again at this place.
    fn tell(
        self,
        thread: ThreadState,
        event: Event,
        tools: ToolSet,
        position: Borrowed<'_>,
        arguments: &[Borrowed<'_>],
    ) -> Result<(), Raised> {
        let code = self.code.object().upcast();
        let mut arguments = EventArguments::new(code, position, arguments);
        call_tools(thread, event, tools, &mut arguments, |tool| {
            if let (Some(data), Ok(index)) = (self.code.data(), usize::try_from(self.index)) {
                self.code.remove_tools(data, index, event, tool.alone());
            }
        })
    }
}

/// The offset in bytes of a unit of bytecode, as an object.
///
/// # Errors
/// `MemoryError`.
fn byte_offset(index: isize) -> Result<Owned, Raised> {
    (index as c_int)
        .wrapping_mul(UNIT_BYTES as c_int)
        .into_object()
}

/// Tells the tools of an event with up to two arguments of its own, unless the thread is telling of one already; not of a
/// line or of any instruction (instrumentation.c `_Py_call_instrumentation`, `…_arg`, `…_2args`). No exception is set.
///
/// # Errors
/// What a callback raises, or `MemoryError`.
#[inline]
pub fn event(
    thread: ThreadState,
    event: Event,
    place: Place<'_>,
    arguments: &[Borrowed<'_>],
) -> Result<(), Raised> {
    if is_tracing(thread) {
        return Ok(());
    }
    debug_assert!(!Raised::is_pending());
    let tools = place.tools(thread, event);
    if tools.is_empty() {
        return Ok(());
    }
    let offset = byte_offset(place.index)?;
    place.tell(thread, event, tools, offset.borrow(), arguments)
}

/// The same while an exception is on its way, which waits meanwhile (instrumentation.c `_Py_call_instrumentation_exc2`).
/// Gives that exception back, or the one of a callback, which takes its place.
pub fn event_while_raising(
    thread: ThreadState,
    event: Event,
    place: Place<'_>,
    arguments: &[Borrowed<'_>],
    raised: Raised,
) -> Raised {
    let exception = raised.take();
    match self::event(thread, event, place, arguments) {
        Ok(()) => Raised::restore(exception),
        Err(raised) => raised,
    }
}

/// Tells the tools of a jump or a branch, and gives the instruction to go on at: the target, unless a callback made the
/// frame go on elsewhere (instrumentation.c `_Py_call_instrumentation_jump`).
///
/// # Errors
/// As [`event`].
pub fn jump(
    thread: ThreadState,
    event: Event,
    place: Place<'_>,
    target: *mut ffi::_Py_CODEUNIT,
) -> Result<*mut ffi::_Py_CODEUNIT, Raised> {
    debug_assert!(matches!(event, Event::Jump | Event::Branch));
    let before = place.frame.instruction();
    let to = byte_offset(place.code.index_of(target))?;
    self::event(thread, event, place, &[to.borrow()])?;
    let after = place.frame.instruction();
    Ok(if after == before { target } else { after })
}

/// Tells the tools that a line starts, at the mark of one, and gives the instruction that the mark hides. It does not tell
/// of the line at which the frame was already, at `previous`. The thread is not telling of anything yet
/// (instrumentation.c `_Py_call_instrumentation_line`).
///
/// # Errors
/// As [`event`].
pub fn line(thread: ThreadState, place: Place<'_>, previous: Place<'_>) -> Result<Opcode, Raised> {
    debug_assert!(!is_tracing(thread));
    let number = place.line();
    if previous.line() != number || previous.is_resume() {
        let mut tools = place.watchers_of_mark(thread, Event::Line);
        if tools.has(Tool::SYS_TRACE) {
            // Without making an object of the number, only to unmake it at once.
            legacy::trace_line_of(thread, place.frame, number)?;
            tools = tools.minus(Tool::SYS_TRACE.alone());
        }
        if !tools.is_empty() {
            let number = number.into_object()?;
            place.tell(thread, Event::Line, tools, number.borrow(), &[])?;
        }
    }
    Ok(hidden_by_line(place))
}

/// The instruction that the mark of a line hides. It runs alone while the thread is telling of something.
pub fn hidden_by_line(place: Place<'_>) -> Opcode {
    let lines = place.code.data().and_then(Data::lines);
    match lines {
        Some(lines) => lines.hidden(place.unit()).get(),
        None => place.code.base_opcode(place.unit()),
    }
}

/// Tells the tools that an instruction is about to run, at its mark, and gives the instruction that the mark hides; only
/// the latter if the thread is telling of something already (instrumentation.c `_Py_call_instrumentation_instruction`).
///
/// # Errors
/// As [`event`].
pub fn instruction(thread: ThreadState, place: Place<'_>) -> Result<Opcode, Raised> {
    // Before a callback changes it: the instruction runs as it was when its turn came.
    let opcodes = place.code.data().and_then(Data::instruction_opcodes);
    let hidden = match opcodes {
        Some(opcodes) => opcodes[place.unit()].get(),
        None => place.code.base_opcode(place.unit()),
    };
    if is_tracing(thread) {
        return Ok(hidden);
    }
    let tools = place.watchers_of_mark(thread, Event::Instruction);
    if !tools.is_empty() {
        let offset = byte_offset(place.index)?;
        place.tell(thread, Event::Instruction, tools, offset.borrow(), &[])?;
    }
    Ok(hidden)
}
