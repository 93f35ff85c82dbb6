//! How an exception gets its traceback: the evaluator, or a module in C, adds an entry for each frame that it leaves.
use crate::bad_internal_call;
use crate::ffi;
use crate::frame::object;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use crate::traceback::object::create;
use core::ffi::{CStr, c_int};

/// An entry for the place at which a frame stands now, in front of `next` (traceback.c `_PyTraceBack_FromFrame`).
///
/// # Errors
/// `SystemError` when `next` is not an entry; `MemoryError`.
pub fn entry_for(
    next: Option<Borrowed<'_>>,
    frame: Borrowed<'_, ffi::PyFrameObject>,
) -> Result<Owned<ffi::PyTracebackObject>, Raised> {
    let next = next
        .map(|next| next.downcast().ok_or_else(bad_call))
        .transpose()?;
    create(next, frame, frame.frame().code_offset(), None)
}

/// Adds an entry for the frame to the traceback of the exception that is set (traceback.c `PyTraceBack_Here`).
///
/// # Errors
/// As [`entry_for`], with the exception that was set before as its context; `SystemError` when there was none.
pub fn here(frame: Borrowed<'_, ffi::PyFrameObject>) -> Result<(), Raised> {
    let exception = Raised::take_pending().ok_or_else(bad_call)?;
    // SAFETY: an exception that was set is an instance of BaseException; what it gives is NULL or a new reference.
    let rest = unsafe { Owned::from_c_optional(ffi::PyException_GetTraceback(exception.as_ptr())) };
    match entry_for(rest.as_ref().map(Owned::borrow), frame) {
        Ok(entry) => {
            // SAFETY: both are alive, and an entry is what the function accepts, so it cannot fail.
            unsafe {
                ffi::PyException_SetTraceback(exception.as_ptr(), entry.as_ptr().cast());
            }
            drop((rest, entry));
            let _still_set = Raised::restore(exception);
            Ok(())
        }
        Err(raised) => Err(raised.with_context(exception)),
    }
}

/// Adds an entry for a place that is not Python code: a function of a C file, as the file names itself
/// (traceback.c `_PyTraceback_Add`). An exception is set before and after.
pub fn foreign(function: &CStr, filename: &CStr, line: c_int) {
    // Making the frame may call Python functions (a codec, to decode the names), and those must not start with an
    // exception set.
    let Some(exception) = Raised::take_pending() else {
        return drop(bad_call());
    };
    let _set = match empty_frame(function, filename, line) {
        Ok(frame) => {
            let restored = Raised::restore(exception);
            here(frame.borrow()).err().unwrap_or(restored)
        }
        Err(raised) => raised.with_context(exception),
    };
}

/// A frame that stands at the line given of a function that does nothing.
fn empty_frame(
    function: &CStr,
    filename: &CStr,
    line: c_int,
) -> Result<Owned<ffi::PyFrameObject>, Raised> {
    // SAFETY: each call gives a new reference, or NULL with an exception set.
    let (globals, code) = unsafe {
        let globals = Owned::from_c(ffi::PyDict_New())?;
        let code = ffi::PyCode_NewEmpty(filename.as_ptr(), function.as_ptr(), line);
        (globals, Owned::from_c(code)?)
    };
    let thread = ThreadState::current();
    let frame = object::new(thread, code.borrow(), globals.borrow(), None)?;
    frame.borrow().set_line(line);
    Ok(frame)
}

/// Raises `SystemError`: C called with something that is not a traceback, or without an exception.
#[cold]
fn bad_call() -> Raised {
    bad_internal_call!()
}
