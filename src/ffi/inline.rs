//! CPython's static inline functions and macros, each in Rust under its own name: memory reads and writes only.
//!
//! They are the raw layer: [`crate::object`] wraps them. The header that each one comes from stands beside it. What
//! differs from the C is said; nothing here allocates or raises, except `Py_DECREF`, which may run any code.
#![allow(
    non_snake_case,
    non_upper_case_globals,
    reason = "the names are CPython's"
)]
use super::*;
use core::ptr::{addr_of, addr_of_mut};

/// The reference count that marks an immortal object in a 64-bit build with a GIL (object.h `_Py_IMMORTAL_REFCNT`).
pub const _Py_IMMORTAL_REFCNT: Py_ssize_t = u32::MAX as Py_ssize_t;

/// An object is immortal when the low 32 bits of its count, as a signed number, are negative (PEP 683, object.h).
///
/// # Safety
/// `op` points at a live object.
#[inline(always)]
pub unsafe fn _Py_IsImmortal(op: *mut PyObject) -> bool {
    // SAFETY: the caller promises a live object; every object starts with its count.
    unsafe { ((*op).__bindgen_anon_1.ob_refcnt as i32) < 0 }
}

/// The count of an object (refcount.h `Py_REFCNT`).
///
/// # Safety
/// `op` points at an object, which may be dying.
#[inline(always)]
pub unsafe fn Py_REFCNT(op: *mut PyObject) -> Py_ssize_t {
    // SAFETY: the caller promises an object's memory.
    unsafe { (*op).__bindgen_anon_1.ob_refcnt }
}

/// Adds a reference (refcount.h `Py_INCREF`). Only the low half is written, and never from its last value: that is what
/// keeps an immortal object immortal.
///
/// # Safety
/// `op` points at a live object and the thread holds the GIL.
#[inline(always)]
pub unsafe fn Py_INCREF(op: *mut PyObject) {
    // SAFETY: the caller promises a live object; the low half of the count lies first on a little-endian machine.
    unsafe {
        let low = addr_of_mut!((*op).__bindgen_anon_1.ob_refcnt_split[0]);
        let next = (*low).wrapping_add(1);
        if next != 0 {
            *low = next;
        }
    }
}

/// Gives a reference back and destroys the object when it was the last (refcount.h `Py_DECREF`).
///
/// # Safety
/// `op` points at a live object, the caller owns the reference that it gives back, and the thread holds the GIL.
#[inline(always)]
pub unsafe fn Py_DECREF(op: *mut PyObject) {
    // SAFETY: the caller promises a live object and a reference of its own; at zero the object is ours to destroy.
    unsafe {
        if _Py_IsImmortal(op) {
            return;
        }
        let count = addr_of_mut!((*op).__bindgen_anon_1.ob_refcnt);
        *count -= 1;
        if *count == 0 {
            _Py_Dealloc(op);
        }
    }
}

/// Sets the count of an object unless it is immortal (refcount.h `Py_SET_REFCNT`).
///
/// # Safety
/// `op` points at an object, which may be dying, and the thread holds the GIL.
#[inline(always)]
pub unsafe fn Py_SET_REFCNT(op: *mut PyObject, count: Py_ssize_t) {
    // SAFETY: the caller promises an object's memory.
    unsafe {
        if !_Py_IsImmortal(op) {
            (*op).__bindgen_anon_1.ob_refcnt = count;
        }
    }
}

/// The type of an object (object.h `Py_TYPE`).
///
/// # Safety
/// `op` points at an object, which may be dying.
#[inline(always)]
pub unsafe fn Py_TYPE(op: *mut PyObject) -> *mut PyTypeObject {
    // SAFETY: the caller promises an object's memory.
    unsafe { (*op).ob_type }
}

/// Whether a type has a feature (pycore_object.h `_PyType_HasFeature`).
///
/// # Safety
/// `tp` points at a type.
#[inline(always)]
pub unsafe fn _PyType_HasFeature(tp: *mut PyTypeObject, feature: u32) -> bool {
    // SAFETY: the caller promises a type.
    unsafe { (*tp).tp_flags & core::ffi::c_ulong::from(feature) != 0 }
}

/// The garbage collector's header, which lies before the object (pycore_gc.h `_Py_AS_GC`).
///
/// # Safety
/// `op` points at an object of a type with `Py_TPFLAGS_HAVE_GC`.
#[inline(always)]
pub unsafe fn _Py_AS_GC(op: *mut PyObject) -> *mut PyGC_Head {
    // SAFETY: an object of such a type is allocated with its header before it.
    unsafe { op.cast::<PyGC_Head>().sub(1) }
}

/// Whether the collector tracks the object (pycore_gc.h `_PyObject_GC_IS_TRACKED`).
///
/// # Safety
/// As [`_Py_AS_GC`].
#[inline(always)]
pub unsafe fn _PyObject_GC_IS_TRACKED(op: *mut PyObject) -> bool {
    // SAFETY: as the caller promises, the header is there.
    unsafe { (*_Py_AS_GC(op))._gc_next != 0 }
}

/// The bits of `_gc_prev` that hold flags rather than an address (pycore_gc.h).
const GC_FLAG_BITS: usize = 3;

/// Sets the previous link and keeps the flag bits (pycore_gc.h `_PyGCHead_SET_PREV`).
///
/// # Safety
/// `gc` points at a collector's header, and `prev` is aligned as one.
#[inline(always)]
pub unsafe fn _PyGCHead_SET_PREV(gc: *mut PyGC_Head, prev: *mut PyGC_Head) {
    // SAFETY: the caller promises the header.
    unsafe { (*gc)._gc_prev = ((*gc)._gc_prev & GC_FLAG_BITS) | prev.expose_provenance() }
}

/// The previous link without the flag bits (pycore_gc.h `_PyGCHead_PREV`).
///
/// # Safety
/// `gc` points at a collector's header.
#[inline(always)]
pub unsafe fn _PyGCHead_PREV(gc: *mut PyGC_Head) -> *mut PyGC_Head {
    // SAFETY: the caller promises the header; the address was exposed when it was stored.
    unsafe { core::ptr::with_exposed_provenance_mut((*gc)._gc_prev & !GC_FLAG_BITS) }
}

/// The next link (pycore_gc.h `_PyGCHead_NEXT`).
///
/// # Safety
/// `gc` points at a collector's header.
#[inline(always)]
pub unsafe fn _PyGCHead_NEXT(gc: *mut PyGC_Head) -> *mut PyGC_Head {
    // SAFETY: the caller promises the header; C stored the address, so its provenance is exposed.
    unsafe { core::ptr::with_exposed_provenance_mut((*gc)._gc_next) }
}

/// Lets the finalizer of an object run once more (pycore_gc.h `_PyGC_CLEAR_FINALIZED`).
///
/// # Safety
/// As [`_Py_AS_GC`].
#[inline(always)]
pub unsafe fn _PyGC_CLEAR_FINALIZED(op: *mut PyObject) {
    // SAFETY: as the caller promises, the header is there.
    unsafe { (*_Py_AS_GC(op))._gc_prev &= !(_PyGC_PREV_MASK_FINALIZED as usize) }
}

/// Takes the object out of the collector's list (pycore_object.h `_PyObject_GC_UNTRACK`).
///
/// # Safety
/// As [`_Py_AS_GC`]; the object is tracked and the thread holds the GIL.
#[inline]
pub unsafe fn _PyObject_GC_UNTRACK(op: *mut PyObject) {
    // SAFETY: a tracked object's neighbours are headers of the same list.
    unsafe {
        let gc = _Py_AS_GC(op);
        let (prev, next) = (_PyGCHead_PREV(gc), _PyGCHead_NEXT(gc));
        (*prev)._gc_next = next.expose_provenance();
        _PyGCHead_SET_PREV(next, prev);
        (*gc)._gc_next = 0;
        (*gc)._gc_prev &= _PyGC_PREV_MASK_FINALIZED as usize;
    }
}

/// Puts the object into the youngest generation of the collector (pycore_object.h `_PyObject_GC_TRACK`).
///
/// # Safety
/// As [`_Py_AS_GC`]; the object is not tracked, its `tp_traverse` may be called from now on, and the thread holds the
/// GIL.
#[inline]
pub unsafe fn _PyObject_GC_TRACK(op: *mut PyObject) {
    // SAFETY: as the caller promises.
    unsafe { track_in((*_PyThreadState_GET()).interp, op) }
}

/// The same for who knows the running interpreter.
///
/// # Safety
/// As [`_PyObject_GC_TRACK`].
#[inline(always)]
pub unsafe fn track_in(interpreter: *mut PyInterpreterState, op: *mut PyObject) {
    // SAFETY: the list's head belongs to the interpreter and lives as long; the header is not in any list yet.
    unsafe {
        let gc = _Py_AS_GC(op);
        let young = (*interpreter).gc.generation0;
        let last = _PyGCHead_PREV_unflagged(young);
        (*last)._gc_next = gc.expose_provenance();
        _PyGCHead_SET_PREV(gc, last);
        (*gc)._gc_next = young.expose_provenance();
        (*young)._gc_prev = gc.expose_provenance();
    }
}

/// The previous link of a list's head, which carries no flags.
///
/// # Safety
/// `head` points at the head of a generation.
#[inline(always)]
unsafe fn _PyGCHead_PREV_unflagged(head: *mut PyGC_Head) -> *mut PyGC_Head {
    // SAFETY: the caller promises the head.
    unsafe { core::ptr::with_exposed_provenance_mut((*head)._gc_prev) }
}

/// The bytes that lie before an object: the collector's header and the managed dict and weakref slots
/// (pycore_object.h `_PyType_PreHeaderSize`).
///
/// # Safety
/// `tp` points at a type.
#[inline]
pub unsafe fn _PyType_PreHeaderSize(tp: *mut PyTypeObject) -> usize {
    // SAFETY: the caller promises a type.
    unsafe {
        usize::from(_PyType_HasFeature(tp, Py_TPFLAGS_HAVE_GC)) * size_of::<PyGC_Head>()
            + usize::from(_PyType_HasFeature(tp, Py_TPFLAGS_PREHEADER))
                * 2
                * size_of::<*mut PyObject>()
    }
}

/// The slot of a managed dict, three pointers before the object (pycore_object.h `_PyObject_ManagedDictPointer`).
///
/// # Safety
/// `op` points at an object of a type with `Py_TPFLAGS_MANAGED_DICT`.
#[inline(always)]
pub unsafe fn _PyObject_ManagedDictPointer(op: *mut PyObject) -> *mut *mut PyDictObject {
    // SAFETY: such an object is allocated with its pre-header.
    unsafe { op.cast::<*mut PyDictObject>().sub(3) }
}

/// The thread state of the running thread, or NULL when it is not attached (pycore_pystate.h `_PyThreadState_GET`).
/// C reads a thread-local variable; stable Rust cannot name one of C's, so this is a call to the C function that reads
/// it. In the `pgo` profile LTO inlines it everywhere: two loads, of which the first is shared within a function. Inline
/// assembly would spare the call in the other profiles too, but it never shares, and it would put a symbol that only the
/// linker knows into bitcode.
#[inline(always)]
pub fn _PyThreadState_GET() -> *mut PyThreadState {
    // SAFETY: the function reads one thread-local variable and has no precondition.
    unsafe { _PyThreadState_GetCurrent() }
}

/// The free lists of the running thread's interpreter (pycore_pystate.h `_Py_object_freelists_GET`).
#[inline(always)]
pub fn _Py_object_freelists_GET() -> *mut _Py_object_freelists {
    // SAFETY: code that handles objects runs attached, and the interpreter lives as long as its threads.
    unsafe { addr_of_mut!((*(*_PyThreadState_GET()).interp).object_state.freelists) }
}

/// A statically allocated string by the name of its field (pycore_global_strings.h `_Py_ID`): `static_id!(_py___dir__)`
/// is a [`Borrowed`](crate::object::Borrowed) string, immortal while the process lives.
#[macro_export]
macro_rules! static_id {
    ($name:ident) => {{
        // SAFETY: only the address of a static is taken, and the object there is immortal.
        #[allow(unused_unsafe, reason = "the macro may stand in an unsafe block")]
        let name = unsafe {
            let strings = &raw mut $crate::ffi::_PyRuntime.static_objects.singletons.strings;
            $crate::object::Borrowed::from_static((&raw mut (*strings).identifiers.$name).cast())
        };
        name
    }};
}

/// Whether the object is a `str` or of a subclass (unicodeobject.h `PyUnicode_Check`).
///
/// # Safety
/// `op` points at a live object.
#[inline(always)]
pub unsafe fn PyUnicode_Check(op: *mut PyObject) -> bool {
    // SAFETY: the caller promises a live object; its type lives at least as long.
    unsafe { _PyType_HasFeature(Py_TYPE(op), Py_TPFLAGS_UNICODE_SUBCLASS) }
}

/// Whether a `str` holds only ASCII (unicodeobject.h `PyUnicode_IS_ASCII`).
///
/// # Safety
/// `op` points at a live `str`.
#[inline(always)]
pub unsafe fn PyUnicode_IS_ASCII(op: *mut PyObject) -> bool {
    // SAFETY: every str starts with this struct.
    unsafe { (*op.cast::<PyASCIIObject>()).state.ascii() != 0 }
}

/// Whether the object is exactly an `int` (longobject.h `PyLong_CheckExact`).
///
/// # Safety
/// `op` points at an object whose memory is there, with or without the GIL.
#[inline(always)]
pub unsafe fn PyLong_CheckExact(op: *mut PyObject) -> bool {
    // SAFETY: the caller promises the object; only the address of the static type is taken.
    unsafe { core::ptr::eq(Py_TYPE(op), addr_of!(PyLong_Type)) }
}

/// Whether an address is one that memory is filled with before its first use, after its last, or around it, or NULL
/// (pycore_pymem.h `_PyMem_IsPtrFreed`). It looks at the number alone, and knows only what the debug allocators write.
#[inline]
pub fn _PyMem_IsPtrFreed<T>(pointer: *const T) -> bool {
    const FILLS: [u32; 3] = [PYMEM_CLEANBYTE, PYMEM_DEADBYTE, PYMEM_FORBIDDENBYTE];
    let address = pointer.addr();
    address == 0
        || FILLS
            .iter()
            .any(|fill| address == usize::from_ne_bytes([*fill as u8; size_of::<usize>()]))
}
