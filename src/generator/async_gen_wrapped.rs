//! The wrapper around a value that an asynchronous generator yields, by which its awaitable tells such a value from one
//! that something awaited has yielded to the event loop.
use crate::ffi;
use crate::generator::free_list::{recycle, reuse};
use crate::object::life::new_reference;
use crate::object::type_slot::Visitor;
use crate::object::{Borrowed, Layout, Owned, Raised};
use core::ffi::c_int;
use core::ops::ControlFlow;

/// A wrapped value.
#[repr(C)]
pub(super) struct WrappedValue {
    head: ffi::PyObject,
    value: Owned,
}

// SAFETY: it starts with an object's header.
unsafe impl Layout for WrappedValue {}

impl<'a> Borrowed<'a, WrappedValue> {
    /// The object as a wrapped value if it is one.
    pub(super) fn of(object: Borrowed<'a>) -> Option<Self> {
        let is_one = object.is_exactly(&raw const ffi::_PyAsyncGenWrappedValue_Type);
        // SAFETY: the type's instances have this layout.
        is_one.then(|| unsafe { Self::from_raw_unchecked(object.as_ptr().cast()) })
    }

    /// The value.
    pub(super) fn value(self) -> Borrowed<'a> {
        // SAFETY: the wrapper is alive, and keeps its value.
        unsafe { (*self.as_ptr()).value.borrow() }
    }
}

/// Wraps a value, at a `yield` of an asynchronous generator (genobject.c `_PyAsyncGenValueWrapperNew`).
///
/// # Errors
/// `MemoryError`.
pub fn wrap(value: Borrowed<'_>) -> Result<Owned, Raised> {
    // SAFETY: the memory is an instance of the type, whose one member is set before anybody sees it.
    unsafe {
        let wrapper = match reuse::<WrappedValue>() {
            Some(memory) => {
                new_reference(memory.as_ptr());
                Owned::from_raw_unchecked(memory.as_ptr())
            }
            None => Owned::from_c(ffi::_PyObject_GC_New(
                &raw mut ffi::_PyAsyncGenWrappedValue_Type,
            ))?,
        };
        let members = wrapper.as_ptr().cast::<WrappedValue>();
        (&raw mut (*members).value).write(value.new_ref());
        ffi::_PyObject_GC_TRACK(wrapper.as_ptr());
        Ok(wrapper)
    }
}

/// What the collector visits.
pub(super) fn traverse(
    wrapper: Borrowed<'_, WrappedValue>,
    visitor: Visitor,
) -> ControlFlow<c_int> {
    visitor.visit(Some(wrapper.value()))
}

/// The slot `tp_dealloc`.
pub(super) unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: C calls it once, for a wrapper with a count of 0, tracked by the collector; afterwards it holds nothing.
    unsafe {
        ffi::_PyObject_GC_UNTRACK(object);
        let members = object.cast::<WrappedValue>();
        drop((&raw mut (*members).value).read());
        recycle::<WrappedValue>(object);
    }
}
