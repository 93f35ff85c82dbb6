//! Memory for the arguments of one call: the C stack for few, a block of Python's allocator for more.
use crate::call::Arguments;
use crate::ffi::{self, PyObject};
use crate::object::{Owned, Raised};
use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::{NonNull, null_mut};

/// How many arguments the C stack has room for (pycore_call.h `_PY_FASTCALL_SMALL_STACK`).
pub(super) const FEW: usize = ffi::_PY_FASTCALL_SMALL_STACK as usize;

/// Room on the C stack for [`FEW`] arguments, and the place before them.
pub(crate) struct Few([MaybeUninit<*mut PyObject>; 1 + FEW]);

impl Few {
    /// Room that is not written to yet.
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self([MaybeUninit::uninit(); 1 + FEW])
    }

    /// Where the first argument goes.
    #[inline(always)]
    pub(super) const fn first(&mut self) -> *mut *mut PyObject {
        // SAFETY: there are more places than the one before the first.
        unsafe { (&raw mut self.0).cast::<*mut PyObject>().add(1) }
    }
}

/// Places for arguments, with the place before the first. Its memory is given back when it is dropped; what the places
/// refer to is not its matter.
pub(super) struct Array<'few> {
    first: NonNull<*mut PyObject>,
    /// What is to be freed.
    block: *mut c_void,
    /// `PY_VECTORCALL_ARGUMENTS_OFFSET`, unless there is no place before the first.
    place_before: usize,
    _few: PhantomData<&'few mut Few>,
}

impl<'few> Array<'few> {
    /// Places for `count` arguments.
    ///
    /// # Errors
    /// `MemoryError`.
    #[inline(always)]
    pub(super) fn new(few: &'few mut Few, count: usize) -> Result<Self, Raised> {
        if count > FEW {
            return Self::on_heap(count);
        }
        Ok(Self {
            // SAFETY: an address in an array of the C stack.
            first: unsafe { NonNull::new_unchecked(few.first()) },
            block: null_mut(),
            place_before: ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
            _few: PhantomData,
        })
    }

    /// Places for `count` arguments in a block.
    ///
    /// # Errors
    /// `MemoryError`.
    #[inline(never)]
    fn on_heap(count: usize) -> Result<Self, Raised> {
        let size = count
            .checked_add(1)
            .and_then(|places| places.checked_mul(size_of::<*mut PyObject>()))
            .ok_or_else(Raised::no_memory)?;
        // SAFETY: any size may be asked for; NULL says that there is no memory.
        let block = unsafe { ffi::PyMem_Malloc(size) };
        let block = NonNull::new(block).ok_or_else(Raised::no_memory)?;
        Ok(Self {
            // SAFETY: the block begins with the place before the first.
            first: unsafe { block.cast().add(1) },
            block: block.as_ptr(),
            place_before: ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
            _few: PhantomData,
        })
    }

    /// Takes over what C filled: `few` itself, or a block of its own without a place before the first.
    ///
    /// # Safety
    /// `first` is where the arguments are, either in `few` or in a block of `PyMem_Malloc` that is the caller's.
    #[inline(always)]
    pub(super) unsafe fn filled_by_c(few: &'few mut Few, first: NonNull<*mut PyObject>) -> Self {
        let on_stack = core::ptr::eq(first.as_ptr(), few.first());
        Self {
            first,
            block: if on_stack {
                null_mut()
            } else {
                first.as_ptr().cast()
            },
            place_before: if on_stack {
                ffi::PY_VECTORCALL_ARGUMENTS_OFFSET
            } else {
                0
            },
            _few: PhantomData,
        }
    }

    /// Where the first argument is.
    #[inline(always)]
    pub(super) const fn first(&self) -> NonNull<*mut PyObject> {
        self.first
    }

    /// The number of arguments, with the bit for the place before them.
    #[inline(always)]
    pub(super) const fn flagged(&self, count: usize) -> usize {
        count | self.place_before
    }
}

impl Drop for Array<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.block.is_null() {
            // SAFETY: the block is ours and is freed once.
            unsafe { ffi::PyMem_Free(self.block) }
        }
    }
}

/// An array whose places, from the first one on, own references; they are given back before its memory.
pub(super) struct OwnedArray<'few> {
    array: Array<'few>,
    count: usize,
}

impl<'few> OwnedArray<'few> {
    /// An array without references yet.
    pub(super) const fn empty(array: Array<'few>) -> Self {
        Self { array, count: 0 }
    }

    /// An array with references.
    ///
    /// # Safety
    /// The first `count` places hold references that are the caller's to give.
    pub(super) const unsafe fn filled(array: Array<'few>, count: usize) -> Self {
        Self { array, count }
    }

    /// Puts a reference into the next place.
    ///
    /// # Safety
    /// The array was made with room for one more.
    #[inline(always)]
    pub(super) unsafe fn push(&mut self, reference: Owned) {
        // SAFETY: the caller promises the place.
        unsafe { self.array.first.add(self.count).write(reference.into_raw()) };
        self.count += 1;
    }

    /// The references as arguments by position.
    #[inline(always)]
    pub(super) fn arguments(&self) -> Arguments<'_> {
        let flagged = self.array.flagged(self.count);
        // SAFETY: so many places own references, for as long as this lives; the place before is there if the bit is.
        unsafe { Arguments::from_c(self.array.first.as_ptr(), flagged, None) }
    }

    /// The array without its references, which somebody else has taken over.
    #[inline(always)]
    pub(super) fn into_array(self) -> Array<'few> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the array moves out of what is not dropped.
        unsafe { core::ptr::read(&raw const this.array) }
    }
}

impl Drop for OwnedArray<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        for place in 0..self.count {
            // SAFETY: the place owns a reference, which is given back once.
            unsafe { ffi::Py_DECREF(*self.array.first.add(place).as_ptr()) }
        }
    }
}
