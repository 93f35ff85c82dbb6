//! The types of what asynchronous generators hand out, and of the wrapper around their values, as they stand before an
//! interpreter starts. Constants only.
use crate::ffi::{self, METH_FASTCALL, METH_NOARGS, METH_O};
use crate::generator::async_gen_send::{self, AsyncGenSend};
use crate::generator::async_gen_throw::{self, AsyncGenThrow};
use crate::generator::async_gen_wrapped::{self, WrappedValue};
use crate::generator::types::{CLOSE_DOC, FLAGS, SEND_DOC, THROW_DOC};
use crate::object::rows::method;
use crate::object::static_type::{Rows, static_type};
use crate::type_slot;

use ffi::{PyMethodDef, PyTypeObject};

// Upstream's sizes, which `__sizeof__` shows.
const _: () = assert!(size_of::<WrappedValue>() == 24);
const _: () = assert!(size_of::<AsyncGenSend>() == 40);
const _: () = assert!(size_of::<AsyncGenThrow>() == 40);

/// What awaits itself: the awaitables of asynchronous generators.
const AWAITS_ITSELF: ffi::PyAsyncMethods = ffi::PyAsyncMethods {
    am_await: Some(ffi::PyObject_SelfIter),
    am_aiter: None,
    am_anext: None,
    am_send: None,
};

static ASYNC_SEND_METHODS: Rows<PyMethodDef, 3> = Rows::<PyMethodDef, _>::new([
    method(
        c"send",
        type_slot!(o AsyncGenSend, async_gen_send::send),
        METH_O,
        Some(SEND_DOC),
    ),
    method(
        c"throw",
        type_slot!(fast AsyncGenSend, async_gen_send::throw_in),
        METH_FASTCALL,
        Some(THROW_DOC),
    ),
    method(
        c"close",
        type_slot!(noargs AsyncGenSend, async_gen_send::close),
        METH_NOARGS,
        Some(CLOSE_DOC),
    ),
]);

static mut ASYNC_SEND_ASYNC: ffi::PyAsyncMethods = AWAITS_ITSELF;

/// What `_PyAsyncGenASend_Type` starts as.
pub const fn async_generator_asend() -> PyTypeObject {
    PyTypeObject {
        tp_dealloc: Some(async_gen_send::dealloc),
        tp_as_async: &raw mut ASYNC_SEND_ASYNC,
        tp_getattro: Some(ffi::PyObject_GenericGetAttr),
        tp_flags: FLAGS,
        tp_traverse: type_slot!(traverse AsyncGenSend, async_gen_send::traverse),
        tp_iter: Some(ffi::PyObject_SelfIter),
        tp_iternext: type_slot!(unary AsyncGenSend, async_gen_send::next),
        tp_methods: ASYNC_SEND_METHODS.as_ptr(),
        tp_finalize: type_slot!(finalize AsyncGenSend, async_gen_send::finalize),
        ..static_type(c"async_generator_asend", size_of::<AsyncGenSend>())
    }
}

static ASYNC_THROW_METHODS: Rows<PyMethodDef, 3> = Rows::<PyMethodDef, _>::new([
    method(
        c"send",
        type_slot!(o AsyncGenThrow, async_gen_throw::send),
        METH_O,
        Some(SEND_DOC),
    ),
    method(
        c"throw",
        type_slot!(fast AsyncGenThrow, async_gen_throw::throw_in),
        METH_FASTCALL,
        Some(THROW_DOC),
    ),
    method(
        c"close",
        type_slot!(noargs AsyncGenThrow, async_gen_throw::close),
        METH_NOARGS,
        Some(CLOSE_DOC),
    ),
]);

static mut ASYNC_THROW_ASYNC: ffi::PyAsyncMethods = AWAITS_ITSELF;

/// What `_PyAsyncGenAThrow_Type` starts as.
pub const fn async_generator_athrow() -> PyTypeObject {
    PyTypeObject {
        tp_dealloc: Some(async_gen_throw::dealloc),
        tp_as_async: &raw mut ASYNC_THROW_ASYNC,
        tp_getattro: Some(ffi::PyObject_GenericGetAttr),
        tp_flags: FLAGS,
        tp_traverse: type_slot!(traverse AsyncGenThrow, async_gen_throw::traverse),
        tp_iter: Some(ffi::PyObject_SelfIter),
        tp_iternext: type_slot!(unary AsyncGenThrow, async_gen_throw::next),
        tp_methods: ASYNC_THROW_METHODS.as_ptr(),
        tp_finalize: type_slot!(finalize AsyncGenThrow, async_gen_throw::finalize),
        ..static_type(c"async_generator_athrow", size_of::<AsyncGenThrow>())
    }
}

/// What `_PyAsyncGenWrappedValue_Type` starts as.
pub const fn async_generator_wrapped_value() -> PyTypeObject {
    PyTypeObject {
        tp_dealloc: Some(async_gen_wrapped::dealloc),
        tp_getattro: Some(ffi::PyObject_GenericGetAttr),
        tp_flags: FLAGS,
        tp_traverse: type_slot!(traverse WrappedValue, async_gen_wrapped::traverse),
        ..static_type(c"async_generator_wrapped_value", size_of::<WrappedValue>())
    }
}
