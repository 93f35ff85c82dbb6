//! The directions of conditional jumps, which stand in their inline caches. Reads code objects.
use crate::bytecode::Opcode;
use crate::bytecode::unit::units;
use crate::ffi;
use crate::monitoring::code::Code;
use crate::object::Borrowed;

/// The last sixteen times that a conditional jump ran.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Jumps {
    /// The index of the instruction, in code units.
    pub index: usize,
    /// A bit for each time, the last one lowest: 1 where it jumped. Code that has not run has half of them set.
    pub history: u16,
}

impl Jumps {
    /// How many of the last sixteen times it jumped.
    pub fn taken(self) -> u32 {
        self.history.count_ones()
    }
}

/// The conditional jumps of a code object, in their order.
pub fn jumps(code: Borrowed<'_, ffi::PyCodeObject>) -> impl Iterator<Item = Jumps> {
    let units = units(code);
    let code = Code::of(code);
    code.instructions_from(0).filter_map(move |index| {
        let is_conditional = matches!(
            code.base_opcode(index),
            Opcode::POP_JUMP_IF_FALSE
                | Opcode::POP_JUMP_IF_TRUE
                | Opcode::POP_JUMP_IF_NONE
                | Opcode::POP_JUMP_IF_NOT_NONE
        );
        let cache = units.get(index + 1).filter(|_| is_conditional)?;
        Some(Jumps {
            index,
            history: cache.entry(),
        })
    })
}
