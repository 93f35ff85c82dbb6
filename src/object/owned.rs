//! `Owned`: one reference to an object, given back when it is dropped. Touches reference counts only.
use crate::ffi;
use crate::object::{Borrowed, Layout, Raised, Typed, life};
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

/// One reference to an object: CPython's "new reference".
///
/// Dropping it is `Py_DECREF`, cloning it is `Py_INCREF`, and passing it by value is what the C documentation calls
/// stealing. It has the bits of the C pointer, so it can stand in the signature of an exported function. It exists only
/// on a thread that is attached to an interpreter (it is neither `Send` nor `Sync`).
#[repr(transparent)]
pub struct Owned<T: Layout = ffi::PyObject>(NonNull<T>);

impl<T: Layout> Owned<T> {
    /// Takes over a new reference from C; NULL says that an exception is set.
    ///
    /// # Safety
    /// `pointer` is NULL with an exception set, or a reference that the caller owns to a live object of layout `T`.
    #[inline(always)]
    pub unsafe fn from_c(pointer: *mut T) -> Result<Self, Raised> {
        NonNull::new(pointer)
            .map(Self)
            .ok_or_else(Raised::on_c_word)
    }

    /// Takes over a new reference from C, where NULL just says that there is none.
    ///
    /// # Safety
    /// `pointer` is NULL or a reference that the caller owns to a live object of layout `T`.
    #[inline(always)]
    pub unsafe fn from_c_optional(pointer: *mut T) -> Option<Self> {
        NonNull::new(pointer).map(Self)
    }

    /// Takes over a new reference that cannot be NULL.
    ///
    /// # Safety
    /// `pointer` is a reference that the caller owns to a live object of layout `T`.
    #[inline(always)]
    pub unsafe fn from_raw_unchecked(pointer: *mut T) -> Self {
        debug_assert!(!pointer.is_null());
        // SAFETY: as the caller promises.
        Self(unsafe { NonNull::new_unchecked(pointer) })
    }

    /// Gives the reference to C, which from now on owns it.
    #[inline(always)]
    pub fn into_raw(self) -> *mut T {
        ManuallyDrop::new(self).0.as_ptr()
    }

    /// Puts a reference, or none, where C keeps one, and gives back what was there. Dropping that afterwards is the
    /// order of `Py_XSETREF` and `Py_CLEAR` (refcount.h): whatever its end runs sees the new state.
    ///
    /// # Safety
    /// `place` is a member that owns its reference or is NULL, of an object that is alive.
    #[inline(always)]
    pub unsafe fn exchange(place: *mut *mut T, new: Option<Self>) -> Option<Self> {
        let new = new.map_or(core::ptr::null_mut(), Self::into_raw);
        // SAFETY: the caller promises the member, whose reference changes hands.
        unsafe { Self::from_c_optional(place.replace(new)) }
    }

    /// Gives the reference back where the object's type is known: its deallocator is not looked up
    /// (pycore_object.h `_Py_DECREF_SPECIALIZED`).
    ///
    /// # Safety
    /// `dealloc` is the deallocator of the object's type, or does the same.
    #[inline(always)]
    pub unsafe fn drop_with(self, dealloc: unsafe extern "C" fn(*mut ffi::PyObject)) {
        let op = self.into_raw().cast::<ffi::PyObject>();
        // SAFETY: we own one reference to a live object, and give it back once.
        unsafe {
            if ffi::_Py_IsImmortal(op) {
                return;
            }
            let count = ffi::Py_REFCNT(op) - 1;
            (*op).__bindgen_anon_1.ob_refcnt = count;
            if count == 0 {
                life::trace_death(op);
                dealloc(op);
            }
        }
    }

    /// Gives back a reference that is not the last one (pycore_object.h `_Py_DECREF_NO_DEALLOC`).
    ///
    /// # Safety
    /// Somebody else holds a reference too.
    #[inline(always)]
    pub unsafe fn drop_shared(self) {
        let op = self.into_raw().cast::<ffi::PyObject>();
        // SAFETY: we own one reference to a live object, and give it back once.
        unsafe {
            if !ffi::_Py_IsImmortal(op) {
                debug_assert!(ffi::Py_REFCNT(op) > 1);
                (*op).__bindgen_anon_1.ob_refcnt -= 1;
            }
        }
    }

    /// The object without its reference.
    #[inline(always)]
    pub fn borrow(&self) -> Borrowed<'_, T> {
        // SAFETY: our reference keeps the object alive for as long as the borrow lasts.
        unsafe { Borrowed::from_raw_unchecked(self.0.as_ptr()) }
    }

    /// The address, for C functions that only look.
    #[inline(always)]
    pub fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }

    /// The same reference, as one to a plain object.
    #[inline(always)]
    pub fn upcast(self) -> Owned<ffi::PyObject> {
        // SAFETY: a layout starts with a PyObject, and the reference moves.
        unsafe { Owned::from_raw_unchecked(self.into_raw().cast()) }
    }
}

impl Owned<ffi::PyObject> {
    /// The reference as one to an object of layout `U` if it is one, or back.
    #[inline]
    pub fn downcast<U: Typed>(self) -> Result<Owned<U>, Self> {
        if U::check(self.borrow()) {
            // SAFETY: just checked, and the reference moves.
            Ok(unsafe { Owned::from_raw_unchecked(self.into_raw().cast()) })
        } else {
            Err(self)
        }
    }
}

impl<T: Layout> Clone for Owned<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        self.borrow().new_ref()
    }
}

impl<T: Layout> Drop for Owned<T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: we own one reference to a live object, and give it back once.
        unsafe { ffi::Py_DECREF(self.0.as_ptr().cast()) }
    }
}

impl<T: Layout> core::fmt::Debug for Owned<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Owned({:p})", self.0)
    }
}
