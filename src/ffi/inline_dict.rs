//! What pycore_object.h and pycore_dict.h say inline about where instances and dicts keep values, under the names of C:
//! memory reads and writes only, but for watchers that are told.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;

/// Where, from the start of an object, its managed dict is (pycore_object.h).
pub const MANAGED_DICT_OFFSET: Py_ssize_t = -3 * size_of::<*mut PyObject>() as Py_ssize_t;

/// Where, from the start of an object, the list of its managed weak references is (pycore_object.h).
pub const MANAGED_WEAKREF_OFFSET: Py_ssize_t = -4 * size_of::<*mut PyObject>() as Py_ssize_t;

/// The managed dict of an object, borrowed, or NULL when it has none yet (pycore_object.h `_PyObject_GetManagedDict`).
///
/// # Safety
/// As [`_PyObject_ManagedDictPointer`].
#[inline(always)]
pub unsafe fn _PyObject_GetManagedDict(op: *mut PyObject) -> *mut PyDictObject {
    // SAFETY: as the caller promises, the slot is there.
    unsafe { *_PyObject_ManagedDictPointer(op) }
}

/// The values that an object keeps inside itself (pycore_object.h `_PyObject_InlineValues`).
///
/// # Safety
/// `op` points at an object of a type with `Py_TPFLAGS_INLINE_VALUES`.
#[inline(always)]
pub unsafe fn _PyObject_InlineValues(op: *mut PyObject) -> *mut PyDictValues {
    // SAFETY: such an object is a head and the values behind it.
    unsafe { op.add(1).cast() }
}

/// Whether all keys are exact strings (`DK_IS_UNICODE`).
///
/// # Safety
/// `keys` is alive.
#[inline(always)]
pub unsafe fn DK_IS_UNICODE(keys: *const PyDictKeysObject) -> bool {
    // SAFETY: as the caller promises.
    unsafe { u32::from((*keys).dk_kind) != DICT_KEYS_GENERAL }
}

/// Where the entries begin: behind the index (`_DK_ENTRIES`).
///
/// # Safety
/// `keys` is alive.
#[inline(always)]
unsafe fn entries<T>(keys: *mut PyDictKeysObject) -> *mut T {
    // SAFETY: the index and the entries follow the struct in one allocation.
    unsafe {
        (&raw mut (*keys).dk_indices)
            .cast::<u8>()
            .add(1 << (*keys).dk_log2_index_bytes)
            .cast()
    }
}

/// The entries of a dict whose keys are all exact strings (`DK_UNICODE_ENTRIES`).
///
/// # Safety
/// `keys` is alive and of that kind.
#[inline(always)]
pub unsafe fn DK_UNICODE_ENTRIES(keys: *mut PyDictKeysObject) -> *mut PyDictUnicodeEntry {
    // SAFETY: as the caller promises.
    unsafe { entries(keys) }
}

/// The entries of a dict with keys of any type (`DK_ENTRIES`).
///
/// # Safety
/// `keys` is alive and of that kind.
#[inline(always)]
pub unsafe fn DK_ENTRIES(keys: *mut PyDictKeysObject) -> *mut PyDictKeyEntry {
    // SAFETY: as the caller promises.
    unsafe { entries(keys) }
}

/// Tells a dict's watchers of a change that comes (`_PyDict_NotifyEvent`), and gives the version that the dict has
/// after it (PEP 509).
///
/// # Safety
/// All are alive, and `key` will have `value`.
#[inline(always)]
pub unsafe fn _PyDict_NotifyEvent(
    interp: *mut PyInterpreterState,
    event: PyDict_WatchEvent,
    dict: *mut PyDictObject,
    key: *mut PyObject,
    value: *mut PyObject,
) -> u64 {
    // SAFETY: as the caller promises.
    unsafe {
        let watchers = (*dict).ma_version_tag & u64::from(DICT_WATCHER_MASK);
        if watchers != 0 {
            _PyDict_SendEvent(watchers as i32, event, dict, key, value);
        }
        (*interp).dict_state.global_version += u64::from(DICT_VERSION_INCREMENT);
        let kept = (*dict).ma_version_tag & u64::from(DICT_WATCHER_AND_MODIFICATION_MASK);
        (*interp).dict_state.global_version | kept
    }
}

/// Notes that the value at `index` was the next one to be set (`_PyDictValues_AddToInsertionOrder`).
///
/// # Safety
/// `values` is alive and has a place for the index.
#[inline(always)]
pub unsafe fn _PyDictValues_AddToInsertionOrder(values: *mut PyDictValues, index: usize) {
    // SAFETY: as the caller promises; the order is kept in bytes behind the values.
    unsafe {
        let size = usize::from((*values).size);
        let order = (&raw mut (*values).values)
            .cast::<*mut PyObject>()
            .add(usize::from((*values).capacity))
            .cast::<u8>();
        debug_assert!(size < usize::from((*values).capacity));
        *order.add(size) = index as u8;
        (*values).size = size as u8 + 1;
    }
}
