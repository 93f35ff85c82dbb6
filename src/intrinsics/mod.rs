//! What the evaluator's instructions `CALL_INTRINSIC_1` and `CALL_INTRINSIC_2` do: operations that are too rare for an
//! instruction of their own, or that only the compiler asks for.
//!
//! Replaces `Python/intrinsics.c`. Printing at the prompt, `from m import *`, the end of a generator by `StopIteration`,
//! type parameters. They may run any code; two of them look at the frame that runs.
mod binary;
mod import_star;
mod stop_iteration;
pub mod table;
mod unary;

pub use binary::BINARY;
use table::{Binary, Unary};
pub use unary::UNARY;

/// The function behind an operand of `CALL_INTRINSIC_1`.
///
/// # Panics
/// If there is none, which the compiler never asks for.
#[inline(always)]
pub fn unary(operand: usize) -> Unary {
    UNARY.0[operand].function
}

/// The function behind an operand of `CALL_INTRINSIC_2`.
///
/// # Panics
/// If there is none, which the compiler never asks for.
#[inline(always)]
pub fn binary(operand: usize) -> Binary {
    BINARY.0[operand].function
}
