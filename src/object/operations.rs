//! What Python code does with objects: import, audit. Runs any Python code.
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, check_status};
use core::ffi::CStr;

/// Imports a module by its absolute name (import.c `PyImport_ImportModule`).
///
/// # Errors
/// Whatever the import raises.
pub fn import(name: &CStr) -> Result<Owned, Raised> {
    // SAFETY: the name is a C string; the result is a new reference.
    unsafe { Owned::from_c(ffi::PyImport_ImportModule(name.as_ptr())) }
}

/// Tells the audit hooks of an event with one argument, or with none (sysmodule.c `PySys_Audit`).
///
/// # Errors
/// What a hook raises.
pub fn audit(event: &CStr, argument: Option<Borrowed<'_>>) -> Result<(), Raised> {
    // SAFETY: the format "O" takes the one object, and no format takes nothing.
    check_status(unsafe {
        match argument {
            Some(object) => ffi::PySys_Audit(event.as_ptr(), c"O".as_ptr(), object.as_ptr()),
            None => ffi::PySys_Audit(event.as_ptr(), core::ptr::null()),
        }
    })
}

/// Tells the audit hooks that an attribute is read through which a program can be looked into.
///
/// # Errors
/// What a hook raises.
pub fn audit_attribute(object: Borrowed<'_>, attribute: &CStr) -> Result<(), Raised> {
    // SAFETY: the format takes an object and a C string.
    check_status(unsafe {
        ffi::PySys_Audit(
            c"object.__getattr__".as_ptr(),
            c"Os".as_ptr(),
            object.as_ptr(),
            attribute.as_ptr(),
        )
    })
}
