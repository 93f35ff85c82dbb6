//! `Include/object.h`: the stable part of the object protocol.
use crate::bad_internal_call;
use crate::ffi::{self, PyObject, PyTypeObject};
use crate::object::compare::{self, Comparison};
use crate::object::{
    Borrowed, IntoC, Lookup, Owned, Raised, generic, life, lookup, singletons, text,
};
use core::ffi::{CStr, c_char, c_int, c_uint, c_void};
use pyroxene_macros::capi;

/// What C passes where an object may be NULL.
type Maybe<'a> = Option<Borrowed<'a>>;

/// `None`.
#[capi]
pub static mut _Py_NoneStruct: PyObject =
    crate::object::static_type::static_head(&raw mut ffi::_PyNone_Type);

/// `NotImplemented`.
#[capi]
pub static mut _Py_NotImplementedStruct: PyObject =
    crate::object::static_type::static_head(&raw mut ffi::_PyNotImplemented_Type);

/// Each comparison's number to the number of the swapped one, for C.
#[capi]
pub static mut _Py_SwappedOp: [c_int; 6] = {
    let mut table = [0; 6];
    let mut index = 0;
    while index < table.len() {
        table[index] = Comparison::ALL[index].swapped() as c_int;
        index += 1;
    }
    table
};

/// A C string's borrow.
///
/// # Safety
/// `text` is a C string that outlives the borrow.
unsafe fn c_text<'a>(text: *const c_char) -> &'a CStr {
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text) }
}

/// Stores the result of a lookup where C wants it: 1 found, 0 not there, -1 an exception.
///
/// # Safety
/// `result` may be written.
unsafe fn store_lookup(found: Lookup, result: *mut *mut PyObject) -> c_int {
    let status = found.as_ref().map(Option::is_some).map_err(|_| ());
    // SAFETY: as the caller promises.
    unsafe { *result = found.into_c() };
    status.map_or(-1, c_int::from)
}

/// An error that a predicate of the old style cannot report.
fn unraisable(found: Lookup, message: &CStr) -> c_int {
    match found {
        Ok(value) => c_int::from(value.is_some()),
        Err(raised) => {
            raised.unraisable(message);
            0
        }
    }
}

/// Adds a reference; NULL is allowed.
#[capi]
pub unsafe fn Py_IncRef(o: Maybe<'_>) {
    if let Some(object) = o {
        core::mem::forget(object.new_ref());
    }
}

/// Gives a reference back; NULL is allowed.
#[capi]
pub unsafe fn Py_DecRef(o: Option<Owned>) {
    drop(o);
}

/// Adds a reference.
#[capi]
pub unsafe fn _Py_IncRef(o: Borrowed<'_>) {
    core::mem::forget(o.new_ref());
}

/// Gives a reference back.
#[capi]
pub unsafe fn _Py_DecRef(o: Owned) {
    drop(o);
}

/// A new reference to the same object.
#[capi]
pub unsafe fn Py_NewRef(o: Borrowed<'_>) -> Owned {
    o.new_ref()
}

/// A new reference to the same object, or NULL for NULL.
#[capi]
pub unsafe fn Py_XNewRef(o: Maybe<'_>) -> Option<Owned> {
    o.map(Borrowed::new_ref)
}

/// Sets the count, unless the object is immortal.
#[capi]
pub unsafe fn _Py_SetRefcnt(o: Borrowed<'_>, count: ffi::Py_ssize_t) {
    // SAFETY: a live object, and the caller answers for the count.
    unsafe { ffi::Py_SET_REFCNT(o.as_ptr(), count) }
}

/// Destroys an object whose count has become zero.
#[capi]
pub unsafe fn _Py_Dealloc(op: *mut PyObject) {
    // SAFETY: the macros of refcount.h call this at zero.
    unsafe { life::deallocate(op) }
}

/// Python's `is`.
#[capi]
pub unsafe fn Py_Is(x: *mut PyObject, y: *mut PyObject) -> c_int {
    c_int::from(x == y)
}

/// Whether it is `None`.
#[capi]
pub unsafe fn Py_IsNone(x: *mut PyObject) -> c_int {
    c_int::from(x == &raw mut ffi::_Py_NoneStruct)
}

/// Whether it is `True`.
#[capi]
pub unsafe fn Py_IsTrue(x: *mut PyObject) -> c_int {
    c_int::from(x == Borrowed::from_bool(true).as_ptr())
}

/// Whether it is `False`.
#[capi]
pub unsafe fn Py_IsFalse(x: *mut PyObject) -> c_int {
    c_int::from(x == Borrowed::from_bool(false).as_ptr())
}

/// A constant by its number.
#[capi]
pub unsafe fn Py_GetConstant(constant_id: c_uint) -> Result<Borrowed<'static>, Raised> {
    singletons::constant(constant_id)
}

/// A constant by its number; all of them are immortal, so borrowed and new are the same.
#[capi]
pub unsafe fn Py_GetConstantBorrowed(constant_id: c_uint) -> Result<Borrowed<'static>, Raised> {
    singletons::constant(constant_id)
}

/// `repr(v)`.
#[capi]
pub unsafe fn PyObject_Repr(v: Maybe<'_>) -> Result<Owned, Raised> {
    text::repr(v)
}

/// `str(v)`.
#[capi]
pub unsafe fn PyObject_Str(v: Maybe<'_>) -> Result<Owned, Raised> {
    text::str(v)
}

/// `ascii(v)`.
#[capi]
pub unsafe fn PyObject_ASCII(v: Maybe<'_>) -> Result<Owned, Raised> {
    text::ascii(v)
}

/// `bytes(v)`.
#[capi]
pub unsafe fn PyObject_Bytes(v: Maybe<'_>) -> Result<Owned, Raised> {
    text::bytes(v)
}

/// Enters the `repr` of a container: 1 when it is being made already.
#[capi]
pub unsafe fn Py_ReprEnter(obj: Borrowed<'_>) -> c_int {
    text::enter_repr(obj).into_c()
}

/// Leaves the `repr` of a container.
#[capi]
pub unsafe fn Py_ReprLeave(obj: Borrowed<'_>) {
    text::leave_repr(obj);
}

/// `v <op> w`.
#[capi]
pub unsafe fn PyObject_RichCompare(v: Maybe<'_>, w: Maybe<'_>, op: c_int) -> Result<Owned, Raised> {
    let (Some(v), Some(w), Some(comparison)) = (v, w, Comparison::from_c(op)) else {
        Raised::pending()?;
        return Err(bad_internal_call!());
    };
    compare::compare(v, w, comparison)
}

/// The truth of `v <op> w`.
#[capi]
pub unsafe fn PyObject_RichCompareBool(v: Maybe<'_>, w: Maybe<'_>, op: c_int) -> c_int {
    let (Some(v), Some(w), Some(comparison)) = (v, w, Comparison::from_c(op)) else {
        // Identity comes first for C: NULL is equal to NULL.
        if v.is_none() && w.is_none() {
            match Comparison::from_c(op) {
                Some(Comparison::Eq) => return 1,
                Some(Comparison::Ne) => return 0,
                _ => {}
            }
        }
        if !Raised::is_pending() {
            let _ = bad_internal_call!();
        }
        return -1;
    };
    compare::compare_bool(v, w, comparison).into_c()
}

/// `hash(v)`.
#[capi]
pub unsafe fn PyObject_Hash(v: Borrowed<'_>) -> ffi::Py_hash_t {
    compare::hash(v).into_c()
}

/// The `tp_hash` of types without one.
#[capi]
pub unsafe fn PyObject_HashNotImplemented(v: Borrowed<'_>) -> ffi::Py_hash_t {
    Err(compare::unhashable(v)).into_c()
}

/// The truth of an object.
#[capi]
pub unsafe fn PyObject_IsTrue(v: Borrowed<'_>) -> c_int {
    compare::is_true(v).into_c()
}

/// `not v`.
#[capi]
pub unsafe fn PyObject_Not(v: Borrowed<'_>) -> c_int {
    compare::is_true(v).map(|truth| !truth).into_c()
}

/// Whether the object's type can be called.
#[capi]
pub unsafe fn PyCallable_Check(x: Maybe<'_>) -> c_int {
    c_int::from(x.is_some_and(Borrowed::is_callable))
}

/// `v.name`.
#[capi]
pub unsafe fn PyObject_GetAttr(v: Borrowed<'_>, name: Borrowed<'_>) -> Result<Owned, Raised> {
    lookup::get(v, name)
}

/// `v.name` for a C name.
#[capi]
pub unsafe fn PyObject_GetAttrString(
    v: Borrowed<'_>,
    name: *const c_char,
) -> Result<Owned, Raised> {
    // SAFETY: a C string, as object.h wants it.
    lookup::get_string(v, unsafe { c_text(name) })
}

/// `v.name` if it is there.
#[capi]
pub unsafe fn PyObject_GetOptionalAttr(
    v: Borrowed<'_>,
    name: Borrowed<'_>,
    result: *mut *mut PyObject,
) -> c_int {
    // SAFETY: `result` is the caller's variable.
    unsafe { store_lookup(lookup::optional(v, name), result) }
}

/// `v.name` for a C name if it is there.
#[capi]
pub unsafe fn PyObject_GetOptionalAttrString(
    v: Borrowed<'_>,
    name: *const c_char,
    result: *mut *mut PyObject,
) -> c_int {
    // SAFETY: a C string, and the caller's variable.
    unsafe { store_lookup(lookup::optional_string(v, c_text(name)), result) }
}

/// Whether `v.name` is there; errors are reported as unraisable.
#[capi]
pub unsafe fn PyObject_HasAttr(v: Borrowed<'_>, name: Borrowed<'_>) -> c_int {
    unraisable(
        lookup::optional(v, name),
        c"Exception ignored in PyObject_HasAttr(); consider using PyObject_HasAttrWithError(), PyObject_GetOptionalAttr() or PyObject_GetAttr()",
    )
}

/// Whether `v.name` is there, for a C name; errors are reported as unraisable.
#[capi]
pub unsafe fn PyObject_HasAttrString(v: Borrowed<'_>, name: *const c_char) -> c_int {
    unraisable(
        // SAFETY: a C string, as object.h wants it.
        lookup::optional_string(v, unsafe { c_text(name) }),
        c"Exception ignored in PyObject_HasAttrString(); consider using PyObject_HasAttrStringWithError(), PyObject_GetOptionalAttrString() or PyObject_GetAttrString()",
    )
}

/// Whether `v.name` is there.
#[capi]
pub unsafe fn PyObject_HasAttrWithError(v: Borrowed<'_>, name: Borrowed<'_>) -> c_int {
    lookup::optional(v, name)
        .map(|found| found.is_some())
        .into_c()
}

/// Whether `v.name` is there, for a C name.
#[capi]
pub unsafe fn PyObject_HasAttrStringWithError(v: Borrowed<'_>, name: *const c_char) -> c_int {
    // SAFETY: a C string, as object.h wants it.
    let found = lookup::optional_string(v, unsafe { c_text(name) });
    found.map(|found| found.is_some()).into_c()
}

/// `v.name = value`, or `del v.name` for NULL.
#[capi]
pub unsafe fn PyObject_SetAttr(v: Borrowed<'_>, name: Borrowed<'_>, value: Maybe<'_>) -> c_int {
    lookup::set(v, name, value).into_c()
}

/// `v.name = value` for a C name, or `del v.name` for NULL.
#[capi]
pub unsafe fn PyObject_SetAttrString(
    v: Borrowed<'_>,
    name: *const c_char,
    value: Maybe<'_>,
) -> c_int {
    // SAFETY: a C string, as object.h wants it.
    lookup::set_string(v, unsafe { c_text(name) }, value).into_c()
}

/// `del v.name`.
#[capi]
pub unsafe fn PyObject_DelAttr(v: Borrowed<'_>, name: Borrowed<'_>) -> c_int {
    lookup::set(v, name, None).into_c()
}

/// `del v.name` for a C name.
#[capi]
pub unsafe fn PyObject_DelAttrString(v: Borrowed<'_>, name: *const c_char) -> c_int {
    // SAFETY: a C string, as object.h wants it.
    lookup::set_string(v, unsafe { c_text(name) }, None).into_c()
}

/// `dir(obj)`, or `dir()` for NULL.
#[capi]
pub unsafe fn PyObject_Dir(obj: Maybe<'_>) -> Result<Owned, Raised> {
    lookup::dir(obj)
}

/// The `tp_iter` of iterators.
#[capi]
pub unsafe fn PyObject_SelfIter(obj: Borrowed<'_>) -> Owned {
    obj.new_ref()
}

/// The `tp_getattro` of ordinary objects.
#[capi]
pub unsafe fn PyObject_GenericGetAttr(obj: Borrowed<'_>, name: Borrowed<'_>) -> *mut PyObject {
    generic::get(obj, name, None, generic::Missing::Raise).into_c()
}

/// The `tp_setattro` of ordinary objects.
#[capi]
pub unsafe fn PyObject_GenericSetAttr(
    obj: Borrowed<'_>,
    name: Borrowed<'_>,
    value: Maybe<'_>,
) -> c_int {
    generic::set(obj, name, value, None).into_c()
}

/// The setter of `__dict__`.
#[capi]
pub unsafe fn PyObject_GenericSetDict(
    obj: Borrowed<'_>,
    value: Maybe<'_>,
    _context: *mut c_void,
) -> c_int {
    generic::set_dict(obj, value).into_c()
}

/// Keeps a dying container for later (the trashcan's deep end).
#[capi]
pub unsafe fn _PyTrash_thread_deposit_object(tstate: *mut ffi::PyThreadState, op: *mut PyObject) {
    // SAFETY: the trashcan's macros see to what the function wants.
    unsafe { life::deposit_in_trash(tstate, op) }
}

/// Deallocates what the trashcan kept.
#[capi]
pub unsafe fn _PyTrash_thread_destroy_chain(tstate: *mut ffi::PyThreadState) {
    // SAFETY: the trashcan's macros see to what the function wants.
    unsafe { life::empty_trash(tstate) }
}

/// The type of `None`.
#[capi]
pub static mut _PyNone_Type: PyTypeObject = singletons::none_type();

/// The type of `NotImplemented`.
#[capi]
pub static mut _PyNotImplemented_Type: PyTypeObject = singletons::not_implemented_type();

/// Kept for C that looks for it: upstream uses it to pull `abstract.o` out of its archive.
#[capi]
pub static mut _Py_abstract_hack: Option<unsafe extern "C" fn(*mut PyObject) -> ffi::Py_ssize_t> =
    Some(ffi::PyObject_Size);

const _: () = assert!(size_of::<Maybe<'_>>() == size_of::<*mut PyObject>());
