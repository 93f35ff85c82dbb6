//! `LOAD_ATTR` and `STORE_ATTR`. Reads the owner, its class and its dict; writes the instruction's cache.
use crate::bytecode::Opcode;
use crate::bytecode::cache::{AttributeCache, LoadAttr, StoreAttr};
use crate::ffi::{self, PyDictObject, PyMemberDescrObject, PyModuleObject, PyTypeObject};
use crate::object::Borrowed;
use crate::specialize::descriptors::{self, Access, Attribute, Instance, classify};
use crate::specialize::functions::{self, Function, Parameters};
use crate::specialize::keys::{Keys, Place, place_in_dict};
use crate::specialize::{Site, methods};
use crate::{field, static_id};
use core::ffi::c_int;

/// Specialises `owner.name` (specialize.c `_Py_Specialize_LoadAttr`).
pub fn load(site: Site<'_, LoadAttr>, owner: Borrowed<'_>, name: Borrowed<'_>) {
    site.settle(choose_load(site, owner, name));
}

/// Specialises `owner.name = …` (specialize.c `_Py_Specialize_StoreAttr`).
pub fn store(site: Site<'_, StoreAttr>, owner: Borrowed<'_>, name: Borrowed<'_>) {
    site.settle(choose_store(site, owner, name));
}

fn choose_load(
    site: Site<'_, LoadAttr>,
    owner: Borrowed<'_>,
    name: Borrowed<'_>,
) -> Option<Opcode> {
    let class = owner.type_of();
    if !descriptors::is_ready(class) {
        return None;
    }
    let cache = site.cache();
    if let Some(module) = owner.downcast_exact::<PyModuleObject>() {
        return choose_module(cache.start(), module, name);
    }
    if let Some(owner) = owner.downcast::<PyTypeObject>() {
        return methods::of_class(cache, owner, name);
    }
    let attribute = classify(class, name, Access::Load);
    let instance = Instance {
        object: owner,
        class,
        version: descriptors::version(class)?,
    };
    match attribute {
        Attribute::Absent => choose_in_dict(cache.start(), instance, name, Access::Load),
        Attribute::Method(method) if is_called(site) => {
            methods::choose_method(cache, instance, name, method)
        }
        Attribute::Value(value) if !is_called(site) => {
            methods::choose_value(cache, instance, name, value)
        }
        Attribute::Property(property) => {
            // SAFETY: a property's getter is NULL or an object that it keeps.
            let getter = unsafe { Borrowed::from_c_optional(field!(property.prop_get)) };
            let getter = getter?.downcast()?;
            choose_function(site, instance, getter, 1)?;
            Some(Opcode::LOAD_ATTR_PROPERTY)
        }
        Attribute::AskFunction(function) => {
            choose_function(site, instance, function, 2)?;
            Some(Opcode::LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN)
        }
        Attribute::Slot(member) => {
            let offset = slot_offset(owner, member, ffi::Py_AUDIT_READ)?;
            fill(cache.start(), instance.version, offset);
            Some(Opcode::LOAD_ATTR_SLOT)
        }
        Attribute::Class => {
            const OFFSET: usize = core::mem::offset_of!(ffi::PyObject, ob_type);
            fill(cache.start(), instance.version, OFFSET as u16);
            Some(Opcode::LOAD_ATTR_SLOT)
        }
        Attribute::Method(_) | Attribute::Value(_) | Attribute::Other => None,
    }
}

fn choose_store(
    site: Site<'_, StoreAttr>,
    owner: Borrowed<'_>,
    name: Borrowed<'_>,
) -> Option<Opcode> {
    let class = owner.type_of();
    if !descriptors::is_ready(class) || owner.is_exactly(&raw const ffi::PyModule_Type) {
        return None;
    }
    let attribute = classify(class, name, Access::Store);
    let instance = Instance {
        object: owner,
        class,
        version: descriptors::version(class)?,
    };
    match attribute {
        Attribute::Absent => choose_in_dict(site.cache(), instance, name, Access::Store),
        Attribute::Slot(member) => {
            let offset = slot_offset(owner, member, ffi::Py_READONLY)?;
            fill(site.cache(), instance.version, offset);
            Some(Opcode::STORE_ATTR_SLOT)
        }
        _ => None,
    }
}

/// Whether the value is to be called with the arguments that follow: a method is then left unbound.
fn is_called(site: Site<'_, LoadAttr>) -> bool {
    site.oparg() & 1 != 0
}

fn fill(cache: &AttributeCache, version: u32, index: u16) {
    cache.version.set(version);
    cache.index.set(index);
}

/// Something in a module, which must have no `__getattr__`: a later one would change the keys
/// (specialize.c `specialize_module_load_attr`).
fn choose_module(
    cache: &AttributeCache,
    module: Borrowed<'_, PyModuleObject>,
    name: Borrowed<'_>,
) -> Option<Opcode> {
    // SAFETY: a module's dict is NULL or a dict that it keeps.
    let dict = unsafe { Borrowed::<PyDictObject>::from_c_optional(field!(module.md_dict).cast())? };
    let keys = Keys::of(dict)?;
    if keys.kind() != ffi::DICT_KEYS_UNICODE
        || place_in_dict(dict, static_id!(_py___getattr__)) != Place::Nowhere
    {
        return None;
    }
    let index = place_in_dict(dict, name).entry()?;
    fill(cache, keys.version()?, index);
    Some(Opcode::LOAD_ATTR_MODULE)
}

/// Something that only the instance itself can have: among its inline values, or in its dict
/// (specialize.c `specialize_dict_access`).
fn choose_in_dict(
    cache: &AttributeCache,
    instance: Instance<'_>,
    name: Borrowed<'_>,
    access: Access,
) -> Option<Opcode> {
    let Instance {
        object,
        class,
        version,
    } = instance;
    if !class.has_feature(ffi::Py_TPFLAGS_MANAGED_DICT) {
        return None;
    }
    // SAFETY: an object of such a class has a place for a dict, NULL or a reference; with the other flag, it has values.
    let (dict, has_values) = unsafe {
        let dict = ffi::_PyObject_GetManagedDict(object.as_ptr());
        let has_values = class.has_feature(ffi::Py_TPFLAGS_INLINE_VALUES)
            && (*ffi::_PyObject_InlineValues(object.as_ptr())).valid != 0;
        (Borrowed::<PyDictObject>::from_c_optional(dict), has_values)
    };
    // A dict that shares the values must know of what is stored among them.
    if has_values && (access == Access::Load || dict.is_none()) {
        let keys = Keys::of_instances(class.as_heap_type()?)?;
        fill(cache, version, keys.place(name).entry()?);
        return Some(match access {
            Access::Load => Opcode::LOAD_ATTR_INSTANCE_VALUE,
            Access::Store => Opcode::STORE_ATTR_INSTANCE_VALUE,
        });
    }
    let dict = dict?;
    if !dict.is_exactly(&raw const ffi::PyDict_Type) || !field!(dict.ma_values).is_null() {
        return None;
    }
    fill(cache, version, place_in_dict(dict, name).entry()?);
    Some(match access {
        Access::Load => Opcode::LOAD_ATTR_WITH_HINT,
        Access::Store => Opcode::STORE_ATTR_WITH_HINT,
    })
}

/// The offset of a slot in its owner, unless the access may fail or must be told to somebody, which the slot's `forbidden`
/// flag says.
fn slot_offset(
    owner: Borrowed<'_>,
    member: Borrowed<'_, PyMemberDescrObject>,
    forbidden: u32,
) -> Option<u16> {
    // SAFETY: a descriptor keeps its class, and with it its definition.
    let (class, definition) = unsafe {
        (
            Borrowed::from_raw_unchecked(field!(member.d_common.d_type)),
            *field!(member.d_member),
        )
    };
    if !owner.type_of().is_subtype(class) || definition.flags.cast_unsigned() & forbidden != 0 {
        return None;
    }
    u16::try_from(definition.offset).ok()
}

/// A function in Python that finds the value, with this many arguments: it will be entered without a call.
fn choose_function(
    site: Site<'_, LoadAttr>,
    instance: Instance<'_>,
    function: Function<'_>,
    arguments: c_int,
) -> Option<()> {
    if Parameters::of(function) != Parameters::Simple(arguments) || is_called(site) {
        return None;
    }
    let version = functions::version(function)?;
    if !functions::run_here() {
        return None;
    }
    let cache = site.cache();
    cache.keys_version.set(version);
    cache.type_version.set(instance.version);
    cache.found.set(function.as_ptr().cast());
    Some(())
}
