//! Arguments by name from one shape to another: from a dict to an array with a tuple of names, and back. Allocates; runs no
//! code but that of dicts with keys of unusual kinds.
use crate::call::Arguments;
use crate::call::array::{Array, Few, OwnedArray};
use crate::ffi::{self, PyDictObject, PyTupleObject};
use crate::field;
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use core::mem::ManuallyDrop;
use core::ptr::null_mut;

/// A dict of these names and values; of a name that is there twice, the last value counts (call.c `_PyStack_AsDict`).
///
/// # Errors
/// `MemoryError`; what hashing and comparing the names raises.
pub fn to_dict(
    names: Borrowed<'_, PyTupleObject>,
    values: &[Borrowed<'_>],
) -> Result<Owned<PyDictObject>, Raised> {
    debug_assert_eq!(field!(names.ob_base.ob_size), values.len().cast_signed());
    // SAFETY: both arrays have so many live objects, each right behind the one before.
    unsafe {
        let keys = ffi::_PyTuple_ITEMS(names.as_ptr());
        let length = values.len().cast_signed();
        Owned::from_c(ffi::_PyDict_FromItems(keys, 1, values.as_ptr().cast(), 1, length).cast())
    }
}

/// The positional arguments of a call, and behind them the values of a dict, with a tuple of its keys. It owns references
/// to all of them: the callee may change the dict.
pub(crate) struct Unpacked<'few> {
    values: OwnedArray<'few>,
    names: Owned<PyTupleObject>,
}

impl<'few> Unpacked<'few> {
    /// Unpacks a dict behind the positional arguments, on the C stack where it has the room.
    ///
    /// # Errors
    /// `TypeError` for a key that is no `str`; `MemoryError`.
    #[inline]
    pub(crate) fn new(
        few: &'few mut Few,
        positional: &[Borrowed<'_>],
        keywords: Borrowed<'_, PyDictObject>,
    ) -> Result<Self, Raised> {
        let length = field!(keywords.ma_used).cast_unsigned();
        let array = Array::new(few, positional.len() + length)?;
        // SAFETY: the result is a new reference, or NULL with an exception.
        let names: Owned<PyTupleObject> =
            unsafe { Owned::from_c(ffi::PyTuple_New(length.cast_signed()).cast())? };
        let mut values = OwnedArray::empty(array);
        let mut strings = true;
        // SAFETY: the array has room for all, and the tuple, which nobody else has seen, for all names. Between one step
        // of the iteration and the next nothing runs that could change the dict.
        unsafe {
            for argument in positional {
                values.push(argument.new_ref());
            }
            let places = ffi::_PyTuple_ITEMS(names.as_ptr());
            let (mut position, mut key, mut value) = (0, null_mut(), null_mut());
            let dict = keywords.as_ptr().cast();
            for index in 0..length {
                if ffi::PyDict_Next(dict, &raw mut position, &raw mut key, &raw mut value) == 0 {
                    break;
                }
                let key: Borrowed<'_> = Borrowed::from_raw_unchecked(key);
                strings &= key.is_str();
                places.add(index).write(key.new_ref().into_raw());
                values.push(Borrowed::from_raw_unchecked(value).new_ref());
            }
        }
        if strings {
            Ok(Self { values, names })
        } else {
            Err(raise(exception::TypeError, c"keywords must be strings"))
        }
    }

    /// What a call is made with.
    #[inline(always)]
    pub(super) fn arguments(&self) -> Arguments<'_> {
        self.values.arguments().with_names(self.names.borrow())
    }

    /// Gives the references in the array to `take`, which sees them as arguments and makes them its own. The array and the
    /// names are there until it returns.
    #[inline(always)]
    pub(crate) fn give<R>(self, take: impl FnOnce(Arguments<'_>) -> R) -> R {
        let Self { values, names } = self;
        let values = ManuallyDrop::new(values);
        let result = take(values.arguments().with_names(names.borrow()));
        drop(ManuallyDrop::into_inner(values).into_array());
        drop(names);
        result
    }
}
