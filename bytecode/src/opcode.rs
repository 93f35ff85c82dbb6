//! `Opcode`: a number of an instruction, and what there is to know of it. The knowledge itself stands in [`crate::table`].
use crate::table::{CACHES, GENERIC, NAMES};
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
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Opcode({})", self.0),
        }
    }
}
