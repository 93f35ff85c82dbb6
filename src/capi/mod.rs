//! The symbols that C sees: one file for each CPython header, each function under its CPython name.
//!
//! A function here says in Rust's types what its C declaration says in words (new, borrowed, stolen, may be NULL), calls
//! the module that does the work, and turns the result into C's. It holds no behaviour. Exported by
//! [`pyroxene_macros::capi`]; the linker's version script decides which of them leave the library.
pub mod config;
pub mod intrcheck;
pub mod pycore_pyerrors;
pub mod pycore_pylifecycle;
pub mod pycore_pystate;
pub mod pycore_signal;
pub mod pyerrors;
pub mod pylifecycle;
