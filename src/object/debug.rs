//! Last words: consistency checks and dumps for when something is broken. Writes to stderr, and may abort.
use crate::ffi;
use crate::object::{Borrowed, text};
use core::ffi::{CStr, c_int};

/// The C library's stderr, as it is now.
fn stderr() -> *mut libc::FILE {
    // SAFETY: the variable is set before any code runs; reading a pointer is all that is done.
    unsafe { ffi::stderr }
}

/// Writes a formatted line to stderr and flushes it: what follows may crash.
macro_rules! say {
    ($format:expr $(, $argument:expr)*) => {{
        // SAFETY: each format here is written for the arguments beside it.
        #[allow(unused_unsafe, reason = "the macro may stand in an unsafe block")]
        unsafe {
            libc::fprintf(stderr(), CStr::as_ptr($format) $(, $argument)*);
            libc::fflush(stderr());
        }
    }};
}

/// Whether the object's memory looks freed or never set (object.c `_PyObject_IsFreed`).
///
/// # Safety
/// `op` is NULL, a pattern, or readable.
pub unsafe fn is_freed(op: *mut ffi::PyObject) -> bool {
    // SAFETY: as the caller promises, what is not a pattern is readable.
    ffi::_PyMem_IsPtrFreed(op) || ffi::_PyMem_IsPtrFreed(unsafe { ffi::Py_TYPE(op) })
}

/// Writes to stderr what can be found out about an object (object.c `_PyObject_Dump`), the least dangerous first.
///
/// # Safety
/// As [`is_freed`]; the thread need not hold the GIL.
pub unsafe fn dump(op: *mut ffi::PyObject) {
    // SAFETY: as the caller promises; the GIL is taken before any code can run.
    unsafe {
        if is_freed(op) {
            say!(c"<object at %p is freed>\n", op);
            return;
        }
        say!(c"object address  : %p\n", op);
        say!(c"object refcount : %zd\n", ffi::Py_REFCNT(op));
        let class = ffi::Py_TYPE(op);
        say!(c"object type     : %p\n", class);
        say!(c"object type name: %s\n", (*class).tp_name);
        say!(c"object repr     : ");
        let gil = ffi::PyGILState_Ensure();
        let exception = ffi::PyErr_GetRaisedException();
        let _ = text::print(
            Some(Borrowed::from_raw_unchecked(op)),
            stderr(),
            text::Form::Repr,
        );
        libc::fflush(stderr());
        ffi::PyErr_SetRaisedException(exception);
        ffi::PyGILState_Release(gil);
        say!(c"\n");
    }
}

/// Where an assertion stands, as C gives it.
pub struct Site<'a> {
    /// The file.
    pub file: &'a CStr,
    /// The line.
    pub line: c_int,
    /// The function, if C says it.
    pub function: Option<&'a CStr>,
}

/// Reports a failed assertion about an object and aborts (object.c `_PyObject_AssertFailed`).
///
/// # Safety
/// As [`is_freed`].
pub unsafe fn report_failed_assertion(
    op: *mut ffi::PyObject,
    expression: Option<&CStr>,
    message: Option<&CStr>,
    site: &Site<'_>,
) -> ! {
    say!(c"%s:%d: ", site.file.as_ptr(), site.line);
    if let Some(function) = site.function {
        say!(c"%s: ", function.as_ptr());
    }
    match expression {
        Some(expression) => say!(c"Assertion \"%s\" failed", expression.as_ptr()),
        None => say!(c"Assertion failed"),
    }
    if let Some(message) = message {
        say!(c": %s", message.as_ptr());
    }
    say!(c"\n");
    // SAFETY: as the caller promises. Where the object was allocated is told first: showing the object may crash.
    unsafe {
        if is_freed(op) {
            say!(c"<object at %p is freed>\n", op);
        } else {
            let start = op.byte_sub(ffi::_PyType_PreHeaderSize(ffi::Py_TYPE(op)));
            ffi::_PyMem_DumpTraceback(libc::fileno(stderr()), start.cast());
            dump(op);
            say!(c"\n");
        }
        ffi::_Py_FatalErrorFunc(
            c"_PyObject_AssertFailed".as_ptr(),
            c"_PyObject_AssertFailed".as_ptr(),
        )
    }
}

/// An assertion of this crate about an object that failed.
///
/// # Safety
/// As [`is_freed`].
#[cold]
#[track_caller]
pub unsafe fn assertion_failed(op: *mut ffi::PyObject, message: &CStr) -> ! {
    let place = core::panic::Location::caller();
    let site = Site {
        file: place.file_as_c_str(),
        line: place.line() as c_int,
        function: None,
    };
    // SAFETY: as the caller promises.
    unsafe { report_failed_assertion(op, None, Some(message), &site) }
}

/// Checks an object's header and, for `str` and `dict`, its contents (object.c `_PyObject_CheckConsistency`). It aborts
/// when something is wrong.
///
/// # Safety
/// As [`is_freed`].
pub unsafe fn check_consistency(op: *mut ffi::PyObject, content: bool) {
    // SAFETY: as the caller promises; past the first check the object is one.
    unsafe {
        if is_freed(op) {
            assertion_failed(op, c"!_PyObject_IsFreed(op)");
        }
        if ffi::Py_REFCNT(op) < 1 {
            assertion_failed(op, c"Py_REFCNT(op) >= 1");
        }
        let class = ffi::Py_TYPE(op);
        ffi::_PyType_CheckConsistency(class);
        if ffi::PyUnicode_Check(op) {
            ffi::_PyUnicode_CheckConsistency(op, c_int::from(content));
        } else if ffi::_PyType_HasFeature(class, ffi::Py_TPFLAGS_DICT_SUBCLASS) {
            ffi::_PyDict_CheckConsistency(op, c_int::from(content));
        }
    }
}
