//! The directions of conditional jumps, which stand in their inline caches. Reads code objects.
use crate::bytecode::Opcode;
use crate::bytecode::unit::units;
use crate::ffi;
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
    let mut index = 0;
    core::iter::from_fn(move || {
        while index < units.len() {
            let at = index;
            // SAFETY: a live code object, and the index of one of its instructions, as a C int.
            let generic = unsafe { ffi::_Py_GetBaseOpcode(code.as_ptr(), at as _) };
            let generic = Opcode::new(generic as u8);
            index += 1 + generic.caches();
            if let (
                Opcode::POP_JUMP_IF_FALSE
                | Opcode::POP_JUMP_IF_TRUE
                | Opcode::POP_JUMP_IF_NONE
                | Opcode::POP_JUMP_IF_NOT_NONE,
                Some(entry),
            ) = (generic, units.get(at + 1))
            {
                return Some(Jumps {
                    index: at,
                    history: entry.entry(),
                });
            }
        }
        None
    })
}
