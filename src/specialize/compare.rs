//! `COMPARE_OP`. Reads the operands.
use crate::bytecode::Opcode;
use crate::bytecode::cache::CompareOp;
use crate::ffi::{self, PyLongObject};
use crate::object::Borrowed;
use crate::specialize::Site;

/// Where the instruction's argument has the comparison; below it are bits that the specialised instructions use.
const COMPARISON_SHIFT: u32 = 5;

/// Specialises a comparison, by the argument of its instruction (specialize.c `_Py_Specialize_CompareOp`).
pub fn compare(site: Site<'_, CompareOp>, left: Borrowed<'_>, right: Borrowed<'_>, oparg: u32) {
    site.settle(choose(left, right, oparg >> COMPARISON_SHIFT));
}

fn choose(left: Borrowed<'_>, right: Borrowed<'_>, comparison: u32) -> Option<Opcode> {
    if !left.type_of().is(right.type_of()) {
        return None;
    }
    if left.is_exactly(&raw const ffi::PyFloat_Type) {
        return Some(Opcode::COMPARE_OP_FLOAT);
    }
    if let (Some(left), Some(right)) = (left.downcast_exact(), right.downcast_exact()) {
        return (is_compact(left) && is_compact(right)).then_some(Opcode::COMPARE_OP_INT);
    }
    let is_equality = matches!(comparison, ffi::Py_EQ | ffi::Py_NE);
    (is_equality && left.is_exactly(&raw const ffi::PyUnicode_Type))
        .then_some(Opcode::COMPARE_OP_STR)
}

fn is_compact(number: Borrowed<'_, PyLongObject>) -> bool {
    // SAFETY: a live int.
    unsafe { ffi::_PyLong_IsCompact(number.as_ptr()) }
}
