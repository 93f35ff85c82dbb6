//! Telling of the single instructions of a frame's code. Instruments that code object.
use crate::frame::FrameObject;
use crate::monitoring::control::{local_events, set_local_events};
use crate::monitoring::{Event, Tool};
use crate::object::Raised;

/// Has the function of `sys.settrace` told of each instruction of the code that a frame runs, or no longer
/// (legacy_tracing.c `_PyEval_SetOpcodeTrace`). Other frames of the code are told of too; their handler looks whether they
/// want it.
///
/// # Errors
/// `SystemError` for code that cannot be instrumented, or `MemoryError`.
pub fn set_opcode_trace(frame: FrameObject<'_>, enable: bool) -> Result<(), Raised> {
    let code = frame.frame().code();
    let events = local_events(code, Tool::SYS_TRACE);
    if events.has(Event::Instruction) == enable {
        return Ok(());
    }
    let changed = if enable {
        events.with(Event::Instruction)
    } else {
        events.without(Event::Instruction)
    };
    set_local_events(code, Tool::SYS_TRACE, changed)
}
