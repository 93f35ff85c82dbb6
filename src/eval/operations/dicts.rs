//! What dictionaries have under a key. May run the key's hash, and comparisons with other keys.
use super::calls::end;
use super::{kept, taken};
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ptr::null_mut;
use pyroxene_jit_api::Raw;

/// What a dictionary has under a key.
///
/// # Errors
/// What hashing and comparing keys raises.
pub(super) fn look_up(
    map: Borrowed<'_, ffi::PyDictObject>,
    key: Borrowed<'_>,
) -> Result<Option<Owned>, Raised> {
    let mut value = null_mut();
    // SAFETY: a dictionary and an object; what is found is the dictionary's, which has run all code by then.
    unsafe {
        let hash = hash(key);
        if hash == -1 {
            return Err(Raised::on_c_word());
        }
        let index = ffi::_Py_dict_lookup(map.as_ptr(), key.as_ptr(), hash, &raw mut value);
        if index == ffi::DKIX_ERROR as ffi::Py_ssize_t {
            return Err(Raised::on_c_word());
        }
        Ok(Borrowed::from_c_optional(value).map(Borrowed::new_ref))
    }
}

/// The hash of an object; -1 with an exception. Those of strings and small ints, the most usual keys, are plain to see.
///
/// # Safety
/// The thread has the GIL.
#[inline(always)]
unsafe fn hash(key: Borrowed<'_>) -> ffi::Py_hash_t {
    // SAFETY: strings and ints have these layouts; -1 says of a string that its hash is not known yet.
    unsafe {
        if key.is_exactly(&raw const ffi::PyUnicode_Type) {
            let hash = (*key.as_ptr().cast::<ffi::PyASCIIObject>()).hash;
            if hash != -1 {
                return hash;
            }
        } else if key.is_exactly(&raw const ffi::PyLong_Type)
            && ffi::_PyLong_IsCompact(key.as_ptr().cast())
        {
            // -1 stands for an error, and has the hash of -2.
            let value = ffi::_PyLong_CompactValue(key.as_ptr().cast());
            return if value == -1 { -2 } else { value };
        }
        ffi::PyObject_Hash(key.as_ptr())
    }
}

pub(super) unsafe extern "C" fn dict_get(map: Raw, key: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives: an exact dictionary.
    unsafe { get(map, key, Borrowed::none()) }
}

pub(super) unsafe extern "C" fn dict_get_or(map: Raw, key: Raw, default: Raw) -> Raw {
    // SAFETY: as above; it is kept until its reference is dropped.
    unsafe {
        let value = get(map, key, kept(default));
        drop(taken(default));
        value
    }
}

/// Others may interrupt after it.
///
/// # Safety
/// As the folder says of what machine code gives: an exact dictionary and a key.
#[inline(always)]
unsafe fn get(map: Raw, key: Raw, default: Borrowed<'_>) -> Raw {
    // SAFETY: as the caller promises.
    unsafe {
        let (map, key) = (taken(map), taken(key));
        let dict = Borrowed::from_raw_unchecked(map.as_ptr().cast());
        let found = look_up(dict, key.borrow());
        let value = found.map(|value| value.unwrap_or_else(|| default.new_ref()));
        drop(map);
        drop(key);
        end(ThreadState::current(), value)
    }
}
