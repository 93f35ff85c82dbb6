//! The symbols that C sees: one file for each CPython header, each function under its CPython name.
//!
//! A function here says in Rust's types what its C declaration says in words (new, borrowed, stolen, may be NULL), calls
//! the module that does the work, and turns the result into C's. It holds no behaviour. Exported by
//! [`pyroxene_macros::capi`]; the linker's version script decides which of them leave the library.
#![allow(
    clippy::missing_safety_doc,
    non_snake_case,
    non_upper_case_globals,
    reason = "the contract of a function here is its C declaration, and its name is CPython's"
)]

pub mod abi_only;
pub mod abstract_calls;
pub mod ceval;
pub mod ceval_threads;
pub mod config;
pub mod cpython_ceval;
pub mod cpython_object;
pub mod frameobject;
pub mod genobject;
pub mod intrcheck;
pub mod monitoring;
pub mod object;
pub mod objimpl;
pub mod pycore_call;
pub mod pycore_ceval;
pub mod pycore_ceval_threads;
pub mod pycore_code;
pub mod pycore_compile;
pub mod pycore_frame;
pub mod pycore_freelist;
pub mod pycore_function;
pub mod pycore_genobject;
pub mod pycore_instruments;
pub mod pycore_intrinsics;
pub mod pycore_object;
pub mod pycore_pylifecycle;
pub mod pycore_pystate;
pub mod pycore_signal;
pub mod pycore_traceback;
pub mod pyerrors;
pub mod pyframe;
pub mod pylifecycle;
pub mod traceback;
pub mod variadic;
