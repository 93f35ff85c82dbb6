//! Types and objects that are statics: their heads, and the tables of rows that a type points at. Constants only;
//! nothing here runs.
use crate::ffi;
use core::ffi::CStr;

/// The head of a static object: an immortal count and its type (object.h `PyObject_HEAD_INIT`).
pub const fn static_head(class: *mut ffi::PyTypeObject) -> ffi::PyObject {
    ffi::PyObject {
        __bindgen_anon_1: ffi::_object__bindgen_ty_1 {
            ob_refcnt: ffi::_Py_IMMORTAL_REFCNT,
        },
        ob_type: class,
    }
}

/// The head of a static object with a size (object.h `PyVarObject_HEAD_INIT`).
pub const fn static_var_head(
    class: *mut ffi::PyTypeObject,
    size: ffi::Py_ssize_t,
) -> ffi::PyVarObject {
    ffi::PyVarObject {
        ob_base: static_head(class),
        ob_size: size,
    }
}

/// A static type that has a name, the size of its instances, and nothing else; a definition adds its slots by struct
/// update: `PyTypeObject { tp_repr: …, ..static_type(c"traceback", size_of::<PyTracebackObject>()) }`.
///
/// Its own type is `type`, and `PyType_Ready` fills in the rest when the interpreter starts, as for C's.
pub const fn static_type(name: &'static CStr, basicsize: usize) -> ffi::PyTypeObject {
    ffi::PyTypeObject {
        ob_base: static_var_head(&raw mut ffi::PyType_Type, 0),
        tp_name: name.as_ptr(),
        tp_basicsize: basicsize.cast_signed(),
        // SAFETY: every other member is a number, a nullable pointer, or an optional function: zeros are all of them.
        ..unsafe { core::mem::zeroed() }
    }
}

/// A table that a type points at (`tp_methods`, `tp_members`, `tp_getset`): its rows and the row of zeros that ends it.
#[repr(C)]
pub struct Rows<T, const N: usize> {
    rows: [T; N],
    end: T,
}

// SAFETY: a table is never written: C takes its address as mutable, and only reads.
unsafe impl<T, const N: usize> Sync for Rows<T, N> {}

impl<T, const N: usize> Rows<T, N> {
    /// The table's address, as a type wants it: that of the first row, from which C walks to the last.
    pub const fn as_ptr(&'static self) -> *mut T {
        (&raw const *self).cast::<T>().cast_mut()
    }
}

macro_rules! tables {
    ($($row:ident)*) => {$(
        impl<const N: usize> Rows<ffi::$row, N> {
            /// The table with these rows.
            pub const fn new(rows: [ffi::$row; N]) -> Self {
                // SAFETY: zeros are a row: a NULL name, which is what ends the table, and nothing else.
                Self { rows, end: unsafe { core::mem::zeroed() } }
            }
        }
    )*};
}

tables!(PyMethodDef PyMemberDef PyGetSetDef);
