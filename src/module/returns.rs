//! Results: from what a Rust function gives to the object that its Python caller gets.
use crate::ffi;
use crate::object::{Borrowed, Layout, Owned, Raised, check_status};
use core::ffi::{CStr, c_int, c_long};

/// A value that Python can be given. Errors: making the object may run out of memory.
pub trait IntoObject {
    /// The object.
    fn into_object(self) -> Result<Owned, Raised>;
}

/// A new object of any layout.
impl<T: Layout> IntoObject for Owned<T> {
    #[inline(always)]
    fn into_object(self) -> Result<Owned, Raised> {
        Ok(self.upcast())
    }
}

/// One that somebody else keeps.
impl IntoObject for Borrowed<'_> {
    #[inline(always)]
    fn into_object(self) -> Result<Owned, Raised> {
        Ok(self.new_ref())
    }
}

/// `None`.
impl IntoObject for () {
    #[inline(always)]
    fn into_object(self) -> Result<Owned, Raised> {
        Ok(Borrowed::none().new_ref())
    }
}

/// The value, or Python's `None`.
impl<T: IntoObject> IntoObject for Option<T> {
    #[inline]
    fn into_object(self) -> Result<Owned, Raised> {
        match self {
            Some(value) => value.into_object(),
            None => ().into_object(),
        }
    }
}

/// An `int`.
impl IntoObject for c_long {
    #[inline]
    fn into_object(self) -> Result<Owned, Raised> {
        // SAFETY: gives a new reference, or NULL with an exception.
        unsafe { Owned::from_c(ffi::PyLong_FromLong(self)) }
    }
}

/// An `int`.
impl IntoObject for c_int {
    #[inline]
    fn into_object(self) -> Result<Owned, Raised> {
        c_long::from(self).into_object()
    }
}

/// A `bool`.
impl IntoObject for bool {
    #[inline]
    fn into_object(self) -> Result<Owned, Raised> {
        Ok(Borrowed::from_bool(self).new_ref())
    }
}

/// A `float`.
impl IntoObject for f64 {
    #[inline]
    fn into_object(self) -> Result<Owned, Raised> {
        // SAFETY: gives a new reference, or NULL with an exception.
        unsafe { Owned::from_c(ffi::PyFloat_FromDouble(self)) }
    }
}

/// A `str`, from UTF-8. Errors besides memory: `UnicodeDecodeError`.
impl IntoObject for &CStr {
    #[inline]
    fn into_object(self) -> Result<Owned, Raised> {
        // SAFETY: a C string, which is copied.
        unsafe { Owned::from_c(ffi::PyUnicode_FromString(self.as_ptr())) }
    }
}

/// A `tuple` of two.
impl<A: IntoObject, B: IntoObject> IntoObject for (A, B) {
    fn into_object(self) -> Result<Owned, Raised> {
        let (first, second) = (self.0.into_object()?, self.1.into_object()?);
        // SAFETY: the two references are alive; the tuple takes its own.
        unsafe { Owned::from_c(ffi::PyTuple_Pack(2, first.as_ptr(), second.as_ptr())) }
    }
}

/// A `str`.
impl IntoObject for &str {
    #[inline]
    fn into_object(self) -> Result<Owned, Raised> {
        let length = self.len().cast_signed();
        // SAFETY: the address and the length are those of UTF-8 text, which is copied.
        unsafe {
            Owned::from_c(ffi::PyUnicode_FromStringAndSize(
                self.as_ptr().cast(),
                length,
            ))
        }
    }
}

/// A `tuple` of them all.
impl<T: IntoObject> IntoObject for Vec<T> {
    fn into_object(self) -> Result<Owned, Raised> {
        // SAFETY: gives a new reference, or NULL with an exception.
        let tuple = unsafe { Owned::from_c(ffi::PyTuple_New(self.len().cast_signed()))? };
        for (index, item) in self.into_iter().enumerate() {
            let item = item.into_object()?.into_raw();
            // SAFETY: the tuple is new and ours alone, so it may be filled; the reference is stolen.
            check_status(unsafe {
                ffi::PyTuple_SetItem(tuple.as_ptr(), index.cast_signed(), item)
            })?;
        }
        Ok(tuple)
    }
}
