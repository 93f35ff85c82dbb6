//! The interpreter's free lists for what every step of an asynchronous generator makes: the awaitable of `__anext__()`
//! and `asend()`, and the wrapper around a value. Touches those two lists.
use crate::ffi;
use crate::generator::async_gen_send::AsyncGenSend;
use crate::generator::async_gen_wrapped::WrappedValue;
use crate::generator::spare;
use crate::thread::ThreadState;
use core::ffi::c_int;
use core::ptr::NonNull;

/// What has a free list.
///
/// # Safety
/// [`list`](Self::list) gives the list of the memory of dead objects of this layout, and of no others.
pub(super) unsafe trait Recycled: Sized {
    /// Its list among those of an interpreter.
    ///
    /// # Safety
    /// `lists` are an interpreter's, and nobody else uses the result at the same time.
    unsafe fn list<'a>(lists: *mut ffi::_Py_object_freelists) -> FreeList<'a>;
}

/// A free list: a stack of the memory of dead objects, each with its type and its collector's header. When the
/// interpreter ends its height becomes -1, and it takes nothing any more.
pub(super) struct FreeList<'a> {
    items: &'a mut [*mut ffi::PyObject],
    height: &'a mut c_int,
}

macro_rules! recycled {
    ($($layout:ident: $list:ident)*) => {$(
        // SAFETY: the list is declared for pointers to this struct.
        unsafe impl Recycled for $layout {
            unsafe fn list<'a>(lists: *mut ffi::_Py_object_freelists) -> FreeList<'a> {
                // SAFETY: the caller promises the lists; a pointer to an object of any type has the same bits.
                unsafe {
                    let list = &raw mut (*lists).$list;
                    let items = (&raw mut (*list).items).cast::<*mut ffi::PyObject>();
                    FreeList {
                        items: core::slice::from_raw_parts_mut(items, (*list).items.len()),
                        height: &mut (*list).numfree,
                    }
                }
            }
        }
    )*};
}

recycled! {
    AsyncGenSend: async_gen_asends
    WrappedValue: async_gens
}

impl FreeList<'_> {
    /// Takes the memory of a dead object.
    fn pop(&mut self) -> Option<NonNull<ffi::PyObject>> {
        let height = usize::try_from(*self.height).ok()?.checked_sub(1)?;
        let item = *self.items.get(height)?;
        *self.height -= 1;
        NonNull::new(item)
    }

    /// Keeps the memory of a dead object if there is room.
    fn push(&mut self, dead: *mut ffi::PyObject) -> bool {
        let place = usize::try_from(*self.height)
            .ok()
            .and_then(|height| self.items.get_mut(height));
        match place {
            Some(place) => {
                *place = dead;
                *self.height += 1;
                true
            }
            None => false,
        }
    }

    /// Frees all that the list keeps.
    fn drain(&mut self) {
        while let Some(dead) = self.pop() {
            // SAFETY: the memory is the collector's, and the list was its only owner.
            unsafe { ffi::PyObject_GC_Del(dead.as_ptr().cast()) }
        }
    }
}

/// The memory of a dead object of this layout, if the running thread's interpreter has one.
pub(super) fn reuse<T: Recycled>() -> Option<NonNull<ffi::PyObject>> {
    // SAFETY: the thread's interpreter has its lists, and the GIL keeps others away.
    unsafe { T::list(ffi::_Py_object_freelists_GET()) }.pop()
}

/// Keeps the memory of a dead object, or frees it.
///
/// # Safety
/// `dead` is an object of layout `T` at the end of its deallocator: untracked, and holding no references.
pub(super) unsafe fn recycle<T: Recycled>(dead: *mut ffi::PyObject) {
    // SAFETY: as in `reuse`; as the caller promises, nobody uses the object any more.
    unsafe {
        if !T::list(ffi::_Py_object_freelists_GET()).push(dead) {
            ffi::PyObject_GC_Del(dead.cast());
        }
    }
}

/// Empties both lists, for good when the interpreter ends (genobject.c `_PyAsyncGen_ClearFreeLists`), and what the main one keeps
/// of generators.
///
/// # Safety
/// `lists` are an interpreter's, and the thread may use them.
pub unsafe fn clear(lists: *mut ffi::_Py_object_freelists, for_good: bool) {
    // SAFETY: as the caller promises; the two lists lie at different places.
    let both = unsafe { [WrappedValue::list(lists), AsyncGenSend::list(lists)] };
    for mut list in both {
        list.drain();
        if for_good {
            *list.height = -1;
        }
    }
    if let Some(thread) = ThreadState::attached() {
        spare::clear(thread, for_good);
    }
}

#[cfg(test)]
mod tests {
    use super::FreeList;
    use crate::ffi;
    use core::ffi::c_int;
    use core::ptr::{NonNull, null_mut, without_provenance_mut};

    #[test]
    fn it_takes_what_has_room_and_gives_the_newest() {
        let mut items: [*mut ffi::PyObject; 2] = [null_mut(); 2];
        let mut height: c_int = 0;
        let mut list = FreeList {
            items: &mut items,
            height: &mut height,
        };
        let [a, b, c] = [8, 16, 24].map(without_provenance_mut);
        assert_eq!(list.pop(), None);
        assert!(list.push(a) && list.push(b) && !list.push(c));
        assert_eq!(list.pop(), NonNull::new(b));
        assert_eq!(list.pop(), NonNull::new(a));
        assert_eq!(list.pop(), None);
        assert_eq!(height, 0);
    }

    #[test]
    fn after_the_end_it_takes_nothing() {
        let mut items: [*mut ffi::PyObject; 2] = [null_mut(); 2];
        let mut height: c_int = -1;
        let mut list = FreeList {
            items: &mut items,
            height: &mut height,
        };
        assert!(!list.push(without_provenance_mut(8)));
        assert_eq!(list.pop(), None);
        assert_eq!(height, -1);
    }
}
