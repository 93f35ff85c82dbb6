//! What lies in objects that never change: the bytes of a `bytes`, the items of a `tuple`, and the making of the latter. Reads
//! memory.
use crate::ffi;
use crate::field;
use crate::object::{Borrowed, Owned, Raised};

impl<'a> Borrowed<'a, ffi::PyBytesObject> {
    /// Its bytes.
    #[inline]
    pub fn content(self) -> &'a [u8] {
        // SAFETY: a bytes object holds as many bytes as its size says, does not change, and lives as long as the borrow.
        unsafe {
            let start = (&raw const (*self.as_ptr()).ob_sval).cast();
            let length = usize::try_from(field!(self.ob_base.ob_size)).unwrap_or(0);
            core::slice::from_raw_parts(start, length)
        }
    }
}

impl<'a> Borrowed<'a, ffi::PyTupleObject> {
    /// Its items. The tuple is finished: whoever still fills one has not shown it to anybody.
    #[inline]
    pub fn items(self) -> &'a [Borrowed<'a>] {
        // SAFETY: a finished tuple holds as many objects as its size says, does not change, and lives as long as the
        // borrow; a Borrowed has the bits of a pointer that is not NULL.
        unsafe {
            let start = (&raw const (*self.as_ptr()).ob_item).cast();
            core::slice::from_raw_parts(start, field!(self.ob_base.ob_size).cast_unsigned())
        }
    }
}

/// A tuple of these (tupleobject.c `_PyTuple_FromArray`).
///
/// # Errors
/// `MemoryError`.
#[inline]
pub fn tuple_of(items: &[Borrowed<'_>]) -> Result<Owned<ffi::PyTupleObject>, Raised> {
    let length = items.len().cast_signed();
    // SAFETY: a Borrowed has the bits of a pointer; the tuple takes references of its own.
    unsafe { Owned::from_c(ffi::_PyTuple_FromArray(items.as_ptr().cast(), length).cast()) }
}
