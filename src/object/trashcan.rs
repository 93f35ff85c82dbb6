//! The trashcan: what keeps the end of a long chain of containers from overflowing the C stack. Touches the thread
//! state's count of C calls and its list of objects that wait for their end.
use crate::ffi;
use crate::object::life;
use core::ptr::{self, NonNull};

/// The deallocator of a type (`tp_dealloc`).
pub type Deallocator = unsafe extern "C" fn(*mut ffi::PyObject);

/// How many C calls are kept in reserve: below this objects wait, and above twice as many their turn comes
/// (object.h `Py_TRASHCAN_HEADROOM`).
const HEADROOM: i32 = ffi::Py_TRASHCAN_HEADROOM.cast_signed();

/// One deallocator at work, counted against the C stack (object.h `Py_TRASHCAN_BEGIN` and `Py_TRASHCAN_END`).
///
/// A container's deallocator enters right after it untracked the object, and drops the guard after it freed the memory:
///
/// ```ignore
/// let Some(_level) = (unsafe { Trashcan::enter(object, dealloc) }) else { return };
/// ```
#[must_use = "the deallocator goes on only while it has entered"]
pub struct Trashcan {
    thread: NonNull<ffi::PyThreadState>,
}

impl Trashcan {
    /// Enters the deallocator `dealloc` for `object`. `None` says that the stack is nearly full: the object has been put
    /// aside and will be deallocated later, and the caller returns without touching it.
    ///
    /// Only the deallocator of the object's own type may put it aside. One that a subtype's deallocator called goes on,
    /// because the object is already half gone; that is why it names itself.
    ///
    /// # Safety
    /// `object` is a container at its end: count 0, with a collector's header, not tracked. `dealloc` is the function
    /// that runs, and is not generic or inline, so that it has one address.
    #[inline]
    pub unsafe fn enter(object: *mut ffi::PyObject, dealloc: Deallocator) -> Option<Self> {
        // SAFETY: a deallocator runs on an attached thread, whose state outlives the call; the object's memory and its
        // type are there until the caller frees them.
        unsafe {
            let thread = NonNull::new_unchecked(ffi::PyThreadState_Get());
            let remaining = &raw mut (*thread.as_ptr()).c_recursion_remaining;
            let its_own = (*ffi::Py_TYPE(object))
                .tp_dealloc
                .is_some_and(|slot| ptr::fn_addr_eq(slot, dealloc));
            if *remaining <= HEADROOM && its_own {
                life::deposit_in_trash(thread.as_ptr(), object);
                return None;
            }
            *remaining -= 1;
            Some(Self { thread })
        }
    }
}

impl Drop for Trashcan {
    #[inline]
    fn drop(&mut self) {
        let thread = self.thread.as_ptr();
        // SAFETY: the deallocator that entered is still on the stack of this thread, so its state is alive.
        unsafe {
            (*thread).c_recursion_remaining += 1;
            if !(*thread).delete_later.is_null() && (*thread).c_recursion_remaining > HEADROOM * 2 {
                life::empty_trash(thread);
            }
        }
    }
}
