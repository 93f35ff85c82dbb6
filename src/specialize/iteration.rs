//! `FOR_ITER`. Reads the iterator.
use crate::bytecode::Opcode;
use crate::bytecode::cache::ForIter;
use crate::ffi;
use crate::object::Borrowed;
use crate::specialize::{Site, functions};

/// The longest jump over a loop's body that a generator's frame can remember.
const LONGEST_JUMP: u32 = i16::MAX as u32;

/// Specialises a step of a loop, by the argument of its instruction: the distance to the loop's end
/// (specialize.c `_Py_Specialize_ForIter`).
pub fn step(site: Site<'_, ForIter>, iterator: Borrowed<'_>, oparg: u32) {
    site.settle(choose(iterator, oparg));
}

fn choose(iterator: Borrowed<'_>, oparg: u32) -> Option<Opcode> {
    if iterator.is_exactly(&raw const ffi::PyListIter_Type) {
        Some(Opcode::FOR_ITER_LIST)
    } else if iterator.is_exactly(&raw const ffi::PyTupleIter_Type) {
        Some(Opcode::FOR_ITER_TUPLE)
    } else if iterator.is_exactly(&raw const ffi::PyRangeIter_Type) {
        Some(Opcode::FOR_ITER_RANGE)
    } else if iterator.is_exactly(&raw const ffi::PyGen_Type) && oparg <= LONGEST_JUMP {
        functions::run_here().then_some(Opcode::FOR_ITER_GEN)
    } else {
        None
    }
}
