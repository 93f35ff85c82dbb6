//! `FrameLocalsProxy`: the local variables of a function's frame as a mapping that reads and writes the variables
//! themselves (PEP 667).
//!
//! Names that the code does not have are kept in a dict of the frame object, `f_extra_locals`. Comparing a key with the
//! names may run any code, in which the frame may end: each access asks the frame object for its frame anew.
mod assign;
mod key;
mod types;
mod views;

pub use types::type_object;

use crate::bad_internal_call;
use crate::ffi;
use crate::field;
use crate::frame::object::FrameObject;
use crate::object::type_slot::Visitor;
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use crate::raise_format;
use core::ffi::c_int;
use core::ops::ControlFlow;

/// A proxy.
type Proxy<'a> = Borrowed<'a, ffi::PyFrameLocalsProxyObject>;

impl<'a> Proxy<'a> {
    /// The frame object. Errors: `SystemError` when the collector has cleared the proxy.
    fn frame_object(self) -> Result<FrameObject<'a>, Raised> {
        // SAFETY: the member is NULL or a reference that the proxy owns.
        unsafe { Borrowed::from_c_optional(field!(self.frame)) }.ok_or_else(|| bad_internal_call!())
    }
}

/// The dict of a frame object for names that its code does not have, if anybody has set one.
fn extra_locals(object: FrameObject<'_>) -> Option<Owned> {
    // SAFETY: the member is NULL or a reference that the object owns.
    unsafe { Borrowed::from_c_optional(field!(object.f_extra_locals)) }.map(Borrowed::new_ref)
}

/// Whether an object is a proxy or a dict: what a proxy can be compared or merged with.
fn is_dict_or_proxy(object: Borrowed<'_>) -> bool {
    object.downcast::<ffi::PyDictObject>().is_some()
        || object.downcast::<ffi::PyFrameLocalsProxyObject>().is_some()
}

/// A new proxy (frameobject.c `_PyFrameLocalsProxy_New`).
///
/// # Errors
/// `MemoryError`.
pub fn new(object: FrameObject<'_>) -> Result<Owned<ffi::PyFrameLocalsProxyObject>, Raised> {
    // SAFETY: an instance of the type has this layout, with zeros in it.
    unsafe {
        let class = &raw mut ffi::PyFrameLocalsProxy_Type;
        let new = ffi::PyType_GenericAlloc(class, 0);
        let proxy = Owned::from_c(new.cast::<ffi::PyFrameLocalsProxyObject>())?;
        (*proxy.as_ptr()).frame = object.new_ref().into_raw();
        Ok(proxy)
    }
}

/// `FrameLocalsProxy(frame)` (frameobject.c `framelocalsproxy_new`). There are no subclasses.
fn from_arguments(
    _class: Borrowed<'_, ffi::PyTypeObject>,
    arguments: Borrowed<'_, ffi::PyTupleObject>,
    keywords: Option<Borrowed<'_>>,
) -> Result<Owned, Raised> {
    let &[object] = arguments.items() else {
        // SAFETY: the format takes a size.
        return Err(unsafe {
            raise_format!(
                exception::TypeError,
                c"FrameLocalsProxy expected 1 argument, got %zd",
                arguments.items().len(),
            )
        });
    };
    let object = object
        .downcast::<ffi::PyFrameObject>()
        // SAFETY: the format takes an object.
        .ok_or_else(|| unsafe {
            raise_format!(
                exception::TypeError,
                c"expect frame, not %T",
                object.as_ptr(),
            )
        })?;
    // SAFETY: the keywords are a dict.
    if keywords.is_some_and(|keywords| unsafe { ffi::PyDict_Size(keywords.as_ptr()) } != 0) {
        return Err(raise(
            exception::TypeError,
            c"FrameLocalsProxy takes no keyword arguments",
        ));
    }
    new(object).map(Owned::upcast)
}

/// What a proxy refers to.
fn traverse(proxy: Proxy<'_>, visitor: Visitor) -> ControlFlow<c_int> {
    // SAFETY: the member is NULL or a reference that the proxy owns.
    visitor.visit(unsafe { FrameObject::from_c_optional(field!(proxy.frame)) })
}

/// Lets go of the frame object, because the proxy is part of a ring of garbage.
fn clear(proxy: Proxy<'_>) {
    // SAFETY: the member is NULL or a reference that the proxy owns.
    drop(unsafe { Owned::exchange(&raw mut (*proxy.as_ptr()).frame, None) });
}

/// The end of a proxy (frameobject.c `framelocalsproxy_dealloc`).
unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: C calls it once, for a proxy with a count of 0; its memory is the collector's.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        clear(Proxy::from_raw_unchecked(object.cast()));
        ffi::PyObject_GC_Del(object.cast());
    }
}
