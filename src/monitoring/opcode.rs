//! The events of instructions. Plain values.
use super::event::Event;
use crate::bytecode::Opcode;
use crate::ffi;

impl Opcode {
    /// The event of a generic instruction with this argument, of which its twin tells: not that of a line or of any
    /// instruction (instrumentation.c `EVENT_FOR_OPCODE`).
    #[inline]
    pub(super) fn event(self, argument: u8) -> Option<Event> {
        Some(match self {
            Self::RESUME => match u32::from(argument) {
                ffi::RESUME_AT_FUNC_START => Event::PyStart,
                _ => Event::PyResume,
            },
            Self::RETURN_VALUE | Self::RETURN_CONST => Event::PyReturn,
            Self::YIELD_VALUE => Event::PyYield,
            Self::CALL | Self::CALL_KW | Self::CALL_FUNCTION_EX | Self::LOAD_SUPER_ATTR => {
                Event::Call
            }
            Self::JUMP_FORWARD | Self::JUMP_BACKWARD => Event::Jump,
            Self::POP_JUMP_IF_FALSE
            | Self::POP_JUMP_IF_TRUE
            | Self::POP_JUMP_IF_NONE
            | Self::POP_JUMP_IF_NOT_NONE
            | Self::FOR_ITER => Event::Branch,
            Self::END_FOR | Self::END_SEND => Event::StopIteration,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_with_a_twin_have_an_event() {
        for opcode in (0..=u8::MAX).map(Opcode::new) {
            assert_eq!(
                opcode.event(0).is_some(),
                opcode.twin().is_some(),
                "{opcode:?}"
            );
        }
    }

    #[test]
    fn a_resume_starts_or_goes_on() {
        assert_eq!(Opcode::RESUME.event(0), Some(Event::PyStart));
        assert_eq!(Opcode::RESUME.event(1), Some(Event::PyResume));
        assert_eq!(Opcode::RESUME.event(5), Some(Event::PyResume));
        assert_eq!(Opcode::JUMP_BACKWARD.event(9), Some(Event::Jump));
        assert_eq!(Opcode::SEND.event(0), None);
    }
}
