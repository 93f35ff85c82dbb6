//! The events of instructions. Plain values.
use super::event::Event;
use crate::bytecode::Opcode;
use crate::ffi;

/// The event of a generic instruction with this argument, of which its twin tells: not that of a line or of any
/// instruction (instrumentation.c `EVENT_FOR_OPCODE`).
#[inline]
pub(super) fn event_of(opcode: Opcode, argument: u8) -> Option<Event> {
    Some(match opcode {
        Opcode::RESUME => match u32::from(argument) {
            ffi::RESUME_AT_FUNC_START => Event::PyStart,
            _ => Event::PyResume,
        },
        Opcode::RETURN_VALUE | Opcode::RETURN_CONST => Event::PyReturn,
        Opcode::YIELD_VALUE => Event::PyYield,
        Opcode::CALL | Opcode::CALL_KW | Opcode::CALL_FUNCTION_EX | Opcode::LOAD_SUPER_ATTR => {
            Event::Call
        }
        Opcode::JUMP_FORWARD | Opcode::JUMP_BACKWARD => Event::Jump,
        Opcode::POP_JUMP_IF_FALSE
        | Opcode::POP_JUMP_IF_TRUE
        | Opcode::POP_JUMP_IF_NONE
        | Opcode::POP_JUMP_IF_NOT_NONE
        | Opcode::FOR_ITER => Event::Branch,
        Opcode::END_FOR | Opcode::END_SEND => Event::StopIteration,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_with_a_twin_have_an_event() {
        for opcode in (0..=u8::MAX).map(Opcode::new) {
            assert_eq!(
                event_of(opcode, 0).is_some(),
                opcode.twin().is_some(),
                "{opcode:?}"
            );
        }
    }

    #[test]
    fn a_resume_starts_or_goes_on() {
        assert_eq!(event_of(Opcode::RESUME, 0), Some(Event::PyStart));
        assert_eq!(event_of(Opcode::RESUME, 1), Some(Event::PyResume));
        assert_eq!(event_of(Opcode::RESUME, 5), Some(Event::PyResume));
        assert_eq!(event_of(Opcode::JUMP_BACKWARD, 9), Some(Event::Jump));
        assert_eq!(event_of(Opcode::SEND, 0), None);
    }
}
