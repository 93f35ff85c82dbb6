//! The type `FrameLocalsProxy` as it stands before an interpreter starts: slots and tables. Constants only.
use super::{assign, clear, dealloc, from_arguments, key, traverse, views};
use crate::ffi::{self, METH_COEXIST, METH_FASTCALL, METH_NOARGS, METH_O};
use crate::object::rows::method;
use crate::object::static_type::{Rows, static_type};
use crate::type_slot;
use core::ffi::{CStr, c_ulong};
use core::mem::zeroed;

use ffi::{PyFrameLocalsProxyObject as Layout, PyMethodDef};

/// The flags of the type.
const FLAGS: c_ulong =
    (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC | ffi::Py_TPFLAGS_MAPPING) as c_ulong;

/// A method without a docstring, as upstream's are.
const fn bare(name: &'static CStr, function: ffi::PyCFunction, convention: u32) -> PyMethodDef {
    method(name, function, convention, None)
}

static METHODS: Rows<PyMethodDef, 11> = Rows::<PyMethodDef, _>::new([
    bare(
        c"__contains__",
        type_slot!(o Layout, key::contains_method),
        METH_O | METH_COEXIST,
    ),
    bare(
        c"__getitem__",
        type_slot!(o Layout, key::get_item),
        METH_O | METH_COEXIST,
    ),
    bare(c"update", type_slot!(o Layout, assign::update), METH_O),
    bare(
        c"__reversed__",
        type_slot!(noargs Layout, views::reversed),
        METH_NOARGS,
    ),
    bare(c"copy", type_slot!(noargs Layout, views::copy), METH_NOARGS),
    bare(c"keys", type_slot!(noargs Layout, views::keys), METH_NOARGS),
    bare(
        c"values",
        type_slot!(noargs Layout, views::values),
        METH_NOARGS,
    ),
    bare(
        c"items",
        type_slot!(noargs Layout, views::items),
        METH_NOARGS,
    ),
    bare(c"get", type_slot!(fast Layout, key::get), METH_FASTCALL),
    bare(c"pop", type_slot!(fast Layout, assign::pop), METH_FASTCALL),
    bare(
        c"setdefault",
        type_slot!(fast Layout, assign::setdefault),
        METH_FASTCALL,
    ),
]);

static mut AS_NUMBER: ffi::PyNumberMethods = ffi::PyNumberMethods {
    nb_or: type_slot!(o ffi::PyObject, views::or),
    nb_inplace_or: type_slot!(o Layout, assign::inplace_or),
    // SAFETY: every other member is an optional function, or a nullable pointer.
    ..unsafe { zeroed() }
};

static mut AS_SEQUENCE: ffi::PySequenceMethods = ffi::PySequenceMethods {
    sq_contains: type_slot!(contains Layout, key::contains),
    // SAFETY: every other member is an optional function, or a nullable pointer.
    ..unsafe { zeroed() }
};

static mut AS_MAPPING: ffi::PyMappingMethods = ffi::PyMappingMethods {
    mp_length: type_slot!(length Layout, views::length),
    mp_subscript: type_slot!(o Layout, key::get_item),
    mp_ass_subscript: type_slot!(set_item Layout, assign::set_item),
};

/// What `PyFrameLocalsProxy_Type` starts as.
pub const fn type_object() -> ffi::PyTypeObject {
    ffi::PyTypeObject {
        tp_dealloc: Some(dealloc),
        tp_repr: type_slot!(unary Layout, views::repr),
        tp_as_number: &raw mut AS_NUMBER,
        tp_as_sequence: &raw mut AS_SEQUENCE,
        tp_as_mapping: &raw mut AS_MAPPING,
        tp_getattro: Some(ffi::PyObject_GenericGetAttr),
        tp_setattro: Some(ffi::PyObject_GenericSetAttr),
        tp_flags: FLAGS,
        tp_traverse: type_slot!(traverse Layout, traverse),
        tp_clear: type_slot!(clear Layout, clear),
        tp_richcompare: type_slot!(compare Layout, views::rich_compare),
        tp_iter: type_slot!(unary Layout, views::iter),
        tp_methods: METHODS.as_ptr(),
        tp_alloc: Some(ffi::PyType_GenericAlloc),
        tp_new: type_slot!(new from_arguments),
        tp_free: Some(ffi::PyObject_GC_Del),
        ..static_type(c"FrameLocalsProxy", size_of::<Layout>())
    }
}
