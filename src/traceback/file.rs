//! The file object to which a traceback is printed. Each write runs the file's Python code.
use crate::ffi;
use crate::object::{Borrowed, Raised, check_status};
use core::ffi::{CStr, c_int};

/// Ten blanks: an indentation is written in pieces of at most this.
const BLANKS: &CStr = c"          ";

/// A Python file object, opened for text, as `sys.stderr` is.
#[derive(Clone, Copy)]
pub struct TextFile<'a>(Borrowed<'a>);

impl<'a> TextFile<'a> {
    /// The file; whether it is one shows at the first write.
    pub fn new(file: Borrowed<'a>) -> Self {
        Self(file)
    }

    /// Writes a text (fileobject.c `PyFile_WriteString`).
    pub fn text(self, text: &CStr) -> Result<(), Raised> {
        // SAFETY: the text and the file are alive.
        check_status(unsafe { ffi::PyFile_WriteString(text.as_ptr(), self.0.as_ptr()) })
    }

    /// Writes `str(object)` (fileobject.c `PyFile_WriteObject`).
    pub fn object(self, object: Borrowed<'_>) -> Result<(), Raised> {
        let raw = ffi::Py_PRINT_RAW as c_int;
        // SAFETY: the object and the file are alive.
        check_status(unsafe { ffi::PyFile_WriteObject(object.as_ptr(), self.0.as_ptr(), raw) })
    }

    /// Writes so many blanks, none when the number is not positive (traceback.c `_Py_WriteIndent`).
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
