//! Birth and death of an object: its header, its first reference, its finalizer, its deallocator.
//!
//! Touches counts, types, the collector's flags and the process-wide reference tracer of `_PyRuntime`.
use crate::ffi;
use crate::field;
use crate::object::{Borrowed, Owned, Raised, plain};
use core::ffi::c_void;
use core::ptr::{NonNull, null_mut};

/// What the reference tracer is told (object.h `PyRefTracerEvent`).
#[derive(Clone, Copy)]
enum RefEvent {
    Create = ffi::PyRefTracer_CREATE as isize,
    Destroy = ffi::PyRefTracer_DESTROY as isize,
}

/// Tells the reference tracer, if one is set (pycore_object.h `_PyReftracerTrack`).
///
/// # Safety
/// `op` is an object's memory with a valid header, and the thread is attached.
#[inline(always)]
unsafe fn trace_reference(op: *mut ffi::PyObject, event: RefEvent) {
    // SAFETY: the runtime is static; the tracer was given to us with the data that it wants.
    unsafe {
        let tracer = &raw const ffi::_PyRuntime.ref_tracer;
        if let Some(function) = (*tracer).tracer_func {
            function(op, event as ffi::PyRefTracerEvent, (*tracer).tracer_data);
        }
    }
}

/// Whether a reference tracer is set.
pub fn is_traced() -> bool {
    // SAFETY: the runtime is static, and the thread attached.
    unsafe {
        let tracer = &raw const ffi::_PyRuntime.ref_tracer;
        (*tracer).tracer_func.is_some()
    }
}

/// Tells the reference tracer that an object is about to be deallocated.
///
/// # Safety
/// `op` is alive but for its last reference, and the thread is attached.
#[inline(always)]
pub(super) unsafe fn trace_death(op: *mut ffi::PyObject) {
    // SAFETY: as the caller promises.
    unsafe { trace_reference(op, RefEvent::Destroy) }
}

/// Sets the one reference with which an object starts (object.c `_Py_NewReference`).
///
/// # Safety
/// `op` is an object's memory with its type set, and the thread is attached.
#[inline(always)]
pub unsafe fn new_reference(op: *mut ffi::PyObject) {
    // SAFETY: the caller promises the memory. The count is set whatever it was: memory of an immortal object is reused
    // when an interpreter starts again.
    unsafe {
        (*op).__bindgen_anon_1.ob_refcnt = 1;
        trace_reference(op, RefEvent::Create);
    }
}

/// Gives memory a header: type and one reference (pycore_object.h `_PyObject_Init`).
///
/// # Safety
/// `memory` has room for an instance of `class`, which becomes the reference that is returned.
#[inline(always)]
pub unsafe fn init(
    memory: NonNull<ffi::PyObject>,
    class: Borrowed<'_, ffi::PyTypeObject>,
) -> Owned {
    let op = memory.as_ptr();
    // SAFETY: as the caller promises; an instance holds a reference to its type.
    unsafe {
        (*op).ob_type = class.new_ref().into_raw();
        new_reference(op);
        Owned::from_raw_unchecked(op)
    }
}

/// Like [`init`], for an instance with `size` items (pycore_object.h `_PyObject_InitVar`).
///
/// # Safety
/// As [`init`], and the layout of `class` starts with a `PyVarObject`.
#[inline(always)]
pub unsafe fn init_var(
    memory: NonNull<ffi::PyVarObject>,
    class: Borrowed<'_, ffi::PyTypeObject>,
    size: ffi::Py_ssize_t,
) -> Owned<ffi::PyVarObject> {
    // SAFETY: as the caller promises.
    unsafe {
        let object = init(memory.cast(), class)
            .into_raw()
            .cast::<ffi::PyVarObject>();
        (*object).ob_size = size;
        Owned::from_raw_unchecked(object)
    }
}

/// The bytes of an instance with `items` items, rounded up to a pointer (objimpl.h `_PyObject_VAR_SIZE`).
#[inline]
pub fn instance_size(class: Borrowed<'_, ffi::PyTypeObject>, items: ffi::Py_ssize_t) -> usize {
    let size = field!(class.tp_basicsize)
        .wrapping_add(items.wrapping_mul(field!(class.tp_itemsize)))
        .cast_unsigned();
    size.wrapping_add(size_of::<*mut ()>() - 1) & !(size_of::<*mut ()>() - 1)
}

/// A new instance without items, its fields not initialised (object.c `_PyObject_New`).
///
/// # Errors
/// `MemoryError`.
pub fn allocate(class: Borrowed<'_, ffi::PyTypeObject>) -> Result<Owned, Raised> {
    // SAFETY: the size is the type's own; NULL is checked, and the memory fits the type.
    unsafe {
        let memory = ffi::PyObject_Malloc(field!(class.tp_basicsize).cast_unsigned());
        let memory = NonNull::new(memory.cast()).ok_or_else(Raised::no_memory)?;
        Ok(init(memory, class))
    }
}

/// A new instance with room for `items`, its fields not initialised (object.c `_PyObject_NewVar`).
///
/// # Errors
/// `MemoryError`.
pub fn allocate_var(
    class: Borrowed<'_, ffi::PyTypeObject>,
    items: ffi::Py_ssize_t,
) -> Result<Owned<ffi::PyVarObject>, Raised> {
    // SAFETY: as in `allocate`; only types with a PyVarObject header are allocated with items.
    unsafe {
        let memory = ffi::PyObject_Malloc(instance_size(class, items));
        let memory = NonNull::new(memory.cast()).ok_or_else(Raised::no_memory)?;
        Ok(init_var(memory, class, items))
    }
}

/// The deallocator of an object's type.
///
/// # Safety
/// `op` is an object, which may be dying.
#[inline(always)]
pub(super) unsafe fn deallocator(
    op: *mut ffi::PyObject,
) -> unsafe extern "C" fn(*mut ffi::PyObject) {
    // SAFETY: every type that is ready has one, if only its base's, and there are no objects of a type before.
    unsafe { (*ffi::Py_TYPE(op)).tp_dealloc.unwrap_unchecked() }
}

/// Destroys an object whose last reference is gone (object.c `_Py_Dealloc`).
///
/// # Safety
/// The count of `op` has just become zero, and nobody uses the object any more.
#[inline]
pub unsafe fn deallocate(op: *mut ffi::PyObject) {
    // SAFETY: the memory is still an object.
    unsafe {
        let dealloc = deallocator(op);
        trace_reference(op, RefEvent::Destroy);
        if !(plain::is_plain(dealloc) && plain::deallocate(op, dealloc)) {
            dealloc(op);
        }
    }
}

/// Runs `tp_finalize`, once in the life of an object that the collector knows (PEP 442,
/// object.c `PyObject_CallFinalizer`).
pub fn call_finalizer(object: Borrowed<'_>) {
    let class = object.type_of();
    let Some(finalize) = field!(class.tp_finalize) else {
        return;
    };
    let collected = class.has_feature(ffi::Py_TPFLAGS_HAVE_GC);
    let finalized = ffi::_PyGC_PREV_MASK_FINALIZED as usize;
    // SAFETY: the object is alive, at least for the duration of its finalizer; types with the flag have the header.
    unsafe {
        if collected && (*ffi::_Py_AS_GC(object.as_ptr()))._gc_prev & finalized != 0 {
            return;
        }
        finalize(object.as_ptr());
        if collected {
            (*ffi::_Py_AS_GC(object.as_ptr()))._gc_prev |= finalized;
        }
    }
}

/// What became of an object whose finalizer ran while it was dying.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nobody took a reference: go on with deallocating.
    Dies,
    /// The finalizer stored it somewhere: leave it alone.
    Resurrected,
}

/// Runs the finalizer of a dying object, which is alive again while it runs
/// (object.c `PyObject_CallFinalizerFromDealloc`).
///
/// # Safety
/// `op` is an object whose count is zero, seen from its deallocator.
pub unsafe fn finalize_dying(op: *mut ffi::PyObject) -> Fate {
    // SAFETY: the memory is an object; with a count of one it is a live one for the finalizer.
    unsafe {
        if ffi::Py_REFCNT(op) != 0 {
            crate::object::debug::assertion_failed(
                op,
                c"PyObject_CallFinalizerFromDealloc called on object with a non-zero refcount",
            );
        }
        ffi::Py_SET_REFCNT(op, 1);
        call_finalizer(Borrowed::from_raw_unchecked(op));
        // Not Py_DECREF: at zero that would come here again.
        ffi::Py_SET_REFCNT(op, ffi::Py_REFCNT(op) - 1);
        if ffi::Py_REFCNT(op) == 0 {
            Fate::Dies
        } else {
            Fate::Resurrected
        }
    }
}

/// Makes an object immortal (PEP 683, object.c `_Py_SetImmortal`): it leaves the collector's lists, and its count never
/// changes again.
pub fn make_immortal(object: Borrowed<'_>) {
    let op = object.as_ptr();
    // SAFETY: the object is alive; a collected one has the header.
    unsafe {
        if ffi::PyObject_IS_GC(op) != 0 && ffi::_PyObject_GC_IS_TRACKED(op) {
            ffi::_PyObject_GC_UNTRACK(op);
        }
        make_immortal_untracked(op);
    }
}

/// Makes an object immortal that the collector does not track (object.c `_Py_SetImmortalUntracked`).
///
/// # Safety
/// `op` is an object's memory, not tracked by the collector.
#[inline]
pub unsafe fn make_immortal_untracked(op: *mut ffi::PyObject) {
    // SAFETY: the caller promises the memory.
    unsafe { (*op).__bindgen_anon_1.ob_refcnt = ffi::_Py_IMMORTAL_REFCNT }
}

/// Sets the process-wide tracer of births and deaths (object.c `PyRefTracer_SetTracer`).
///
/// # Safety
/// `tracer` may be called with `data` at any birth and death from now on.
pub unsafe fn set_tracer(tracer: ffi::PyRefTracer, data: *mut c_void) {
    // SAFETY: the thread holds the GIL, which guards the two fields.
    unsafe {
        ffi::_PyRuntime.ref_tracer.tracer_func = tracer;
        ffi::_PyRuntime.ref_tracer.tracer_data = data;
    }
}

/// The process-wide tracer and its data (object.c `PyRefTracer_GetTracer`).
pub fn tracer() -> (ffi::PyRefTracer, *mut c_void) {
    // SAFETY: the thread holds the GIL, which guards the two fields.
    unsafe {
        let tracer = &raw const ffi::_PyRuntime.ref_tracer;
        ((*tracer).tracer_func, (*tracer).tracer_data)
    }
}

/// Keeps a dying container for later, because the stack is deep (object.c `_PyTrash_thread_deposit_object`). The list
/// runs through the previous links of the collector's headers.
///
/// # Safety
/// `op` is collected, untracked, and its count is zero; `tstate` is the running thread's.
pub unsafe fn deposit_in_trash(tstate: *mut ffi::PyThreadState, op: *mut ffi::PyObject) {
    // SAFETY: as the caller promises; an untracked object's links are free for this use.
    unsafe {
        ffi::_PyGCHead_SET_PREV(ffi::_Py_AS_GC(op), (*tstate).delete_later.cast());
        (*tstate).delete_later = op;
    }
}

/// Deallocates what was kept for later (object.c `_PyTrash_thread_destroy_chain`).
///
/// # Safety
/// `tstate` is the running thread's, and the stack is shallow again.
pub unsafe fn empty_trash(tstate: *mut ffi::PyThreadState) {
    // SAFETY: every object in the list is dead, untracked, and waits for its deallocator. The level of recursion that
    // is taken here keeps the deallocators from emptying the list themselves, one inside the other.
    unsafe {
        (*tstate).c_recursion_remaining -= 1;
        while !(*tstate).delete_later.is_null() {
            let op = (*tstate).delete_later;
            (*tstate).delete_later = ffi::_PyGCHead_PREV(ffi::_Py_AS_GC(op)).cast();
            deallocator(op)(op);
        }
        (*tstate).c_recursion_remaining += 1;
    }
}

/// Where an object keeps the head of its weak references (pycore_object.h `_PyObject_GET_WEAKREFS_LISTPTR`). For a
/// static built-in type that is in the interpreter, not in the type.
pub fn weakrefs_slot(object: Borrowed<'_>) -> *mut *mut ffi::PyObject {
    // SAFETY: the object is alive; the offset is its type's own.
    unsafe {
        if let Some(class) = object.downcast::<ffi::PyTypeObject>()
            && class.has_feature(ffi::_Py_TPFLAGS_STATIC_BUILTIN)
        {
            let interp = (*ffi::_PyThreadState_GET()).interp;
            let state = ffi::_PyStaticType_GetState(interp, class.as_ptr());
            return if state.is_null() {
                null_mut()
            } else {
                &raw mut (*state).tp_weaklist
            };
        }
        let class = object.type_of();
        object
            .as_ptr()
            .byte_offset(field!(class.tp_weaklistoffset))
            .cast()
    }
}
