//! The death of plain instances: of classes made by a class statement, without slots or finalizer, whose attributes are still in
//! the instance itself. They are most of the instances that die, and little is to be done for them.
//!
//! What is done is what typeobject.c's `subtype_dealloc` does for them, in the same order. Touches the instance, what it
//! refers to, and the collector's list.
use crate::ffi;
use crate::object::trashcan::{Deallocator, Trashcan};
use crate::object::{Owned, Raised};
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicPtr, Ordering};

/// `subtype_dealloc`, which has no name outside of its file; NULL until somebody has [asked](learn) for it.
static SUBTYPE_DEALLOC: AtomicPtr<()> = AtomicPtr::new(null_mut());

/// Finds out which deallocator classes get from a class statement. Called when the first class is found that makes instances
/// in the usual way; nothing is pending.
pub fn learn() {
    if !SUBTYPE_DEALLOC.load(Ordering::Relaxed).is_null() {
        return;
    }
    let mut end = ffi::PyType_Slot {
        slot: 0,
        pfunc: null_mut(),
    };
    let mut class = ffi::PyType_Spec {
        name: c"pyroxene.plain".as_ptr(),
        basicsize: 0,
        itemsize: 0,
        flags: ffi::Py_TPFLAGS_DEFAULT,
        slots: &raw mut end,
    };
    // SAFETY: a class without anything of its own, which gets what all such classes get; it is alive while it is looked at.
    unsafe {
        match Owned::<ffi::PyObject>::from_c(ffi::PyType_FromSpec(&raw mut class)) {
            Ok(class) => {
                let class = class.borrow().as_ptr().cast::<ffi::PyTypeObject>();
                if let Some(dealloc) = (*class).tp_dealloc {
                    SUBTYPE_DEALLOC.store(dealloc as *mut (), Ordering::Relaxed);
                }
            }
            Err(_raised) => Raised::on_c_word().clear(),
        }
    }
}

/// Whether a deallocator is that of classes made by a class statement.
#[inline(always)]
pub fn is_plain(dealloc: Deallocator) -> bool {
    dealloc as *const () == SUBTYPE_DEALLOC.load(Ordering::Relaxed).cast_const()
}

/// The values of an instance that is about to die, if it is a plain one.
///
/// # Safety
/// It is an object of a class with such a deallocator, whose last reference is let go of.
#[inline]
pub(super) unsafe fn values(op: *mut ffi::PyObject) -> Option<NonNull<ffi::PyDictValues>> {
    const WANTED: u64 = (ffi::Py_TPFLAGS_INLINE_VALUES | ffi::Py_TPFLAGS_HEAPTYPE) as u64
        | ffi::Py_TPFLAGS_HAVE_GC as u64;
    // SAFETY: as the caller promises. Instances with these flags have a head of the managed kind, and values behind it.
    unsafe {
        let class = ffi::Py_TYPE(op);
        if (*class).tp_flags & WANTED != WANTED
            || (*class).tp_finalize.is_some()
            || (*class).tp_del.is_some()
            || !ffi::_PyObject_GetManagedDict(op).is_null()
        {
            return None;
        }
        let is_managed = (*class).tp_flags & u64::from(ffi::Py_TPFLAGS_MANAGED_WEAKREF) != 0;
        match is_managed {
            true if !weak_references(op).is_null() => return None,
            false if (*class).tp_weaklistoffset != 0 => return None,
            _ => {}
        }
        // What a base in C does with its instances is not known.
        let mut base = (*class).tp_base;
        while (*base).tp_dealloc.is_some_and(is_plain) {
            base = (*base).tp_base;
        }
        let is_freed_so = ((*class).tp_free)
            .is_some_and(|free| free as *const () == ffi::PyObject_GC_Del as *const ());
        if base != &raw mut ffi::PyBaseObject_Type || !is_freed_so {
            return None;
        }
        let values = ffi::_PyObject_InlineValues(op);
        ((*values).valid != 0).then(|| NonNull::new_unchecked(values))
    }
}

/// The first weak reference to an object, or NULL.
///
/// # Safety
/// The object's class manages them.
#[inline(always)]
unsafe fn weak_references(op: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as the caller promises, the list is before the object.
    unsafe { *op.byte_offset(ffi::MANAGED_WEAKREF_OFFSET).cast() }
}

/// Ends the life of an instance, if it is a plain one; whether it was.
///
/// # Safety
/// As [`deallocator`](super::life::deallocate) promises, and its class has such a deallocator.
pub unsafe fn deallocate(op: *mut ffi::PyObject, dealloc: Deallocator) -> bool {
    // SAFETY: as the caller promises. Nobody can reach the instance any more once it is not tracked, so that what its values
    // run when they die does not see it. Its class is alive as long as it holds it.
    unsafe {
        let Some(values) = values(op) else {
            return false;
        };
        ffi::PyObject_GC_UnTrack(op.cast());
        if let Some(_level) = Trashcan::enter(op, dealloc) {
            take_apart(op, values);
        }
    }
    true
}

/// Lets go of what an instance has, and frees it.
///
/// # Safety
/// It is a plain instance with these values, which dies and is not tracked.
#[inline(always)]
pub(super) unsafe fn take_apart(op: *mut ffi::PyObject, values: NonNull<ffi::PyDictValues>) {
    let values = values.as_ptr();
    // SAFETY: as the caller promises.
    unsafe {
        (*values).valid = 0;
        let first = (&raw mut (*values).values).cast::<*mut ffi::PyObject>();
        for index in 0..usize::from((*values).capacity) {
            let value = first.add(index).replace(null_mut());
            drop(Owned::<ffi::PyObject>::from_c_optional(value));
        }
        let class = Owned::<ffi::PyTypeObject>::from_raw_unchecked(ffi::Py_TYPE(op));
        ffi::PyObject_GC_Del(op.cast());
        drop(class);
    }
}
