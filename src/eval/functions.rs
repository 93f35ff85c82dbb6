//! What callables are called in messages, for C. Reads objects.
use crate::ffi;
use crate::field;
use crate::object::Borrowed;
use core::ffi::c_char;

/// What is behind methods that are bound: the function, or whatever has no bound methods around it.
fn unbound(mut callable: Borrowed<'_>) -> Borrowed<'_> {
    while let Some(method) = callable.downcast::<ffi::PyMethodObject>() {
        // SAFETY: a method has its function.
        callable = unsafe { Borrowed::from_raw_unchecked(field!(method.im_func)) };
    }
    callable
}

/// The name of a function, or of the type of what is none, in memory that belongs to it (ceval.c `PyEval_GetFuncName`).
/// NULL with an exception for a name that is no text.
pub fn name(callable: Borrowed<'_>) -> *const c_char {
    let callable = unbound(callable);
    if let Some(function) = callable.downcast::<ffi::PyFunctionObject>() {
        // SAFETY: a function has its name.
        return unsafe { ffi::PyUnicode_AsUTF8(field!(function.func_name)) };
    }
    if let Some(function) = callable.downcast::<ffi::PyCFunctionObject>() {
        // SAFETY: a built-in function has its description.
        return unsafe { (*field!(function.m_ml)).ml_name };
    }
    callable.type_of().name().as_ptr()
}

/// What goes behind that name (ceval.c `PyEval_GetFuncDesc`).
pub fn description(callable: Borrowed<'_>) -> *const c_char {
    let is_function = callable.downcast::<ffi::PyMethodObject>().is_some()
        || callable.downcast::<ffi::PyFunctionObject>().is_some()
        || callable.downcast::<ffi::PyCFunctionObject>().is_some();
    if is_function { c"()" } else { c" object" }.as_ptr()
}
