//! The keys of dicts, by index and version. Reads dicts; gives versions.
use crate::ffi::{self, Py_ssize_t};
use crate::field;
use crate::object::Borrowed;
use crate::thread::ThreadState;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// Where a key is among others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is there, with this index.
    At(Py_ssize_t),
    /// It is not there.
    Nowhere,
    /// Nobody knows.
    Unknown,
}

impl Place {
    fn from_c(index: Py_ssize_t) -> Self {
        const NOWHERE: Py_ssize_t = ffi::DKIX_EMPTY as Py_ssize_t;
        match index {
            NOWHERE => Self::Nowhere,
            0.. => Self::At(index),
            _ => Self::Unknown,
        }
    }

    /// The index, if it is known and fits an entry of a cache.
    pub(super) fn entry(self) -> Option<u16> {
        match self {
            Self::At(index) => u16::try_from(index).ok(),
            Self::Nowhere | Self::Unknown => None,
        }
    }
}

/// Where a dict has a key that is a `str` (dictobject.c `_PyDict_LookupIndex`). Other keys of the dict may be asked to
/// compare themselves; when one of them raises, the place is unknown and the exception stays set, as in C.
pub(super) fn place_in_dict(dict: Borrowed<'_, ffi::PyDictObject>, name: Borrowed<'_>) -> Place {
    // SAFETY: a live dict and a live str.
    Place::from_c(unsafe { ffi::_PyDict_LookupIndex(dict.as_ptr(), name.as_ptr()) })
}

/// Whether a dict does not have a name, as far as that can be told without running code: not where some of its keys are no `str`.
pub fn lacks(dict: Borrowed<'_, ffi::PyDictObject>, name: Borrowed<'_>) -> bool {
    Keys::of(dict).is_some_and(|keys| {
        keys.kind() != ffi::DICT_KEYS_GENERAL && keys.place(name) == Place::Nowhere
    })
}

/// The table of keys that a dict has, or that the dicts of a class's instances share.
#[derive(Clone, Copy)]
pub(super) struct Keys<'a> {
    keys: NonNull<ffi::PyDictKeysObject>,
    _holder: PhantomData<&'a ffi::PyDictKeysObject>,
}

impl<'a> Keys<'a> {
    /// Of a dict, until somebody changes it.
    pub(super) fn of(dict: Borrowed<'a, ffi::PyDictObject>) -> Option<Self> {
        Self::from_c(field!(dict.ma_keys))
    }

    /// Of the instances of a class that have their values inline.
    pub(super) fn of_instances(class: Borrowed<'a, ffi::PyHeapTypeObject>) -> Option<Self> {
        Self::from_c(field!(class.ht_cached_keys))
    }

    fn from_c(keys: *mut ffi::PyDictKeysObject) -> Option<Self> {
        NonNull::new(keys).map(|keys| Self {
            keys,
            _holder: PhantomData,
        })
    }

    /// Which kind of table this is, one of the `DICT_KEYS_…`.
    pub(super) fn kind(self) -> ffi::DictKeysKind {
        // SAFETY: whoever has the table keeps it alive.
        unsafe { ffi::DictKeysKind::from((*self.keys.as_ptr()).dk_kind) }
    }

    /// Where a name is in a table that holds only `str`: none of them runs code to compare itself
    /// (dictobject.c `_PyDictKeys_StringLookup`).
    pub(super) fn place(self, name: Borrowed<'_>) -> Place {
        debug_assert!(self.kind() != ffi::DICT_KEYS_GENERAL);
        // SAFETY: a live table of the kinds that the function is for, and a live str.
        Place::from_c(unsafe { ffi::_PyDictKeys_StringLookup(self.keys.as_ptr(), name.as_ptr()) })
    }

    /// The version of the table as it is now, by which a cache tells that no key has come or gone; none when the numbers
    /// have run out (dictobject.c `_PyDictKeys_GetVersionForCurrentState`).
    pub(super) fn version(self) -> Option<u32> {
        let interpreter = ThreadState::current().interpreter();
        // SAFETY: a live table and the running thread's interpreter.
        let version =
            unsafe { ffi::_PyDictKeys_GetVersionForCurrentState(interpreter, self.keys.as_ptr()) };
        (version != 0).then_some(version)
    }
}
