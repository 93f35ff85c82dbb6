//! `Include/objimpl.h` and `Include/cpython/objimpl.h`: making objects, and where their weak references are.
use crate::ffi::{self, PyObject, PyTypeObject, PyVarObject};
use crate::object::{Borrowed, Owned, Raised, life};
use core::ptr::NonNull;
use pyroxene_macros::capi;

/// Gives memory a header; NULL says that there was no memory.
#[capi]
pub unsafe fn PyObject_Init(
    op: Option<NonNull<PyObject>>,
    tp: Borrowed<'_, PyTypeObject>,
) -> Result<Owned, Raised> {
    let memory = op.ok_or_else(Raised::no_memory)?;
    // SAFETY: the caller allocated it for an instance of the type.
    Ok(unsafe { life::init(memory, tp) })
}

/// Gives memory a header with a size; NULL says that there was no memory.
#[capi]
pub unsafe fn PyObject_InitVar(
    op: Option<NonNull<PyVarObject>>,
    tp: Borrowed<'_, PyTypeObject>,
    size: ffi::Py_ssize_t,
) -> Result<Owned<PyVarObject>, Raised> {
    let memory = op.ok_or_else(Raised::no_memory)?;
    // SAFETY: the caller allocated it for an instance of the type with this many items.
    Ok(unsafe { life::init_var(memory, tp, size) })
}

/// A new instance.
#[capi]
pub unsafe fn _PyObject_New(tp: Borrowed<'_, PyTypeObject>) -> Result<Owned, Raised> {
    life::allocate(tp)
}

/// A new instance with items.
#[capi]
pub unsafe fn _PyObject_NewVar(
    tp: Borrowed<'_, PyTypeObject>,
    nitems: ffi::Py_ssize_t,
) -> Result<Owned<PyVarObject>, Raised> {
    life::allocate_var(tp, nitems)
}

/// Where the object keeps its weak references.
#[capi]
pub unsafe fn PyObject_GET_WEAKREFS_LISTPTR(op: Borrowed<'_>) -> *mut *mut PyObject {
    life::weakrefs_slot(op)
}
