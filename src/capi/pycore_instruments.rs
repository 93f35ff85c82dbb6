//! `Include/internal/pycore_instruments.h`: what the evaluator calls at instrumented instructions. `sysmodule.c` declares the
//! function that makes the module by itself.
use crate::ffi::{
    _Py_CODEUNIT, _PyInterpreterFrame, PyBaseObject_Type, PyCodeObject, PyObject, PyThreadState,
};
use crate::monitoring::code::Code;
use crate::monitoring::{Event, Opcode, Place, fire, module};
use crate::object::static_type::static_head;
use crate::object::{Borrowed, IntoC, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::c_int;
use core::ptr::{NonNull, null_mut};
use pyroxene_macros::capi;

/// What a callback returns that does not want to be called again.
#[capi]
pub static mut _PyInstrumentation_DISABLE: PyObject = static_head(&raw mut PyBaseObject_Type);

/// What a callback gets in the place of an argument that there is not.
#[capi]
pub static mut _PyInstrumentation_MISSING: PyObject = static_head(&raw mut PyBaseObject_Type);

/// The event of a number that the evaluator has from a header.
fn event(number: c_int) -> Event {
    Event::from_number(number).expect("the evaluator knows its events")
}

/// A line or instruction event's result: the instruction to go on with, or -1 with an exception.
fn opcode(result: Result<Opcode, Raised>) -> c_int {
    result.map_or(-1, |opcode| c_int::from(opcode.number()))
}

/// Tells of an event.
#[capi]
pub unsafe fn _Py_call_instrumentation(
    tstate: NonNull<PyThreadState>,
    number: c_int,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
) -> c_int {
    // SAFETY: the evaluator's thread, and its running frame.
    let (thread, place) = unsafe { (ThreadState::from_c(tstate), Place::new(frame, instr)) };
    fire::event(thread, event(number), place, &[]).into_c()
}

/// Tells of an event with an argument.
#[capi]
pub unsafe fn _Py_call_instrumentation_arg(
    tstate: NonNull<PyThreadState>,
    number: c_int,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
    arg: Borrowed<'_>,
) -> c_int {
    // SAFETY: as above.
    let (thread, place) = unsafe { (ThreadState::from_c(tstate), Place::new(frame, instr)) };
    fire::event(thread, event(number), place, &[arg]).into_c()
}

/// Tells of an event with two arguments.
#[capi]
pub unsafe fn _Py_call_instrumentation_2args(
    tstate: NonNull<PyThreadState>,
    number: c_int,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
    arg0: Borrowed<'_>,
    arg1: Borrowed<'_>,
) -> c_int {
    // SAFETY: as above.
    let (thread, place) = unsafe { (ThreadState::from_c(tstate), Place::new(frame, instr)) };
    fire::event(thread, event(number), place, &[arg0, arg1]).into_c()
}

/// Tells of an event with two arguments while an exception is set; one is set afterwards.
#[capi]
pub unsafe fn _Py_call_instrumentation_exc2(
    tstate: NonNull<PyThreadState>,
    number: c_int,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
    arg0: Borrowed<'_>,
    arg1: Borrowed<'_>,
) {
    // SAFETY: as above.
    let (thread, place) = unsafe { (ThreadState::from_c(tstate), Place::new(frame, instr)) };
    let raised = Raised::on_c_word();
    let _ = fire::event_while_raising(thread, event(number), place, &[arg0, arg1], raised);
}

/// Tells of a jump or a branch, and gives the instruction to go on at, or NULL with an exception.
#[capi]
pub unsafe fn _Py_call_instrumentation_jump(
    tstate: NonNull<PyThreadState>,
    number: c_int,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
    target: *mut _Py_CODEUNIT,
) -> *mut _Py_CODEUNIT {
    // SAFETY: as above.
    let (thread, place) = unsafe { (ThreadState::from_c(tstate), Place::new(frame, instr)) };
    fire::jump(thread, event(number), place, target).unwrap_or(null_mut())
}

/// Tells of a line, and gives the instruction to go on with, or -1 with an exception.
#[capi]
pub unsafe fn _Py_call_instrumentation_line(
    tstate: NonNull<PyThreadState>,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
    prev: *mut _Py_CODEUNIT,
) -> c_int {
    // SAFETY: as above.
    let (thread, place, previous) = unsafe {
        let thread = ThreadState::from_c(tstate);
        (thread, Place::new(frame, instr), Place::new(frame, prev))
    };
    opcode(fire::line(thread, place, previous))
}

/// Tells of an instruction, and gives the one to go on with, or -1 with an exception.
#[capi]
pub unsafe fn _Py_call_instrumentation_instruction(
    tstate: NonNull<PyThreadState>,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
) -> c_int {
    // SAFETY: as above.
    let (thread, place) = unsafe { (ThreadState::from_c(tstate), Place::new(frame, instr)) };
    opcode(fire::instruction(thread, place))
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
