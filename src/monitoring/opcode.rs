//! Opcodes as instrumentation sees them: which have events, and by which twin an instruction is overwritten so that it
//! fires them. Constants, and upstream's tables of specialised instructions and inline caches.
use super::event::Event;
use crate::ffi;

/// The number of an instruction, as it stands in the first byte of its unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Opcode(u8);

macro_rules! opcodes {
    ($($name:ident)*) => {
        impl Opcode {$(
            #[doc = concat!("`", stringify!($name), "` (opcode_ids.h)")]
            pub const $name: Self = Self(ffi::$name as u8);
        )*}
    };
}

opcodes! {
    CACHE END_ASYNC_FOR END_FOR END_SEND EXTENDED_ARG FOR_ITER JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT JUMP_FORWARD
    POP_JUMP_IF_FALSE POP_JUMP_IF_NONE POP_JUMP_IF_NOT_NONE POP_JUMP_IF_TRUE RESUME SEND
    INSTRUMENTED_INSTRUCTION INSTRUMENTED_LINE INSTRUMENTED_RESUME
}

/// An instruction that has an event: its number, that of the twin that fires it, and the event; none for `RESUME`, where
/// the argument decides.
type Row = (u32, u32, Option<Event>);

macro_rules! rows {
    ($($base:ident $twin:ident $event:expr;)*) => { [$((ffi::$base, ffi::$twin, $event)),*] };
}

use Event::{Branch, Call, Jump, PyReturn, PyYield, StopIteration};

const ROWS: [Row; 17] = rows! {
    RESUME INSTRUMENTED_RESUME None;
    RETURN_VALUE INSTRUMENTED_RETURN_VALUE Some(PyReturn);
    RETURN_CONST INSTRUMENTED_RETURN_CONST Some(PyReturn);
    YIELD_VALUE INSTRUMENTED_YIELD_VALUE Some(PyYield);
    CALL INSTRUMENTED_CALL Some(Call);
    CALL_KW INSTRUMENTED_CALL_KW Some(Call);
    CALL_FUNCTION_EX INSTRUMENTED_CALL_FUNCTION_EX Some(Call);
    LOAD_SUPER_ATTR INSTRUMENTED_LOAD_SUPER_ATTR Some(Call);
    JUMP_FORWARD INSTRUMENTED_JUMP_FORWARD Some(Jump);
    JUMP_BACKWARD INSTRUMENTED_JUMP_BACKWARD Some(Jump);
    POP_JUMP_IF_FALSE INSTRUMENTED_POP_JUMP_IF_FALSE Some(Branch);
    POP_JUMP_IF_TRUE INSTRUMENTED_POP_JUMP_IF_TRUE Some(Branch);
    POP_JUMP_IF_NONE INSTRUMENTED_POP_JUMP_IF_NONE Some(Branch);
    POP_JUMP_IF_NOT_NONE INSTRUMENTED_POP_JUMP_IF_NOT_NONE Some(Branch);
    FOR_ITER INSTRUMENTED_FOR_ITER Some(Branch);
    END_FOR INSTRUMENTED_END_FOR Some(StopIteration);
    END_SEND INSTRUMENTED_END_SEND Some(StopIteration);
};

/// What the rows say, by opcode.
struct Tables {
    twins: [Option<Opcode>; 256],
    bases: [Option<Opcode>; 256],
    events: [Option<Event>; 256],
}

static TABLES: Tables = {
    let mut tables = Tables {
        twins: [None; 256],
        bases: [None; 256],
        events: [None; 256],
    };
    let mut index = 0;
    while index < ROWS.len() {
        let (base, twin, event) = ROWS[index];
        tables.twins[base as usize] = Some(Opcode(twin as u8));
        tables.bases[twin as usize] = Some(Opcode(base as u8));
        tables.events[base as usize] = event;
        index += 1;
    }
    tables
};

impl Opcode {
    /// The instruction with this number.
    #[inline(always)]
    pub const fn new(number: u8) -> Self {
        Self(number)
    }

    /// Its number.
    #[inline(always)]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether it fires events itself (opcode_ids.h `MIN_INSTRUMENTED_OPCODE`).
    #[inline(always)]
    pub const fn is_instrumented(self) -> bool {
        self.0 >= ffi::MIN_INSTRUMENTED_OPCODE as u8
    }

    /// The generic instruction of which this is a specialisation; of any other instruction itself
    /// (pycore_opcode_metadata.h `_PyOpcode_Deopt`).
    #[inline(always)]
    pub fn generic(self) -> Self {
        // SAFETY: a constant of C.
        Self(unsafe { ffi::_PyOpcode_Deopt[usize::from(self.0)] })
    }

    /// The entries of inline cache behind a generic instruction (pycore_opcode_metadata.h `_PyOpcode_Caches`). An
    /// instrumented one counts as having none.
    #[inline(always)]
    pub fn caches(self) -> usize {
        // SAFETY: a constant of C.
        usize::from(unsafe { ffi::_PyOpcode_Caches[usize::from(self.0)] })
    }

    /// The twin that fires the event of a generic instruction; `None` for one that has no event.
    #[inline(always)]
    pub fn twin(self) -> Option<Self> {
        TABLES.twins[usize::from(self.0)]
    }

    /// The instruction whose event this one fires; `None` for any other. Marks of lines and of instructions are nobody's
    /// twins.
    #[inline(always)]
    pub fn twin_of(self) -> Option<Self> {
        TABLES.bases[usize::from(self.0)]
    }

    /// The generic instruction that the compiler made, whatever became of it: neither a twin nor specialised.
    #[inline(always)]
    pub fn base(self) -> Self {
        self.twin_of().unwrap_or_else(|| self.generic())
    }

    /// The event of a generic instruction with this argument.
    #[inline(always)]
    pub fn event(self, argument: u8) -> Option<Event> {
        if self != Self::RESUME {
            return TABLES.events[usize::from(self.0)];
        }
        Some(match u32::from(argument) {
            ffi::RESUME_AT_FUNC_START => Event::PyStart,
            _ => Event::PyResume,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_are_each_others() {
        for number in 0..=u8::MAX {
            let opcode = Opcode(number);
            if let Some(twin) = opcode.twin() {
                assert!(twin.is_instrumented() && !opcode.is_instrumented());
                assert_eq!(twin.twin_of(), Some(opcode));
                assert_eq!(twin.base(), opcode);
                assert!(opcode.event(0).is_some());
            }
            // What is written over a mark of a line must be generic, and an instrumented opcode counts as that.
            if opcode.is_instrumented() && number != u8::MAX {
                assert_eq!(opcode.generic(), opcode);
            }
        }
    }

    #[test]
    fn all_instrumented_opcodes_are_twins_or_marks() {
        let marks = [Opcode::INSTRUMENTED_INSTRUCTION, Opcode::INSTRUMENTED_LINE];
        for number in ffi::MIN_INSTRUMENTED_OPCODE..=ffi::INSTRUMENTED_LINE {
            let opcode = Opcode(number as u8);
            assert_ne!(opcode.twin_of().is_some(), marks.contains(&opcode));
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
