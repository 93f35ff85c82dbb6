//! `Include/internal/pycore_traceback.h`: printing and dumping tracebacks, for CPython's own C files.
use crate::ffi;
use crate::object::code_points::CodePoints;
use crate::object::{Borrowed, IntoC, Owned, Raised};
use crate::traceback::{SignalSafeWriter, TextFile, add, dump, print, source};
use core::ffi::{CStr, c_char, c_int};
use core::ptr::null;
use pyroxene_macros::capi;

/// Finds a line of source and prints it.
#[capi]
pub unsafe fn _Py_DisplaySourceLine(
    f: Option<Borrowed<'_>>,
    filename: Option<Borrowed<'_>>,
    lineno: c_int,
    indent: c_int,
    truncation: *mut c_int,
    line: *mut *mut ffi::PyObject,
) -> c_int {
    // SAFETY: the caller gives NULL or places to write to.
    let (truncation, line) = unsafe { (truncation.as_mut(), line.as_mut()) };
    source::display(TextFile::new(f), filename, lineno, indent, truncation, line)
}

/// Adds an entry for a place in a C file to the traceback of the exception that is set.
#[capi]
pub unsafe fn _PyTraceback_Add(funcname: *const c_char, filename: *const c_char, lineno: c_int) {
    // SAFETY: the caller gives C strings.
    let (function, filename) = unsafe { (CStr::from_ptr(funcname), CStr::from_ptr(filename)) };
    add::foreign(function, filename, lineno);
}

/// A new entry for the place at which a frame stands.
#[capi]
pub unsafe fn _PyTraceBack_FromFrame(
    tb_next: Option<Borrowed<'_>>,
    frame: Borrowed<'_, ffi::PyFrameObject>,
) -> Result<Owned<ffi::PyTracebackObject>, Raised> {
    add::entry_for(tb_next, frame)
}

/// Prints a traceback to a file object, with a line above it; NULL is none, and prints nothing.
#[capi]
pub unsafe fn _PyTraceBack_Print(
    tb: Option<Borrowed<'_>>,
    header: *const c_char,
    f: Option<Borrowed<'_>>,
) -> c_int {
    // SAFETY: the caller gives a C string.
    let header = unsafe { CStr::from_ptr(header) };
    tb.map_or(Ok(()), |tb| print::print(tb, header, TextFile::new(f)))
        .into_c()
}

/// Writes the stack of a thread to a descriptor. Signal-safe.
#[capi]
pub unsafe fn _Py_DumpTraceback(fd: c_int, tstate: *mut ffi::PyThreadState) {
    // SAFETY: as the caller promises.
    unsafe { dump::thread(SignalSafeWriter::new(fd), tstate) }
}

/// Writes the stacks of all threads to a descriptor, or gives a message. Signal-safe.
#[capi]
pub unsafe fn _Py_DumpTracebackThreads(
    fd: c_int,
    interp: *mut ffi::PyInterpreterState,
    current_tstate: *mut ffi::PyThreadState,
) -> *const c_char {
    // SAFETY: as the caller promises.
    match unsafe { dump::threads(SignalSafeWriter::new(fd), interp, current_tstate) } {
        Ok(()) => null(),
        Err(message) => message.as_ptr(),
    }
}

/// Writes a str to a descriptor, with everything but printable ASCII escaped; another object is ignored. Signal-safe.
#[capi]
pub unsafe fn _Py_DumpASCII(fd: c_int, text: *mut ffi::PyObject) {
    // SAFETY: the caller gives an object.
    if let Some(text) = unsafe { CodePoints::of(text) } {
        SignalSafeWriter::new(fd).escaped(text);
    }
}

/// Writes a number to a descriptor in decimal. Signal-safe.
#[capi]
pub unsafe fn _Py_DumpDecimal(fd: c_int, value: usize) {
    SignalSafeWriter::new(fd).decimal(value);
}

/// Writes a number to a descriptor in hexadecimal, at least `width` digits. Signal-safe.
#[capi]
pub unsafe fn _Py_DumpHexadecimal(fd: c_int, value: usize, width: ffi::Py_ssize_t) {
    SignalSafeWriter::new(fd).hexadecimal(value, width);
}
