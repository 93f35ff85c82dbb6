//! `import.h` and what `import.c` expects of the build: the table of built-in modules.
use crate::inittab::{self, Inittab};
use pyroxene_macros::capi;

/// The built-in modules. `PyImport_Inittab` points here until a program sets or extends it.
#[capi]
pub static _PyImport_Inittab: Inittab<{ inittab::LENGTH }> = inittab::table();
