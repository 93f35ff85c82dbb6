//! `Modules/config.c`: the functions that make built-in modules, which its table names. Calls each module's folder.
#![allow(non_snake_case, reason = "the names are CPython's")]
use crate::object::{Borrowed, Raised};
use pyroxene_macros::capi;

/// The definition of `_signal`.
///
/// # Safety
/// As a `PyMODINIT_FUNC`: the thread holds the GIL.
#[capi]
pub unsafe fn PyInit__signal() -> Result<Borrowed<'static>, Raised> {
    crate::signal::DEFINITION.init()
}
