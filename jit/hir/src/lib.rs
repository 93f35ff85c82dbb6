//! HIR, the compiler's representation of Python code: built from bytecode and what the evaluator's inline caches say,
//! typed, optimised, validated, printed. Knows neither LLVM nor a running interpreter.
//!
//! Read [`insn`] for what it can say, [`function`] for how it is put together, and above all
//! [`FrameState`](function::FrameState) for how compiled code goes back to the evaluator.
pub mod assemble;
pub mod build;
pub mod dominators;
pub mod effects;
pub mod function;
pub mod insn;
pub mod print;
pub mod result;
pub mod types;
pub mod validate;

pub use function::{Block, BlockId, Edge, Function, StateId, Value};
pub use insn::Insn;
pub use types::{Classes, Type};
