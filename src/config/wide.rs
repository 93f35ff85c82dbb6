//! Strings of `wchar_t`, which the configuration is made of. Reads them, and makes a `str` of one.
use crate::ffi;
use crate::object::{Owned, Raised};
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A wide string that ends with a zero and that somebody else keeps alive for `'a`.
#[derive(Clone, Copy)]
pub struct WideStr<'a> {
    pointer: NonNull<ffi::wchar_t>,
    _holder: PhantomData<&'a ffi::wchar_t>,
}

impl<'a> WideStr<'a> {
    /// A wide string from C, where NULL says that there is none.
    ///
    /// # Safety
    /// `pointer` is NULL or a string that ends with a zero and neither changes nor dies during `'a`.
    pub unsafe fn from_c(pointer: *const ffi::wchar_t) -> Option<Self> {
        NonNull::new(pointer.cast_mut()).map(|pointer| Self {
            pointer,
            _holder: PhantomData,
        })
    }

    /// The text of a constant that [`wide`] made.
    pub const fn from_array<const N: usize>(text: &'a [ffi::wchar_t; N]) -> Self {
        assert!(N > 0 && text[N - 1] == 0, "a wide string ends with a zero");
        Self {
            // SAFETY: a reference is not NULL.
            pointer: unsafe { NonNull::new_unchecked(text.as_ptr().cast_mut()) },
            _holder: PhantomData,
        }
    }

    /// The address, for C functions that only look.
    pub fn as_ptr(self) -> *const ffi::wchar_t {
        self.pointer.as_ptr()
    }

    /// A new `str` of the same text.
    ///
    /// # Errors
    /// `ValueError` for what is no code point, `MemoryError`.
    pub fn to_str(self) -> Result<Owned, Raised> {
        // SAFETY: the string ends with a zero, which the length -1 asks to look for; the result is a new reference.
        unsafe { Owned::from_c(ffi::PyUnicode_FromWideChar(self.as_ptr(), -1)) }
    }
}

/// A wide string constant of an ASCII literal that ends with a zero, C's `L"…"`.
pub const fn wide<const N: usize>(text: &[u8; N]) -> [ffi::wchar_t; N] {
    let mut out = [0; N];
    let mut at = 0;
    while at < N {
        assert!(text[at].is_ascii(), "only ASCII is the same in both");
        out[at] = text[at] as ffi::wchar_t;
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_widen() {
        const TEXT: [ffi::wchar_t; 3] = wide(b"-m\0");
        assert_eq!(TEXT, [0x2d, 0x6d, 0]);
        assert_eq!(WideStr::from_array(&TEXT).as_ptr(), TEXT.as_ptr());
    }
}
