//! Pyroxene's core: the parts of libpython3.13 that are Rust.
//!
//! Around this crate stands CPython's own C, compiled as upstream ships it; `cpython_sources/manifest.toml` says file
//! by file which C went and which module here came instead. The folders:
//!
//! - [`ffi`]: what the C headers say, by bindgen, and the inline functions that bindgen cannot give.
//! - [`generator`]: generators, coroutines, asynchronous generators.
//! - [`object`]: ownership in types (`Owned`, `Borrowed`, `Raised`) and the life cycle of objects.
//! - [`capi`]: every symbol that C sees, a file for each CPython header; nothing else exports.
#![warn(unreachable_pub)]

pub mod capi;
pub mod ffi;
pub mod generator;
pub mod object;
