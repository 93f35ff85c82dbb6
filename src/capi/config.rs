//! `Modules/config.c`: the table of built-in modules, and the functions of ours that it names and that were C's. Calls
//! each module's folder.
use crate::inittab::{self, Inittab};
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

/// The built-in modules. `PyImport_Inittab` points here until a program sets or extends it.
#[capi]
pub static _PyImport_Inittab: Inittab<{ inittab::LENGTH }> = inittab::table();
