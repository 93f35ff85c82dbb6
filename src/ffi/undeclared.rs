//! C functions that no header declares; CPython's own files declare them where they use them.
use super::PyObject;
use core::ffi::{c_char, c_int};

unsafe extern "C" {
    /// The encoding that the first two lines of a source file declare, in memory that the caller frees with
    /// `PyMem_Free`; NULL when there is none, or an exception is set (Parser/tokenizer/file_tokenizer.c).
    pub fn _PyTokenizer_FindEncodingFilename(fd: c_int, filename: *mut PyObject) -> *mut c_char;
}
