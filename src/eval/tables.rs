//! The functions behind `BINARY_OP` and `CONVERT_VALUE`, by operand. Constants.
use crate::ffi;

/// A function of two operands that gives a new reference, or NULL with an exception.
pub type Binary =
    unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;

/// A function of one object that gives a new reference, or NULL with an exception.
pub type Conversion = unsafe extern "C" fn(*mut ffi::PyObject) -> *mut ffi::PyObject;

macro_rules! by_number {
    ($($number:ident $function:ident)*) => {{
        let numbers = [$(ffi::$number as usize),*];
        let functions: [Binary; _] = [$(ffi::$function),*];
        let mut table = functions;
        let mut index = 0;
        while index < numbers.len() {
            table[numbers[index]] = functions[index];
            index += 1;
        }
        table
    }};
}

/// What the operands of `BINARY_OP` stand for, the `NB_…` of opcode.h (ceval.c `_PyEval_BinaryOps`).
pub const BINARY_OPERATIONS: [Binary; 26] = by_number! {
    NB_ADD PyNumber_Add
    NB_AND PyNumber_And
    NB_FLOOR_DIVIDE PyNumber_FloorDivide
    NB_LSHIFT PyNumber_Lshift
    NB_MATRIX_MULTIPLY PyNumber_MatrixMultiply
    NB_MULTIPLY PyNumber_Multiply
    NB_OR PyNumber_Or
    NB_POWER _PyNumber_PowerNoMod
    NB_REMAINDER PyNumber_Remainder
    NB_RSHIFT PyNumber_Rshift
    NB_SUBTRACT PyNumber_Subtract
    NB_TRUE_DIVIDE PyNumber_TrueDivide
    NB_XOR PyNumber_Xor
    NB_INPLACE_ADD PyNumber_InPlaceAdd
    NB_INPLACE_AND PyNumber_InPlaceAnd
    NB_INPLACE_FLOOR_DIVIDE PyNumber_InPlaceFloorDivide
    NB_INPLACE_LSHIFT PyNumber_InPlaceLshift
    NB_INPLACE_MATRIX_MULTIPLY PyNumber_InPlaceMatrixMultiply
    NB_INPLACE_MULTIPLY PyNumber_InPlaceMultiply
    NB_INPLACE_OR PyNumber_InPlaceOr
    NB_INPLACE_POWER _PyNumber_InPlacePowerNoMod
    NB_INPLACE_REMAINDER PyNumber_InPlaceRemainder
    NB_INPLACE_RSHIFT PyNumber_InPlaceRshift
    NB_INPLACE_SUBTRACT PyNumber_InPlaceSubtract
    NB_INPLACE_TRUE_DIVIDE PyNumber_InPlaceTrueDivide
    NB_INPLACE_XOR PyNumber_InPlaceXor
};

/// What the operands of `CONVERT_VALUE` stand for, the `FVC_…` of ceval.h: nothing, `str`, `repr`, `ascii`
/// (ceval.c `_PyEval_ConversionFuncs`).
pub const CONVERSIONS: [Option<Conversion>; 4] = [
    None,
    Some(ffi::PyObject_Str),
    Some(ffi::PyObject_Repr),
    Some(ffi::PyObject_ASCII),
];

/// What an operand of `BINARY_OP` stands for.
///
/// # Panics
/// If there is no such operation, which the compiler never asks for.
#[inline(always)]
pub fn binary_operation(operand: usize) -> Binary {
    BINARY_OPERATIONS[operand]
}

/// What an operand of `CONVERT_VALUE` stands for.
///
/// # Panics
/// If there is no such conversion, which the compiler never asks for.
#[inline(always)]
pub fn conversion(operand: usize) -> Conversion {
    CONVERSIONS[operand].expect("a conversion")
}
