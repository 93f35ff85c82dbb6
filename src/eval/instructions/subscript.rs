//! Subscripts and slices: reading, writing, deleting.
use super::arithmetic::drop_int;
use crate::bytecode::Opcode;
use crate::bytecode::cache::{BinarySubscr, StoreSubscr};
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::eval::slices;
use crate::ffi;
use crate::object::code_points::CodePoints;
use crate::object::{Borrowed, Owned, Raised, check_status};
use crate::specialize;
use core::ptr::null_mut;

/// `BINARY_SUBSCR`: `container[key]`.
#[inline(always)]
pub(in crate::eval) fn binary_subscr(m: &mut Machine) -> Flow {
    m.adapt::<BinarySubscr>(|m, site| specialize::subscripts::load(site, m.peek(2), m.peek(1)))?;
    let key = m.pop();
    let container = m.pop();
    let value = item(container.borrow(), key.borrow())?;
    m.push(value);
    Ok(())
}

/// `BINARY_SUBSCR_LIST_INT`: of a list, by an index from its start.
#[inline(always)]
pub(in crate::eval) fn binary_subscr_list_int(m: &mut Machine) -> Flow {
    let index = guard_index(m, &raw const ffi::PyList_Type, Opcode::BINARY_SUBSCR)?;
    // SAFETY: a list and an index within it, as just checked.
    let value = unsafe {
        let list = m.peek(2).as_ptr().cast::<ffi::PyListObject>();
        Borrowed::from_raw_unchecked(*(*list).ob_item.add(index)).new_ref()
    };
    finish_index(m, value)
}

/// `BINARY_SUBSCR_TUPLE_INT`: of a tuple, by an index from its start.
#[inline(always)]
pub(in crate::eval) fn binary_subscr_tuple_int(m: &mut Machine) -> Flow {
    let index = guard_index(m, &raw const ffi::PyTuple_Type, Opcode::BINARY_SUBSCR)?;
    // SAFETY: a tuple and an index within it, as just checked.
    let value = unsafe {
        let items = ffi::_PyTuple_ITEMS(m.peek(2).as_ptr().cast());
        Borrowed::from_raw_unchecked(*items.add(index)).new_ref()
    };
    finish_index(m, value)
}

/// Goes on only if a container of this exact type, with a size in its head, lies below an index that is within it.
#[inline(always)]
fn guard_index(
    m: &mut Machine,
    class: *const ffi::PyTypeObject,
    generic: Opcode,
) -> Result<usize, crate::eval::flow::Leave> {
    let index = guard_small_int(m, generic)?;
    m.guard(m.peek(2).is_exactly(class), generic)?;
    // SAFETY: lists and tuples have a size.
    let size = unsafe { ffi::Py_SIZE(m.peek(2).as_ptr()) };
    m.guard((index as isize) < size, generic)?;
    Ok(index)
}

/// Goes on only if the top is an int of one digit that is not below zero.
#[inline(always)]
fn guard_small_int(m: &mut Machine, generic: Opcode) -> Result<usize, crate::eval::flow::Leave> {
    m.guard(m.peek(1).is_exactly(&raw const ffi::PyLong_Type), generic)?;
    let key = m.peek(1).as_ptr().cast::<ffi::PyLongObject>();
    // SAFETY: an int, as just checked, and compact, as checked next.
    unsafe {
        m.guard(ffi::_PyLong_IsNonNegativeCompact(key), generic)?;
        Ok((*key).long_value.ob_digit[0] as usize)
    }
}

/// Puts `value` in the place of a container and the int that was its index.
#[inline(always)]
fn finish_index(m: &mut Machine, value: Owned) -> Flow {
    let index = m.pop();
    // SAFETY: the index is an int, as was checked.
    unsafe { drop_int(index) };
    drop(m.replace(1, value));
    Ok(())
}

/// `BINARY_SUBSCR_STR_INT`: of a string, where the character is an ASCII one.
#[inline(always)]
pub(in crate::eval) fn binary_subscr_str_int(m: &mut Machine) -> Flow {
    let index = guard_small_int(m, Opcode::BINARY_SUBSCR)?;
    let is_str = m.peek(2).is_exactly(&raw const ffi::PyUnicode_Type);
    m.guard(is_str, Opcode::BINARY_SUBSCR)?;
    // SAFETY: a string never changes.
    let text = unsafe { CodePoints::of(m.peek(2).as_ptr()) };
    let character = text
        .and_then(|text| text.get(index))
        .filter(|&character| character < 128);
    let Some(character) = character else {
        return m.run_instead(Opcode::BINARY_SUBSCR);
    };
    // SAFETY: the strings of single ASCII characters are static and immortal.
    let value = unsafe {
        let characters = &raw mut ffi::_PyRuntime.static_objects.singletons.strings.ascii;
        let place = (&raw mut (*characters)[character as usize]).cast();
        Borrowed::from_static(place).new_ref()
    };
    finish_index(m, value)
}

/// `BINARY_SUBSCR_DICT`: of a dict.
#[inline(always)]
pub(in crate::eval) fn binary_subscr_dict(m: &mut Machine) -> Flow {
    let is_dict = m.peek(2).is_exactly(&raw const ffi::PyDict_Type);
    m.guard(is_dict, Opcode::BINARY_SUBSCR)?;
    let key = m.pop();
    let dict = m.pop();
    let mut found = null_mut();
    // SAFETY: a dict, as just checked; with 1 a new reference is in `found`.
    let value = unsafe {
        match ffi::PyDict_GetItemRef(dict.as_ptr(), key.as_ptr(), &raw mut found) {
            1 => Ok(Owned::from_raw_unchecked(found)),
            0 => Err(no_key(key.borrow())),
            _ => Err(Raised::on_c_word()),
        }
    }?;
    m.push(value);
    Ok(())
}

#[cold]
#[inline(never)]
fn no_key(key: Borrowed<'_>) -> Raised {
    // SAFETY: a live object.
    unsafe { ffi::_PyErr_SetKeyError(key.as_ptr()) };
    Raised::on_c_word()
}

/// `BINARY_SLICE`: `container[start:stop]`.
#[inline(always)]
pub(in crate::eval) fn binary_slice(m: &mut Machine) -> Flow {
    let stop = m.pop();
    let start = m.pop();
    let container = m.pop();
    let value = slices::get(container.borrow(), start, stop);
    drop(container);
    m.push(value?);
    Ok(())
}

/// `STORE_SLICE`: `container[start:stop] = value`.
#[inline(always)]
pub(in crate::eval) fn store_slice(m: &mut Machine) -> Flow {
    let stop = m.pop();
    let start = m.pop();
    let container = m.pop();
    let value = m.pop();
    let stored = slices::set(container.borrow(), start, stop, value.borrow());
    drop(value);
    drop(container);
    Ok(stored?)
}

/// `STORE_SUBSCR`: `container[key] = value`.
#[inline(always)]
pub(in crate::eval) fn store_subscr(m: &mut Machine) -> Flow {
    m.adapt::<StoreSubscr>(|m, site| specialize::subscripts::store(site, m.peek(2), m.peek(1)))?;
    let key = m.pop();
    let container = m.pop();
    let value = m.pop();
    // SAFETY: live objects.
    unsafe {
        check_status(ffi::PyObject_SetItem(
            container.as_ptr(),
            key.as_ptr(),
            value.as_ptr(),
        ))
    }?;
    Ok(())
}

/// `STORE_SUBSCR_LIST_INT`: into a list, by an index from its start.
#[inline(always)]
pub(in crate::eval) fn store_subscr_list_int(m: &mut Machine) -> Flow {
    let index = guard_index(m, &raw const ffi::PyList_Type, Opcode::STORE_SUBSCR)?;
    let key = m.pop();
    let list = m.pop();
    let value = m.pop();
    // SAFETY: a list and an index within it, as just checked; the list owns its items.
    unsafe {
        let place = (*list.as_ptr().cast::<ffi::PyListObject>())
            .ob_item
            .add(index);
        drop(Owned::exchange(place, Some(value)));
        drop_int(key);
    }
    drop(list);
    Ok(())
}

/// `STORE_SUBSCR_DICT`: into a dict.
#[inline(always)]
pub(in crate::eval) fn store_subscr_dict(m: &mut Machine) -> Flow {
    let is_dict = m.peek(2).is_exactly(&raw const ffi::PyDict_Type);
    m.guard(is_dict, Opcode::STORE_SUBSCR)?;
    let key = m.pop();
    let dict = m.pop();
    let value = m.pop();
    // SAFETY: a dict, as just checked; key and value are taken.
    unsafe {
        check_status(ffi::_PyDict_SetItem_Take2(
            dict.as_ptr().cast(),
            key.into_raw(),
            value.into_raw(),
        ))
    }?;
    Ok(())
}

/// `DELETE_SUBSCR`: `del container[key]`.
#[inline(always)]
pub(in crate::eval) fn delete_subscr(m: &mut Machine) -> Flow {
    let key = m.pop();
    let container = m.pop();
    // SAFETY: live objects.
    unsafe { check_status(ffi::PyObject_DelItem(container.as_ptr(), key.as_ptr())) }?;
    Ok(())
}

/// `container[key]`.
#[inline(always)]
fn item(container: Borrowed<'_>, key: Borrowed<'_>) -> Result<Owned, Raised> {
    // SAFETY: live objects; the result is new, or NULL with an exception.
    unsafe { Owned::from_c(ffi::PyObject_GetItem(container.as_ptr(), key.as_ptr())) }
}
