//! Rows for the tables of a type: its methods, computed attributes and members. Constants only.
use crate::ffi;
use core::ffi::{CStr, c_char};
use core::ptr::{null, null_mut};

/// A text or NULL.
const fn optional(text: Option<&'static CStr>) -> *const c_char {
    match text {
        Some(text) => text.as_ptr(),
        None => null(),
    }
}

/// A method, with its calling convention: the `METH_…` flags.
pub const fn method(
    name: &'static CStr,
    function: ffi::PyCFunction,
    convention: u32,
    doc: Option<&'static CStr>,
) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: function,
        ml_flags: convention.cast_signed(),
        ml_doc: optional(doc),
    }
}

/// A computed attribute; without a setter it is read-only.
pub const fn attribute(
    name: &'static CStr,
    get: ffi::getter,
    set: ffi::setter,
    doc: Option<&'static CStr>,
) -> ffi::PyGetSetDef {
    ffi::PyGetSetDef {
        name: name.as_ptr(),
        get,
        set,
        doc: optional(doc),
        closure: null_mut(),
    }
}

/// An attribute that is a member of the struct, read-only.
pub const fn member(name: &'static CStr, kind: u32, offset: usize) -> ffi::PyMemberDef {
    ffi::PyMemberDef {
        name: name.as_ptr(),
        type_: kind.cast_signed(),
        offset: offset.cast_signed(),
        flags: ffi::Py_READONLY.cast_signed(),
        doc: null(),
    }
}
