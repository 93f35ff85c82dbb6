//! Loading attributes and methods.
//!
//! The low bit of the operand asks for a method: instead of binding it, the function and then its `self` are pushed, or the
//! attribute and then NULL where it is not a method of the type; calls know both forms.
use crate::bytecode::Opcode;
use crate::bytecode::cache::LoadAttr;
use crate::eval::flow::{Flow, Leave};
use crate::eval::machine::Machine;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, lookup};
use crate::specialize;
use core::ptr::null_mut;

/// `LOAD_ATTR(name)`: `owner.name`.
#[inline(always)]
pub(in crate::eval) fn load_attr(m: &mut Machine) -> Flow {
    m.adapt::<LoadAttr>(|m, site| {
        specialize::attributes::load(site, m.peek(1), m.name(m.operand() >> 1))
    })?;
    let owner = m.pop();
    let name = m.name(m.operand() >> 1);
    if m.operand() & 1 == 0 {
        let value = lookup::get(owner.borrow(), name);
        drop(owner);
        m.push(value?);
        return Ok(());
    }
    let mut found = null_mut();
    // SAFETY: live objects; `found` becomes a new reference, or NULL with an exception.
    let (is_method, found) = unsafe {
        let is_method = ffi::_PyObject_GetMethod(owner.as_ptr(), name.as_ptr(), &raw mut found);
        (is_method != 0, Owned::from_c(found))
    };
    if is_method {
        m.push(found?);
        m.push(owner);
    } else {
        drop(owner);
        m.push(found?);
        m.push_optional(None);
    }
    Ok(())
}

/// `LOAD_ATTR_INSTANCE_VALUE`: a value that lies behind the instance itself.
#[inline(always)]
pub(in crate::eval) fn load_attr_instance_value(m: &mut Machine) -> Flow {
    let cache = m.cache::<LoadAttr>().start();
    m.guard_type_version(1, cache.version.get(), Opcode::LOAD_ATTR)?;
    let values = guard_inline_values(m, 1, Opcode::LOAD_ATTR)?;
    // SAFETY: instances of the type keep the attribute at that index.
    let value = unsafe { *inline_value(values, cache.index.get()) };
    finish(m, value)
}

/// Goes on only if the instance's values still lie behind it.
#[inline(always)]
pub(super) fn guard_inline_values(
    m: &mut Machine,
    depth: usize,
    generic: Opcode,
) -> Result<*mut ffi::PyDictValues, Leave> {
    // SAFETY: the type, whose version was checked, has inline values.
    unsafe {
        let values = ffi::_PyObject_InlineValues(m.peek(depth).as_ptr());
        m.guard((*values).valid != 0, generic)?;
        Ok(values)
    }
}

/// Where an instance's value of an index lies.
///
/// # Safety
/// `values` is alive and has that index.
#[inline(always)]
pub(super) unsafe fn inline_value(
    values: *mut ffi::PyDictValues,
    index: u16,
) -> *mut *mut ffi::PyObject {
    // SAFETY: as the caller promises.
    unsafe {
        (&raw mut (*values).values)
            .cast::<*mut ffi::PyObject>()
            .add(usize::from(index))
    }
}

/// Goes on only if the attribute has a value, which it puts in the owner's place.
#[inline(always)]
fn finish(m: &mut Machine, value: *mut ffi::PyObject) -> Flow {
    m.guard(!value.is_null(), Opcode::LOAD_ATTR)?;
    // SAFETY: the owner, alive until it is dropped below, keeps the value.
    let value = unsafe { Borrowed::from_raw_unchecked(value).new_ref() };
    finish_with(m, value);
    Ok(())
}

/// Puts the attribute in the owner's place; calls are told that it is no method.
#[inline(always)]
fn finish_with(m: &mut Machine, value: Owned) {
    let owner = m.replace(1, value);
    if m.operand() & 1 != 0 {
        m.push_optional(None);
    }
    drop(owner);
}

/// `LOAD_ATTR_MODULE`: of a module.
#[inline(always)]
pub(in crate::eval) fn load_attr_module(m: &mut Machine) -> Flow {
    let cache = m.cache::<LoadAttr>().start();
    let is_module = m.peek(1).is_exactly(&raw const ffi::PyModule_Type);
    m.guard(is_module, Opcode::LOAD_ATTR)?;
    // SAFETY: a module, as just checked, has a dict; its keys are those that the specialiser saw, all strings.
    let value = unsafe {
        let module = m.peek(1).as_ptr().cast::<ffi::PyModuleObject>();
        let keys = (*(*module).md_dict.cast::<ffi::PyDictObject>()).ma_keys;
        m.guard((*keys).dk_version == cache.version.get(), Opcode::LOAD_ATTR)?;
        (*ffi::DK_UNICODE_ENTRIES(keys).add(usize::from(cache.index.get()))).me_value
    };
    finish(m, value)
}

/// `LOAD_ATTR_WITH_HINT`: from the instance's dict, where the cache knows the place.
#[inline(always)]
pub(in crate::eval) fn load_attr_with_hint(m: &mut Machine) -> Flow {
    let cache = m.cache::<LoadAttr>().start();
    m.guard_type_version(1, cache.version.get(), Opcode::LOAD_ATTR)?;
    // SAFETY: the type, whose version was checked, manages its instances' dicts.
    let dict = unsafe { ffi::_PyObject_GetManagedDict(m.peek(1).as_ptr()) };
    m.guard(!dict.is_null(), Opcode::LOAD_ATTR)?;
    let name = m.name(m.operand() >> 1).as_ptr();
    // SAFETY: the instance's dict is alive.
    let place = unsafe { entry_with_hint(dict, cache.index.get(), name) };
    m.guard(!place.is_null(), Opcode::LOAD_ATTR)?;
    // SAFETY: an entry of the dict.
    finish(m, unsafe { *place })
}

/// Where a dict has the value of `name`, if that is at the place of the hint; else NULL.
///
/// # Safety
/// The dict is alive.
#[inline(always)]
pub(in crate::eval) unsafe fn entry_with_hint(
    dict: *mut ffi::PyDictObject,
    hint: u16,
    name: *mut ffi::PyObject,
) -> *mut *mut ffi::PyObject {
    // SAFETY: as the caller promises; entries are read below their number only.
    unsafe {
        let keys = (*dict).ma_keys;
        if usize::from(hint) >= (*keys).dk_nentries.cast_unsigned() {
            return null_mut();
        }
        let (key, value) = if ffi::DK_IS_UNICODE(keys) {
            let entry = ffi::DK_UNICODE_ENTRIES(keys).add(usize::from(hint));
            ((*entry).me_key, &raw mut (*entry).me_value)
        } else {
            let entry = ffi::DK_ENTRIES(keys).add(usize::from(hint));
            ((*entry).me_key, &raw mut (*entry).me_value)
        };
        if key == name { value } else { null_mut() }
    }
}

/// `LOAD_ATTR_SLOT`: a member of `__slots__`.
#[inline(always)]
pub(in crate::eval) fn load_attr_slot(m: &mut Machine) -> Flow {
    let cache = m.cache::<LoadAttr>().start();
    m.guard_type_version(1, cache.version.get(), Opcode::LOAD_ATTR)?;
    // SAFETY: instances of the type, whose version was checked, have a member at that offset.
    let value = unsafe { *slot(m.peek(1), cache.index.get()) };
    finish(m, value)
}

/// The member at an offset.
///
/// # Safety
/// The object has one there.
#[inline(always)]
pub(super) unsafe fn slot(owner: Borrowed<'_>, offset: u16) -> *mut *mut ffi::PyObject {
    // SAFETY: as the caller promises.
    unsafe { owner.as_ptr().cast::<u8>().add(usize::from(offset)).cast() }
}

/// `LOAD_ATTR_CLASS`: of a class.
#[inline(always)]
pub(in crate::eval) fn load_attr_class(m: &mut Machine) -> Flow {
    let cache = m.cache::<LoadAttr>();
    let owner = m.peek(1);
    let is_type = owner.type_of().has_feature(ffi::Py_TPFLAGS_TYPE_SUBCLASS);
    m.guard(is_type, Opcode::LOAD_ATTR)?;
    // SAFETY: a type, as just checked.
    let version = unsafe { (*m.peek(1).as_ptr().cast::<ffi::PyTypeObject>()).tp_version_tag };
    m.guard(version == cache.type_version.get(), Opcode::LOAD_ATTR)?;
    // SAFETY: the class, whose version was checked, has the attribute that the cache names.
    let value = unsafe { Borrowed::from_raw_unchecked(cache.found.get()).new_ref() };
    finish_with(m, value);
    Ok(())
}

/// `LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES`: of the class of an instance whose own attributes lie behind it.
#[inline(always)]
pub(in crate::eval) fn load_attr_nondescriptor_with_values(m: &mut Machine) -> Flow {
    let descr = guard_values_and_keys(m)?;
    load_class_attribute(m, descr)
}

/// `LOAD_ATTR_NONDESCRIPTOR_NO_DICT`: of the class of an instance that has no attributes of its own.
#[inline(always)]
pub(in crate::eval) fn load_attr_nondescriptor_no_dict(m: &mut Machine) -> Flow {
    let cache = m.cache::<LoadAttr>();
    m.guard_type_version(1, cache.type_version.get(), Opcode::LOAD_ATTR)?;
    load_class_attribute(m, cache.found.get())
}

#[inline(always)]
fn load_class_attribute(m: &mut Machine, value: *mut ffi::PyObject) -> Flow {
    // SAFETY: the type, whose version was checked, keeps the attribute that the cache names.
    let value = unsafe { Borrowed::from_raw_unchecked(value).new_ref() };
    // Not for calls: those would be methods.
    drop(m.replace(1, value));
    Ok(())
}

/// `LOAD_ATTR_METHOD_WITH_VALUES`: a method, of an instance whose own attributes lie behind it.
#[inline(always)]
pub(in crate::eval) fn load_attr_method_with_values(m: &mut Machine) -> Flow {
    let method = guard_values_and_keys(m)?;
    load_method(m, method)
}

/// `LOAD_ATTR_METHOD_NO_DICT`: a method, of an instance that has no attributes of its own.
#[inline(always)]
pub(in crate::eval) fn load_attr_method_no_dict(m: &mut Machine) -> Flow {
    let cache = m.cache::<LoadAttr>();
    m.guard_type_version(1, cache.type_version.get(), Opcode::LOAD_ATTR)?;
    load_method(m, cache.found.get())
}

/// `LOAD_ATTR_METHOD_LAZY_DICT`: a method, of an instance whose dict was not made yet.
#[inline(always)]
pub(in crate::eval) fn load_attr_method_lazy_dict(m: &mut Machine) -> Flow {
    let cache = m.cache::<LoadAttr>();
    m.guard_type_version(1, cache.type_version.get(), Opcode::LOAD_ATTR)?;
    // As the specialiser wrote it: it counts from before the object, where managed dicts are.
    let distance = cache.start().index.get() as isize + ffi::MANAGED_DICT_OFFSET;
    // SAFETY: instances of the type, whose version was checked, have a place for a dict at that distance.
    let dict = unsafe {
        let owner = m.peek(1).as_ptr();
        *owner.byte_offset(distance).cast::<*mut ffi::PyObject>()
    };
    m.guard(dict.is_null(), Opcode::LOAD_ATTR)?;
    load_method(m, cache.found.get())
}

/// Goes on only if the type has its version, and an instance's own attributes cannot hide what the type has; gives that.
#[inline(always)]
fn guard_values_and_keys(m: &mut Machine) -> Result<*mut ffi::PyObject, Leave> {
    let cache = m.cache::<LoadAttr>();
    m.guard_type_version(1, cache.type_version.get(), Opcode::LOAD_ATTR)?;
    guard_inline_values(m, 1, Opcode::LOAD_ATTR)?;
    // SAFETY: a type with inline values is a heap type with shared keys.
    let version = unsafe {
        let class = m.peek(1).type_of().as_ptr().cast::<ffi::PyHeapTypeObject>();
        (*(*class).ht_cached_keys).dk_version
    };
    m.guard(version == cache.keys_version.get(), Opcode::LOAD_ATTR)?;
    Ok(cache.found.get())
}

/// Puts a method below its owner, which becomes its `self`.
#[inline(always)]
fn load_method(m: &mut Machine, method: *mut ffi::PyObject) -> Flow {
    // SAFETY: the type, whose version was checked, keeps the method that the cache names.
    let method = unsafe { Borrowed::from_raw_unchecked(method).new_ref() };
    let owner = m.replace(1, method);
    m.push(owner);
    Ok(())
}

/// `DELETE_ATTR(name)`: `del owner.name`.
#[inline(always)]
pub(in crate::eval) fn delete_attr(m: &mut Machine) -> Flow {
    let owner = m.pop();
    let name = m.name(m.operand());
    let deleted: Result<(), Raised> = lookup::set(owner.borrow(), name, None);
    drop(owner);
    Ok(deleted?)
}
