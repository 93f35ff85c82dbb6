//! C functions and variables that no header declares: CPython's own files declare them where they use them. And what the
//! crate `libc` leaves out.
use super::{PyArena, PyCodeObject, PyCompilerFlags, PyObject, PyTypeObject};
use core::ffi::{c_char, c_int, c_longlong, c_void};

unsafe extern "C" {
    /// The C library's standard input, which `freopen` may replace.
    pub static mut stdin: *mut libc::FILE;

    /// The C library's standard error.
    pub static mut stderr: *mut libc::FILE;

    /// The encoding that the first two lines of a source file declare, in memory that the caller frees with
    /// `PyMem_Free`; NULL when there is none, or an exception is set (Parser/tokenizer/file_tokenizer.c).
    pub fn _PyTokenizer_FindEncodingFilename(fd: c_int, filename: *mut PyObject) -> *mut c_char;

    /// The syntax tree of a text, in memory of the arena, or NULL with an exception; auditing hooks are not told
    /// (Parser/pegen.c).
    pub fn _PyPegen_run_parser_from_string(
        text: *const c_char,
        start: c_int,
        filename: *mut PyObject,
        flags: *mut PyCompilerFlags,
        arena: *mut PyArena,
    ) -> *mut c_void;

    /// The code of a syntax tree, or NULL with an exception (Python/compile.c; its header is none that bindgen reads).
    pub fn _PyAST_Compile(
        tree: *mut c_void,
        filename: *mut PyObject,
        flags: *mut PyCompilerFlags,
        optimize: c_int,
        arena: *mut PyArena,
    ) -> *mut PyCodeObject;

    /// Writes where a block was allocated, if it is traced (Python/tracemalloc.c).
    pub fn _PyMem_DumpTraceback(fd: c_int, block: *const c_void);

    /// The code that runs behind an `__init__` that the evaluator entered without a call (Python/specialize.c).
    pub static _Py_InitCleanup: PyCodeObject;

    /// Initialises a condition variable whose time limits are read from the runtime's clock: 0, or an error's number
    /// (Python/thread_pthread.h).
    pub fn _PyThread_cond_init(condition: *mut libc::pthread_cond_t) -> c_int;

    /// The time that many microseconds from now, by the clock of [`_PyThread_cond_init`] (Python/thread_pthread.h).
    pub fn _PyThread_cond_after(microseconds: c_longlong, time: *mut libc::timespec);

    /// What `anext()` with a default gives (Objects/iterobject.c).
    pub static mut _PyAnextAwaitable_Type: PyTypeObject;

    /// The iterator over a generic alias (Objects/genericaliasobject.c).
    pub static mut _Py_GenericAliasIterType: PyTypeObject;

    /// The iterator of `co_lines()` (Objects/codeobject.c).
    pub static mut _PyLineIterator: PyTypeObject;

    /// The iterator over a memoryview (Objects/memoryobject.c).
    pub static mut _PyMemoryIter_Type: PyTypeObject;

    /// The iterator of `co_positions()` (Objects/codeobject.c).
    pub static mut _PyPositionsIterator: PyTypeObject;
}
