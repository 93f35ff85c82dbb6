//! The types of the three kinds, and of the iterator behind a coroutine's `__await__`, as they stand before an interpreter
//! starts: names, sizes, slots and tables. Constants only. The statics themselves are in [`crate::capi::genobject`] and
//! [`crate::capi::pycore_genobject`]; the awaitables' types are in [`super::awaitable_types`].
use crate::ffi::{self, METH_CLASS, METH_FASTCALL, METH_NOARGS, METH_O, METH_VARARGS};
use crate::generator::coroutine::{self, CoroutineWrapper};
use crate::generator::{async_gen, close, life, names, send, throw};
use crate::object::rows::{attribute, member, method};
use crate::object::static_type::{Rows, static_type};
use crate::type_slot;
use core::ffi::{CStr, c_ulong};
use core::mem::offset_of;

use ffi::{PyGenObject, PyGetSetDef, PyMemberDef, PyMethodDef, PyTypeObject};

// Upstream's size, which `__sizeof__` shows.
const _: () = assert!(size_of::<CoroutineWrapper>() == 24);

/// All seven types: objects of the collector that have no subclasses.
pub(super) const FLAGS: c_ulong = (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC) as c_ulong;

// None of these texts has the mark that ends a signature, so that `inspect` finds none, as with upstream's. The tests ask
// those of coroutines for the words "into", "in" and "inside coroutine".
pub(super) const SEND_DOC: &CStr =
    c"send(arg) -> resume the generator with 'arg' as the value of its yield,\n\
    and give what it yields next; raise StopIteration at its end.";
pub(super) const THROW_DOC: &CStr = c"throw(value)\nthrow(type[,value[,tb]])\n\n\
    Raise an exception where the generator stands, and give what it yields next;\n\
    raise StopIteration at its end.\n\
    The (type, value, tb) signature is deprecated and may go in a later version.";
pub(super) const CLOSE_DOC: &CStr =
    c"close() -> end the generator by a GeneratorExit where it stands.";
const COROUTINE_SEND_DOC: &CStr =
    c"send(arg) -> pass 'arg' into coroutine as the value of its await,\n\
    and give what it yields next; raise StopIteration at its end.";
const COROUTINE_THROW_DOC: &CStr = c"throw(value)\nthrow(type[,value[,traceback]])\n\n\
    Raise an exception in coroutine, where it stands, and give what it yields next;\n\
    raise StopIteration at its end.\n\
    The (type, value, tb) signature is deprecated and may go in a later version.";
const COROUTINE_CLOSE_DOC: &CStr =
    c"close() -> raise a GeneratorExit inside coroutine, which ends it.";
const ASEND_DOC: &CStr = c"asend(v) -> an awaitable that resumes the generator with 'v'.";
const ATHROW_DOC: &CStr = c"athrow(value)\nathrow(type[,value[,tb]])\n\n\
    An awaitable that raises an exception where the generator stands.\n\
    The (type, value, tb) signature is deprecated and may go in a later version.";
const ACLOSE_DOC: &CStr =
    c"aclose() -> an awaitable that ends the generator by a GeneratorExit where it stands.";
const SIZEOF_DOC: &CStr = c"gen.__sizeof__() -> the object's size in memory, in bytes";

/// `__sizeof__`, which all three kinds have.
const SIZEOF: PyMethodDef = method(
    c"__sizeof__",
    type_slot!(noargs PyGenObject, names::sizeof),
    METH_NOARGS,
    Some(SIZEOF_DOC),
);

/// `__class_getitem__`, which all three kinds have.
const CLASS_GETITEM: PyMethodDef = method(
    c"__class_getitem__",
    Some(ffi::Py_GenericAlias),
    METH_O | METH_CLASS,
    Some(c"the generic alias of the type for these arguments (PEP 585)"),
);

/// `__name__` and `__qualname__`, which all three kinds have.
const fn names_of(name: &'static CStr, qualname: &'static CStr) -> [PyGetSetDef; 2] {
    [
        attribute(
            c"__name__",
            type_slot!(get PyGenObject, names::name),
            type_slot!(set PyGenObject, names::set_name),
            Some(name),
        ),
        attribute(
            c"__qualname__",
            type_slot!(get PyGenObject, names::qualname),
            type_slot!(set PyGenObject, names::set_qualname),
            Some(qualname),
        ),
    ]
}

/// A type of one of the three kinds: a frame follows the members.
const fn kind_of_generator(name: &'static CStr) -> PyTypeObject {
    PyTypeObject {
        tp_itemsize: size_of::<*mut ffi::PyObject>().cast_signed(),
        tp_dealloc: Some(life::dealloc),
        tp_getattro: Some(ffi::PyObject_GenericGetAttr),
        tp_flags: FLAGS,
        tp_traverse: type_slot!(traverse PyGenObject, life::traverse),
        tp_weaklistoffset: offset_of!(PyGenObject, gi_weakreflist).cast_signed(),
        tp_finalize: Some(ffi::_PyGen_Finalize),
        ..static_type(name, names::BASIC_SIZE)
    }
}

const GENERATOR_NAMES: [PyGetSetDef; 2] =
    names_of(c"name of the generator", c"qualified name of the generator");

static GENERATOR_ATTRIBUTES: Rows<PyGetSetDef, 7> = Rows::<PyGetSetDef, _>::new([
    GENERATOR_NAMES[0],
    GENERATOR_NAMES[1],
    attribute(
        c"gi_yieldfrom",
        type_slot!(get PyGenObject, names::delegate),
        None,
        Some(c"what a yield from iterates over at the moment, or None"),
    ),
    attribute(
        c"gi_running",
        type_slot!(get PyGenObject, names::is_running),
        None,
        None,
    ),
    attribute(
        c"gi_frame",
        type_slot!(get PyGenObject, names::gi_frame),
        None,
        None,
    ),
    attribute(
        c"gi_suspended",
        type_slot!(get PyGenObject, names::is_suspended),
        None,
        None,
    ),
    attribute(
        c"gi_code",
        type_slot!(get PyGenObject, names::gi_code),
        None,
        None,
    ),
]);

static GENERATOR_METHODS: Rows<PyMethodDef, 5> = Rows::<PyMethodDef, _>::new([
    method(
        c"send",
        type_slot!(o PyGenObject, send::send),
        METH_O,
        Some(SEND_DOC),
    ),
    method(
        c"throw",
        type_slot!(fast PyGenObject, throw::throw),
        METH_FASTCALL,
        Some(THROW_DOC),
    ),
    method(
        c"close",
        type_slot!(noargs PyGenObject, close::close),
        METH_NOARGS,
        Some(CLOSE_DOC),
    ),
    SIZEOF,
    CLASS_GETITEM,
]);

static mut GENERATOR_ASYNC: ffi::PyAsyncMethods = ffi::PyAsyncMethods {
    am_await: None,
    am_aiter: None,
    am_anext: None,
    am_send: Some(send::am_send),
};

/// What `PyGen_Type` starts as.
pub const fn generator() -> PyTypeObject {
    PyTypeObject {
        tp_as_async: &raw mut GENERATOR_ASYNC,
        tp_repr: type_slot!(unary PyGenObject, names::generator_repr),
        tp_iter: Some(ffi::PyObject_SelfIter),
        tp_iternext: Some(send::iternext),
        tp_methods: GENERATOR_METHODS.as_ptr(),
        tp_getset: GENERATOR_ATTRIBUTES.as_ptr(),
        ..kind_of_generator(c"generator")
    }
}

const COROUTINE_NAMES: [PyGetSetDef; 2] =
    names_of(c"name of the coroutine", c"qualified name of the coroutine");

static COROUTINE_ATTRIBUTES: Rows<PyGetSetDef, 7> = Rows::<PyGetSetDef, _>::new([
    COROUTINE_NAMES[0],
    COROUTINE_NAMES[1],
    attribute(
        c"cr_await",
        type_slot!(get PyGenObject, names::delegate),
        None,
        Some(c"what is being awaited at the moment, or None"),
    ),
    attribute(
        c"cr_running",
        type_slot!(get PyGenObject, names::is_running),
        None,
        None,
    ),
    attribute(
        c"cr_frame",
        type_slot!(get PyGenObject, names::cr_frame),
        None,
        None,
    ),
    attribute(
        c"cr_code",
        type_slot!(get PyGenObject, names::cr_code),
        None,
        None,
    ),
    attribute(
        c"cr_suspended",
        type_slot!(get PyGenObject, names::is_suspended),
        None,
        None,
    ),
]);

static COROUTINE_MEMBERS: Rows<PyMemberDef, 1> = Rows::<PyMemberDef, _>::new([member(
    c"cr_origin",
    ffi::_Py_T_OBJECT,
    offset_of!(ffi::PyCoroObject, cr_origin_or_finalizer),
)]);

static COROUTINE_METHODS: Rows<PyMethodDef, 5> = Rows::<PyMethodDef, _>::new([
    method(
        c"send",
        type_slot!(o PyGenObject, send::send),
        METH_O,
        Some(COROUTINE_SEND_DOC),
    ),
    method(
        c"throw",
        type_slot!(fast PyGenObject, throw::throw),
        METH_FASTCALL,
        Some(COROUTINE_THROW_DOC),
    ),
    method(
        c"close",
        type_slot!(noargs PyGenObject, close::close),
        METH_NOARGS,
        Some(COROUTINE_CLOSE_DOC),
    ),
    SIZEOF,
    CLASS_GETITEM,
]);

static mut COROUTINE_ASYNC: ffi::PyAsyncMethods = ffi::PyAsyncMethods {
    am_await: type_slot!(unary PyGenObject, coroutine::await_),
    am_aiter: None,
    am_anext: None,
    am_send: Some(send::am_send),
};

/// What `PyCoro_Type` starts as.
pub const fn coroutine() -> PyTypeObject {
    PyTypeObject {
        tp_as_async: &raw mut COROUTINE_ASYNC,
        tp_repr: type_slot!(unary PyGenObject, names::coroutine_repr),
        tp_methods: COROUTINE_METHODS.as_ptr(),
        tp_members: COROUTINE_MEMBERS.as_ptr(),
        tp_getset: COROUTINE_ATTRIBUTES.as_ptr(),
        ..kind_of_generator(c"coroutine")
    }
}

static WRAPPER_METHODS: Rows<PyMethodDef, 3> = Rows::<PyMethodDef, _>::new([
    method(
        c"send",
        type_slot!(o CoroutineWrapper, coroutine::wrapper_send),
        METH_O,
        Some(COROUTINE_SEND_DOC),
    ),
    method(
        c"throw",
        type_slot!(fast CoroutineWrapper, coroutine::wrapper_throw),
        METH_FASTCALL,
        Some(COROUTINE_THROW_DOC),
    ),
    method(
        c"close",
        type_slot!(noargs CoroutineWrapper, coroutine::wrapper_close),
        METH_NOARGS,
        Some(COROUTINE_CLOSE_DOC),
    ),
]);

/// What `_PyCoroWrapper_Type` starts as.
pub const fn coroutine_wrapper() -> PyTypeObject {
    PyTypeObject {
        tp_dealloc: Some(coroutine::wrapper_dealloc),
        tp_getattro: Some(ffi::PyObject_GenericGetAttr),
        tp_flags: FLAGS,
        tp_doc: c"The iterator that a coroutine's __await__ gives.".as_ptr(),
        tp_traverse: type_slot!(traverse CoroutineWrapper, coroutine::wrapper_traverse),
        tp_iter: Some(ffi::PyObject_SelfIter),
        tp_iternext: type_slot!(unary CoroutineWrapper, coroutine::wrapper_next),
        tp_methods: WRAPPER_METHODS.as_ptr(),
        ..static_type(c"coroutine_wrapper", size_of::<CoroutineWrapper>())
    }
}

const ASYNC_NAMES: [PyGetSetDef; 2] = names_of(
    c"name of the async generator",
    c"qualified name of the async generator",
);

static ASYNC_ATTRIBUTES: Rows<PyGetSetDef, 6> = Rows::<PyGetSetDef, _>::new([
    ASYNC_NAMES[0],
    ASYNC_NAMES[1],
    attribute(
        c"ag_await",
        type_slot!(get PyGenObject, names::delegate),
        None,
        Some(c"what is being awaited at the moment, or None"),
    ),
    attribute(
        c"ag_frame",
        type_slot!(get PyGenObject, names::ag_frame),
        None,
        None,
    ),
    attribute(
        c"ag_code",
        type_slot!(get PyGenObject, names::ag_code),
        None,
        None,
    ),
    attribute(
        c"ag_suspended",
        type_slot!(get PyGenObject, names::is_suspended),
        None,
        None,
    ),
]);

static ASYNC_MEMBERS: Rows<PyMemberDef, 1> = Rows::<PyMemberDef, _>::new([member(
    c"ag_running",
    ffi::Py_T_BOOL,
    offset_of!(ffi::PyAsyncGenObject, ag_running_async),
)]);

static ASYNC_METHODS: Rows<PyMethodDef, 5> = Rows::<PyMethodDef, _>::new([
    method(
        c"asend",
        type_slot!(o PyGenObject, async_gen::asend),
        METH_O,
        Some(ASEND_DOC),
    ),
    method(
        c"athrow",
        type_slot!(varargs PyGenObject, async_gen::athrow),
        METH_VARARGS,
        Some(ATHROW_DOC),
    ),
    method(
        c"aclose",
        type_slot!(noargs PyGenObject, async_gen::aclose),
        METH_NOARGS,
        Some(ACLOSE_DOC),
    ),
    SIZEOF,
    CLASS_GETITEM,
]);

static mut ASYNC_ASYNC: ffi::PyAsyncMethods = ffi::PyAsyncMethods {
    am_await: None,
    am_aiter: Some(ffi::PyObject_SelfIter),
    am_anext: type_slot!(unary PyGenObject, async_gen::anext),
    am_send: Some(send::am_send),
};

/// What `PyAsyncGen_Type` starts as.
pub const fn async_generator() -> PyTypeObject {
    PyTypeObject {
        tp_as_async: &raw mut ASYNC_ASYNC,
        tp_repr: type_slot!(unary PyGenObject, names::async_generator_repr),
        tp_traverse: type_slot!(traverse PyGenObject, life::traverse_async),
        tp_methods: ASYNC_METHODS.as_ptr(),
        tp_members: ASYNC_MEMBERS.as_ptr(),
        tp_getset: ASYNC_ATTRIBUTES.as_ptr(),
        ..kind_of_generator(c"async_generator")
    }
}
