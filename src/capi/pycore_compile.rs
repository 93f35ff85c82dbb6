//! `Include/internal/pycore_compile.h`: what `dis` asks of the compiler.
use super::pycore_intrinsics::{
    _PyIntrinsics_BinaryFunctions as BINARY, _PyIntrinsics_UnaryFunctions as UNARY,
};
use crate::ffi::PyObject;
use crate::intrinsics::table::Table;
use crate::module::IntoObject;
use crate::object::{IntoC, Lookup};
use core::ffi::c_int;
use pyroxene_macros::capi;

/// The name of an intrinsic with one value; NULL without an exception for a number that none has.
#[capi]
pub unsafe fn _PyCompile_GetUnaryIntrinsicName(index: c_int) -> *mut PyObject {
    name(&UNARY, index).into_c()
}

/// The name of an intrinsic with two values; NULL without an exception for a number that none has.
#[capi]
pub unsafe fn _PyCompile_GetBinaryIntrinsicName(index: c_int) -> *mut PyObject {
    name(&BINARY, index).into_c()
}

/// The name of a row as a `str`, if there is such a row.
fn name<F, const N: usize>(table: &Table<F, N>, index: c_int) -> Lookup {
    let row = usize::try_from(index)
        .ok()
        .and_then(|index| table.0.get(index));
    row.map(|row| row.name().into_object()).transpose()
}
