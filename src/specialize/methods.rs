//! `LOAD_ATTR` of what a class has: methods, and values that are no descriptors. Reads classes and their instances'
//! dicts; writes the instruction's cache.
use crate::bytecode::Opcode;
use crate::bytecode::cache::LoadAttributeCache;
use crate::ffi::{self, Py_ssize_t, PyObject, PyTypeObject};
use crate::field;
use crate::object::Borrowed;
use crate::specialize::descriptors::{self, Access, Attribute, Instance, classify, find};
use crate::specialize::keys::{Keys, Place};

/// Something that a class has, read from the class itself (specialize.c `specialize_class_load_attr`).
pub(super) fn of_class(
    cache: &LoadAttributeCache,
    owner: Borrowed<'_, PyTypeObject>,
    name: Borrowed<'_>,
) -> Option<Opcode> {
    if !owner.is_exactly(&raw const ffi::PyType_Type) || find(owner.type_of(), name).is_some() {
        return None;
    }
    let attribute = classify(owner, name, Access::Load);
    let version = descriptors::version(owner)?;
    let (Attribute::Method(found) | Attribute::Value(found)) = attribute else {
        return None;
    };
    fill(cache, version, found);
    Some(Opcode::LOAD_ATTR_CLASS)
}

fn fill(cache: &LoadAttributeCache, version: u32, found: Borrowed<'_>) {
    cache.type_version.set(version);
    cache.found.set(found.as_ptr());
}

/// Where an instance could have an attribute of its own.
enum InstanceDict {
    /// Nowhere.
    None,
    /// Among values whose keys are guarded by a version that is now in the cache; it is not there.
    SharedKeys,
    /// In a dict, whose place in the instance has this offset.
    At(Py_ssize_t),
}

/// A method of the instance's class that is about to be called (specialize.c `specialize_attr_loadclassattr`).
pub(super) fn choose_method(
    cache: &LoadAttributeCache,
    instance: Instance<'_>,
    name: Borrowed<'_>,
    method: Borrowed<'_>,
) -> Option<Opcode> {
    let chosen = match instance_dict(cache, instance, name)? {
        InstanceDict::SharedKeys => Opcode::LOAD_ATTR_METHOD_WITH_VALUES,
        InstanceDict::None => Opcode::LOAD_ATTR_METHOD_NO_DICT,
        InstanceDict::At(offset) => {
            let object = instance.object.as_ptr();
            // SAFETY: the class says that its instances have a place for a dict there, which is NULL before there is one.
            let dict = unsafe { *object.byte_offset(offset).cast::<*mut PyObject>() };
            if !dict.is_null() {
                return None;
            }
            // Offsets may be negative, entries of a cache may not: the evaluator reverses this.
            let offset = u16::try_from(offset - ffi::MANAGED_DICT_OFFSET).ok()?;
            cache.start().index.set(offset);
            Opcode::LOAD_ATTR_METHOD_LAZY_DICT
        }
    };
    fill(cache, instance.version, method);
    Some(chosen)
}

/// A value that the instance's class has and that is no descriptor (specialize.c `specialize_attr_loadclassattr`).
pub(super) fn choose_value(
    cache: &LoadAttributeCache,
    instance: Instance<'_>,
    name: Borrowed<'_>,
    value: Borrowed<'_>,
) -> Option<Opcode> {
    let chosen = match instance_dict(cache, instance, name)? {
        InstanceDict::SharedKeys => Opcode::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES,
        InstanceDict::None => Opcode::LOAD_ATTR_NONDESCRIPTOR_NO_DICT,
        InstanceDict::At(_) => return None,
    };
    fill(cache, instance.version, value);
    Some(chosen)
}

/// Where an instance could have an attribute of this name; nothing where it cannot be told, or where the others of its
/// class do have it.
fn instance_dict(
    cache: &LoadAttributeCache,
    instance: Instance<'_>,
    name: Borrowed<'_>,
) -> Option<InstanceDict> {
    let class = instance.class;
    if class.has_feature(ffi::Py_TPFLAGS_INLINE_VALUES) {
        let keys = Keys::of_instances(class.as_heap_type()?)?;
        if keys.place(name) != Place::Nowhere {
            return None;
        }
        cache.keys_version.set(keys.version()?);
        return Some(InstanceDict::SharedKeys);
    }
    if class.has_feature(ffi::Py_TPFLAGS_MANAGED_DICT) {
        return Some(InstanceDict::At(ffi::MANAGED_DICT_OFFSET));
    }
    const LAST: Py_ssize_t = i16::MAX as Py_ssize_t + ffi::MANAGED_DICT_OFFSET;
    match field!(class.tp_dictoffset) {
        0 => Some(InstanceDict::None),
        offset @ 1..=LAST => Some(InstanceDict::At(offset)),
        _ => None,
    }
}
