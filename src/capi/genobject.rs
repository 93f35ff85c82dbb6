//! `Include/cpython/genobject.h`: generators, coroutines and asynchronous generators for C.
use crate::ffi::{PyCodeObject, PyFrameObject, PyGenObject, PyTypeObject};
use crate::generator::frame::Kind;
use crate::generator::{awaitable_types, coroutine, make, types};
use crate::object::{Borrowed, Owned, Raised};
use pyroxene_macros::capi;

/// The type `generator`.
#[capi]
pub static mut PyGen_Type: PyTypeObject = types::generator();

/// The type `coroutine`.
#[capi]
pub static mut PyCoro_Type: PyTypeObject = types::coroutine();

/// The type `async_generator`.
#[capi]
pub static mut PyAsyncGen_Type: PyTypeObject = types::async_generator();

/// The type of what `__anext__()` and `asend()` give.
#[capi]
pub static mut _PyAsyncGenASend_Type: PyTypeObject = awaitable_types::async_generator_asend();

/// A generator from a frame object.
#[capi]
pub unsafe fn PyGen_New(f: Owned<PyFrameObject>) -> Result<Owned<PyGenObject>, Raised> {
    make::from_frame(Kind::Generator, f, None, None)
}

/// A generator from a frame object, with names.
#[capi]
pub unsafe fn PyGen_NewWithQualName(
    f: Owned<PyFrameObject>,
    name: Option<Borrowed<'_>>,
    qualname: Option<Borrowed<'_>>,
) -> Result<Owned<PyGenObject>, Raised> {
    make::from_frame(Kind::Generator, f, name, qualname)
}

/// The code of a generator.
#[capi]
pub unsafe fn PyGen_GetCode(r#gen: Borrowed<'_, PyGenObject>) -> Owned<PyCodeObject> {
    r#gen.code().new_ref()
}

/// A coroutine from a frame object, with names.
#[capi]
pub unsafe fn PyCoro_New(
    f: Owned<PyFrameObject>,
    name: Option<Borrowed<'_>>,
    qualname: Option<Borrowed<'_>>,
) -> Result<Owned<PyGenObject>, Raised> {
    coroutine::from_frame(f, name, qualname)
}

/// An asynchronous generator from a frame object, with names.
#[capi]
pub unsafe fn PyAsyncGen_New(
    f: Owned<PyFrameObject>,
    name: Option<Borrowed<'_>>,
    qualname: Option<Borrowed<'_>>,
) -> Result<Owned<PyGenObject>, Raised> {
    make::from_frame(Kind::AsyncGenerator, f, name, qualname)
}
