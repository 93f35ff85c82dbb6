//! `None`, `NotImplemented` and their types, and the table of constants of the stable ABI. Statics, and their slots.
use crate::bad_internal_call;
use crate::ffi::{self, PyObject, PyTypeObject};
use crate::object::rows::method;
use crate::object::static_type::{Rows, static_type};
use crate::object::text::str_from;
use crate::object::{Borrowed, Owned, Raised, check_status, exception, life, raise};
use core::ffi::{CStr, c_int, c_uint};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

/// `NotImplemented`.
pub fn not_implemented() -> Borrowed<'static> {
    // SAFETY: an immortal static.
    unsafe { Borrowed::from_static(&raw mut ffi::_Py_NotImplementedStruct) }
}

/// `()`, which there is only once.
#[inline(always)]
pub fn empty_tuple() -> Borrowed<'static, ffi::PyTupleObject> {
    // SAFETY: an immortal static.
    unsafe { Borrowed::from_static(&raw mut ffi::_PyRuntime.static_objects.singletons.tuple_empty) }
}

/// What `_PyNone_Type` starts as.
pub const fn none_type() -> PyTypeObject {
    PyTypeObject {
        tp_dealloc: Some(revive),
        tp_repr: Some(none_repr),
        tp_as_number: &raw mut NONE_AS_NUMBER,
        tp_hash: Some(none_hash),
        tp_flags: ffi::Py_TPFLAGS_DEFAULT as _,
        tp_doc: c"NoneType()\n--\n\nThe one object that stands for the absence of a value."
            .as_ptr(),
        tp_richcompare: Some(ffi::_Py_BaseObject_RichCompare),
        tp_new: Some(none_new),
        ..static_type(c"NoneType", 0)
    }
}

/// What `_PyNotImplemented_Type` starts as.
pub const fn not_implemented_type() -> PyTypeObject {
    PyTypeObject {
    tp_dealloc: Some(revive),
    tp_repr: Some(not_implemented_repr),
    tp_as_number: &raw mut NOT_IMPLEMENTED_AS_NUMBER,
    tp_flags: ffi::Py_TPFLAGS_DEFAULT as _,
    tp_doc: c"NotImplementedType()\n--\n\nThe object by which a binary operation declines its operands."
        .as_ptr(),
    tp_methods: NOT_IMPLEMENTED_METHODS.as_ptr(),
    tp_new: Some(not_implemented_new),
    ..static_type(c"NotImplementedType", 0)
    }
}

/// A table of number slots in which only the truth is set.
const fn only_truth(nb_bool: ffi::inquiry) -> ffi::PyNumberMethods {
    // SAFETY: every member is a nullable pointer or an optional function.
    let zero: ffi::PyNumberMethods = unsafe { core::mem::zeroed() };
    ffi::PyNumberMethods { nb_bool, ..zero }
}

static mut NONE_AS_NUMBER: ffi::PyNumberMethods = only_truth(Some(none_bool));
static mut NOT_IMPLEMENTED_AS_NUMBER: ffi::PyNumberMethods = only_truth(Some(not_implemented_bool));

static NOT_IMPLEMENTED_METHODS: Rows<ffi::PyMethodDef, 1> =
    Rows::<ffi::PyMethodDef, 1>::new([method(
        c"__reduce__",
        Some(not_implemented_reduce),
        ffi::METH_NOARGS,
        None,
    )]);

/// The deallocator of an immortal object: a wrong count brought it here, so the count is set right.
unsafe extern "C" fn revive(object: *mut PyObject) {
    // SAFETY: the singletons are statics, whatever their counts say.
    life::make_immortal(unsafe { Borrowed::from_static(object) });
}

unsafe extern "C" fn none_repr(_: *mut PyObject) -> *mut PyObject {
    str_from(c"None").map_or(null_mut(), Owned::into_raw)
}

unsafe extern "C" fn none_bool(_: *mut PyObject) -> c_int {
    0
}

/// The same in every process, so that hashes of tuples with `None` are too (upstream's constant).
unsafe extern "C" fn none_hash(_: *mut PyObject) -> ffi::Py_hash_t {
    0xFCA8_6420
}

/// Refuses arguments to a type that takes none.
///
/// # Safety
/// `args` is a tuple, `kwargs` a dict or NULL, as `tp_new` gets them.
unsafe fn no_arguments(
    args: *mut PyObject,
    kwargs: *mut PyObject,
    message: &CStr,
) -> Result<(), Raised> {
    // SAFETY: as the caller promises.
    let given = unsafe {
        ffi::PyTuple_Size(args) != 0 || (!kwargs.is_null() && ffi::PyDict_Size(kwargs) != 0)
    };
    if given {
        Err(raise(exception::TypeError, message))
    } else {
        Ok(())
    }
}

unsafe extern "C" fn none_new(
    _: *mut PyTypeObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the arguments of `tp_new`.
    match unsafe { no_arguments(args, kwargs, c"NoneType takes no arguments") } {
        Ok(()) => Borrowed::none().as_ptr(),
        Err(_) => null_mut(),
    }
}

unsafe extern "C" fn not_implemented_new(
    _: *mut PyTypeObject,
    args: *mut PyObject,
    kwargs: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the arguments of `tp_new`.
    match unsafe { no_arguments(args, kwargs, c"NotImplementedType takes no arguments") } {
        Ok(()) => not_implemented().as_ptr(),
        Err(_) => null_mut(),
    }
}

unsafe extern "C" fn not_implemented_repr(_: *mut PyObject) -> *mut PyObject {
    str_from(c"NotImplemented").map_or(null_mut(), Owned::into_raw)
}

unsafe extern "C" fn not_implemented_reduce(_: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    str_from(c"NotImplemented").map_or(null_mut(), Owned::into_raw)
}

unsafe extern "C" fn not_implemented_bool(_: *mut PyObject) -> c_int {
    let message = c"NotImplemented should not be used in a boolean context";
    // SAFETY: a warning category and a C string.
    let warned = check_status(unsafe {
        ffi::PyErr_WarnEx(exception::DeprecationWarning.as_ptr(), message.as_ptr(), 1)
    });
    if warned.is_ok() { 1 } else { -1 }
}

/// The constants of the stable ABI by number (object.h `Py_CONSTANT_…`). The first five are statics; the others are
/// made when the runtime starts, once for all interpreters, because they are immortal.
static CONSTANTS: [AtomicPtr<PyObject>; 10] = [
    AtomicPtr::new(&raw mut ffi::_Py_NoneStruct),
    AtomicPtr::new((&raw mut ffi::_Py_FalseStruct).cast()),
    AtomicPtr::new((&raw mut ffi::_Py_TrueStruct).cast()),
    AtomicPtr::new(&raw mut ffi::_Py_EllipsisObject),
    AtomicPtr::new(&raw mut ffi::_Py_NotImplementedStruct),
    AtomicPtr::new(null_mut()),
    AtomicPtr::new(null_mut()),
    AtomicPtr::new(null_mut()),
    AtomicPtr::new(null_mut()),
    AtomicPtr::new(null_mut()),
];

/// Fills the table of constants (object.c `_Py_GetConstant_Init`).
pub fn init_constants() {
    // SAFETY: the runtime is far enough for these; all of them are immortal singletons.
    let made = unsafe {
        [
            ffi::PyLong_FromLong(0),
            ffi::PyLong_FromLong(1),
            ffi::PyUnicode_New(0, 0),
            ffi::PyBytes_FromStringAndSize(core::ptr::null(), 0),
            ffi::PyTuple_New(0),
        ]
    };
    for (slot, object) in CONSTANTS[5..].iter().zip(made) {
        slot.store(object, Ordering::Relaxed);
    }
}

/// A constant by its number (object.c `Py_GetConstant`).
///
/// # Errors
/// `SystemError` for a number that there is not.
pub fn constant(number: c_uint) -> Result<Borrowed<'static>, Raised> {
    let slot = usize::try_from(number)
        .ok()
        .and_then(|number| CONSTANTS.get(number));
    match slot {
        // SAFETY: the table holds immortal objects once the runtime runs.
        Some(slot) => unsafe { Borrowed::from_c(slot.load(Ordering::Relaxed)) },
        None => Err(bad_internal_call!()),
    }
}
