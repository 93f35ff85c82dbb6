//! `Include/internal/pycore_frame.h`: the objects of frames, for C that looks at them.
use crate::ffi::{_PyInterpreterFrame, PyFrameObject};
use crate::frame::Frame;
use crate::object::{Borrowed, Raised};
use pyroxene_macros::capi;

/// Makes the frame object of a frame that has none yet, borrowed from the frame.
#[capi]
pub unsafe fn _PyFrame_MakeAndSetFrameObject<'a>(
    frame: *mut _PyInterpreterFrame,
) -> Result<Borrowed<'a, PyFrameObject>, Raised> {
    // SAFETY: the caller gives a complete frame.
    unsafe { Frame::from_raw_unchecked(frame) }.make_object()
}
