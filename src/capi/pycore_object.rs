//! `Include/internal/pycore_object.h`: what only CPython's own C files call.
use crate::config::Status;
use crate::ffi::{self, PyObject};
use crate::object::{
    Borrowed, IntoC, Raised, debug, generic, life, lookup, singletons, static_types,
};
use core::ffi::c_int;
use core::ptr::null_mut;
use pyroxene_macros::capi;

/// Aborts when the object is broken.
#[capi]
pub unsafe fn _PyObject_CheckConsistency(op: *mut PyObject, check_content: c_int) -> c_int {
    // SAFETY: for debugging; the caller answers for the pointer.
    unsafe { debug::check_consistency(op, check_content != 0) };
    1
}

/// Makes an object immortal.
#[capi]
pub unsafe fn _Py_SetImmortal(op: Borrowed<'_>) {
    life::make_immortal(op);
}

/// Makes an object immortal that the collector does not track.
#[capi]
pub unsafe fn _Py_SetImmortalUntracked(op: *mut PyObject) {
    // SAFETY: as the caller promises.
    unsafe { life::make_immortal_untracked(op) }
}

/// For builds without a GIL; there is nothing to do in ours.
#[capi]
pub unsafe fn _PyObject_SetDeferredRefcount(_op: *mut PyObject) {}

/// Empties the free lists of an interpreter.
#[capi]
pub unsafe fn _PyObject_ClearFreeLists(
    freelists: *mut ffi::_Py_object_freelists,
    is_finalization: c_int,
) {
    // SAFETY: the interpreter's own free lists.
    unsafe {
        ffi::_PyFloat_ClearFreeList(freelists, is_finalization);
        ffi::_PyTuple_ClearFreeList(freelists, is_finalization);
        ffi::_PyList_ClearFreeList(freelists, is_finalization);
        ffi::_PyDict_ClearFreeList(freelists, is_finalization);
        ffi::_PyContext_ClearFreeList(freelists, is_finalization);
        ffi::_PyAsyncGen_ClearFreeLists(freelists, is_finalization);
        ffi::_PyObjectStackChunk_ClearFreeList(freelists, is_finalization);
        ffi::_PySlice_ClearFreeList(freelists, is_finalization);
    }
}

/// Where the object's `__dict__` is, by its type's offset.
#[capi]
pub unsafe fn _PyObject_ComputedDictPointer(obj: Borrowed<'_>) -> *mut *mut PyObject {
    generic::computed_dict_slot(obj).unwrap_or(null_mut())
}

/// Gives the current `AttributeError` its object and name. An exception is set afterwards in any case.
#[capi]
pub unsafe fn _PyObject_SetAttributeErrorContext(v: Borrowed<'_>, name: Borrowed<'_>) -> c_int {
    // C gives 1 when another exception took its place; the only caller does not look at the number.
    let _ = lookup::add_context(Raised::on_c_word(), v, name);
    0
}

/// `obj.name` for a call: 1 when it is a function that wants the object first.
#[capi]
pub unsafe fn _PyObject_GetMethod(
    obj: Borrowed<'_>,
    name: Borrowed<'_>,
    method: *mut *mut PyObject,
) -> c_int {
    let (is_method, found) = match generic::method(obj, name) {
        Ok(generic::Method::Unbound(function)) => (1, function.into_raw()),
        Ok(generic::Method::Attribute(value)) => (0, value.into_raw()),
        Err(_) => (0, null_mut()),
    };
    // SAFETY: the caller's variable.
    unsafe { *method = found };
    is_method
}

/// Whether a class says that it is abstract.
#[capi]
pub unsafe fn _PyObject_IsAbstract(obj: Option<Borrowed<'_>>) -> c_int {
    lookup::is_abstract(obj).into_c()
}

/// Prints how much memory the built-in types hold.
#[capi]
pub unsafe fn _PyObject_DebugTypeStats(out: *mut ffi::FILE) {
    // SAFETY: an open stream.
    unsafe {
        ffi::_PyDict_DebugMallocStats(out);
        ffi::_PyFloat_DebugMallocStats(out);
        ffi::_PyList_DebugMallocStats(out);
        ffi::_PyTuple_DebugMallocStats(out);
    }
}

/// For builds that trace references; there is nothing to do in ours.
#[capi]
pub unsafe fn _PyObject_InitState(_interp: *mut ffi::PyInterpreterState) -> ffi::PyStatus {
    Status::Ok(()).into_c()
}

/// For builds that trace references; there is nothing to do in ours.
#[capi]
pub unsafe fn _PyObject_FiniState(_interp: *mut ffi::PyInterpreterState) {}

/// Makes the static types ready.
#[capi]
pub unsafe fn _PyTypes_InitTypes(interp: *mut ffi::PyInterpreterState) -> ffi::PyStatus {
    // SAFETY: called once when the interpreter starts.
    unsafe { static_types::init(interp) }.into_c()
}

/// Tears the static types down.
#[capi]
pub unsafe fn _PyTypes_FiniTypes(interp: *mut ffi::PyInterpreterState) {
    // SAFETY: called once when the interpreter ends.
    unsafe { static_types::finish(interp) }
}

/// Fills the table of constants.
#[capi]
pub unsafe fn _Py_GetConstant_Init() {
    singletons::init_constants();
}
