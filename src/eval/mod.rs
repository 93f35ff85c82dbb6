//! Evaluation of bytecode: the loop, its instructions, and what calls need around it. Replaces `Python/ceval.c` with
//! its generated cases.
//!
//! - [`run`]: the loop, `_PyEval_EvalFrameDefault`; [`machine`]: what it keeps in registers; [`operands`]: what calls find on
//!   the stack; [`flow`]: how an instruction ends; [`table`]: which function runs which instruction; [`step`]: one by itself;
//!   [`unwind`]: the end of a call that the loop does not run; [`nested`]: one that it runs for machine code; [`resume`]: generators, and
//!   [`calling`]: calls, for machine code.
//! - [`instructions`]: the instructions, a file for each family; [`operations`]: what they do, for machine code.
//! - [`entry`]: running code, a function or a frame from C; [`door`]: from there into machine code; [`frames`]: pushing the
//!   frame of a call and taking it away again;
//!   [`data_stack`]: where these frames lie; [`arguments`]: how the arguments of a call become the variables of its frame.
//! - [`exceptions`]: raising, and finding who handles; [`errors`]: the errors that instructions raise; [`monitor`]: telling
//!   tools of exceptions (PEP 669).
//! - [`unpack`], [`matching`], [`imports`], [`slices`], [`operators`], [`tables`]: what single instructions do out of line.
//! - [`namespaces`]: the variables of the code that runs, for C; [`recursion`]: the limits of recursion; [`hooks`]: tracing,
//!   profiling, asynchronous generators; [`functions`]: what callables are called in messages; [`flags`]: compiler flags and
//!   extra members of code objects.
pub mod arguments;
pub(crate) mod calling;
pub mod data_stack;
pub(crate) mod door;
pub mod entry;
pub mod errors;
pub mod exceptions;
pub mod flags;
mod flow;
pub mod frames;
pub mod functions;
pub mod hooks;
pub mod imports;
mod instructions;
mod machine;
pub mod matching;
pub mod monitor;
pub mod namespaces;
pub(crate) mod nested;
mod operands;
pub mod operations;
pub mod operators;
pub mod recursion;
pub(crate) mod resume;
pub(crate) mod run;
pub mod slices;
pub mod step;
mod table;
pub mod tables;
pub mod unpack;
pub mod unwind;
