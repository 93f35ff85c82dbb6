//! What bytecode is made of: the set of instructions, the units they are stored in, the inline caches behind them, the
//! counters in these, and the table of exception handlers. Constants and memory layouts; nothing here runs, and nothing
//! calls C.
//!
//! Bytecode is an array of two-byte units inside a code object. A unit is an instruction (an opcode and the low eight bits
//! of its argument) or an entry of the inline cache of the instruction before it (PEP 659). The compiler writes generic
//! instructions; the interpreter overwrites them with specialised and instrumented ones while it runs.
//!
//! The table of instructions is a crate of its own, `bytecode/`, which the compiler uses too.
pub mod cache;
pub mod counter;
pub mod handlers;
#[cfg(test)]
mod tests;
pub mod unit;

pub use counter::Counter;
pub use pyroxene_bytecode::Opcode;
pub use unit::{Unit, original};
