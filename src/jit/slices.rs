//! Slices of lists, for machine code that has their bounds as numbers. Runs nothing.
use crate::ffi;
use crate::object::{Owned, Raised};
use core::ptr::null_mut;
use pyroxene_jit_api::Raw;

/// The first index of a slice of a list, and how many it has.
///
/// # Safety
/// The list is alive.
unsafe fn adjusted(
    list: *mut ffi::PyObject,
    mut start: isize,
    mut stop: isize,
    step: isize,
) -> (usize, usize) {
    // SAFETY: as the caller promises; the bounds are changed in place.
    let count = unsafe {
        let size = ffi::Py_SIZE(list);
        if step.unsigned_abs() == 1 {
            // Without a division.
            let (least, most) = if step == 1 { (0, size) } else { (-1, size - 1) };
            let cut = |bound: isize| {
                let bound = if bound < 0 {
                    bound.saturating_add(size)
                } else {
                    bound
                };
                bound.clamp(least, most)
            };
            (start, stop) = (cut(start), cut(stop));
            ((stop - start) * step).max(0)
        } else {
            ffi::PySlice_AdjustIndices(size, &raw mut start, &raw mut stop, step)
        }
    };
    (start.cast_unsigned(), count.cast_unsigned())
}

/// The items of a list.
///
/// # Safety
/// It is a list.
unsafe fn items(list: *mut ffi::PyObject) -> *mut *mut ffi::PyObject {
    // SAFETY: as the caller promises.
    unsafe { (*list.cast::<ffi::PyListObject>()).ob_item }
}

pub(super) unsafe extern "C" fn list_slice(
    list: Raw,
    start: isize,
    stop: isize,
    step: isize,
) -> Raw {
    let list = list.cast::<ffi::PyObject>();
    // SAFETY: machine code gives a live list. A new list has room for as many items as it was asked for, which it owns.
    unsafe {
        let (first, count) = adjusted(list, start, stop, step);
        if step.unsigned_abs() == 1 {
            let least = if step == 1 {
                first
            } else {
                (first + 1).wrapping_sub(count)
            };
            let least = if count == 0 { 0 } else { least.cast_signed() };
            let slice = ffi::PyList_GetSlice(list, least, least + count.cast_signed());
            if step != 1 && count != 0 && !slice.is_null() {
                core::slice::from_raw_parts_mut(items(slice), count).reverse();
            }
            return slice.cast();
        }
        let slice = ffi::PyList_New(count.cast_signed());
        if slice.is_null() {
            return null_mut();
        }
        let (from, to) = (items(list), items(slice));
        let mut index = first;
        for place in 0..count {
            let item = *from.add(index);
            ffi::Py_INCREF(item);
            to.add(place).write(item);
            index = index.wrapping_add_signed(step);
        }
        slice.cast()
    }
}

pub(super) unsafe extern "C" fn replace_slice(
    list: Raw,
    start: isize,
    stop: isize,
    value: Raw,
) -> i32 {
    let (list, value) = (list.cast::<ffi::PyObject>(), value.cast::<ffi::PyObject>());
    // SAFETY: machine code gives live lists, and a reference to the second one.
    unsafe {
        let (first, count) = adjusted(list, start, stop, 1);
        let old = if count == 0 {
            null_mut()
        } else {
            items(list).add(first)
        };
        if list == value || (0..count).any(|index| is_seen_to_die(*old.add(index))) {
            return 1;
        }
        if count != ffi::Py_SIZE(value).cast_unsigned() {
            let (first, end) = (first.cast_signed(), (first + count).cast_signed());
            if ffi::PyList_SetSlice(list, first, end, value) != 0 {
                // The evaluator tries again, and raises.
                drop(Raised::take_pending());
                return 1;
            }
        } else if ffi::Py_REFCNT(value) == 1 {
            // What was there dies with the list that was to be put there.
            let new = items(value);
            for index in 0..count {
                core::ptr::swap(old.add(index), new.add(index));
            }
        } else {
            let new = items(value);
            for index in 0..count {
                ffi::Py_INCREF(*new.add(index));
                let gone = old.add(index).replace(*new.add(index));
                drop(Owned::<ffi::PyObject>::from_raw_unchecked(gone));
            }
        }
        drop(Owned::<ffi::PyObject>::from_raw_unchecked(value));
        0
    }
}

pub(super) unsafe extern "C" fn copy_slice(
    from: Raw,
    start: isize,
    stop: isize,
    step: isize,
    list: Raw,
    first: isize,
    last: isize,
) -> i32 {
    // SAFETY: machine code gives live lists; both slices lie within them.
    unsafe {
        let (highest, taken) = adjusted(from.cast(), start, stop, step);
        let (place, count) = adjusted(list.cast(), first, last, 1);
        let is_own = from == list && taken == count && step.unsigned_abs() == 1;
        let least = if step == 1 {
            highest
        } else {
            (highest + 1).wrapping_sub(taken)
        };
        if is_own && (count == 0 || least == place) {
            // They stay where they are, or change places.
            if step != 1 && count != 0 {
                let items = items(list.cast()).add(place);
                core::slice::from_raw_parts_mut(items, count).reverse();
            }
            return 0;
        }
        let value = list_slice(from, start, stop, step);
        if value.is_null() {
            drop(Raised::take_pending());
            return 1;
        }
        let refused = replace_slice(list, first, last, value);
        if refused != 0 {
            drop(Owned::<ffi::PyObject>::from_raw_unchecked(value.cast()));
        }
        refused
    }
}

/// Whether somebody could see the death of an object: it is of none of the classes of which nobody can.
///
/// # Safety
/// It is alive.
pub(super) unsafe fn is_seen_to_die(object: *mut ffi::PyObject) -> bool {
    // SAFETY: as the caller promises.
    let class = unsafe { ffi::Py_TYPE(object) }.cast_const();
    let unseen = [
        &raw const ffi::PyLong_Type,
        &raw const ffi::PyFloat_Type,
        &raw const ffi::PyUnicode_Type,
        &raw const ffi::PyBool_Type,
        &raw const ffi::_PyNone_Type,
    ];
    !unseen.contains(&class)
}
