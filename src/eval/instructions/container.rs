//! Making lists, tuples, sets and dicts, and adding to them.
use crate::eval::errors;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, check_status, exception};
use crate::raise_format;
use core::ptr::null_mut;

/// `BUILD_TUPLE(count)`: a tuple of the topmost values.
#[inline(always)]
pub(in crate::eval) fn build_tuple(m: &mut Machine) -> Flow {
    build_by_stealing(m, ffi::_PyTuple_FromArraySteal)
}

/// `BUILD_LIST(count)`: a list of the topmost values.
#[inline(always)]
pub(in crate::eval) fn build_list(m: &mut Machine) -> Flow {
    build_by_stealing(m, ffi::_PyList_FromArraySteal)
}

#[inline(always)]
fn build_by_stealing(
    m: &mut Machine,
    function: unsafe extern "C" fn(*const *mut ffi::PyObject, isize) -> *mut ffi::PyObject,
) -> Flow {
    let count = m.operand();
    // SAFETY: the function takes the references, when it fails too.
    let result = unsafe {
        let result = function(m.top(count), count as isize);
        m.forget(count);
        Owned::from_c(result)
    }?;
    m.push(result);
    Ok(())
}

/// `BUILD_SET(count)`: a set of the topmost values.
#[inline(always)]
pub(in crate::eval) fn build_set(m: &mut Machine) -> Flow {
    let count = m.operand();
    // SAFETY: the result is new, or NULL with an exception, which leaves the values to the handler.
    let set = unsafe { Owned::from_c(ffi::PySet_New(null_mut())) }?;
    // SAFETY: as many values lie there; they are dropped one by one, as they were added.
    let filled = unsafe {
        let filled = fill_set(set.borrow(), m.top(count), count);
        m.forget(count);
        filled
    };
    filled?;
    m.push(set);
    Ok(())
}

/// Moves values into a set. After an error the rest is dropped.
///
/// # Safety
/// `first` points at `count` owned references.
pub(in crate::eval) unsafe fn fill_set(
    set: Borrowed<'_>,
    first: *mut *mut ffi::PyObject,
    count: usize,
) -> Result<(), Raised> {
    let mut outcome = Ok(());
    for place in 0..count {
        // SAFETY: as the caller promises.
        let item = unsafe { Owned::from_raw_unchecked(*first.add(place)) };
        if outcome.is_ok() {
            // SAFETY: live objects; the set is new, so that it may be changed.
            outcome = unsafe { check_status(ffi::PySet_Add(set.as_ptr(), item.as_ptr())) };
        }
    }
    outcome
}

/// `BUILD_MAP(count)`: a dict of as many pairs, each a key below its value.
#[inline(always)]
pub(in crate::eval) fn build_map(m: &mut Machine) -> Flow {
    let count = m.operand();
    let first = m.top(2 * count);
    // SAFETY: the pairs lie there; the function takes references of its own.
    let result = unsafe { dict_of(first, 2, first.add(1), 2, count) };
    m.drop_values_from_top(2 * count);
    m.push(result?);
    Ok(())
}

/// `BUILD_CONST_KEY_MAP(count)`: a dict of values with the keys of the tuple on top of them.
#[inline(always)]
pub(in crate::eval) fn build_const_key_map(m: &mut Machine) -> Flow {
    let count = m.operand();
    let keys = m.pop();
    // SAFETY: the compiler puts a tuple there with as many keys as there are values.
    let result = unsafe {
        let first = ffi::_PyTuple_ITEMS(keys.as_ptr().cast());
        dict_of(first, 1, m.top(count), 1, count)
    };
    m.drop_values_from_top(count);
    drop(keys);
    m.push(result?);
    Ok(())
}

/// A dict of keys and values that lie `step` places apart.
///
/// # Safety
/// They do, and are alive.
#[inline(always)]
unsafe fn dict_of(
    keys: *mut *mut ffi::PyObject,
    key_step: isize,
    values: *mut *mut ffi::PyObject,
    value_step: isize,
    count: usize,
) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises.
    unsafe {
        Owned::from_c(ffi::_PyDict_FromItems(
            keys,
            key_step,
            values,
            value_step,
            count as isize,
        ))
    }
}

/// `BUILD_SLICE(2 or 3)`: a slice of the topmost values.
#[inline(always)]
pub(in crate::eval) fn build_slice(m: &mut Machine) -> Flow {
    let step = if m.operand() == 3 {
        Some(m.pop())
    } else {
        None
    };
    let stop = m.pop();
    let start = m.pop();
    let step_pointer = step.as_ref().map_or(null_mut(), Owned::as_ptr);
    // SAFETY: live objects; the result is new, or NULL with an exception.
    let slice = unsafe {
        Owned::from_c(ffi::PySlice_New(
            start.as_ptr(),
            stop.as_ptr(),
            step_pointer,
        ))
    };
    drop(start);
    drop(stop);
    drop(step);
    m.push(slice?);
    Ok(())
}

/// `LIST_APPEND(depth)`: appends to the list `depth` places below, for a comprehension.
#[inline(always)]
pub(in crate::eval) fn list_append(m: &mut Machine) -> Flow {
    let value = m.pop();
    let list = m.peek(m.operand()).as_ptr().cast();
    // SAFETY: the comprehension's own list; the value's reference is taken.
    unsafe { check_status(ffi::_PyList_AppendTakeRef(list, value.into_raw())) }?;
    Ok(())
}

/// `SET_ADD(depth)`: adds to the set `depth` places below, for a comprehension.
#[inline(always)]
pub(in crate::eval) fn set_add(m: &mut Machine) -> Flow {
    let value = m.pop();
    // SAFETY: the comprehension's own set.
    unsafe { check_status(ffi::PySet_Add(m.peek(m.operand()).as_ptr(), value.as_ptr())) }?;
    Ok(())
}

/// `MAP_ADD(depth)`: adds a key and its value to the dict `depth` places below, for a comprehension.
#[inline(always)]
pub(in crate::eval) fn map_add(m: &mut Machine) -> Flow {
    let value = m.pop();
    let key = m.pop();
    let dict = m.peek(m.operand()).as_ptr().cast();
    // SAFETY: the comprehension's own dict; both references are taken.
    unsafe {
        check_status(ffi::_PyDict_SetItem_Take2(
            dict,
            key.into_raw(),
            value.into_raw(),
        ))
    }?;
    Ok(())
}

/// `LIST_EXTEND(depth)`: adds all of an iterable to the list `depth` places below.
#[inline(always)]
pub(in crate::eval) fn list_extend(m: &mut Machine) -> Flow {
    let iterable = m.pop();
    let list = m.peek(m.operand()).as_ptr().cast();
    // SAFETY: a list that nobody else has yet; the result is None, or NULL with an exception.
    let done = unsafe { Owned::from_c(ffi::_PyList_Extend(list, iterable.as_ptr())) };
    if let Err(raised) = done {
        return Err(not_iterable(raised, iterable).into());
    }
    Ok(())
}

/// Says after `*` in a display what was wrong with it.
#[cold]
#[inline(never)]
pub(in crate::eval) fn not_iterable(raised: Raised, value: Owned) -> Raised {
    let class = value.borrow().type_of();
    // SAFETY: a live object.
    let unfit = crate::field!(class.tp_iter).is_none()
        && unsafe { ffi::PySequence_Check(value.as_ptr()) == 0 };
    if !unfit || !raised.matches(exception::TypeError) {
        return raised;
    }
    raised.clear();
    let name = class.name().as_ptr();
    // SAFETY: the format takes a C string, which lives as long as the type.
    unsafe {
        raise_format!(
            exception::TypeError,
            c"Value after * must be an iterable, not %.200s",
            name
        )
    }
}

/// `SET_UPDATE(depth)`: adds all of an iterable to the set `depth` places below.
#[inline(always)]
pub(in crate::eval) fn set_update(m: &mut Machine) -> Flow {
    let iterable = m.pop();
    // SAFETY: a set that nobody else has yet.
    unsafe {
        check_status(ffi::_PySet_Update(
            m.peek(m.operand()).as_ptr(),
            iterable.as_ptr(),
        ))
    }?;
    Ok(())
}

/// `DICT_UPDATE(depth)`: adds all of a mapping to the dict `depth` places below.
#[inline(always)]
pub(in crate::eval) fn dict_update(m: &mut Machine) -> Flow {
    let update = m.pop();
    // SAFETY: a dict that nobody else has yet.
    let updated = unsafe {
        check_status(ffi::PyDict_Update(
            m.peek(m.operand()).as_ptr(),
            update.as_ptr(),
        ))
    };
    if let Err(raised) = updated {
        return Err(not_mapping(raised, update).into());
    }
    Ok(())
}

/// Says after `**` in a display what was wrong with it.
#[cold]
#[inline(never)]
pub(in crate::eval) fn not_mapping(raised: Raised, value: Owned) -> Raised {
    if !raised.matches(exception::AttributeError) {
        return raised;
    }
    let name = value.borrow().type_of().name().as_ptr();
    // SAFETY: the format takes a C string, which lives as long as the type.
    unsafe {
        raise_format!(
            exception::TypeError,
            c"'%.200s' object is not a mapping",
            name
        )
    }
}

/// `DICT_MERGE(depth)`: adds the keyword arguments of a call to the dict `depth` places below, no name twice.
#[inline(always)]
pub(in crate::eval) fn dict_merge(m: &mut Machine) -> Flow {
    let update = m.pop();
    // SAFETY: a dict that nobody else has yet.
    let merged = unsafe {
        check_status(ffi::_PyDict_MergeEx(
            m.peek(m.operand()).as_ptr(),
            update.as_ptr(),
            2,
        ))
    };
    if let Err(raised) = merged {
        // Below the dict lie the callable, its self or NULL, and the positional arguments.
        let callable = m.peek(m.operand() + 3);
        return Err(errors::keywords(raised, callable, update.borrow()).into());
    }
    Ok(())
}
