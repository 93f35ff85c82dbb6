//! Storing attributes.
use super::attribute::{entry_with_hint, guard_inline_values, inline_value, slot};
use crate::bytecode::Opcode;
use crate::bytecode::cache::StoreAttr;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::object::{Owned, lookup};
use crate::specialize;

/// `STORE_ATTR(name)`: `owner.name = value`.
#[inline(always)]
pub(in crate::eval) fn store_attr(m: &mut Machine) -> Flow {
    m.adapt::<StoreAttr>(|m, site| {
        specialize::attributes::store(site, m.peek(1), m.name(m.operand()))
    })?;
    let owner = m.pop();
    let value = m.pop();
    let name = m.name(m.operand());
    // The value is dropped before the owner.
    let stored = lookup::set(owner.borrow(), name, Some(value.borrow()));
    drop(value);
    drop(owner);
    Ok(stored?)
}

/// `STORE_ATTR_INSTANCE_VALUE`: a value that lies behind the instance itself.
#[inline(always)]
pub(in crate::eval) fn store_attr_instance_value(m: &mut Machine) -> Flow {
    let cache = m.cache::<StoreAttr>();
    m.guard_type_version(1, cache.version.get(), Opcode::STORE_ATTR)?;
    // SAFETY: the type, whose version was checked, manages its instances' dicts.
    let dict = unsafe { ffi::_PyObject_GetManagedDict(m.peek(1).as_ptr()) };
    m.guard(dict.is_null(), Opcode::STORE_ATTR)?;
    let values = guard_inline_values(m, 1, Opcode::STORE_ATTR)?;
    let owner = m.pop();
    let value = m.pop();
    // SAFETY: instances of the type keep the attribute at that index. An index without a value is set for the first time.
    unsafe {
        let old = Owned::exchange(inline_value(values, cache.index.get()), Some(value));
        if old.is_none() {
            ffi::_PyDictValues_AddToInsertionOrder(values, usize::from(cache.index.get()));
        }
        drop(old);
    }
    drop(owner);
    Ok(())
}

/// `STORE_ATTR_SLOT`: a member of `__slots__`.
#[inline(always)]
pub(in crate::eval) fn store_attr_slot(m: &mut Machine) -> Flow {
    let cache = m.cache::<StoreAttr>();
    m.guard_type_version(1, cache.version.get(), Opcode::STORE_ATTR)?;
    let owner = m.pop();
    let value = m.pop();
    // SAFETY: instances of the type, whose version was checked, have a member at that offset, which owns its value.
    drop(unsafe { Owned::exchange(slot(owner.borrow(), cache.index.get()), Some(value)) });
    drop(owner);
    Ok(())
}

/// `STORE_ATTR_WITH_HINT`: into the instance's dict, where the cache knows the place.
#[inline(always)]
pub(in crate::eval) fn store_attr_with_hint(m: &mut Machine) -> Flow {
    let cache = m.cache::<StoreAttr>();
    m.guard_type_version(1, cache.version.get(), Opcode::STORE_ATTR)?;
    // SAFETY: the type, whose version was checked, manages its instances' dicts.
    let dict = unsafe { ffi::_PyObject_GetManagedDict(m.peek(1).as_ptr()) };
    m.guard(!dict.is_null(), Opcode::STORE_ATTR)?;
    // SAFETY: the instance's dict is alive.
    let is_dict = unsafe { ffi::Py_TYPE(dict.cast()) == &raw mut ffi::PyDict_Type };
    m.guard(is_dict, Opcode::STORE_ATTR)?;
    let name = m.name(m.operand()).as_ptr();
    // SAFETY: as above.
    let place = unsafe { entry_with_hint(dict, cache.index.get(), name) };
    // SAFETY: an entry of the dict, if there is one.
    let has_value = unsafe { !place.is_null() && !(*place).is_null() };
    m.guard(has_value, Opcode::STORE_ATTR)?;
    let interpreter = m.thread().interpreter();
    let owner = m.pop();
    let value = m.pop();
    // SAFETY: the entry is the dict's, whose owner we hold.
    unsafe { store_in_dict(interpreter, dict, name, place, value) };
    drop(owner);
    Ok(())
}

/// Puts a value in the place of another one in a dict, as dictobject.c would.
///
/// # Safety
/// `place` is where the dict has the value of `name`; all are alive.
#[inline(always)]
pub(in crate::eval) unsafe fn store_in_dict(
    interpreter: *mut ffi::PyInterpreterState,
    dict: *mut ffi::PyDictObject,
    name: *mut ffi::PyObject,
    place: *mut *mut ffi::PyObject,
    value: Owned,
) {
    let event = ffi::PyDict_EVENT_MODIFIED;
    // SAFETY: as the caller promises. The old value is dropped last: its end may run any code, and the collector may then
    // already have to know the dict.
    unsafe {
        let new = value.as_ptr();
        let version = ffi::_PyDict_NotifyEvent(interpreter, event, dict, name, new);
        let old = Owned::exchange(place, Some(value));
        if !ffi::_PyObject_GC_IS_TRACKED(dict.cast()) && ffi::_PyObject_GC_MAY_BE_TRACKED(new) {
            ffi::_PyObject_GC_TRACK(dict.cast());
        }
        (*dict).ma_version_tag = version;
        drop(old);
    }
}
