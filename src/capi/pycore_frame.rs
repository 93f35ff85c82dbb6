//! `Include/internal/pycore_frame.h`: what the evaluator wants of its frames.
use crate::ffi::{_PyInterpreterFrame, PyFrameObject};
use crate::frame::{Frame, namespace};
use crate::object::{Borrowed, Owned, Raised};
use pyroxene_macros::capi;

/// Makes the frame object of a frame that has none yet, borrowed from the frame.
#[capi]
pub unsafe fn _PyFrame_MakeAndSetFrameObject<'a>(
    frame: *mut _PyInterpreterFrame,
) -> Result<Borrowed<'a, PyFrameObject>, Raised> {
    // SAFETY: the caller gives a complete frame.
    unsafe { Frame::from_raw_unchecked(frame) }.make_object()
}

/// Ends a frame, but for the reference to its code.
#[capi]
pub unsafe fn _PyFrame_ClearExceptCode(frame: *mut _PyInterpreterFrame) {
    // SAFETY: the caller gives a frame that has ended, off the stack.
    unsafe { Frame::from_raw_unchecked(frame).clear_except_code() }
}

/// The local namespace of a frame.
#[capi]
pub unsafe fn _PyFrame_GetLocals(frame: *mut _PyInterpreterFrame) -> Result<Owned, Raised> {
    // SAFETY: the caller gives a complete frame.
    namespace::of_frame(unsafe { Frame::from_raw_unchecked(frame) })
}
