//! `Include/traceback.h`: the type `traceback`, and how an exception gets its entries.
use crate::ffi;
use crate::object::{Borrowed, IntoC};
use crate::traceback::{TextFile, add, object, print};
use core::ffi::c_int;
use pyroxene_macros::capi;

/// The type `traceback`.
#[capi]
pub static mut PyTraceBack_Type: ffi::PyTypeObject = object::type_object();

/// Adds an entry for a frame to the traceback of the exception that is set.
#[capi]
pub unsafe fn PyTraceBack_Here(frame: Borrowed<'_, ffi::PyFrameObject>) -> c_int {
    add::here(frame).into_c()
}

/// Prints a traceback to a file object; NULL is none, and prints nothing.
#[capi]
pub unsafe fn PyTraceBack_Print(v: Option<Borrowed<'_>>, f: Option<Borrowed<'_>>) -> c_int {
    v.map_or(Ok(()), |v| print::print(v, print::HEADER, TextFile::new(f)))
        .into_c()
}
