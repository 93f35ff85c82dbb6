//! The characters of a `str`, read where they lie. Signal-safe: nothing here allocates, raises, counts or locks.
use crate::ffi;
use core::ffi::c_void;
use core::marker::PhantomData;

/// The code points of a `str`, each of one, two or four bytes (unicodeobject.h `PyUnicode_READ`).
#[derive(Clone, Copy)]
pub struct CodePoints<'a> {
    data: *const c_void,
    length: usize,
    width: Width,
    is_ascii: bool,
    _text: PhantomData<&'a ffi::PyObject>,
}

/// How many bytes a code point takes.
#[derive(Clone, Copy)]
enum Width {
    One,
    Two,
    Four,
}

impl<'a> CodePoints<'a> {
    /// The code points of a `str` object, or `None` when its type says that it is not one or it has no data.
    ///
    /// # Safety
    /// `text` points at an object that nobody changes for `'a`. A program that has crashed may break that promise in
    /// order to tell where: then no more than [`truncated`](Self::truncated) leaves is read.
    #[inline]
    pub unsafe fn of(text: *mut ffi::PyObject) -> Option<Self> {
        // SAFETY: the caller promises an object, and its type says that it is a str, which starts as a PyASCIIObject and
        // goes on as its state says.
        unsafe {
            if !ffi::PyUnicode_Check(text) {
                return None;
            }
            let head = *text.cast::<ffi::PyASCIIObject>();
            let is_ascii = head.state.ascii() != 0;
            let data = match (head.state.compact() != 0, is_ascii) {
                (true, true) => text.cast::<ffi::PyASCIIObject>().add(1).cast(),
                (true, false) => text.cast::<ffi::PyCompactUnicodeObject>().add(1).cast(),
                (false, _) => (*text.cast::<ffi::PyUnicodeObject>()).data.any,
            };
            (!data.is_null()).then_some(Self {
                data,
                length: usize::try_from(head.length).unwrap_or(0),
                width: match head.state.kind() {
                    ffi::PyUnicode_1BYTE_KIND => Width::One,
                    ffi::PyUnicode_2BYTE_KIND => Width::Two,
                    _ => Width::Four,
                },
                is_ascii,
                _text: PhantomData,
            })
        }
    }

    /// The number of code points.
    pub fn len(self) -> usize {
        self.length
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.length == 0
    }

    /// The first `limit` of them.
    #[must_use]
    pub fn truncated(self, limit: usize) -> Self {
        Self {
            length: self.length.min(limit),
            ..self
        }
    }

    /// The code point at an index.
    #[inline]
    pub fn get(self, index: usize) -> Option<u32> {
        if index >= self.length {
            return None;
        }
        // SAFETY: the index is inside the data, whose width the object told.
        Some(unsafe {
            match self.width {
                Width::One => u32::from(self.data.cast::<u8>().add(index).read()),
                Width::Two => u32::from(self.data.cast::<u16>().add(index).read()),
                Width::Four => self.data.cast::<u32>().add(index).read(),
            }
        })
    }

    /// The first code point.
    pub fn first(self) -> Option<u32> {
        self.get(0)
    }

    /// The last code point.
    pub fn last(self) -> Option<u32> {
        self.get(self.length.checked_sub(1)?)
    }

    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = u32> + use<'a> {
        (0..self.length).map_while(move |index| self.get(index))
    }

    /// The text as bytes, if it is known to be ASCII.
    pub fn as_ascii(self) -> Option<&'a [u8]> {
        // SAFETY: an ASCII string has a byte for each code point, and lives unchanged for 'a.
        self.is_ascii
            .then(|| unsafe { core::slice::from_raw_parts(self.data.cast(), self.length) })
    }
}
