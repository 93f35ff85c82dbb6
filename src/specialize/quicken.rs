//! The caches of code that has not run yet. Writes to a new code object.
use crate::bytecode::unit::units;
use crate::bytecode::{Counter, Opcode};
use crate::ffi;
use crate::object::Borrowed;

/// The directions of the last sixteen conditional jumps, for code that has not run: half of them each way.
const JUMPS_BOTH_WAYS: u16 = 0x5555;

/// What the first entry of an instruction's cache starts as.
fn first_entry(generic: Opcode) -> u16 {
    match generic {
        Opcode::JUMP_BACKWARD => crate::jit::heat::loop_counter().bits(),
        Opcode::POP_JUMP_IF_FALSE
        | Opcode::POP_JUMP_IF_TRUE
        | Opcode::POP_JUMP_IF_NONE
        | Opcode::POP_JUMP_IF_NOT_NONE => JUMPS_BOTH_WAYS,
        _ => Counter::WARMUP.bits(),
    }
}

/// Starts the counters of a new code object (specialize.c `_PyCode_Quicken`). Code that ends in the middle of a cache is
/// left so.
pub fn quicken(code: Borrowed<'_, ffi::PyCodeObject>) {
    let units = units(code);
    let mut index = 0;
    while let Some(unit) = units.get(index) {
        // A new code object has no marks of lines or instructions, which would hide others.
        let generic = unit.opcode.get().base();
        let caches = generic.caches();
        if caches > 0
            && let Some(entry) = units.get(index + 1)
        {
            entry.set_entry(first_entry(generic));
        }
        index += 1 + caches;
    }
}
