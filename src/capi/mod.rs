//! The symbols that C sees: one file for each CPython header, each function under its CPython name.
//!
//! A function here says in Rust's types what its C declaration says in words (new, borrowed, stolen, may be NULL), calls
//! the module that does the work, and turns the result into C's. It holds no behaviour. Exported by
//! [`pyroxene_macros::capi`]; the linker's version script decides which of them leave the library.
#![allow(
    non_snake_case,
    non_upper_case_globals,
    reason = "the names are CPython's"
)]

pub mod import;
pub mod pylifecycle;
