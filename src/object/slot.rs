//! `Slot`: a field that holds a reference or nothing, in memory that C allocated and the collector may clear.
use crate::ffi;
use crate::object::{Layout, Owned};
use core::cell::UnsafeCell;

/// A place for one reference in a struct that Python's collector knows: a module's state, an object's field.
///
/// All-zero memory is an empty slot. Reading gives a reference of one's own, so that nothing breaks when other code
/// empties the slot meanwhile; filling and emptying let go of the old object only after the slot has changed
/// (`Py_XSETREF`, `Py_CLEAR`), because that may run any code.
#[repr(transparent)]
pub struct Slot<T: Layout = ffi::PyObject>(UnsafeCell<Option<Owned<T>>>);

impl<T: Layout> Slot<T> {
    /// A slot with nothing in it.
    pub const fn empty() -> Self {
        Self(UnsafeCell::new(None))
    }

    /// What is there.
    #[inline]
    pub fn get(&self) -> Option<Owned<T>> {
        // SAFETY: the GIL keeps others out, and cloning runs no code.
        unsafe { (*self.0.get()).clone() }
    }

    /// Puts a reference in, or nothing, and gives what was there.
    #[inline]
    pub fn replace(&self, value: Option<Owned<T>>) -> Option<Owned<T>> {
        // SAFETY: as above; an optional reference has the bits of the C pointer.
        unsafe { Owned::exchange(self.0.get().cast(), value) }
    }

    /// Empties the slot, then drops what was there.
    #[inline]
    pub fn clear(&self) {
        drop(self.replace(None));
    }

    /// The address of what is there, or NULL: for the collector, which must not see counts change.
    #[inline]
    pub fn as_ptr(&self) -> *mut T {
        // SAFETY: the GIL keeps others out; the reference to the option ends here.
        unsafe { (*self.0.get()).as_ref() }.map_or(core::ptr::null_mut(), Owned::as_ptr)
    }
}

impl<T: Layout> core::fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Slot({:p})", self.as_ptr())
    }
}
