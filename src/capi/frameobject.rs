//! `Include/cpython/frameobject.h`: frame objects made by C, and what is left of older ways to read locals.
use crate::ffi::{PyCodeObject, PyFrameObject, PyThreadState};
use crate::frame::object;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::c_int;
use core::ptr::NonNull;
use pyroxene_macros::capi;

/// A frame object for code that nobody calls.
#[capi]
pub unsafe fn PyFrame_New(
    tstate: NonNull<PyThreadState>,
    code: Borrowed<'_, PyCodeObject>,
    globals: Borrowed<'_>,
    locals: Option<Borrowed<'_>>,
) -> Result<Owned<PyFrameObject>, Raised> {
    // SAFETY: the caller gives the running thread's state.
    object::new(
        unsafe { ThreadState::from_c(tstate) },
        code,
        globals,
        locals,
    )
}

/// Does nothing: `f_locals` writes through.
#[capi]
pub unsafe fn PyFrame_LocalsToFast(_f: *mut PyFrameObject, _clear: c_int) {}

/// Does nothing: `f_locals` reads through.
#[capi]
pub unsafe fn PyFrame_FastToLocals(_f: *mut PyFrameObject) {}

/// Does nothing, and says that it worked.
#[capi]
pub unsafe fn PyFrame_FastToLocalsWithError(_f: *mut PyFrameObject) -> c_int {
    0
}

/// Whether C called the frame.
#[capi]
pub unsafe fn _PyFrame_IsEntryFrame(frame: Borrowed<'_, PyFrameObject>) -> c_int {
    c_int::from(frame.frame().is_called_by_c())
}
