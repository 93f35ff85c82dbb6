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
pub use unary::UNARY;
