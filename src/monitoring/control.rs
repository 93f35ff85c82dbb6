//! Saying what tools want to be told of, in all code or in one code object. Instruments code.
use super::code::Code;
use super::data::Data;
use super::event::EventSet;
use super::instrument::{instrument_anew, instrument_executing_code};
use super::interpreter::{Interpreter, Version, count_change};
use super::tool::Tool;
use crate::ffi;
use crate::object::{Borrowed, Raised, exception, raise};
use crate::raise_format;
use crate::thread::ThreadState;
use core::ffi::c_int;

/// Refuses a tool of Python code that is not in use (instrumentation.c `check_tool`).
///
/// # Errors
/// `ValueError` for such a tool.
fn check_in_use(interpreter: Interpreter, tool: Tool) -> Result<(), Raised> {
    if tool.is_of_python() && interpreter.tool_name(tool).is_none() {
        // SAFETY: the format takes one number.
        return Err(unsafe {
            raise_format!(
                exception::ValueError,
                c"tool %d is not in use",
                tool.number() as c_int
            )
        });
    }
    Ok(())
}

/// The version after one.
///
/// # Errors
/// `OverflowError` when there are no more.
fn next(version: Version) -> Result<Version, Raised> {
    version
        .next()
        .ok_or_else(|| raise(exception::OverflowError, c"events set too many times"))
}

/// Has a tool told of these events in all code, and of no others (instrumentation.c `_PyMonitoring_SetEvents`). All of them
/// are ungrouped.
///
/// # Errors
/// `ValueError` for a tool that is not in use, `OverflowError` after the last version, `MemoryError`.
pub fn set_events(tool: Tool, events: EventSet) -> Result<(), Raised> {
    let thread = ThreadState::current();
    let interpreter = Interpreter::of(thread);
    check_in_use(interpreter, tool)?;
    let monitors = interpreter.monitors();
    if monitors.events_of(tool) == events {
        return Ok(());
    }
    interpreter.set_monitors(monitors.with_events_of(tool, events));
    Interpreter::set_version(thread, next(interpreter.version())?);
    instrument_executing_code(interpreter)
}

/// The events of which a tool is told in a code object, without those of all code
/// (instrumentation.c `_PyMonitoring_GetLocalEvents`, which wants it in use besides).
pub fn local_events(code: Borrowed<'_, ffi::PyCodeObject>, tool: Tool) -> EventSet {
    match Code::of(code).data() {
        Some(data) => data.members.local_monitors.get().events_of(tool),
        None => EventSet::EMPTY,
    }
}

/// Has a tool told of these local events in a code object, and of no others but those of all code
/// (instrumentation.c `_PyMonitoring_SetLocalEvents`).
///
/// # Errors
/// `SystemError` for a code object that cannot be instrumented, `ValueError` for a tool that is not in use, `MemoryError`.
pub fn set_local_events(
    code: Borrowed<'_, ffi::PyCodeObject>,
    tool: Tool,
    events: EventSet,
) -> Result<(), Raised> {
    let interpreter = Interpreter::of(ThreadState::current());
    let code = Code::of(code);
    if code.is_shim() {
        return Err(cannot_instrument(code.object()));
    }
    check_in_use(interpreter, tool)?;
    let data = Data::of_or_new(code)?;
    let monitors = data.members.local_monitors.get();
    if monitors.events_of(tool) == events {
        return Ok(());
    }
    data.members
        .local_monitors
        .set(monitors.with_events_of(tool, events));
    count_change();
    instrument_anew(code, interpreter)
}

#[cold]
fn cannot_instrument(code: Borrowed<'_, ffi::PyCodeObject>) -> Raised {
    let name = crate::field!(code.co_name);
    // SAFETY: the format takes a str, which the code object keeps.
    unsafe {
        raise_format!(
            exception::SystemError,
            c"cannot instrument shim code object '%U'",
            name
        )
    }
}

/// Has everything told again that tools have disabled (instrumentation.c `monitoring_restart_events_impl`).
///
/// # Errors
/// `OverflowError` after the last version, `MemoryError`.
pub(super) fn restart_events() -> Result<(), Raised> {
    let thread = ThreadState::current();
    let interpreter = Interpreter::of(thread);
    // Between that of any code and the new one, so that code is older and will be brought up to date.
    let restart = next(interpreter.version())?;
    let new = next(restart)?;
    interpreter.set_restart_version(restart);
    Interpreter::set_version(thread, new);
    instrument_executing_code(interpreter)
}
