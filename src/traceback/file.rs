//! The file object to which a traceback is printed. Each write runs the file's Python code.
use crate::ffi;
use crate::object::{Borrowed, Raised, check_status};
use core::ffi::{CStr, c_int};
use core::ptr::null_mut;

/// Ten blanks: an indentation is written in pieces of at most this.
const BLANKS: &CStr = c"          ";

/// A Python file object, opened for text, as `sys.stderr` is.
///
/// C may pass NULL, when it got no file and an exception says why; then the first write fails.
#[derive(Clone, Copy)]
pub struct TextFile<'a>(Option<Borrowed<'a>>);

impl<'a> TextFile<'a> {
    /// The file; whether it is one shows at the first write.
    pub fn new(file: Option<Borrowed<'a>>) -> Self {
        Self(file)
    }

    /// The address for C.
    fn as_ptr(self) -> *mut ffi::PyObject {
        self.0.map_or(null_mut(), Borrowed::as_ptr)
    }

    /// Writes a text (fileobject.c `PyFile_WriteString`).
    ///
    /// # Errors
    /// What the file's `write` raises; `SystemError` when there is no file.
    pub fn text(self, text: &CStr) -> Result<(), Raised> {
        // SAFETY: the text is a C string; the file is alive, or NULL, which the function knows.
        check_status(unsafe { ffi::PyFile_WriteString(text.as_ptr(), self.as_ptr()) })
    }

    /// Writes `str(object)` (fileobject.c `PyFile_WriteObject`).
    ///
    /// # Errors
    /// As [`text`](Self::text), and what `__str__` raises.
    pub fn object(self, object: Borrowed<'_>) -> Result<(), Raised> {
        let raw = ffi::Py_PRINT_RAW as c_int;
        // SAFETY: the object is alive; the file is alive, or NULL, which the function knows.
        check_status(unsafe { ffi::PyFile_WriteObject(object.as_ptr(), self.as_ptr(), raw) })
    }

    /// Writes so many blanks, none when the number is not positive (traceback.c `_Py_WriteIndent`).
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn indent(self, blanks: c_int) -> Result<(), Raised> {
        let mut left = usize::try_from(blanks).unwrap_or(0);
        while left > 0 {
            let piece = left.min(BLANKS.count_bytes());
            self.text(&BLANKS[BLANKS.count_bytes() - piece..])?;
            left -= piece;
        }
        Ok(())
    }
}
