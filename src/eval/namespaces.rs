//! The variables of the code that runs, for C functions that stand in for it: `locals()`, `globals()`, builtins. Reads the
//! innermost frame of the running thread that may be seen.
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, check_status, exception, lookup, raise};
use crate::thread::ThreadState;
use core::ptr::NonNull;

/// The innermost frame of a thread that may be seen (ceval.c `_PyEval_GetFrame`).
pub fn frame(thread: ThreadState) -> Option<NonNull<ffi::_PyInterpreterFrame>> {
    // SAFETY: the state is alive, and its thread runs this.
    NonNull::new(unsafe { ffi::_PyThreadState_GetFrame(thread.as_ptr()) })
}

/// The frame object of that frame, which the frame keeps (ceval.c `PyEval_GetFrame`). Nothing, and no exception, when there
/// is no frame or no memory.
pub fn frame_object<'a>(thread: ThreadState) -> Option<Borrowed<'a, ffi::PyFrameObject>> {
    let frame = frame(thread)?;
    // SAFETY: a complete frame, which keeps its frame object.
    match unsafe { Borrowed::from_c(ffi::_PyFrame_GetFrameObject(frame.as_ptr())) } {
        Ok(object) => Some(object),
        Err(raised) => {
            raised.clear();
            None
        }
    }
}

/// The global variables of the code that runs, which it keeps (ceval.c `PyEval_GetGlobals`).
pub fn globals<'a>(thread: ThreadState) -> Option<Borrowed<'a>> {
    let frame = frame(thread)?;
    // SAFETY: a complete frame's globals are NULL or live as long as it.
    unsafe { Borrowed::from_c_optional((*frame.as_ptr()).f_globals) }
}

/// The builtins of the code that runs or, where none does, of the interpreter (ceval.c `_PyEval_GetBuiltins`).
pub fn builtins<'a>(thread: ThreadState) -> Option<Borrowed<'a>> {
    // SAFETY: a complete frame's builtins are NULL or live as long as it; so are the interpreter's.
    unsafe {
        Borrowed::from_c_optional(match frame(thread) {
            Some(frame) => (*frame.as_ptr()).f_builtins,
            None => (*thread.interpreter()).builtins,
        })
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
fn live_locals(thread: ThreadState) -> Result<(NonNull<ffi::_PyInterpreterFrame>, Owned), Raised> {
    let frame =
        frame(thread).ok_or_else(|| raise(exception::SystemError, c"frame does not exist"))?;
    // SAFETY: a complete frame; the result is a new reference or NULL with an exception.
    let locals = unsafe { Owned::from_c(ffi::_PyFrame_GetLocals(frame.as_ptr()))? };
    Ok((frame, locals))
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
    // SAFETY: the frame keeps its namespace; the proxy has made the frame object, which keeps the dict that the member owns
    // once it is there.
    unsafe {
        if !is_proxy(&locals) {
            return Ok(Borrowed::from_raw_unchecked(locals.as_ptr()));
        }
        let object = ffi::_PyFrame_GetFrameObject(frame.as_ptr());
        let cache = &raw mut (*object).f_locals_cache;
        if (*cache).is_null() {
            let new = Owned::from_c(ffi::PyDict_New())?;
            drop(Owned::exchange(cache, Some(new)));
        }
        let dict = Borrowed::from_raw_unchecked(*cache);
        check_status(ffi::PyDict_Update(dict.as_ptr(), locals.as_ptr()))?;
        Ok(dict)
    }
}

/// A builtin by a name that C declared (ceval.c `_PyEval_GetBuiltinId`).
///
/// # Errors
/// As [`builtin`]; `MemoryError`.
///
/// # Safety
/// `identifier` points at a static identifier.
pub unsafe fn builtin_by_identifier(identifier: *mut ffi::_Py_Identifier) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises; the interpreter keeps the string.
    builtin(unsafe { Borrowed::from_c(ffi::_PyUnicode_FromId(identifier))? })
}
