//! `BINARY_OP`. Reads the operands.
use crate::bytecode::Opcode;
use crate::bytecode::cache::BinaryOp;
use crate::ffi;
use crate::object::Borrowed;
use crate::specialize::Site;

/// Operands for which there are specialised instructions.
#[derive(Clone, Copy)]
enum Operands {
    Texts,
    Ints,
    Floats,
}

impl Operands {
    fn of(left: Borrowed<'_>, right: Borrowed<'_>) -> Option<Self> {
        if !left.type_of().is(right.type_of()) {
            None
        } else if left.is_exactly(&raw const ffi::PyUnicode_Type) {
            Some(Self::Texts)
        } else if left.is_exactly(&raw const ffi::PyLong_Type) {
            Some(Self::Ints)
        } else if left.is_exactly(&raw const ffi::PyFloat_Type) {
            Some(Self::Floats)
        } else {
            None
        }
    }
}

/// Specialises an operation, one of `NB_…` (specialize.c `_Py_Specialize_BinaryOp`). `is_local` tells whether the local
/// variable of that number is the left operand.
pub fn binary(
    site: Site<'_, BinaryOp>,
    left: Borrowed<'_>,
    right: Borrowed<'_>,
    operation: u32,
    is_local: impl FnOnce(u8) -> bool,
) {
    site.settle(choose(site, left, right, operation, is_local));
}

fn choose(
    site: Site<'_, BinaryOp>,
    left: Borrowed<'_>,
    right: Borrowed<'_>,
    operation: u32,
    is_local: impl FnOnce(u8) -> bool,
) -> Option<Opcode> {
    let operands = Operands::of(left, right)?;
    match (operation, operands) {
        (ffi::NB_ADD | ffi::NB_INPLACE_ADD, Operands::Texts) => {
            // `text = text + …`: when the variable lets go of it first, the text can grow where it is.
            let next = site.next();
            if next.opcode == Opcode::STORE_FAST && is_local(next.oparg) {
                Some(Opcode::BINARY_OP_INPLACE_ADD_UNICODE)
            } else {
                Some(Opcode::BINARY_OP_ADD_UNICODE)
            }
        }
        (ffi::NB_ADD | ffi::NB_INPLACE_ADD, Operands::Ints) => Some(Opcode::BINARY_OP_ADD_INT),
        (ffi::NB_ADD | ffi::NB_INPLACE_ADD, Operands::Floats) => Some(Opcode::BINARY_OP_ADD_FLOAT),
        (ffi::NB_SUBTRACT | ffi::NB_INPLACE_SUBTRACT, Operands::Ints) => {
            Some(Opcode::BINARY_OP_SUBTRACT_INT)
        }
        (ffi::NB_SUBTRACT | ffi::NB_INPLACE_SUBTRACT, Operands::Floats) => {
            Some(Opcode::BINARY_OP_SUBTRACT_FLOAT)
        }
        (ffi::NB_MULTIPLY | ffi::NB_INPLACE_MULTIPLY, Operands::Ints) => {
            Some(Opcode::BINARY_OP_MULTIPLY_INT)
        }
        (ffi::NB_MULTIPLY | ffi::NB_INPLACE_MULTIPLY, Operands::Floats) => {
            Some(Opcode::BINARY_OP_MULTIPLY_FLOAT)
        }
        _ => None,
    }
}
