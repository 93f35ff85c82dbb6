//! What a callable is called with: an array of references as PEP 590 passes it, and the names of the last ones. Looks only.
use crate::ffi::{self, PY_VECTORCALL_ARGUMENTS_OFFSET, PyDictObject, PyObject, PyTupleObject};
use crate::field;
use crate::object::Borrowed;
use core::marker::PhantomData;
use core::ptr::null_mut;

/// An array of C as a slice.
///
/// # Safety
/// `first` points at `count` live objects that live for `'a`, as the array does; it may be anything when there are none.
#[inline(always)]
pub unsafe fn slice<'a>(first: *const *mut PyObject, count: ffi::Py_ssize_t) -> &'a [Borrowed<'a>] {
    match usize::try_from(count) {
        // SAFETY: a Borrowed has the bits of a pointer that is not NULL, and the caller promises so many.
        Ok(count @ 1..) => unsafe { core::slice::from_raw_parts(first.cast(), count) },
        _ => &[],
    }
}

/// Arguments as ones that might be missing, for those who deal with both.
#[inline(always)]
pub fn as_optional<'s, 'a>(arguments: &'s [Borrowed<'a>]) -> &'s [Option<Borrowed<'a>>] {
    // SAFETY: an optional reference has the bits of one, and nothing can be written through the result.
    unsafe { &*(core::ptr::from_ref(arguments) as *const [Option<Borrowed<'a>>]) }
}

/// The arguments of a call: an array of those that are passed by position and, behind them, of those that are passed by
/// name, with a tuple of these names.
#[derive(Clone, Copy)]
pub struct Arguments<'a> {
    first: *const *mut PyObject,
    flagged_count: usize,
    names: Option<Borrowed<'a, PyTupleObject>>,
    _array: PhantomData<&'a [Borrowed<'a>]>,
}

impl<'a> Arguments<'a> {
    /// None at all.
    pub const NONE: Self = Self {
        first: core::ptr::null(),
        flagged_count: 0,
        names: None,
        _array: PhantomData,
    };

    /// What C passes by the protocol (PEP 590).
    ///
    /// # Safety
    /// For as long as `'a`, `first` points at as many live objects as `flagged_count` and `names` say; where
    /// `flagged_count` has `PY_VECTORCALL_ARGUMENTS_OFFSET`, the place before them may be written to while the call lasts.
    #[inline(always)]
    pub const unsafe fn from_c(
        first: *const *mut PyObject,
        flagged_count: usize,
        names: Option<Borrowed<'a, PyTupleObject>>,
    ) -> Self {
        Self {
            first,
            flagged_count,
            names,
            _array: PhantomData,
        }
    }

    /// A row of references, by position.
    #[inline(always)]
    pub const fn of_slice(items: &'a [Borrowed<'a>]) -> Self {
        // SAFETY: a Borrowed has the bits of the pointer, and the slice lives for 'a; no slice is so long that its length has
        // the bit.
        unsafe { Self::from_c(items.as_ptr().cast(), items.len(), None) }
    }

    /// The items of a tuple, by position.
    #[inline(always)]
    pub fn of_tuple(tuple: Borrowed<'a, PyTupleObject>) -> Self {
        Self::of_slice(tuple.items())
    }

    /// The same arguments, of which the last ones are passed by these names.
    ///
    /// # Panics
    /// If there are more names than arguments, or the arguments have names already.
    #[inline(always)]
    pub fn with_names(self, names: Borrowed<'a, PyTupleObject>) -> Self {
        let count = names.items().len();
        assert!(self.names.is_none() && count <= self.positional().len());
        Self {
            flagged_count: self.flagged_count - count,
            names: Some(names),
            ..self
        }
    }

    /// The address of the first argument, for C.
    #[inline(always)]
    pub const fn as_ptr(self) -> *const *mut PyObject {
        self.first
    }

    /// The number of arguments by position with the bit that tells of the place before them, for C.
    #[inline(always)]
    pub const fn flagged_count(self) -> usize {
        self.flagged_count
    }

    /// The number of arguments by position.
    #[inline(always)]
    pub const fn count(self) -> ffi::Py_ssize_t {
        ffi::_PyVectorcall_NARGS(self.flagged_count)
    }

    /// The arguments by position.
    #[inline(always)]
    pub fn positional(self) -> &'a [Borrowed<'a>] {
        // SAFETY: who made this promised them.
        unsafe { slice(self.first, self.count()) }
    }

    /// The names of those that are passed by name.
    #[inline(always)]
    pub const fn names(self) -> Option<Borrowed<'a, PyTupleObject>> {
        self.names
    }

    /// The tuple of names, or NULL, for C.
    #[inline(always)]
    pub fn names_ptr(self) -> *mut PyObject {
        self.names.map_or(null_mut(), |names| names.as_ptr().cast())
    }

    /// How many are passed by name.
    #[inline(always)]
    fn named_count(self) -> ffi::Py_ssize_t {
        self.names.map_or(0, |names| field!(names.ob_base.ob_size))
    }

    /// The values of those that are passed by name, in the order of the names.
    #[inline(always)]
    pub fn named(self) -> &'a [Borrowed<'a>] {
        let first = self.first.wrapping_offset(self.count());
        // SAFETY: who made this promised as many values as names, behind those by position.
        unsafe { slice(first, self.named_count()) }
    }

    /// All arguments: those by position, and the values of the others behind them.
    #[inline(always)]
    pub fn all(self) -> &'a [Borrowed<'a>] {
        // SAFETY: as in `named`.
        unsafe { slice(self.first, self.count() + self.named_count()) }
    }
}

/// The arguments of a call of a method: the object that has it lies in the array's first place.
#[derive(Clone, Copy)]
pub struct MethodArguments<'a> {
    object: Borrowed<'a>,
    others: Arguments<'a>,
}

impl<'a> MethodArguments<'a> {
    /// What C passes by the protocol for methods (PEP 590, `PyObject_VectorcallMethod`).
    ///
    /// # Safety
    /// As for [`Arguments::from_c`], and there is at least the object. Where `flagged_count` has
    /// `PY_VECTORCALL_ARGUMENTS_OFFSET`, the place that may be written to is the object's own.
    #[inline(always)]
    pub const unsafe fn from_c(
        first: *const *mut PyObject,
        flagged_count: usize,
        names: Option<Borrowed<'a, PyTupleObject>>,
    ) -> Self {
        debug_assert!(ffi::_PyVectorcall_NARGS(flagged_count) > 0);
        // SAFETY: the first place holds a live object; the others follow, and the place before them is the object's.
        unsafe {
            Self {
                object: Borrowed::from_raw_unchecked(*first),
                others: Arguments::from_c(first.add(1), flagged_count - 1, names),
            }
        }
    }

    /// The object.
    #[inline(always)]
    pub const fn object(self) -> Borrowed<'a> {
        self.object
    }

    /// What a bound method is called with.
    #[inline(always)]
    pub const fn without_object(self) -> Arguments<'a> {
        self.others
    }

    /// What a function of the type is called with. Nothing is known of the place before the object.
    #[inline(always)]
    pub const fn with_object(self) -> Arguments<'a> {
        // SAFETY: the object lies right before the others.
        unsafe {
            Arguments::from_c(
                self.others.first.sub(1),
                (self.others.flagged_count & !PY_VECTORCALL_ARGUMENTS_OFFSET) + 1,
                self.others.names,
            )
        }
    }
}

/// A dict that has something in it.
#[inline(always)]
pub(crate) fn unless_empty(
    dict: Option<Borrowed<'_, PyDictObject>>,
) -> Option<Borrowed<'_, PyDictObject>> {
    dict.filter(|&dict| field!(dict.ma_used) != 0)
}
