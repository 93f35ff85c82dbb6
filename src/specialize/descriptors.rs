//! What a class makes of an attribute's name, as far as specialisation cares. Looks into classes and gives them versions.
use crate::ffi::{self, PyMemberDescrObject, PyTypeObject};
use crate::object::Borrowed;
use crate::specialize::functions::Function;
use crate::thread::ThreadState;
use crate::{field, static_id};
use core::ptr::addr_eq;

/// Whether an attribute is to be read or written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// `LOAD_ATTR`
    Load,
    /// `STORE_ATTR`
    Store,
}

/// An object and its class, with the version of the class, which guards all that is found out of it.
#[derive(Clone, Copy)]
pub(super) struct Instance<'o> {
    /// The object.
    pub(super) object: Borrowed<'o>,
    /// Its class.
    pub(super) class: Borrowed<'o, PyTypeObject>,
    /// The version of the class.
    pub(super) version: u32,
}

/// What a class has under a name. What it has is borrowed from the class, which keeps it as long as its version stays
/// (specialize.c `DescriptorClassification`).
pub(super) enum Attribute<'c> {
    /// Nothing, nor does it meddle with the access: the instance's dict decides.
    Absent,
    /// A function or something like it, which takes the instance as its first argument when it is called.
    Method(Borrowed<'c>),
    /// A value that is no descriptor; its own class is immutable, so that it stays none.
    Value(Borrowed<'c>),
    /// A `property`.
    Property(Borrowed<'c, ffi::_PyPropertyObject>),
    /// A slot of the instance that holds an object.
    Slot(Borrowed<'c, PyMemberDescrObject>),
    /// `__class__` as `object` has it.
    Class,
    /// Whatever it is, a `__getattribute__` in Python has to be asked, and there is no `__getattr__`.
    AskFunction(Function<'c>),
    /// Anything else: it may change its behaviour, raise, or run code.
    Other,
}

/// Who answers when an attribute is read.
enum Reader<'c> {
    /// `object.__getattribute__`; after it a `__getattr__`, if that is true.
    Object { then_getattr: bool },
    /// A `__getattribute__` in Python, and nothing else.
    Function(Function<'c>),
    /// Something that nobody here knows.
    Other,
}

/// What a class has under a name, along its method resolution order; it is given a version if there is one left
/// (typeobject.c `_PyType_Lookup`).
pub(super) fn find<'c>(
    class: Borrowed<'c, PyTypeObject>,
    name: Borrowed<'_>,
) -> Option<Borrowed<'c>> {
    // SAFETY: live objects; the result is NULL, or borrowed from a class in the order, which the class keeps.
    unsafe { Borrowed::from_c_optional(ffi::_PyType_Lookup(class.as_ptr(), name.as_ptr())) }
}

/// The version of a class, by which a cache tells that neither it nor a base has changed; none when it has none.
pub(super) fn version(class: Borrowed<'_, PyTypeObject>) -> Option<u32> {
    let version = field!(class.tp_version_tag);
    (version != 0).then_some(version)
}

/// Whether a class is complete (pycore_typeobject.h `_PyType_IsReady`).
pub(super) fn is_ready(class: Borrowed<'_, PyTypeObject>) -> bool {
    // SAFETY: a live class.
    unsafe { ffi::_PyType_IsReady(class.as_ptr()) }
}

fn reader(class: Borrowed<'_, PyTypeObject>) -> Reader<'_> {
    let Some(slot) = field!(class.tp_getattro) else {
        return Reader::Other;
    };
    let slot = slot as *const ();
    if addr_eq(slot, ffi::PyObject_GenericGetAttr as *const ()) {
        return Reader::Object {
            then_getattr: false,
        };
    }
    let only_getattribute = addr_eq(slot, ffi::_Py_slot_tp_getattro as *const ());
    if !only_getattribute && !addr_eq(slot, ffi::_Py_slot_tp_getattr_hook as *const ()) {
        return Reader::Other;
    }
    // SAFETY: the running thread's interpreter is alive.
    let inherited = unsafe {
        (*ThreadState::current().interpreter())
            .callable_cache
            .object__getattribute__
    };
    let getattribute = find(class, static_id!(_py___getattribute__));
    let then_getattr = find(class, static_id!(_py___getattr__)).is_some();
    match getattribute {
        Some(own) if !own.is_at(inherited) => match own.downcast() {
            Some(function) if only_getattribute && !then_getattr => Reader::Function(function),
            _ => Reader::Other,
        },
        _ => Reader::Object { then_getattr },
    }
}

/// Whether writing goes the usual way.
fn writes_plainly(class: Borrowed<'_, PyTypeObject>) -> bool {
    field!(class.tp_setattro)
        .is_some_and(|slot| addr_eq(slot as *const (), ffi::PyObject_GenericSetAttr as *const ()))
}

/// What reading or writing `name` on instances of a class comes to (specialize.c `analyze_descriptor`).
pub(super) fn classify<'c>(
    class: Borrowed<'c, PyTypeObject>,
    name: Borrowed<'_>,
    access: Access,
) -> Attribute<'c> {
    let then_getattr = match access {
        Access::Store if writes_plainly(class) => false,
        Access::Store => return Attribute::Other,
        Access::Load => match reader(class) {
            Reader::Object { then_getattr } => then_getattr,
            Reader::Function(function) => return Attribute::AskFunction(function),
            Reader::Other => return Attribute::Other,
        },
    };
    let Some(found) = find(class, name) else {
        return Attribute::Absent;
    };
    let kind = found.type_of();
    if !kind.has_feature(ffi::Py_TPFLAGS_IMMUTABLETYPE) {
        return Attribute::Other;
    }
    if field!(kind.tp_descr_set).is_some() {
        if let Some(member) = found.downcast::<PyMemberDescrObject>() {
            return if holds_object(member) {
                Attribute::Slot(member)
            } else {
                Attribute::Other
            };
        }
        if let Some(property) = found.downcast_exact::<ffi::_PyPropertyObject>() {
            // When its getter raises AttributeError, a __getattr__ would have to be called.
            return if then_getattr {
                Attribute::Other
            } else {
                Attribute::Property(property)
            };
        }
        if is_class_of_object(found, name) {
            return Attribute::Class;
        }
        if access == Access::Store {
            return Attribute::Other;
        }
    }
    if field!(kind.tp_descr_get).is_none() {
        Attribute::Value(found)
    } else if kind.has_feature(ffi::Py_TPFLAGS_METHOD_DESCRIPTOR) {
        Attribute::Method(found)
    } else {
        Attribute::Other
    }
}

/// Whether a slot holds an object, rather than a number or a text of C.
fn holds_object(member: Borrowed<'_, PyMemberDescrObject>) -> bool {
    // SAFETY: a descriptor's definition lives as long as its class, which the descriptor keeps.
    let kind = unsafe { (*field!(member.d_member)).type_ };
    matches!(
        kind.cast_unsigned(),
        ffi::Py_T_OBJECT_EX | ffi::_Py_T_OBJECT
    )
}

/// Whether a descriptor is the one that `object` has for `__class__`.
fn is_class_of_object(found: Borrowed<'_>, name: Borrowed<'_>) -> bool {
    // SAFETY: a live str and a C string; the static type lives for ever.
    unsafe {
        ffi::PyUnicode_CompareWithASCIIString(name.as_ptr(), c"__class__".as_ptr()) == 0
            && find(Borrowed::from_static(&raw mut ffi::PyBaseObject_Type), name)
                .is_some_and(|own| own.is(found))
    }
}
