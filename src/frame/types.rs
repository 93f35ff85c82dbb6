//! The type `frame` as it stands before an interpreter starts: slots and tables. Constants only.
use crate::ffi::{self, METH_NOARGS};
use crate::frame::{attributes, jump, namespace, object};
use crate::object::rows::{attribute, member, method};
use crate::object::static_type::{Rows, static_type};
use crate::type_slot;
use core::ffi::{CStr, c_ulong};
use core::mem::offset_of;

use ffi::{PyFrameObject, PyGetSetDef, PyMemberDef, PyMethodDef};

// None of these texts has the mark that ends a signature, so that `inspect` finds none, as with upstream's.
const CLEAR_DOC: &CStr =
    c"F.clear(): let go of what the frame holds; it must not run, or go on later";
const SIZEOF_DOC: &CStr = c"F.__sizeof__() -> the object's size in memory, in bytes";

static METHODS: Rows<PyMethodDef, 2> = Rows::<PyMethodDef, _>::new([
    method(
        c"clear",
        type_slot!(noargs PyFrameObject, attributes::clear),
        METH_NOARGS,
        Some(CLEAR_DOC),
    ),
    method(
        c"__sizeof__",
        type_slot!(noargs PyFrameObject, attributes::sizeof),
        METH_NOARGS,
        Some(SIZEOF_DOC),
    ),
]);

static MEMBERS: Rows<PyMemberDef, 1> = Rows::<PyMemberDef, _>::new([PyMemberDef {
    flags: 0,
    ..member(
        c"f_trace_lines",
        ffi::Py_T_BOOL,
        offset_of!(PyFrameObject, f_trace_lines),
    )
}]);

static ATTRIBUTES: Rows<PyGetSetDef, 9> = Rows::<PyGetSetDef, _>::new([
    attribute(
        c"f_back",
        type_slot!(get PyFrameObject, attributes::back),
        None,
        None,
    ),
    attribute(
        c"f_locals",
        type_slot!(get PyFrameObject, namespace::of_object),
        None,
        None,
    ),
    attribute(
        c"f_lineno",
        type_slot!(get PyFrameObject, attributes::line),
        type_slot!(set PyFrameObject, jump::set_line),
        None,
    ),
    attribute(
        c"f_trace",
        type_slot!(get PyFrameObject, attributes::tracer),
        type_slot!(set PyFrameObject, attributes::set_tracer),
        None,
    ),
    attribute(
        c"f_lasti",
        type_slot!(get PyFrameObject, attributes::last_instruction),
        None,
        None,
    ),
    attribute(
        c"f_globals",
        type_slot!(get PyFrameObject, namespace::globals),
        None,
        None,
    ),
    attribute(
        c"f_builtins",
        type_slot!(get PyFrameObject, namespace::builtins),
        None,
        None,
    ),
    attribute(
        c"f_code",
        type_slot!(get PyFrameObject, attributes::code),
        None,
        None,
    ),
    attribute(
        c"f_trace_opcodes",
        type_slot!(get PyFrameObject, attributes::opcode_tracing),
        type_slot!(set PyFrameObject, attributes::set_opcode_tracing),
        None,
    ),
]);

/// What `PyFrame_Type` starts as.
pub const fn type_object() -> ffi::PyTypeObject {
    ffi::PyTypeObject {
        tp_itemsize: size_of::<*mut ffi::PyObject>().cast_signed(),
        tp_dealloc: Some(object::dealloc),
        tp_repr: type_slot!(unary PyFrameObject, attributes::repr),
        tp_getattro: Some(ffi::PyObject_GenericGetAttr),
        tp_setattro: Some(ffi::PyObject_GenericSetAttr),
        tp_flags: (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC) as c_ulong,
        tp_traverse: type_slot!(traverse PyFrameObject, object::traverse),
        tp_clear: type_slot!(clear PyFrameObject, object::clear),
        tp_methods: METHODS.as_ptr(),
        tp_members: MEMBERS.as_ptr(),
        tp_getset: ATTRIBUTES.as_ptr(),
        ..static_type(c"frame", object::BASIC_SIZE)
    }
}
