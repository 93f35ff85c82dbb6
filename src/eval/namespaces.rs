//! The variables of the code that runs, for C functions that stand in for it: `locals()`, `globals()`, builtins. Reads the
//! innermost frame of the running thread that may be seen.
use crate::ffi;
use crate::field;
use crate::frame::{Frame, FrameObject, VisibleFrames, namespace};
use crate::object::{Borrowed, Owned, Raised, check_status, exception, lookup, raise};
use crate::thread::ThreadState;

/// The innermost frame of a thread that may be seen (ceval.c `_PyEval_GetFrame`).
fn frame<'a>(thread: ThreadState) -> Option<Frame<'a>> {
    VisibleFrames::of(thread).next()
}

/// The frame object of that frame, which the frame keeps (ceval.c `PyEval_GetFrame`). Nothing, and no exception, when there
/// is no frame or no memory.
pub fn frame_object<'a>(thread: ThreadState) -> Option<FrameObject<'a>> {
    frame(thread)?.object().map_err(Raised::clear).ok()
}

/// The global variables of the code that runs, which it keeps (ceval.c `PyEval_GetGlobals`).
pub fn globals<'a>(thread: ThreadState) -> Option<Borrowed<'a>> {
    frame(thread)?.globals()
}

/// The builtins of the code that runs or, where none does, of the interpreter (ceval.c `_PyEval_GetBuiltins`).
pub fn builtins<'a>(thread: ThreadState) -> Option<Borrowed<'a>> {
    match frame(thread) {
        Some(frame) => frame.builtins(),
        // SAFETY: the interpreter is alive, and keeps its builtins or has none yet.
        None => unsafe { Borrowed::from_c_optional((*thread.interpreter()).builtins) },
    }
}

/// A builtin by its name (ceval.c `_PyEval_GetBuiltin`).
///
/// # Errors
/// `AttributeError` when there is none; what the lookup raises.
pub fn builtin(name: Borrowed<'_>) -> Result<Owned, Raised> {
    let builtins = builtins(ThreadState::current());
    let builtins = builtins.ok_or_else(|| crate::bad_internal_call!())?;
    match lookup::optional_item(builtins, name)? {
        Some(builtin) => Ok(builtin),
        None => {
            // SAFETY: an exception class that is a static type, and a live object.
            unsafe { ffi::PyErr_SetObject(exception::AttributeError.as_ptr(), name.as_ptr()) };
            Err(Raised::on_c_word())
        }
    }
}

/// The local variables of the code that runs, where its frame keeps them: a mapping, or for a function a proxy.
fn live_locals<'a>(thread: ThreadState) -> Result<(Frame<'a>, Owned), Raised> {
    let frame =
        frame(thread).ok_or_else(|| raise(exception::SystemError, c"frame does not exist"))?;
    Ok((frame, namespace::of_frame(frame)?))
}

/// Whether these are the variables of a function, in a proxy.
fn is_proxy(locals: &Owned) -> bool {
    locals
        .borrow()
        .is_exactly(&raw const ffi::PyFrameLocalsProxy_Type)
}

/// `locals()`: the namespace of a module or a class body, or a new dict of the variables of a function
/// (ceval.c `_PyEval_GetFrameLocals`).
///
/// # Errors
/// `SystemError` when no code runs; `MemoryError`.
pub fn locals(thread: ThreadState) -> Result<Owned, Raised> {
    let (_, locals) = live_locals(thread)?;
    if !is_proxy(&locals) {
        return Ok(locals);
    }
    // SAFETY: a new dict and a mapping.
    unsafe {
        let dict = Owned::from_c(ffi::PyDict_New())?;
        check_status(ffi::PyDict_Update(dict.as_ptr(), locals.as_ptr()))?;
        Ok(dict)
    }
}

/// The same for C that wants to own nothing: the variables of a function are in a dict that its frame object keeps, always
/// the same one (ceval.c `PyEval_GetLocals`).
///
/// # Errors
/// As [`locals`].
pub fn locals_snapshot<'a>(thread: ThreadState) -> Result<Borrowed<'a>, Raised> {
    let (frame, locals) = live_locals(thread)?;
    // SAFETY: the frame keeps its namespace; its frame object keeps the dict that the member owns once it is there.
    unsafe {
        if !is_proxy(&locals) {
            return Ok(Borrowed::from_raw_unchecked(locals.as_ptr()));
        }
        let object = frame.object()?;
        if field!(object.f_locals_cache).is_null() {
            let new = Owned::from_c(ffi::PyDict_New())?;
            let cache = &raw mut (*object.as_ptr()).f_locals_cache;
            drop(Owned::exchange(cache, Some(new)));
        }
        let dict = Borrowed::from_raw_unchecked(field!(object.f_locals_cache));
        check_status(ffi::PyDict_Update(dict.as_ptr(), locals.as_ptr()))?;
        Ok(dict)
    }
}
