//! What attribute access does for ordinary objects: descriptors of the type, the instance's values or dict, the type's
//! other attributes, in the order of the data model. These are the slots that most types inherit.
use crate::ffi;
use crate::object::compare::ensure_ready;
use crate::object::exception;
use crate::object::life::instance_size;
use crate::object::lookup::{add_context, check_name, dict_item, missing};
use crate::object::text::wrong_kind;
use crate::object::{Borrowed, Lookup, Owned, Raised, check_status, raise};
use crate::{field, raise_format};
use core::ptr::{addr_eq, null_mut};

/// What to do when there is no such attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Raise `AttributeError`.
    Raise,
    /// Nothing: the result is `None`, and `AttributeError`s of descriptors are dropped too.
    Nothing,
}

impl Missing {
    /// A failed step: an absence where that is asked for and the error is an `AttributeError`.
    #[cold]
    fn absence(self, raised: Raised) -> Result<(), Raised> {
        if self == Self::Nothing && raised.matches(exception::AttributeError) {
            raised.clear();
            Ok(())
        } else {
            Err(raised)
        }
    }
}

/// An attribute of a type, found along its method resolution order (typeobject.c `_PyType_LookupRef`).
#[inline(always)]
pub(crate) fn type_attribute(
    class: Borrowed<'_, ffi::PyTypeObject>,
    name: Borrowed<'_>,
) -> Option<Owned> {
    // SAFETY: a live type and a str; the result is a new reference or NULL without an exception.
    unsafe { Owned::from_c_optional(ffi::_PyType_LookupRef(class.as_ptr(), name.as_ptr())) }
}

/// `descriptor.__get__(object, type(object))` by its slot.
#[inline(always)]
fn bind(
    slot: unsafe extern "C" fn(
        *mut ffi::PyObject,
        *mut ffi::PyObject,
        *mut ffi::PyObject,
    ) -> *mut ffi::PyObject,
    descriptor: &Owned,
    object: Borrowed<'_>,
) -> Result<Owned, Raised> {
    let class = object.type_of();
    // SAFETY: a type's slot is called with an instance of it; the others are live objects.
    unsafe {
        Owned::from_c(slot(
            descriptor.as_ptr(),
            object.as_ptr(),
            class.as_ptr().cast(),
        ))
    }
}

/// Where an instance keeps its `__dict__`, when its type says so by an offset (object.c
/// `_PyObject_ComputedDictPointer`). A negative offset counts from the end of a variable-size instance.
#[inline]
pub fn computed_dict_slot(object: Borrowed<'_>) -> Option<*mut *mut ffi::PyObject> {
    let class = object.type_of();
    let mut offset = field!(class.tp_dictoffset);
    if offset == 0 {
        return None;
    }
    // SAFETY: only a type with a PyVarObject header may have a negative offset; the offset is the type's own.
    unsafe {
        if offset < 0 {
            let items = (*object.as_ptr().cast::<ffi::PyVarObject>())
                .ob_size
                .wrapping_abs();
            offset = offset.wrapping_add_unsigned(instance_size(class, items));
        }
        Some(object.as_ptr().byte_offset(offset).cast())
    }
}

/// The dict that an instance has now, if any, without making one of its inline values.
#[inline(always)]
fn existing_dict<'a>(object: Borrowed<'a>) -> Option<Borrowed<'a>> {
    // SAFETY: both slots hold NULL or a live dict.
    unsafe {
        if object.type_of().has_feature(ffi::Py_TPFLAGS_MANAGED_DICT) {
            let dict = *ffi::_PyObject_ManagedDictPointer(object.as_ptr());
            Borrowed::from_c_optional(dict.cast())
        } else {
            computed_dict_slot(object).and_then(|slot| Borrowed::from_c_optional(*slot))
        }
    }
}

/// What the inline values of an instance say about a name.
enum Inline {
    /// The instance has a dict instead, or the name is not a plain `str`: look there.
    Elsewhere,
    /// The values are valid, and this is what they hold.
    Answer(Option<Owned>),
}

/// Asks the inline values of an instance (dictobject.c `_PyObject_TryGetInstanceAttribute`).
#[inline(always)]
fn inline_value(object: Borrowed<'_>, name: Borrowed<'_>) -> Inline {
    let mut value = null_mut();
    // SAFETY: the type has inline values, as the callers check; the function gives a new reference or NULL.
    unsafe {
        if ffi::_PyObject_TryGetInstanceAttribute(object.as_ptr(), name.as_ptr(), &raw mut value) {
            Inline::Answer(Owned::from_c_optional(value))
        } else {
            Inline::Elsewhere
        }
    }
}

/// `object.name` by the data model's rules (object.c `_PyObject_GenericGetAttrWithDict`). `dict` stands in for the
/// instance's own.
///
/// # Errors
/// What descriptors and the dict raise; `AttributeError` if `missing` wants one; `TypeError` for a wrong name.
#[inline]
pub fn get(
    object: Borrowed<'_>,
    name: Borrowed<'_>,
    dict: Option<Borrowed<'_>>,
    on_missing: Missing,
) -> Lookup {
    check_name(name)?;
    let class = object.type_of();
    // Code that runs below may drop the caller's reference to the name. That a key's comparison may assign `__class__`, and
    // so take the last reference to the type that the message below names, is upstream's risk too: a reference on every
    // lookup would cost more than it protects.
    let name = name.new_ref();
    let name = name.borrow();
    ensure_ready(class)?;

    let attribute = type_attribute(class, name);
    let getter = attribute.as_ref().and_then(|attribute| {
        let kind = attribute.borrow().type_of();
        field!(kind.tp_descr_get).map(|get| (get, field!(kind.tp_descr_set).is_some(), attribute))
    });
    if let Some((get, true, descriptor)) = getter {
        return match bind(get, descriptor, object) {
            Ok(value) => Ok(Some(value)),
            Err(raised) => on_missing.absence(raised).map(|()| None),
        };
    }

    match instance_attribute(class, object, name, dict) {
        Ok(None) => {}
        Ok(found) => return Ok(found),
        Err(raised) => on_missing.absence(raised)?,
    }

    if let Some((get, _, descriptor)) = getter {
        return match bind(get, descriptor, object) {
            Ok(value) => Ok(Some(value)),
            Err(raised) => on_missing.absence(raised).map(|()| None),
        };
    }
    if attribute.is_some() || on_missing == Missing::Nothing {
        return Ok(attribute);
    }
    Err(add_context(missing(class, name), object, name))
}

/// What the instance itself holds under a name: inline values, or a dict.
#[inline(always)]
fn instance_attribute(
    class: Borrowed<'_, ffi::PyTypeObject>,
    object: Borrowed<'_>,
    name: Borrowed<'_>,
    dict: Option<Borrowed<'_>>,
) -> Lookup {
    let dict = match dict {
        Some(dict) => dict.new_ref(),
        None if class.has_feature(ffi::Py_TPFLAGS_INLINE_VALUES) => {
            if name.is_exactly(&raw const ffi::PyUnicode_Type)
                && let Inline::Answer(value) = inline_value(object, name)
            {
                return Ok(value);
            }
            // SAFETY: the type has a managed dict, which the function makes if need be and keeps alive.
            let dict = unsafe {
                Borrowed::from_c(ffi::_PyObject_MaterializeManagedDict(object.as_ptr()))?
            };
            dict.upcast().new_ref()
        }
        None => match existing_dict(object) {
            Some(dict) => dict.new_ref(),
            None => return Ok(None),
        },
    };
    dict_item(dict.borrow(), name)
}

/// What [`method`] found.
pub enum Method {
    /// A function of the type, to be called with the object before the other arguments.
    Unbound(Owned),
    /// Anything else, to be called as it is.
    Attribute(Owned),
}

/// `object.name` for a call, without making a bound method when the type has a function there
/// (object.c `_PyObject_GetMethod`).
///
/// # Errors
/// As [`get`].
pub fn method(object: Borrowed<'_>, name: Borrowed<'_>) -> Result<Method, Raised> {
    let class = object.type_of();
    ensure_ready(class)?;
    let generic = field!(class.tp_getattro)
        .is_some_and(|slot| addr_eq(slot as *const (), ffi::PyObject_GenericGetAttr as *const ()));
    if !generic || !name.is_exactly(&raw const ffi::PyUnicode_Type) {
        return super::lookup::get(object, name).map(Method::Attribute);
    }

    let attribute = type_attribute(class, name);
    let mut is_method = false;
    let mut getter = None;
    if let Some(descriptor) = &attribute {
        let kind = descriptor.borrow().type_of();
        if kind.has_feature(ffi::Py_TPFLAGS_METHOD_DESCRIPTOR) {
            is_method = true;
        } else {
            getter = field!(kind.tp_descr_get);
            if let Some(get) = getter
                && field!(kind.tp_descr_set).is_some()
            {
                return bind(get, descriptor, object).map(Method::Attribute);
            }
        }
    }

    let found = if class.has_feature(ffi::Py_TPFLAGS_INLINE_VALUES) {
        match inline_value(object, name) {
            Inline::Answer(value) => value,
            Inline::Elsewhere => existing_item(object, name)?,
        }
    } else {
        existing_item(object, name)?
    };
    if let Some(value) = found {
        return Ok(Method::Attribute(value));
    }

    match (attribute, getter) {
        (Some(function), _) if is_method => Ok(Method::Unbound(function)),
        (Some(descriptor), Some(get)) => bind(get, &descriptor, object).map(Method::Attribute),
        (Some(value), None) => Ok(Method::Attribute(value)),
        (None, _) => Err(add_context(missing(class, name), object, name)),
    }
}

/// An item of the instance's dict, if it has one.
fn existing_item(object: Borrowed<'_>, name: Borrowed<'_>) -> Lookup {
    match existing_dict(object) {
        Some(dict) => dict_item(dict.new_ref().borrow(), name),
        None => Ok(None),
    }
}

/// Sets or deletes `object.name` by the data model's rules (object.c `_PyObject_GenericSetAttrWithDict`). `dict` stands
/// in for the instance's own.
///
/// # Errors
/// What descriptors and the dict raise; `AttributeError` when there is nowhere to store, or nothing to delete;
/// `TypeError` for a wrong name.
pub fn set(
    object: Borrowed<'_>,
    name: Borrowed<'_>,
    value: Option<Borrowed<'_>>,
    dict: Option<Borrowed<'_>>,
) -> Result<(), Raised> {
    check_name(name)?;
    // Code that runs below may drop the caller's reference to the name, or assign `__class__`.
    let (name, class) = (name.new_ref(), object.type_of().new_ref());
    let (name, class) = (name.borrow(), class.borrow());
    ensure_ready(class)?;
    let raw_value = value.map_or(null_mut(), Borrowed::as_ptr);

    let attribute = type_attribute(class, name);
    if let Some(descriptor) = &attribute {
        let kind = descriptor.borrow().type_of();
        if let Some(set) = field!(kind.tp_descr_set) {
            // SAFETY: a type's slot is called with an instance of it.
            let status = unsafe { set(descriptor.as_ptr(), object.as_ptr(), raw_value) };
            return check_status(status);
        }
    }

    // SAFETY: the dict and the instance are alive; the slot of a dict holds NULL or a dict.
    let stored = unsafe {
        if let Some(dict) = dict {
            let dict = dict.new_ref();
            check_status(match value {
                Some(value) => ffi::PyDict_SetItem(dict.as_ptr(), name.as_ptr(), value.as_ptr()),
                None => ffi::PyDict_DelItem(dict.as_ptr(), name.as_ptr()),
            })
        } else if class.has_feature(ffi::Py_TPFLAGS_INLINE_VALUES) {
            let (object, name) = (object.as_ptr(), name.as_ptr());
            check_status(ffi::_PyObject_StoreInstanceAttribute(
                object, name, raw_value,
            ))
        } else {
            let slot = if class.has_feature(ffi::Py_TPFLAGS_MANAGED_DICT) {
                Some(ffi::_PyObject_ManagedDictPointer(object.as_ptr()).cast())
            } else {
                computed_dict_slot(object)
            };
            let Some(slot) = slot else {
                return Err(no_place(class, object, name, attribute.is_some()));
            };
            check_status(ffi::_PyObjectDict_SetItem(
                class.as_ptr(),
                object.as_ptr(),
                slot,
                name.as_ptr(),
                raw_value,
            ))
        }
    };
    stored.map_err(|raised| {
        if raised.matches(exception::KeyError) {
            add_context(missing(class, name), object, name)
        } else {
            raised
        }
    })
}

/// The error for an instance without a dict: read-only when the type has the attribute, and else not there.
#[cold]
fn no_place(
    class: Borrowed<'_, ffi::PyTypeObject>,
    object: Borrowed<'_>,
    name: Borrowed<'_>,
    is_type_attribute: bool,
) -> Raised {
    let ordinary = field!(class.tp_setattro)
        .is_some_and(|slot| addr_eq(slot as *const (), ffi::PyObject_GenericSetAttr as *const ()));
    let format = match (is_type_attribute, ordinary) {
        (true, _) => c"'%.100s' object attribute '%U' is read-only",
        (false, true) => {
            c"'%.100s' object has no attribute '%U' and no __dict__ for setting new attributes"
        }
        (false, false) => c"'%.100s' object has no attribute '%U'",
    };
    // SAFETY: the formats take a C string and a str.
    let raised = unsafe {
        raise_format!(
            exception::AttributeError,
            format,
            class.name().as_ptr(),
            name.as_ptr(),
        )
    };
    if is_type_attribute {
        raised
    } else {
        add_context(raised, object, name)
    }
}

/// Where an instance keeps its `__dict__`, made from its inline values if need be; nothing when it has none, and never
/// an exception (object.c `_PyObject_GetDictPtr`).
pub fn dict_slot(object: Borrowed<'_>) -> Option<*mut *mut ffi::PyObject> {
    let class = object.type_of();
    if !class.has_feature(ffi::Py_TPFLAGS_MANAGED_DICT) {
        return computed_dict_slot(object);
    }
    // SAFETY: the type has a managed dict.
    unsafe {
        let slot = ffi::_PyObject_ManagedDictPointer(object.as_ptr());
        if (*slot).is_null()
            && class.has_feature(ffi::Py_TPFLAGS_INLINE_VALUES)
            && ffi::_PyObject_MaterializeManagedDict(object.as_ptr()).is_null()
        {
            ffi::PyErr_Clear();
            return None;
        }
        Some(slot.cast())
    }
}

/// Sets an instance's `__dict__` (object.c `PyObject_GenericSetDict`).
///
/// # Errors
/// `AttributeError` without a dict, `TypeError` for what is no dict or for deleting, `MemoryError`.
pub fn set_dict(object: Borrowed<'_>, value: Option<Borrowed<'_>>) -> Result<(), Raised> {
    let Some(slot) = dict_slot(object) else {
        let inline = object.type_of().has_feature(ffi::Py_TPFLAGS_INLINE_VALUES);
        return Err(if inline {
            Raised::no_memory()
        } else {
            raise(exception::AttributeError, c"This object has no __dict__")
        });
    };
    let Some(value) = value else {
        return Err(raise(exception::TypeError, c"cannot delete __dict__"));
    };
    if value.downcast::<ffi::PyDictObject>().is_none() {
        let format = c"__dict__ must be set to a dictionary, not a '%.200s'";
        return Err(wrong_kind(format, value));
    }
    // SAFETY: the slot holds NULL or a reference of its own.
    drop(unsafe { Owned::exchange(slot, Some(value.new_ref())) });
    Ok(())
}
