//! `Include/pyframe.h` and `Include/cpython/pyframe.h`: frame objects for C, and the evaluator's frames for tools.
use crate::bad_internal_call;
use crate::ffi::{_PyInterpreterFrame, PyCodeObject, PyFrameObject, PyGenObject, PyTypeObject};
use crate::frame::{Frame, locals_proxy, namespace, types, variables};
use crate::object::{Borrowed, IntoC, Owned, Raised, text};
use core::ffi::{CStr, c_char, c_int};
use pyroxene_macros::capi;

/// The type `frame`.
#[capi]
pub static mut PyFrame_Type: PyTypeObject = types::type_object();

/// The type `FrameLocalsProxy`.
#[capi]
pub static mut PyFrameLocalsProxy_Type: PyTypeObject = locals_proxy::type_object();

/// The line at which a frame stands, or -1.
#[capi]
pub unsafe fn PyFrame_GetLineNumber(f: Borrowed<'_, PyFrameObject>) -> c_int {
    f.line().unwrap_or(-1)
}

/// The code of a frame.
#[capi]
pub unsafe fn PyFrame_GetCode(frame: Borrowed<'_, PyFrameObject>) -> Owned<PyCodeObject> {
    frame.frame().code().new_ref()
}

/// The frame object of a frame's caller, or NULL.
#[capi]
pub unsafe fn PyFrame_GetBack(frame: Borrowed<'_, PyFrameObject>) -> *mut PyFrameObject {
    frame.back().into_c()
}

/// The local namespace of a frame.
#[capi]
pub unsafe fn PyFrame_GetLocals(
    frame: Option<Borrowed<'_, PyFrameObject>>,
) -> Result<Owned, Raised> {
    namespace::of_object(frame.ok_or_else(|| bad_internal_call!())?)
}

/// The globals of a frame.
#[capi]
pub unsafe fn PyFrame_GetGlobals(frame: Borrowed<'_, PyFrameObject>) -> Result<Owned, Raised> {
    namespace::globals(frame)
}

/// The builtins of a frame.
#[capi]
pub unsafe fn PyFrame_GetBuiltins(frame: Borrowed<'_, PyFrameObject>) -> Result<Owned, Raised> {
    namespace::builtins(frame)
}

/// The generator, coroutine or asynchronous generator that a frame belongs to, or NULL.
#[capi]
pub unsafe fn PyFrame_GetGenerator(
    frame: Borrowed<'_, PyFrameObject>,
) -> Option<Owned<PyGenObject>> {
    frame.frame().generator().map(Borrowed::new_ref)
}

/// The offset in bytes of the instruction at which a frame stands, or -1.
#[capi]
pub unsafe fn PyFrame_GetLasti(frame: Borrowed<'_, PyFrameObject>) -> c_int {
    frame.last_instruction().unwrap_or(-1)
}

/// The value of a variable of a frame.
#[capi]
pub unsafe fn PyFrame_GetVar(
    frame: Borrowed<'_, PyFrameObject>,
    name: Borrowed<'_>,
) -> Result<Owned, Raised> {
    variables::get(frame, name)
}

/// The value of a variable of a frame, by a C name.
#[capi]
pub unsafe fn PyFrame_GetVarString(
    frame: Borrowed<'_, PyFrameObject>,
    name: *const c_char,
) -> Result<Owned, Raised> {
    // SAFETY: the caller gives a C string.
    let name = text::str_from(unsafe { CStr::from_ptr(name) })?;
    variables::get(frame, name.borrow())
}

/// The handle of a frame from C.
///
/// # Safety
/// `frame` points at a frame.
unsafe fn handle<'a>(frame: *mut _PyInterpreterFrame) -> Frame<'a> {
    // SAFETY: as the caller promises; C asks only for frames with code.
    unsafe { Frame::from_raw_unchecked(frame) }
}

/// What a frame runs: a code object, or `None` for one by which C entered the evaluator.
#[capi]
pub unsafe fn PyUnstable_InterpreterFrame_GetCode(frame: *mut _PyInterpreterFrame) -> Owned {
    // SAFETY: the caller gives a frame, which owns what it runs.
    unsafe { Borrowed::from_raw_unchecked((*frame).f_executable) }.new_ref()
}

/// The offset in bytes of the instruction at which a frame stands.
#[capi]
pub unsafe fn PyUnstable_InterpreterFrame_GetLasti(frame: *mut _PyInterpreterFrame) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { handle(frame) }.code_offset()
}

/// The line at which a frame stands, or -1. Reads memory alone.
#[capi]
pub unsafe fn PyUnstable_InterpreterFrame_GetLine(frame: *mut _PyInterpreterFrame) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { handle(frame) }.line().unwrap_or(-1)
}

/// The types of what a frame may run, by the numbers `PyUnstable_EXECUTABLE_KIND_…`, with a NULL behind the last.
#[repr(transparent)]
pub struct ExecutableKinds([*const PyTypeObject; 6]);

// SAFETY: nobody writes to the table.
unsafe impl Sync for ExecutableKinds {}

/// The table.
#[capi]
pub static PyUnstable_ExecutableKinds: ExecutableKinds = executable_kinds();

/// Makes the table; a number between them that has no kind is NULL too.
const fn executable_kinds() -> ExecutableKinds {
    use crate::ffi;
    let mut kinds = [core::ptr::null(); ffi::PyUnstable_EXECUTABLE_KINDS as usize + 1];
    kinds[ffi::PyUnstable_EXECUTABLE_KIND_SKIP as usize] = &raw const ffi::_PyNone_Type;
    kinds[ffi::PyUnstable_EXECUTABLE_KIND_PY_FUNCTION as usize] = &raw const ffi::PyCode_Type;
    kinds[ffi::PyUnstable_EXECUTABLE_KIND_BUILTIN_FUNCTION as usize] =
        &raw const ffi::PyMethod_Type;
    kinds[ffi::PyUnstable_EXECUTABLE_KIND_METHOD_DESCRIPTOR as usize] =
        &raw const ffi::PyMethodDescr_Type;
    ExecutableKinds(kinds)
}
