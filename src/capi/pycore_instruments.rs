//! `Include/internal/pycore_instruments.h`: what tools want to be told of, and telling them at instrumented instructions.
//! `sysmodule.c` declares the function that makes the module by itself.
use crate::bytecode::Opcode;
use crate::ffi::{_Py_CODEUNIT, _PyInterpreterFrame, PyBaseObject_Type, PyCodeObject, PyObject};
use crate::monitoring::code::Code;
use crate::monitoring::{Event, EventSet, Interpreter, Place, Tool, control, fire, module};
use crate::object::static_type::static_head;
use crate::object::{Borrowed, IntoC, Owned, Raised};
use crate::thread::ThreadState;
use core::cell::Cell;
use core::ffi::c_int;
use core::ptr::null_mut;
use pyroxene_macros::capi;

/// What a callback returns that does not want to be called again.
#[capi]
pub static mut _PyInstrumentation_DISABLE: PyObject = static_head(&raw mut PyBaseObject_Type);

/// What a callback gets in the place of an argument that there is not.
#[capi]
pub static mut _PyInstrumentation_MISSING: PyObject = static_head(&raw mut PyBaseObject_Type);

/// The event of a number that C has from a header.
fn event(number: c_int) -> Event {
    Event::from_number(number).expect("C knows the events")
}

/// The tool of a number that C has from a header, or has looked at.
fn tool(number: c_int) -> Tool {
    Tool::from_number(number).expect("C knows the tools")
}

/// A line or instruction event's result: the instruction to go on with, or -1 with an exception.
fn opcode(result: Result<Opcode, Raised>) -> c_int {
    result.map_or(-1, |opcode| c_int::from(opcode.number()))
}

/// Registers a callback for a tool and an event, or removes it, and gives the one before, or NULL.
#[capi]
pub unsafe fn _PyMonitoring_RegisterCallback(
    tool_id: c_int,
    event_id: c_int,
    obj: Option<Borrowed<'_>>,
) -> Option<Owned> {
    let interpreter = Interpreter::of(ThreadState::current());
    interpreter.replace_callback(tool(tool_id), event(event_id), obj.map(Borrowed::new_ref))
}

/// Has a tool told of these events in all code: 0, or -1 with an exception.
#[capi]
pub unsafe fn _PyMonitoring_SetEvents(tool_id: c_int, events: EventSet) -> c_int {
    control::set_events(tool(tool_id), events).into_c()
}

/// Has a tool told of these events in a code object: 0, or -1 with an exception.
#[capi]
pub unsafe fn _PyMonitoring_SetLocalEvents(
    code: Borrowed<'_, PyCodeObject>,
    tool_id: c_int,
    events: EventSet,
) -> c_int {
    control::set_local_events(code, tool(tool_id), events).into_c()
}

/// Stores of which events a tool is told in a code object: 0, or -1 with an exception.
#[capi]
pub unsafe fn _PyMonitoring_GetLocalEvents(
    code: Borrowed<'_, PyCodeObject>,
    tool_id: c_int,
    events: &Cell<EventSet>,
) -> c_int {
    let tool = tool(tool_id);
    control::check_in_use(Interpreter::of(ThreadState::current()), tool)
        .map(|()| events.set(control::local_events(code, tool)))
        .into_c()
}

/// Tells of an event.
#[capi]
pub unsafe fn _Py_call_instrumentation(
    tstate: ThreadState,
    number: c_int,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
) -> c_int {
    // SAFETY: the evaluator's running frame.
    let place = unsafe { Place::new(frame, instr) };
    fire::event(tstate, event(number), place, &[]).into_c()
}

/// Tells of an event with an argument.
#[capi]
pub unsafe fn _Py_call_instrumentation_arg(
    tstate: ThreadState,
    number: c_int,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
    arg: Borrowed<'_>,
) -> c_int {
    // SAFETY: as above.
    let place = unsafe { Place::new(frame, instr) };
    fire::event(tstate, event(number), place, &[arg]).into_c()
}

/// Tells of an event with two arguments.
#[capi]
pub unsafe fn _Py_call_instrumentation_2args(
    tstate: ThreadState,
    number: c_int,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
    arg0: Borrowed<'_>,
    arg1: Borrowed<'_>,
) -> c_int {
    // SAFETY: as above.
    let place = unsafe { Place::new(frame, instr) };
    fire::event(tstate, event(number), place, &[arg0, arg1]).into_c()
}

/// Tells of an event with two arguments while an exception is set; one is set afterwards.
#[capi]
pub unsafe fn _Py_call_instrumentation_exc2(
    tstate: ThreadState,
    number: c_int,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
    arg0: Borrowed<'_>,
    arg1: Borrowed<'_>,
) {
    // SAFETY: as above.
    let place = unsafe { Place::new(frame, instr) };
    let raised = Raised::on_c_word();
    let _ = fire::event_while_raising(tstate, event(number), place, &[arg0, arg1], raised);
}

/// Tells of a jump or a branch, and gives the instruction to go on at, or NULL with an exception.
#[capi]
pub unsafe fn _Py_call_instrumentation_jump(
    tstate: ThreadState,
    number: c_int,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
    target: *mut _Py_CODEUNIT,
) -> *mut _Py_CODEUNIT {
    // SAFETY: as above.
    let place = unsafe { Place::new(frame, instr) };
    fire::jump(tstate, event(number), place, target).unwrap_or(null_mut())
}

/// Tells of a line, and gives the instruction to go on with, or -1 with an exception.
#[capi]
pub unsafe fn _Py_call_instrumentation_line(
    tstate: ThreadState,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
    prev: *mut _Py_CODEUNIT,
) -> c_int {
    // SAFETY: as above.
    let (place, previous) = unsafe { (Place::new(frame, instr), Place::new(frame, prev)) };
    opcode(fire::line(tstate, place, previous))
}

/// Tells of an instruction, and gives the one to go on with, or -1 with an exception.
#[capi]
pub unsafe fn _Py_call_instrumentation_instruction(
    tstate: ThreadState,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
) -> c_int {
    // SAFETY: as above.
    let place = unsafe { Place::new(frame, instr) };
    opcode(fire::instruction(tstate, place))
}

/// The line of an instruction of a code object that has a table of lines, or -1. A crashing process may ask.
#[capi]
pub unsafe fn _Py_Instrumentation_GetLine(code: Borrowed<'_, PyCodeObject>, index: c_int) -> c_int {
    usize::try_from(index).map_or(-1, |index| Code::of(code).line(index))
}

/// Makes `sys.monitoring`.
#[capi]
pub unsafe fn _Py_CreateMonitoringObject() -> Result<Owned, Raised> {
    module::create()
}
