//! Bringing bytecode up to date with who watches what. Overwrites instructions of code objects, and walks over the frames of
//! all threads.
use super::code::Code;
use super::data::Data;
use super::event::Event;
use super::interpreter::Interpreter;
use super::monitors::LocalMonitors;
use super::tool::ToolSet;
use crate::bytecode::Opcode;
use crate::ffi;
use crate::frame::VisibleFrames;
use crate::jit;
use crate::object::{Borrowed, Raised};
use crate::thread::threads_of;

/// Instruments a code object for the tools that watch it now, unless that was done already
/// (instrumentation.c `_Py_Instrument`).
///
/// The evaluator calls it at each `RESUME` that finds another version in its thread state than in the code. The
/// instruction at which the caller stands may be another one afterwards.
///
/// # Errors
/// `MemoryError`.
#[inline]
pub fn instrument(
    code: Borrowed<'_, ffi::PyCodeObject>,
    interpreter: Interpreter,
) -> Result<(), Raised> {
    let code = Code::of(code);
    if code.version() == interpreter.version().bits() {
        return Ok(());
    }
    instrument_anew(code, interpreter)
}

/// The same although the version has not changed: a tool has changed what it wants of this code object
/// (instrumentation.c `force_instrument_lock_held`).
///
/// # Errors
/// `MemoryError`.
pub(super) fn instrument_anew(code: Code<'_>, interpreter: Interpreter) -> Result<(), Raised> {
    if code.is_silent() {
        // It may be a static object that interpreters share, so nothing is kept for it.
        return Ok(());
    }
    jit::prepare_to_instrument(code.object());
    let data = Data::of_or_new(code)?;
    let wanted = data
        .members
        .local_monitors
        .get()
        .with_global(&interpreter.monitors());
    code.prepare(data, &wanted)?;
    let active = data.members.active_monitors.get();
    let (removed, added) = if interpreter.was_restarted_since(code.version()) {
        // Tools have disabled single places, all of which are put back.
        (active, wanted)
    } else {
        (active.minus(&wanted), wanted.minus(&active))
    };
    data.members.active_monitors.set(wanted);
    if !removed.is_empty() || !added.is_empty() {
        code.change(data, &removed, &added);
    }
    // SAFETY: the code object is alive.
    unsafe {
        (*code.object().as_ptr())._co_instrumentation_version = interpreter.version().bits();
    }
    Ok(())
}

impl Code<'_> {
    /// Has every instruction tell these tools no longer, and those from now on.
    fn change(self, data: Data<'_>, removed: &LocalMonitors, added: &LocalMonitors) {
        for index in self.instructions_from(self.first_traceable()) {
            let Some(event) = self.event(index) else {
                continue;
            };
            let (removed, added) = (removed.tools(event), added.tools(event));
            if !removed.is_empty() {
                self.remove_tools(data, index, event, removed);
            }
            if !added.is_empty() {
                self.add_tools(data, index, event, added);
            }
        }
        // All marks that go come before those that come: what a mark of a line hides is read when it goes.
        for event in MARKS {
            self.change_marks(data, event, removed.tools(event), Self::remove_tools);
        }
        for event in MARKS {
            self.change_marks(data, event, added.tools(event), Self::add_tools);
        }
    }

    /// Applies a change of these tools to the mark of every line or of every instruction.
    fn change_marks(
        self,
        data: Data<'_>,
        event: Event,
        tools: ToolSet,
        apply: fn(Self, Data<'_>, usize, Event, ToolSet),
    ) {
        if tools.is_empty() {
            return;
        }
        for index in self.instructions_from(self.first_traceable()) {
            let is_markable = match event {
                Event::Line => data.lines().is_some_and(|lines| lines.starts_at(index)),
                _ => !matches!(self.base_opcode(index), Opcode::RESUME | Opcode::END_FOR),
            };
            if is_markable {
                apply(self, data, index, event, tools);
            }
        }
    }
}

/// The events that are told by marks.
const MARKS: [Event; 2] = [Event::Line, Event::Instruction];

/// Instruments all code that some thread is executing, because it may not come to a `RESUME` for long
/// (instrumentation.c `instrument_all_executing_code_objects`).
///
/// # Errors
/// `MemoryError`.
pub(super) fn instrument_executing_code(interpreter: Interpreter) -> Result<(), Raised> {
    // SAFETY: the interpreter is the running thread's.
    for thread in unsafe { threads_of(interpreter.as_ptr()) } {
        // The threads do not run while this one holds the GIL, so their frames stay as they are: instrumenting runs no code of
        // Python. Frames that are not there yet come to their RESUME.
        for frame in VisibleFrames::of(thread) {
            instrument(frame.code(), interpreter)?;
        }
    }
    Ok(())
}
