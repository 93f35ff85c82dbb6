//! `Include/internal/pycore_intrinsics.h`: the tables of intrinsics.
use crate::ffi;
use crate::intrinsics::table::{Binary, Table, Unary};
use crate::intrinsics::{BINARY, UNARY};
use pyroxene_macros::capi;

/// Those with one value, by number.
#[capi]
pub static _PyIntrinsics_UnaryFunctions: Table<Unary, { ffi::MAX_INTRINSIC_1 as usize + 1 }> =
    UNARY;

/// Those with two values, by number.
#[capi]
pub static _PyIntrinsics_BinaryFunctions: Table<Binary, { ffi::MAX_INTRINSIC_2 as usize + 1 }> =
    BINARY;
