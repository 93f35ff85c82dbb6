//! Items and slices, and what builds strings, sets, dictionaries and lists.
use super::dicts::look_up;
use super::numbers::unary;
use super::{drop_all, kept, object, status, taken};
use crate::call::{Arguments, vectorcall};
use crate::eval::instructions::call_builtin::is_list;
use crate::eval::instructions::container::{fill_set, not_iterable, not_mapping};
use crate::eval::instructions::format;
use crate::eval::{slices, tables, unpack as unpacking};
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, check_status};
use crate::thread::ThreadState;
use core::ptr::null_mut;
use pyroxene_jit_api::Raw;

pub(super) unsafe extern "C" fn get_item(container: Raw, key: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let (container, key) = (taken(container), taken(key));
        let value = if container.borrow().is_exactly(&raw const ffi::PyDict_Type) {
            let map = Borrowed::from_raw_unchecked(container.as_ptr().cast());
            look_up(map, key.borrow()).and_then(|value| {
                value.ok_or_else(|| {
                    ffi::_PyErr_SetKeyError(key.as_ptr());
                    Raised::on_c_word()
                })
            })
        } else {
            Owned::from_c(ffi::PyObject_GetItem(container.as_ptr(), key.as_ptr()))
        };
        drop(container);
        drop(key);
        object(value)
    }
}

pub(super) unsafe extern "C" fn set_item(value: Raw, container: Raw, key: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let (value, container, key) = (taken(value), taken(container), taken(key));
        let stored = ffi::PyObject_SetItem(container.as_ptr(), key.as_ptr(), value.as_ptr());
        drop(value);
        drop(container);
        drop(key);
        stored
    }
}

pub(super) unsafe extern "C" fn delete_item(container: Raw, key: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let (container, key) = (taken(container), taken(key));
        let deleted = ffi::PyObject_DelItem(container.as_ptr(), key.as_ptr());
        drop(container);
        drop(key);
        deleted
    }
}

pub(super) unsafe extern "C" fn get_slice(container: Raw, start: Raw, stop: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    let (container, start, stop) = unsafe { (taken(container), taken(start), taken(stop)) };
    let value = slices::get(container.borrow(), start, stop);
    drop(container);
    object(value)
}

pub(super) unsafe extern "C" fn set_slice(
    value: Raw,
    container: Raw,
    start: Raw,
    stop: Raw,
) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    let (value, container, start, stop) =
        unsafe { (taken(value), taken(container), taken(start), taken(stop)) };
    let stored = slices::set(container.borrow(), start, stop, value.borrow());
    drop(value);
    drop(container);
    status(stored)
}

pub(super) unsafe extern "C" fn slice(bounds: *mut Raw, count: usize) -> Raw {
    let bounds: *mut *mut ffi::PyObject = bounds.cast();
    // SAFETY: see above: there are two or three.
    unsafe {
        let step = if count == 3 {
            *bounds.add(2)
        } else {
            null_mut()
        };
        let slice = ffi::PySlice_New(*bounds, *bounds.add(1), step);
        drop_all(bounds, count);
        slice.cast()
    }
}

pub(super) unsafe extern "C" fn map(items: *mut Raw, count: usize) -> Raw {
    let items: *mut *mut ffi::PyObject = items.cast();
    // SAFETY: see above: keys and values in turn.
    unsafe {
        let pairs = (count / 2).cast_signed();
        let map = ffi::_PyDict_FromItems(items, 2, items.add(1), 2, pairs);
        for index in (0..count).rev() {
            drop(taken((*items.add(index)).cast()));
        }
        map.cast()
    }
}

pub(super) unsafe extern "C" fn const_key_map(items: *mut Raw, count: usize) -> Raw {
    let items: *mut *mut ffi::PyObject = items.cast();
    // SAFETY: see above: values, and a tuple of as many keys.
    unsafe {
        let keys = Owned::<ffi::PyObject>::from_raw_unchecked(*items.add(count - 1));
        let first = ffi::_PyTuple_ITEMS(keys.as_ptr().cast());
        let map = ffi::_PyDict_FromItems(first, 1, items, 1, count.cast_signed() - 1);
        for index in (0..count - 1).rev() {
            drop(taken((*items.add(index)).cast()));
        }
        drop(keys);
        map.cast()
    }
}

pub(super) unsafe extern "C" fn set(items: *mut Raw, count: usize) -> Raw {
    let items: *mut *mut ffi::PyObject = items.cast();
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let set = match Owned::from_c(ffi::PySet_New(null_mut())) {
            Ok(set) => set,
            Err(raised) => {
                drop_all(items, count);
                return object(Err(raised));
            }
        };
        let filled = fill_set(set.borrow(), items, count);
        object(filled.map(|()| set))
    }
}

pub(super) unsafe extern "C" fn join(strings: *mut Raw, count: usize) -> Raw {
    let strings: *mut *mut ffi::PyObject = strings.cast();
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let joined = format::join(strings, count);
        drop_all(strings, count);
        object(joined)
    }
}

pub(super) unsafe extern "C" fn format(value: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let value = taken(value);
        if value.borrow().is_exactly(&raw const ffi::PyUnicode_Type) {
            return value.into_raw().cast();
        }
        let text = ffi::PyObject_Format(value.as_ptr(), null_mut());
        drop(value);
        text.cast()
    }
}

pub(super) unsafe extern "C" fn format_with(value: Raw, spec: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let (value, spec) = (taken(value), taken(spec));
        let text = ffi::PyObject_Format(value.as_ptr(), spec.as_ptr());
        drop(value);
        drop(spec);
        text.cast()
    }
}

pub(super) unsafe extern "C" fn convert(value: Raw, conversion: u32) -> Raw {
    // SAFETY: as the folder says of what machine code gives; there is such a conversion.
    unsafe { unary(value, tables::conversion(conversion as usize)) }
}

pub(super) unsafe extern "C" fn list_append(list: Raw, item: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives. The function takes the item.
    unsafe {
        let list = taken(list);
        if !is_list(list.borrow()) {
            // It raises.
            let item = taken(item);
            let thread = ThreadState::current();
            let append = kept((*thread.interpreter()).callable_cache.list_append.cast());
            let operands = [list.as_ptr(), item.as_ptr()];
            let arguments = Arguments::from_c(operands.as_ptr(), operands.len(), None);
            return status(vectorcall::call(thread, append, arguments).map(drop));
        }
        let appended = ffi::_PyList_AppendTakeRef(list.as_ptr().cast(), item.cast());
        drop(list);
        appended
    }
}

pub(super) unsafe extern "C" fn set_add(set: Raw, item: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives; the comprehension's own set.
    unsafe {
        let item = taken(item);
        let added = ffi::PySet_Add(set.cast(), item.as_ptr());
        drop(item);
        added
    }
}

pub(super) unsafe extern "C" fn set_update(set: Raw, iterable: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives; a set that nobody else has yet.
    unsafe {
        let iterable = taken(iterable);
        let updated = ffi::_PySet_Update(set.cast(), iterable.as_ptr());
        drop(iterable);
        updated
    }
}

pub(super) unsafe extern "C" fn list_extend(list: Raw, iterable: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives; a list that nobody else has yet.
    unsafe {
        let iterable = taken(iterable);
        match Owned::from_c(ffi::_PyList_Extend(list.cast(), iterable.as_ptr())) {
            Ok(_none) => 0,
            Err(raised) => status(Err(not_iterable(raised, iterable))),
        }
    }
}

pub(super) unsafe extern "C" fn map_add(map: Raw, key: Raw, value: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives; the comprehension's own dictionary. The function takes both.
    unsafe { ffi::_PyDict_SetItem_Take2(map.cast(), key.cast(), value.cast()) }
}

pub(super) unsafe extern "C" fn map_update(map: Raw, update: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives; a dictionary that nobody else has yet.
    unsafe {
        let update = taken(update);
        match check_status(ffi::PyDict_Update(map.cast(), update.as_ptr())) {
            Ok(()) => 0,
            Err(raised) => status(Err(not_mapping(raised, update))),
        }
    }
}

pub(super) unsafe extern "C" fn unpack(iterable: Raw, count: u32, place: *mut Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives: there is room for so many on the stack, from the place on.
    unsafe { unpack_to(iterable, count as usize, None, place) }
}

pub(super) unsafe extern "C" fn unpack_around(iterable: Raw, counts: u32, place: *mut Raw) -> i32 {
    let (before, after) = (counts & 0xff, counts >> 8);
    // SAFETY: as above, and for the list.
    unsafe { unpack_to(iterable, before as usize, Some(after as usize), place) }
}

/// Unpacks an iterable to the places from the lowest on.
///
/// # Safety
/// There is room for all items, and for a list between them if there are some after it.
unsafe fn unpack_to(iterable: Raw, before: usize, after: Option<usize>, lowest: *mut Raw) -> i32 {
    let count = before + after.map_or(0, |after| after + 1);
    // SAFETY: as the caller promises.
    let unpacked = unsafe {
        let iterable = taken(iterable);
        let top = lowest.cast::<*mut ffi::PyObject>().add(count);
        let thread = ThreadState::current();
        let unpacked = match after {
            None if unpacking::sequence(iterable.borrow(), count, top) => Ok(()),
            _ => unpacking::iterable(thread, iterable.borrow(), before, after, top),
        };
        drop(iterable);
        unpacked
    };
    status(unpacked)
}
