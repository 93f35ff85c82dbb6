//! HIR, the compiler's representation of Python code: built from bytecode and what the evaluator's inline caches say,
//! typed, optimised, validated, printed. Knows neither LLVM nor a running interpreter.
//!
//! Read [`insn`] for what it can say, [`function`] for how it is put together, and above all
//! [`FrameState`](function::FrameState) for how compiled code goes back to the evaluator.
pub mod assemble;
pub mod binding;
pub mod build;
pub mod dominators;
pub mod effects;
pub mod function;
pub mod insn;
pub mod operands;
pub mod operators;
pub mod passes;
pub mod print;
pub mod properties;
pub mod result;
pub mod types;
pub mod validate;

pub use function::{Block, BlockId, Edge, FrameState, Function, StateId, Value};
pub use insn::Insn;
pub use types::{Classes, Type};

use passes::Report;
use pyroxene_jit_api::{Refusal, Snapshot};

/// Builds the function of a snapshot and runs all passes on it.
///
/// # Errors
/// Why the code is not compiled.
pub fn compile(snapshot: &Snapshot, dump: bool) -> Result<(Function, Report), Refusal> {
    let mut report = Report::default();
    let function = report.step("build", snapshot, dump, || build::build(snapshot))?;
    let function = passes::optimise(function, snapshot, &mut report, dump);
    Ok((function, report))
}
