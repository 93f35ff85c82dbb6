//! `cpython_sources/glue/variadic.h`: what the C functions of variable arguments call, which are exported under CPython's
//! names (`PyObject_CallFunction`, `PyObject_CallMethodObjArgs` …). These here do not leave the library.
use crate::call::variadic::{self, Format};
use crate::ffi::{self, __va_list_tag, _Py_Identifier, PyObject};
use crate::object::{Borrowed, Owned, Raised, lookup};
use core::ffi::{CStr, c_char};
use core::ptr::NonNull;
use pyroxene_macros::capi;

/// Calls with arguments made by a format.
#[capi]
pub unsafe fn _PyGlue_CallFunction(
    callable: Option<Borrowed<'_>>,
    format: *const c_char,
    values: *mut __va_list_tag,
) -> Result<Owned, Raised> {
    // SAFETY: the caller's values are those of its format.
    variadic::call_with_format(callable, unsafe { Format::from_c(format, values) })
}

/// Calls a method by an object's name with arguments made by a format.
#[capi]
pub unsafe fn _PyGlue_CallMethod(
    obj: Option<Borrowed<'_>>,
    name: Option<Borrowed<'_>>,
    format: *const c_char,
    values: *mut __va_list_tag,
) -> Result<Owned, Raised> {
    // SAFETY: the caller's values are those of its format.
    let format = unsafe { Format::from_c(format, values) };
    variadic::call_method_with_format(obj, name, lookup::get, format)
}

/// Calls a method by a C name with arguments made by a format.
#[capi]
pub unsafe fn _PyGlue_CallMethodString(
    obj: Option<Borrowed<'_>>,
    name: *const c_char,
    format: *const c_char,
    values: *mut __va_list_tag,
) -> Result<Owned, Raised> {
    // SAFETY: the name is NULL or a C string, and the caller's values are those of its format.
    let (name, format) = unsafe {
        (
            (!name.is_null()).then(|| CStr::from_ptr(name)),
            Format::from_c(format, values),
        )
    };
    variadic::call_method_with_format(obj, name, lookup::get_string, format)
}

/// Calls a method by a static name with arguments made by a format.
#[capi]
pub unsafe fn _PyGlue_CallMethodId(
    obj: Option<Borrowed<'_>>,
    name: Option<NonNull<_Py_Identifier>>,
    format: *const c_char,
    values: *mut __va_list_tag,
) -> Result<Owned, Raised> {
    // SAFETY: the caller's values are those of its format.
    let format = unsafe { Format::from_c(format, values) };
    let find = |object: Borrowed<'_>, name: NonNull<_Py_Identifier>| {
        // SAFETY: a live object and a static identifier; the result is a new reference, or NULL with an exception.
        unsafe { Owned::from_c(ffi::_PyObject_GetAttrId(object.as_ptr(), name.as_ptr())) }
    };
    variadic::call_method_with_format(obj, name, find, format)
}

/// Calls with objects that C has put behind a place for the callee.
#[capi]
pub unsafe fn _PyGlue_CallFunctionObjects(
    callable: Option<Borrowed<'_>>,
    objects: *mut *mut PyObject,
    count: usize,
) -> Result<Owned, Raised> {
    // SAFETY: the glue's array is its own and so long.
    unsafe { variadic::call_with_objects(callable, objects, count) }
}

/// Calls a method with objects that C has put behind the object which has it.
#[capi]
pub unsafe fn _PyGlue_CallMethodObjects(
    name: Option<Borrowed<'_>>,
    objects: *mut *mut PyObject,
    count: usize,
) -> Result<Owned, Raised> {
    // SAFETY: the glue's array is its own and so long.
    unsafe { variadic::call_method_with_objects(name, objects, count) }
}
