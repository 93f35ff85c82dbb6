//! `Include/cpython/object.h`: what CPython's own version of the object protocol adds.
use crate::ffi::{self, PyObject};
use crate::object::debug::{self, Site};
use crate::object::text::{self, Form};
use crate::object::{Borrowed, IntoC, Owned, Raised, generic, life, lookup};
use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::{NonNull, null_mut};
use pyroxene_macros::capi;

/// A new object's first reference.
#[capi]
pub unsafe fn _Py_NewReference(op: *mut PyObject) {
    // SAFETY: fresh memory with its type set.
    unsafe { life::new_reference(op) }
}

/// A new object's first reference; the total that the name speaks of is of debug builds.
#[capi]
pub unsafe fn _Py_NewReferenceNoTotal(op: *mut PyObject) {
    // SAFETY: fresh memory with its type set.
    unsafe { life::new_reference(op) }
}

/// For builds that trace references; there is nothing to do in ours.
#[capi]
pub unsafe fn _Py_ResurrectReference(_op: *mut PyObject) {}

/// Runs the finalizer.
#[capi]
pub unsafe fn PyObject_CallFinalizer(obj: Borrowed<'_>) {
    life::call_finalizer(obj);
}

/// Runs the finalizer of a dying object: -1 when it lives on.
#[capi]
pub unsafe fn PyObject_CallFinalizerFromDealloc(obj: *mut PyObject) -> c_int {
    // SAFETY: called by a deallocator with its object.
    match unsafe { life::finalize_dying(obj) } {
        life::Fate::Dies => 0,
        life::Fate::Resurrected => -1,
    }
}

/// Writes an object to a C stream.
#[capi]
pub unsafe fn PyObject_Print(op: Option<Borrowed<'_>>, fp: *mut libc::FILE, flags: c_int) -> c_int {
    let raw = flags & ffi::Py_PRINT_RAW as c_int != 0;
    // SAFETY: an open stream, as the caller says.
    unsafe { text::print(op, fp, if raw { Form::Str } else { Form::Repr }).into_c() }
}

/// A place for a debugger's breakpoint.
#[capi]
pub unsafe fn _Py_BreakPoint() {}

/// Whether the object's memory looks freed.
#[capi]
pub unsafe fn _PyObject_IsFreed(op: *mut PyObject) -> c_int {
    // SAFETY: for debugging; the caller answers for the pointer.
    c_int::from(unsafe { debug::is_freed(op) })
}

/// Writes what can be found out about an object to stderr.
#[capi]
pub unsafe fn _PyObject_Dump(op: *mut PyObject) {
    // SAFETY: for debugging; the caller answers for the pointer.
    unsafe { debug::dump(op) }
}

/// Reports a failed assertion and aborts.
#[capi]
pub unsafe fn _PyObject_AssertFailed(
    obj: *mut PyObject,
    expr: *const c_char,
    msg: *const c_char,
    file: *const c_char,
    line: c_int,
    function: *const c_char,
) -> ! {
    // SAFETY: the macros pass C strings or NULL.
    unsafe {
        let optional = |text: *const c_char| (!text.is_null()).then(|| CStr::from_ptr(text));
        let site = Site {
            file: CStr::from_ptr(file),
            line,
            function: optional(function),
        };
        debug::report_failed_assertion(obj, optional(expr), optional(msg), &site)
    }
}

/// `v.name` for a static identifier.
#[capi]
pub unsafe fn _PyObject_GetAttrId(
    v: Borrowed<'_>,
    name: *mut ffi::_Py_Identifier,
) -> Result<Owned, Raised> {
    // SAFETY: an identifier of the caller's; the interpreter owns its string.
    let name = unsafe { Borrowed::from_c(ffi::_PyUnicode_FromId(name))? };
    lookup::get(v, name)
}

/// Where the object's `__dict__` is.
#[capi]
pub unsafe fn _PyObject_GetDictPtr(obj: Borrowed<'_>) -> *mut *mut PyObject {
    generic::dict_slot(obj).unwrap_or(null_mut())
}

/// The `tp_iternext` of a type whose `__next__` was removed.
#[capi]
pub unsafe fn _PyObject_NextNotImplemented(obj: Borrowed<'_>) -> *mut PyObject {
    let format = c"'%.200s' object is not iterable";
    let _ = text::wrong_kind(format, obj);
    null_mut()
}

/// `obj.name` by the data model's rules, with another dict or without `AttributeError`.
#[capi]
pub unsafe fn _PyObject_GenericGetAttrWithDict(
    obj: Borrowed<'_>,
    name: Borrowed<'_>,
    dict: Option<Borrowed<'_>>,
    suppress: c_int,
) -> *mut PyObject {
    let missing = if suppress == 0 {
        generic::Missing::Raise
    } else {
        generic::Missing::Nothing
    };
    generic::get(obj, name, dict, missing).into_c()
}

/// `obj.name = value` by the data model's rules, with another dict.
#[capi]
pub unsafe fn _PyObject_GenericSetAttrWithDict(
    obj: Borrowed<'_>,
    name: Borrowed<'_>,
    value: Option<Borrowed<'_>>,
    dict: Option<Borrowed<'_>>,
) -> c_int {
    generic::set(obj, name, value, dict).into_c()
}

/// A function's name for messages.
#[capi]
pub unsafe fn _PyObject_FunctionStr(x: Borrowed<'_>) -> Result<Owned, Raised> {
    text::function_name(x)
}

/// Sets the tracer of births and deaths.
#[capi]
pub unsafe fn PyRefTracer_SetTracer(tracer: ffi::PyRefTracer, data: *mut c_void) -> c_int {
    // SAFETY: the caller gives a tracer with its data.
    unsafe { life::set_tracer(tracer, data) };
    0
}

/// The tracer of births and deaths.
#[capi]
pub unsafe fn PyRefTracer_GetTracer(data: Option<NonNull<*mut c_void>>) -> ffi::PyRefTracer {
    let (tracer, current) = life::tracer();
    if let Some(data) = data {
        // SAFETY: the caller's variable.
        unsafe { data.write(current) };
    }
    tracer
}
