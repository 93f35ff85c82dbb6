//! The instructions of the bytecode, a file for each family. Each is one function, named as `dis` names it in lower case;
//! its doc gives the operand in parentheses.
//!
//! All are inlined into the loop, so that the [`Machine`](super::machine::Machine) stays in registers: what is rare or
//! big lives in functions of its own that get values, never the machine.
pub(super) mod arithmetic;
pub(super) mod attribute;
pub(super) mod call;
pub(super) mod call_builtin;
pub(super) mod call_method;
pub(super) mod call_python;
pub(super) mod cell;
pub(super) mod compare;
pub(super) mod container;
pub(super) mod coroutine;
pub(super) mod exception;
pub(super) mod executor;
pub(super) mod format;
pub(super) mod function;
pub(super) mod generator;
pub(super) mod global;
pub(super) mod import;
pub(super) mod instrumentation;
pub(super) mod instrumented_call;
pub(super) mod instrumented_jump;
pub(super) mod intrinsic;
pub(super) mod iteration;
pub(super) mod jump;
pub(super) mod load_store;
pub(super) mod matching;
pub(super) mod name;
pub(super) mod special;
pub(super) mod store_attribute;
pub(super) mod subscript;
pub(super) mod super_attribute;
pub(super) mod truth;
pub(super) mod unpack;
pub(super) mod with;
