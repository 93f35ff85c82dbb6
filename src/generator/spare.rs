//! The memory of dead generators of the main interpreter, for new ones with as much room: of most programs' generators, many die
//! about as soon as others of the same function are made. The collector counts them as if each came from the allocator.
use crate::ffi;
use crate::thread::ThreadState;
use core::cell::Cell;
use core::ptr::{NonNull, null_mut};

/// Memory is kept of generators whose frames have less entries than that.
const ENTRIES: usize = 32;

/// So much of each size.
const MOST: usize = 16;

/// A stack of the memory of dead generators whose frames have so many entries.
struct Spare {
    height: Cell<usize>,
    items: [Cell<*mut ffi::PyObject>; MOST],
}

/// What is kept, by the number of entries.
struct Spares {
    of: [Spare; ENTRIES],
    /// Whether nothing is kept any more: the interpreter has ended.
    closed: Cell<bool>,
}

// SAFETY: only threads that have the main interpreter's GIL look.
unsafe impl Sync for Spares {}

static SPARES: Spares = Spares {
    of: [const {
        Spare {
            height: Cell::new(0),
            items: [const { Cell::new(null_mut()) }; MOST],
        }
    }; ENTRIES],
    closed: Cell::new(false),
};

/// What is kept for a thread of frames with so many entries.
#[inline(always)]
fn spare(thread: ThreadState, entries: usize) -> Option<&'static Spare> {
    // SAFETY: the runtime's state is there while interpreters are.
    let main = unsafe { ffi::_PyRuntime.interpreters.main };
    SPARES
        .of
        .get(entries)
        .filter(|_| thread.interpreter() == main)
}

/// The memory of a dead generator with room for so many entries, which the collector has counted as that of a new object. What lies
/// in it may be anything.
#[inline(always)]
pub(super) fn take(thread: ThreadState, entries: usize) -> Option<NonNull<ffi::PyObject>> {
    let memory = pop(thread, entries)?;
    // SAFETY: a collector's header lies before it. The collector counts in the interpreter's state.
    unsafe {
        let youngest = &raw mut (*thread.interpreter()).gc.generations[0];
        if (*youngest).count < (*youngest).threshold {
            (*youngest).count += 1;
            let head = ffi::_Py_AS_GC(memory.as_ptr());
            (*head)._gc_next = 0;
            (*head)._gc_prev = 0;
        } else {
            // It may be time for a collection.
            ffi::_PyObject_GC_Link(memory.as_ptr());
        }
    }
    Some(memory)
}

/// The memory of a dead generator with room for so many entries, of which the collector does not know.
#[inline(always)]
fn pop(thread: ThreadState, entries: usize) -> Option<NonNull<ffi::PyObject>> {
    // SAFETY: the runtime is static, and the thread attached.
    let is_traced = unsafe { (&raw const ffi::_PyRuntime.tracemalloc.config.tracing).read() } != 0;
    // Who traces allocations is told of each.
    let spare = spare(thread, entries).filter(|_| !is_traced)?;
    let height = spare.height.get().checked_sub(1)?;
    spare.height.set(height);
    NonNull::new(spare.items.get(height)?.get())
}

/// Frees a dead generator, or keeps its memory.
///
/// # Safety
/// It is at the end of its deallocator: untracked, and holding no references. It was made with room for so many entries.
#[inline(always)]
pub(super) unsafe fn give(thread: ThreadState, dead: *mut ffi::PyObject, entries: usize) {
    // SAFETY: as the caller promises: nobody uses the object any more. The collector counts in the interpreter's state.
    unsafe {
        if let Some(spare) = spare(thread, entries).filter(|_| !SPARES.closed.get())
            && let Some(place) = spare.items.get(spare.height.get())
        {
            place.set(dead);
            spare.height.set(spare.height.get() + 1);
            let count = &raw mut (*thread.interpreter()).gc.generations[0].count;
            *count -= i32::from(*count > 0);
            return;
        }
        ffi::PyObject_GC_Del(dead.cast());
    }
}

/// Frees all that is kept, for good when the main interpreter ends.
pub(super) fn clear(thread: ThreadState, for_good: bool) {
    for entries in 0..ENTRIES {
        while let Some(dead) = pop(thread, entries) {
            // SAFETY: nothing else refers to it. The collector has counted it as freed, which it does again.
            unsafe {
                let count = &raw mut (*thread.interpreter()).gc.generations[0].count;
                *count += 1;
                ffi::PyObject_GC_Del(dead.as_ptr().cast());
            }
        }
    }
    // SAFETY: the runtime's state is there while interpreters are.
    let is_main = thread.interpreter() == unsafe { ffi::_PyRuntime.interpreters.main };
    if for_good && is_main {
        SPARES.closed.set(true);
    }
}
