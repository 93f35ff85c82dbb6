//! `Opcode`: a number of an instruction, and what there is to know of it. The knowledge itself stands in [`crate::table`].
use crate::table::{CACHES, GENERIC, NAMES, TWIN_OF, TWINS};
use core::fmt;

/// The number of an instruction, as it stands in the first byte of its unit.
///
/// Any byte is one: code objects can be made of any bytes, and what is no instruction is told apart by
/// [`name`](Self::name) only. The constants have CPython's names. Its pseudo-instructions, whose numbers start at 256, are
/// not here: the compiler replaces them before there is bytecode.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Opcode(pub u8);

/// The first number of those that tell the tools of `sys.monitoring` (opcode_ids.h `MIN_INSTRUMENTED_OPCODE`).
const MIN_INSTRUMENTED: u8 = 236;

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

    /// Its name, if there is an instruction with this number (pycore_opcode_metadata.h `_PyOpcode_OpName`).
    pub const fn name(self) -> Option<&'static str> {
        NAMES[self.0 as usize]
    }

    /// How many entries of inline cache follow it, whether it is generic, specialised or instrumented.
    #[inline(always)]
    pub const fn caches(self) -> usize {
        CACHES[self.0 as usize] as usize
    }

    /// The generic instruction of which this is a specialisation; of any other instruction itself
    /// (pycore_opcode_metadata.h `_PyOpcode_Deopt`). For what is no instruction it is `CACHE`, as upstream's table has it.
    #[inline(always)]
    pub const fn generic(self) -> Self {
        GENERIC[self.0 as usize]
    }

    /// Whether it tells the tools of `sys.monitoring` before it does its work (opcode_ids.h `MIN_INSTRUMENTED_OPCODE`).
    #[inline(always)]
    pub const fn is_instrumented(self) -> bool {
        self.0 >= MIN_INSTRUMENTED && self.name().is_some()
    }

    /// The instrumented instruction that tells tools of this generic one and then does its work; `None` for one of which
    /// there is nothing to tell but that it runs, or that its line starts (instrumentation.c `INSTRUMENTED_OPCODES`).
    #[inline(always)]
    pub const fn twin(self) -> Option<Self> {
        TWINS[self.0 as usize]
    }

    /// The generic instruction of which this instrumented one tells; `None` for any other. Those that mark lines and
    /// instructions are nobody's twins (instrumentation.c `DE_INSTRUMENT`).
    #[inline(always)]
    pub const fn twin_of(self) -> Option<Self> {
        TWIN_OF[self.0 as usize]
    }

    /// The generic instruction that the compiler made, whatever it has become: neither specialised nor instrumented.
    #[inline(always)]
    pub const fn base(self) -> Self {
        match self.twin_of() {
            Some(told) => told,
            None => self.generic(),
        }
    }

    /// Where a generic instruction jumps to if it jumps, from its argument and the index of the unit behind it. At the end of
    /// an iteration, that is the instruction that ends it, which the evaluator skips.
    pub fn jump_target(self, next: usize, argument: usize) -> Option<usize> {
        match self {
            Self::POP_JUMP_IF_FALSE
            | Self::POP_JUMP_IF_TRUE
            | Self::POP_JUMP_IF_NONE
            | Self::POP_JUMP_IF_NOT_NONE
            | Self::FOR_ITER
            | Self::SEND
            | Self::JUMP_FORWARD => next.checked_add(argument),
            Self::JUMP_BACKWARD | Self::JUMP_BACKWARD_NO_INTERRUPT => next.checked_sub(argument),
            _ => None,
        }
    }
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Opcode({})", self.0),
        }
    }
}
