//! Unpacking an iterable onto the value stack. Iterates, which runs any code.
use crate::eval::errors::is_iterable;
use crate::ffi;
use crate::object::text::wrong_kind;
use crate::object::{Borrowed, Lookup, Owned, Raised, exception};
use crate::raise_format;
use crate::thread::ThreadState;
use core::ffi::c_int;
use core::mem::forget;

/// Unpacks an iterable to the places below `top`, the first item highest: exactly `before` items or, with `after`, at least
/// that many on both sides of a list of the others (ceval.c `_PyEval_UnpackIterable`).
///
/// # Errors
/// What the iteration raises; `TypeError` for what cannot be iterated; `ValueError` for too many items or not enough. The
/// places are free then.
///
/// # Safety
/// The thread runs this. Below `top` there are `before` free places or, with `after`, `before + 1 + after`.
pub unsafe fn iterable(
    thread: ThreadState,
    iterable: Borrowed<'_>,
    before: usize,
    after: Option<usize>,
    top: *mut *mut ffi::PyObject,
) -> Result<(), Raised> {
    // SAFETY: a live object; the result is a new reference or NULL with an exception.
    let iterator = unsafe { Owned::from_c(ffi::PyObject_GetIter(iterable.as_ptr())) };
    let iterator = iterator.map_err(|raised| of_no_iterable(raised, iterable))?;
    let mut places = Places {
        lowest: top,
        count: 0,
    };
    while places.count < before {
        match next(thread, iterator.borrow())? {
            // SAFETY: the caller promises so many places.
            Some(item) => unsafe { places.push(item) },
            None => return Err(too_few(before, after, places.count)),
        }
    }
    match after {
        None => {
            if let Some(item) = next(thread, iterator.borrow())? {
                drop(item);
                return Err(too_many(before));
            }
        }
        // SAFETY: the caller promises the places.
        Some(after) => unsafe { places.push_rest(iterator.borrow(), before, after)? },
    }
    forget(places);
    Ok(())
}

/// Unpacks a list or tuple of just as many items as there are places below `top`, without iterating. Whether it is one.
///
/// # Safety
/// There are `count` free places.
pub unsafe fn sequence(sequence: Borrowed<'_>, count: usize, top: *mut *mut ffi::PyObject) -> bool {
    let is_list = sequence.is_exactly(&raw const ffi::PyList_Type);
    if !is_list && !sequence.is_exactly(&raw const ffi::PyTuple_Type) {
        return false;
    }
    // SAFETY: a list or tuple has a size and as many items, which stay while no other code runs; the caller promises the places.
    unsafe {
        if ffi::Py_SIZE(sequence.as_ptr()).cast_unsigned() != count {
            return false;
        }
        let items = match is_list {
            true => (*sequence.as_ptr().cast::<ffi::PyListObject>()).ob_item,
            false => ffi::_PyTuple_ITEMS(sequence.as_ptr().cast()),
        };
        for index in 0..count {
            let item = Borrowed::from_raw_unchecked(*items.add(index));
            *top.sub(index + 1) = item.new_ref().into_raw();
        }
    }
    true
}

/// The next item of an iterator, if there is one (abstract.c `PyIter_Next`).
#[inline(always)]
fn next(thread: ThreadState, iterator: Borrowed<'_>) -> Lookup {
    // SAFETY: an iterator; the result is a new reference, or NULL perhaps with an exception.
    match unsafe { Owned::from_c_optional(ffi::PyIter_Next(iterator.as_ptr())) } {
        None if thread.has_exception() => Err(Raised::on_c_word()),
        item => Ok(item),
    }
}

/// The places that were filled, from the top downwards. They are emptied when this is dropped, the last one first.
struct Places {
    lowest: *mut *mut ffi::PyObject,
    count: usize,
}

impl Places {
    /// Fills the next place.
    ///
    /// # Safety
    /// There is one.
    #[inline(always)]
    unsafe fn push(&mut self, item: Owned) {
        // SAFETY: as the caller promises.
        unsafe {
            self.lowest = self.lowest.sub(1);
            self.lowest.write(item.into_raw());
        }
        self.count += 1;
    }

    /// Fills the next place with a list of what an iterator still has, but for the last `after` items, which go to the places
    /// below it.
    ///
    /// # Safety
    /// There are so many, and one more.
    unsafe fn push_rest(
        &mut self,
        iterator: Borrowed<'_>,
        before: usize,
        after: usize,
    ) -> Result<(), Raised> {
        // SAFETY: a list that nobody else has yet. Its last items change hands when its size does.
        unsafe {
            let list = Owned::from_c(ffi::PySequence_List(iterator.as_ptr()))?;
            let members = list.as_ptr().cast::<ffi::PyListObject>();
            let size = (*members).ob_base.ob_size.cast_unsigned();
            self.push(list);
            let Some(kept) = size.checked_sub(after) else {
                return Err(too_few_around_star(before + after, before + size));
            };
            (*members).ob_base.ob_size = kept.cast_signed();
            for index in kept..size {
                self.push(Owned::from_raw_unchecked(*(*members).ob_item.add(index)));
            }
        }
        Ok(())
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        for index in 0..self.count {
            // SAFETY: these places were filled, and nobody has emptied them.
            drop(unsafe { Owned::from_raw_unchecked(*self.lowest.add(index)) });
        }
    }
}

/// Makes the error tell of unpacking, if it is just that there is nothing to iterate over.
#[cold]
fn of_no_iterable(raised: Raised, object: Borrowed<'_>) -> Raised {
    if raised.matches(exception::TypeError) && !is_iterable(object) {
        return wrong_kind(c"cannot unpack non-iterable %.200s object", object);
    }
    raised
}

/// The items came to an end before the last of the first names.
#[cold]
fn too_few(before: usize, after: Option<usize>, given: usize) -> Raised {
    let (format, expected) = match after {
        None => (c"not enough values to unpack (expected %d, got %d)", before),
        Some(after) => (
            c"not enough values to unpack (expected at least %d, got %d)",
            before + after,
        ),
    };
    // SAFETY: the formats take two numbers.
    unsafe {
        raise_format!(
            exception::ValueError,
            format,
            expected as c_int,
            given as c_int,
        )
    }
}

/// What is left for the names behind a starred one is not enough.
#[cold]
fn too_few_around_star(expected: usize, given: usize) -> Raised {
    // SAFETY: the format takes a number and a size.
    unsafe {
        raise_format!(
            exception::ValueError,
            c"not enough values to unpack (expected at least %d, got %zd)",
            expected as c_int,
            given,
        )
    }
}

/// There are more items than names.
#[cold]
fn too_many(expected: usize) -> Raised {
    // SAFETY: the format takes a number.
    unsafe {
        raise_format!(
            exception::ValueError,
            c"too many values to unpack (expected %d)",
            expected as c_int,
        )
    }
}
