//! Attributes by name, through the slots of a type: get, get or nothing, set, delete, `dir`. What the slots of ordinary
//! classes do is in [`super::generic`].
use crate::ffi;
use crate::object::exception;
use crate::object::text::wrong_kind;
use crate::object::{Borrowed, Lookup, Owned, Raised, check_bool, check_status, generic};
use crate::{field, raise_format, static_id};
use core::ffi::{CStr, c_char};
use core::ptr::{addr_eq, null_mut};
use core::sync::atomic::{AtomicUsize, Ordering};

/// The message for a name that is not a `str`.
const NAME_TYPE: &CStr = c"attribute name must be string, not '%.200s'";

/// Refuses a name that is not a `str`.
#[inline(always)]
pub(super) fn check_name(name: Borrowed<'_>) -> Result<(), Raised> {
    if name.is_str() {
        Ok(())
    } else {
        Err(wrong_kind(NAME_TYPE, name))
    }
}

/// The name as C text, for the old slots that want it so.
fn utf8(name: Borrowed<'_>) -> Result<*mut c_char, Raised> {
    // SAFETY: a live str, which owns the text.
    let text = unsafe { ffi::PyUnicode_AsUTF8(name.as_ptr()) };
    if text.is_null() {
        Err(Raised::on_c_word())
    } else {
        Ok(text.cast_mut())
    }
}

/// `AttributeError` for a name that is not there.
#[cold]
pub(super) fn missing(class: Borrowed<'_, ffi::PyTypeObject>, name: Borrowed<'_>) -> Raised {
    // SAFETY: the format takes a C string and a str.
    unsafe {
        raise_format!(
            exception::AttributeError,
            c"'%.100s' object has no attribute '%U'",
            class.name().as_ptr(),
            name.as_ptr(),
        )
    }
}

/// Gives an `AttributeError` the object and the name, from which suggestions are made later, unless it has them
/// (object.c `_PyObject_SetAttributeErrorContext`). Other exceptions pass.
#[cold]
pub fn add_context(raised: Raised, object: Borrowed<'_>, name: Borrowed<'_>) -> Raised {
    if !raised.matches(exception::AttributeError) {
        return raised;
    }
    let error = raised.take();
    let attribute_error = exception::AttributeError.class();
    // SAFETY: an exception is alive; an AttributeError has its own layout, whose fields are NULL or objects.
    unsafe {
        if ffi::PyErr_GivenExceptionMatches(error.as_ptr(), attribute_error.as_ptr()) != 0 {
            let fields = error.as_ptr().cast::<ffi::PyAttributeErrorObject>();
            if (*fields).name.is_null() && (*fields).obj.is_null() {
                for (key, value) in [(static_id!(_py_name), name), (static_id!(_py_obj), object)] {
                    if let Err(raised) = set(error.borrow(), key, Some(value)) {
                        return raised;
                    }
                }
            }
        }
    }
    Raised::restore(error)
}

/// `object.name` (object.c `PyObject_GetAttr`).
///
/// # Errors
/// What the slot raises; `AttributeError`; `TypeError` for a name that is no `str`.
#[inline]
pub fn get(object: Borrowed<'_>, name: Borrowed<'_>) -> Result<Owned, Raised> {
    check_name(name)?;
    let class = object.type_of();
    // SAFETY: a type's slots are called with an instance of it.
    let found = unsafe {
        if let Some(getattro) = field!(class.tp_getattro) {
            Owned::from_c(getattro(object.as_ptr(), name.as_ptr()))
        } else if let Some(getattr) = field!(class.tp_getattr) {
            Owned::from_c(getattr(object.as_ptr(), utf8(name)?))
        } else {
            Err(missing(class, name))
        }
    };
    found.map_err(|raised| add_context(raised, object, name))
}

/// `object.name` for a C name (object.c `PyObject_GetAttrString`).
///
/// # Errors
/// As [`get`].
pub fn get_string(object: Borrowed<'_>, name: &CStr) -> Result<Owned, Raised> {
    let class = object.type_of();
    if let Some(getattr) = field!(class.tp_getattr) {
        // SAFETY: a type's slot is called with an instance of it; it does not write to the name.
        return unsafe { Owned::from_c(getattr(object.as_ptr(), name.as_ptr().cast_mut())) };
    }
    get(object, super::text::str_from(name)?.borrow())
}

/// Whether a slot is the function at an address.
fn is_slot(slot: ffi::getattrofunc, function: *const ()) -> bool {
    slot.is_some_and(|slot| addr_eq(slot as *const (), function))
}

/// An `AttributeError` is no error but an absence.
fn absent(raised: Raised) -> Lookup {
    if raised.matches(exception::AttributeError) {
        raised.clear();
        Ok(None)
    } else {
        Err(raised)
    }
}

/// `object.name`, or nothing when there is no such attribute (object.c `PyObject_GetOptionalAttr`). For the common
/// kinds of objects no `AttributeError` is made at all.
///
/// # Errors
/// What the slot raises, other than `AttributeError`; `TypeError` for a name that is no `str`.
pub fn optional(object: Borrowed<'_>, name: Borrowed<'_>) -> Lookup {
    check_name(name)?;
    let class = object.type_of();
    let getattro = field!(class.tp_getattro);
    if is_slot(getattro, ffi::PyObject_GenericGetAttr as *const ()) {
        return generic::get(object, name, None, generic::Missing::Nothing);
    }
    // SAFETY: a type's slots are called with an instance of it; the two comparisons tell the layout of the instance.
    let found = unsafe {
        if is_slot(getattro, ffi::_Py_type_getattro as *const ()) {
            let mut suppressed = 0;
            let class = object.as_ptr().cast();
            let found = ffi::_Py_type_getattro_impl(class, name.as_ptr(), &raw mut suppressed);
            if suppressed != 0 {
                return Ok(None);
            }
            Owned::from_c(found)
        } else if is_slot(getattro, ffi::_Py_module_getattro as *const ()) {
            let found = ffi::_Py_module_getattro_impl(object.as_ptr().cast(), name.as_ptr(), 1);
            if found.is_null() {
                Raised::pending()?;
            }
            return Ok(Owned::from_c_optional(found));
        } else if let Some(getattro) = getattro {
            Owned::from_c(getattro(object.as_ptr(), name.as_ptr()))
        } else if let Some(getattr) = field!(class.tp_getattr) {
            Owned::from_c(getattr(object.as_ptr(), utf8(name)?))
        } else {
            return Ok(None);
        }
    };
    found.map(Some).or_else(absent)
}

/// `isinstance(object, class)` (abstract.c `PyObject_IsInstance`). Where an object's `__class__` is its type, it is not asked
/// for.
///
/// # Errors
/// What `__instancecheck__` and `__class__` raise; `TypeError` for what is no class.
pub fn is_instance(object: Borrowed<'_>, class: Borrowed<'_>) -> Result<bool, Raised> {
    if class.is_exactly(&raw const ffi::PyType_Type) {
        let own = object.type_of();
        // SAFETY: two live types.
        if unsafe { ffi::PyType_IsSubtype(own.as_ptr(), class.as_ptr().cast()) } != 0 {
            return Ok(true);
        }
        if has_plain_class(own) {
            return Ok(false);
        }
    }
    // SAFETY: two live objects.
    check_bool(unsafe { ffi::PyObject_IsInstance(object.as_ptr(), class.as_ptr()) })
}

/// Whether instances of a type have what `object` has for `__class__`, which is their type.
fn has_plain_class(class: Borrowed<'_, ffi::PyTypeObject>) -> bool {
    let getattro = field!(class.tp_getattro);
    if !is_slot(getattro, ffi::PyObject_GenericGetAttr as *const ()) {
        return false;
    }
    let name = static_id!(_py___class__).as_ptr();
    /// How `object` says it: an address in C's tables, or 0 while nobody has asked for it.
    static PLAIN: AtomicUsize = AtomicUsize::new(0);
    // SAFETY: live types and a str; the result is NULL or borrowed. A data descriptor of a type comes before what instances
    // have.
    let definition = |class| unsafe {
        let found = ffi::_PyType_Lookup(class, name);
        let found = Borrowed::<ffi::PyObject>::from_c_optional(found);
        let found = found.filter(|found| found.is_exactly(&raw const ffi::PyGetSetDescr_Type));
        found.map_or(0, |found| {
            let descriptor = found.as_ptr().cast::<ffi::PyGetSetDescrObject>();
            (*descriptor).d_getset.addr()
        })
    };
    if PLAIN.load(Ordering::Relaxed) == 0 {
        let plain = definition(&raw mut ffi::PyBaseObject_Type);
        PLAIN.store(plain, Ordering::Relaxed);
    }
    let found = definition(class.as_ptr());
    found != 0 && found == PLAIN.load(Ordering::Relaxed)
}

/// As [`optional`], for a C name (object.c `PyObject_GetOptionalAttrString`).
///
/// # Errors
/// As [`optional`].
pub fn optional_string(object: Borrowed<'_>, name: &CStr) -> Lookup {
    let class = object.type_of();
    let Some(getattr) = field!(class.tp_getattr) else {
        return optional(object, super::text::str_from(name)?.borrow());
    };
    // SAFETY: a type's slot is called with an instance of it; it does not write to the name.
    let found = unsafe { Owned::from_c(getattr(object.as_ptr(), name.as_ptr().cast_mut())) };
    found.map(Some).or_else(absent)
}

/// A special method, looked up on the type and bound (typeobject.c `_PyObject_LookupSpecial`).
///
/// # Errors
/// What binding it raises.
pub fn special(object: Borrowed<'_>, name: Borrowed<'_>) -> Lookup {
    // SAFETY: a live object and an interned name.
    let found = unsafe {
        Owned::from_c_optional(ffi::_PyObject_LookupSpecial(object.as_ptr(), name.as_ptr()))
    };
    if found.is_none() {
        Raised::pending()?;
    }
    Ok(found)
}

/// Sets `object.name`, or deletes it without a value (object.c `PyObject_SetAttr`). The name is interned.
///
/// # Errors
/// What the slot raises; `TypeError` for a name that is no `str`, or an object whose attributes cannot be set.
pub fn set(
    object: Borrowed<'_>,
    name: Borrowed<'_>,
    value: Option<Borrowed<'_>>,
) -> Result<(), Raised> {
    check_name(name)?;
    let class = object.type_of();
    let value = value.map_or(null_mut(), Borrowed::as_ptr);
    // SAFETY: interning exchanges the reference for another; a type's slots are called with an instance of it; the
    // formats take two C strings and a str.
    unsafe {
        let mut interned = name.new_ref().into_raw();
        ffi::_PyUnicode_InternMortal((*ffi::_PyThreadState_GET()).interp, &raw mut interned);
        let name = Owned::from_raw_unchecked(interned);
        if let Some(setattro) = field!(class.tp_setattro) {
            return check_status(setattro(object.as_ptr(), name.as_ptr(), value));
        }
        if let Some(setattr) = field!(class.tp_setattr) {
            return check_status(setattr(object.as_ptr(), utf8(name.borrow())?, value));
        }
        let unreadable = field!(class.tp_getattr).is_none() && field!(class.tp_getattro).is_none();
        let format = if unreadable {
            c"'%.100s' object has no attributes (%s .%U)"
        } else {
            c"'%.100s' object has only read-only attributes (%s .%U)"
        };
        let verb = if value.is_null() {
            c"del"
        } else {
            c"assign to"
        };
        Err(raise_format!(
            exception::TypeError,
            format,
            class.name().as_ptr(),
            verb.as_ptr(),
            name.as_ptr(),
        ))
    }
}

/// As [`set`], for a C name (object.c `PyObject_SetAttrString`).
///
/// # Errors
/// As [`set`].
pub fn set_string(
    object: Borrowed<'_>,
    name: &CStr,
    value: Option<Borrowed<'_>>,
) -> Result<(), Raised> {
    let class = object.type_of();
    // SAFETY: a type's slot is called with an instance of it, and does not write to the name.
    unsafe {
        if let Some(setattr) = field!(class.tp_setattr) {
            let value = value.map_or(null_mut(), Borrowed::as_ptr);
            return check_status(setattr(object.as_ptr(), name.as_ptr().cast_mut(), value));
        }
        let name = Owned::from_c(ffi::PyUnicode_InternFromString(name.as_ptr()))?;
        set(object, name.borrow(), value)
    }
}

/// Whether a class says that it is abstract (object.c `_PyObject_IsAbstract`).
///
/// # Errors
/// What reading `__isabstractmethod__` or its truth raises.
pub fn is_abstract(object: Option<Borrowed<'_>>) -> Result<bool, Raised> {
    let Some(object) = object else {
        return Ok(false);
    };
    match optional(object, static_id!(_py___isabstractmethod__))? {
        Some(flag) => super::compare::is_true(flag.borrow()),
        None => Ok(false),
    }
}

/// `dir(object)`, and `dir()` without one: sorted names (object.c `PyObject_Dir`).
///
/// # Errors
/// What `__dir__` or sorting raises; `TypeError` when there is no `__dir__`; `SystemError` without a frame.
pub fn dir(object: Option<Borrowed<'_>>) -> Result<Owned, Raised> {
    // SAFETY: new references of live objects; only a list is sorted.
    unsafe {
        let names = match object {
            None => {
                let locals = Owned::from_c(ffi::_PyEval_GetFrameLocals())?;
                let names = Owned::from_c(ffi::PyMapping_Keys(locals.as_ptr()))?;
                drop(locals);
                if names.borrow().downcast::<ffi::PyListObject>().is_none() {
                    let format = c"dir(): expected keys() of locals to be a list, not '%.200s'";
                    return Err(wrong_kind(format, names.borrow()));
                }
                names
            }
            Some(object) => {
                let Some(method) = special(object, static_id!(_py___dir__))? else {
                    return Err(super::raise(
                        exception::TypeError,
                        c"object does not provide __dir__",
                    ));
                };
                let names = method.borrow().call(&[])?;
                drop(method);
                Owned::from_c(ffi::PySequence_List(names.as_ptr()))?
            }
        };
        check_status(ffi::PyList_Sort(names.as_ptr()))?;
        Ok(names)
    }
}

/// Looks a key up in a dict (dictobject.c `PyDict_GetItemRef`).
///
/// # Errors
/// What the key's hash or comparison raises; `SystemError` when it is no dict.
#[inline]
pub fn dict_item(dict: Borrowed<'_>, key: Borrowed<'_>) -> Lookup {
    let mut found = null_mut();
    // SAFETY: live objects; the function sets `found` to NULL or a new reference.
    unsafe {
        check_bool(ffi::PyDict_GetItemRef(
            dict.as_ptr(),
            key.as_ptr(),
            &raw mut found,
        ))?;
        Ok(Owned::from_c_optional(found))
    }
}

/// Looks a key up in a mapping, where a missing one is no error (abstract.c `PyMapping_GetOptionalItem`).
///
/// # Errors
/// What the lookup raises other than `KeyError`.
#[inline]
pub fn optional_item(mapping: Borrowed<'_>, key: Borrowed<'_>) -> Lookup {
    let mut found = null_mut();
    // SAFETY: live objects; the function sets `found` to NULL or a new reference.
    unsafe {
        check_bool(ffi::PyMapping_GetOptionalItem(
            mapping.as_ptr(),
            key.as_ptr(),
            &raw mut found,
        ))?;
        Ok(Owned::from_c_optional(found))
    }
}
