//! What Python can ask a frame object, and what it can set but for the line: the tracer. Reads and writes the object's
//! members; setting runs a destructor, and exchanges instructions of the code.
use crate::ffi;
use crate::field;
use crate::frame::Owner;
use crate::frame::object::{self, FrameObject};
use crate::generator::{frame::State, life};
use crate::module::IntoObject;
use crate::monitoring::legacy::set_opcode_trace;
use crate::object::{Borrowed, Owned, Raised, audit_attribute, exception, raise};
use core::ffi::c_int;

/// `f_lineno` while it must be computed, once, when somebody asks.
const LINE_WANTED: c_int = -1;

/// `f_lineno` while it must be computed each time.
const LINE_UNKNOWN: c_int = 0;

impl FrameObject<'_> {
    /// The line at which the frame stands; `None` where its code has none (frameobject.c `PyFrame_GetLineNumber`). A tracer
    /// that is being told of a line has it set, so that it is not computed.
    pub fn line(self) -> Option<c_int> {
        match field!(self.f_lineno) {
            LINE_WANTED => {
                let line = self.frame().line();
                self.set_line(line.unwrap_or(LINE_UNKNOWN));
                line
            }
            known @ 1.. => Some(known),
            _ => self.frame().line(),
        }
    }

    /// Says at which line the frame stands, whatever its code says.
    pub(crate) fn set_line(self, line: c_int) {
        // SAFETY: the object is alive, and the GIL guards the member.
        unsafe { (*self.as_ptr()).f_lineno = line }
    }

    /// Says that the line is to be computed from the instruction.
    pub(crate) fn forget_line(self) {
        self.set_line(LINE_UNKNOWN);
    }

    /// The offset of the instruction in bytes; `None` before the first.
    pub fn last_instruction(self) -> Option<c_int> {
        let frame = self.frame();
        frame.settle();
        Some(frame.code_offset()).filter(|offset| *offset >= 0)
    }
}

/// `f_lineno`: the line or `None`.
pub(super) fn line(object: FrameObject<'_>) -> Result<Owned, Raised> {
    object.line().into_object()
}

/// `f_lasti`
pub(super) fn last_instruction(object: FrameObject<'_>) -> Result<Owned, Raised> {
    object.last_instruction().unwrap_or(-1).into_object()
}

/// `f_code`
pub(super) fn code(object: FrameObject<'_>) -> Result<Owned, Raised> {
    audit_attribute(object.upcast(), c"f_code")?;
    Ok(object.frame().code().upcast().new_ref())
}

/// `f_back`: the caller's frame object or `None`.
pub(super) fn back(object: FrameObject<'_>) -> Result<Owned, Raised> {
    object.back()?.into_object()
}

/// `f_trace`: the tracer of this frame or `None`.
pub(super) fn tracer(object: FrameObject<'_>) -> Result<Owned, Raised> {
    // SAFETY: the member is NULL or a reference that the object owns.
    let tracer = unsafe { Borrowed::from_c_optional(field!(object.f_trace)) };
    Ok(tracer.unwrap_or(Borrowed::none()).new_ref())
}

/// Sets `f_trace`, or deletes it (frameobject.c `frame_settrace`).
pub(super) fn set_tracer(
    object: FrameObject<'_>,
    tracer: Option<Borrowed<'_>>,
) -> Result<(), Raised> {
    let tracer = tracer.filter(|tracer| !tracer.is_none());
    // SAFETY: the member is NULL or a reference that the object owns.
    unsafe {
        let place = &raw mut (*object.as_ptr()).f_trace;
        let old = Borrowed::from_c_optional(*place);
        if old.map(Borrowed::as_ptr) == tracer.map(Borrowed::as_ptr) {
            return Ok(());
        }
        drop(Owned::exchange(place, tracer.map(Borrowed::new_ref)));
    }
    if tracer.is_some() && traces_opcodes(object) {
        return set_opcode_trace(object, true);
    }
    Ok(())
}

/// Whether the tracer is told of each instruction.
fn traces_opcodes(object: FrameObject<'_>) -> bool {
    field!(object.f_trace_opcodes) != 0
}

/// `f_trace_opcodes`
pub(super) fn opcode_tracing(object: FrameObject<'_>) -> Result<Owned, Raised> {
    traces_opcodes(object).into_object()
}

/// Sets `f_trace_opcodes` (frameobject.c `frame_settrace_opcodes`).
pub(super) fn set_opcode_tracing(
    object: FrameObject<'_>,
    value: Option<Borrowed<'_>>,
) -> Result<(), Raised> {
    let value = value
        .filter(|value| value.is_exactly(&raw const ffi::PyBool_Type))
        .ok_or_else(|| raise(exception::TypeError, c"attribute value type must be bool"))?;
    let enable = value.is(Borrowed::from_bool(true));
    // SAFETY: the object is alive, and the GIL guards the member.
    unsafe { (*object.as_ptr()).f_trace_opcodes = enable.into() };
    if enable && field!(object.f_trace).is_null() {
        return Ok(());
    }
    set_opcode_trace(object, enable)
}

/// `frame.clear()` (frameobject.c `frame_clear`).
///
/// # Errors
/// `RuntimeError` for a frame that runs or will go on.
pub(super) fn clear(object: FrameObject<'_>) -> Result<Owned, Raised> {
    let refuse = |message| Err(raise(exception::RuntimeError, message));
    match (object.frame().owner(), object.frame().generator()) {
        (Owner::THREAD, _) => return refuse(c"cannot clear an executing frame"),
        (_, Some(generator)) if generator.state() == State::EXECUTING => {
            return refuse(c"cannot clear an executing frame");
        }
        (_, Some(generator)) if generator.state().is_suspended() => {
            return refuse(c"cannot clear a suspended frame");
        }
        (_, Some(generator)) => life::finalize(generator.upcast()),
        (_, None) => object::clear(object),
    }
    ().into_object()
}

/// `frame.__sizeof__()` (frameobject.c `frame_sizeof`).
pub(super) fn sizeof(object: FrameObject<'_>) -> Result<Owned, Raised> {
    let code = object.frame().code();
    // SAFETY: the code is alive; a number is made.
    unsafe {
        let entries = ffi::_PyFrame_NumSlotsForCodeObject(code.as_ptr()) as isize;
        let size = object::BASIC_SIZE.cast_signed()
            + entries * size_of::<*mut ffi::PyObject>().cast_signed();
        Owned::from_c(ffi::PyLong_FromSsize_t(size))
    }
}

/// `repr(frame)` (frameobject.c `frame_repr`).
pub(super) fn repr(object: FrameObject<'_>) -> Result<Owned, Raised> {
    let line = object.line().unwrap_or(-1);
    let code = object.frame().code();
    // SAFETY: the format takes an address, an object, an int and an object.
    unsafe {
        Owned::from_c(ffi::PyUnicode_FromFormat(
            c"<frame at %p, file %R, line %d, code %S>".as_ptr(),
            object.as_ptr(),
            field!(code.co_filename),
            line,
            field!(code.co_name),
        ))
    }
}
