//! `Given`: references in an array of C that are ours to take. Moves references only.
use crate::ffi;
use crate::object::{Owned, Raised, singletons};
use core::mem::forget;

/// References in an array, which the caller has given away: an iterator over them. Those that nobody takes are dropped with
/// it, the first one first.
pub(in crate::eval) struct Given {
    next: *const *mut ffi::PyObject,
    end: *const *mut ffi::PyObject,
}

impl Given {
    /// The references in an array.
    ///
    /// # Safety
    /// `array` points at `count` live objects, references to which the caller gives away, and stays in place until they were
    /// taken. It may be anything when there are none.
    #[inline(always)]
    pub(in crate::eval) unsafe fn new(array: *const *mut ffi::PyObject, count: usize) -> Self {
        Self {
            next: array,
            // SAFETY: the caller promises so many.
            end: unsafe { array.add(count) },
        }
    }

    /// Puts them where a frame has its variables.
    ///
    /// # Safety
    /// There is room for all of them.
    #[inline(always)]
    pub(in crate::eval) unsafe fn move_to(mut self, place: *mut *mut ffi::PyObject) {
        for (index, value) in self.by_ref().enumerate() {
            // SAFETY: the caller promises the room.
            unsafe { place.add(index).write(value.into_raw()) }
        }
    }

    /// Puts them into a tuple (tupleobject.c `_PyTuple_FromArraySteal`).
    ///
    /// # Errors
    /// `MemoryError`.
    pub(super) fn into_tuple(self) -> Result<Owned, Raised> {
        if self.len() == 0 {
            return Ok(singletons::empty_tuple().new_ref().upcast());
        }
        let (array, count) = (self.next, self.len());
        forget(self);
        // SAFETY: the function takes the references over, and drops them if it fails.
        unsafe { Owned::from_c(ffi::_PyTuple_FromArraySteal(array, count.cast_signed())) }
    }
}

impl Iterator for Given {
    type Item = Owned;

    #[inline(always)]
    fn next(&mut self) -> Option<Owned> {
        if self.next == self.end {
            return None;
        }
        // SAFETY: the reference is ours, and is passed over from now on.
        unsafe {
            let value = Owned::from_raw_unchecked(*self.next);
            self.next = self.next.add(1);
            Some(value)
        }
    }

    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        // SAFETY: both point into one array.
        let left = unsafe { self.end.offset_from_unsigned(self.next) };
        (left, Some(left))
    }
}

impl ExactSizeIterator for Given {}

impl Drop for Given {
    #[inline(always)]
    fn drop(&mut self) {
        self.for_each(drop);
    }
}
