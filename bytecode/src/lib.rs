//! The set of instructions of CPython 3.13: numbers, names, inline caches, specialisations and stack effects. Constants only,
//! and no dependency: the evaluator and the compiler both stand on it.
//!
//! The core's tests (`src/bytecode/tests.rs`) compare all of it with upstream's tables.
mod opcode;
mod table;

pub use opcode::Opcode;
