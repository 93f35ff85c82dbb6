//! The local namespace of a frame as Python sees it: the dict of a module or class body, and for a function a proxy that
//! writes through to its variables (PEP 667).
use crate::ffi;
use crate::frame::object::FrameObject;
use crate::frame::{Frame, locals_proxy};
use crate::object::{Borrowed, Lookup, Owned, Raised};

/// The namespace that the frame itself has; nothing for a function, whose variables are no dict, and while a comprehension
/// that was compiled into the code runs, whose variables the dict does not have.
fn own_namespace(frame: Frame<'_>) -> Lookup {
    if frame.code().has_flag(ffi::CO_OPTIMIZED) || frame.has_hidden_variables() {
        return Ok(None);
    }
    if let Some(namespace) = frame.namespace() {
        return Ok(Some(namespace.new_ref()));
    }
    // Code without variables of its own should have a namespace, but C may run it without.
    // SAFETY: gives a new reference, or NULL with an exception; the frame keeps one in the place that is empty.
    unsafe {
        let namespace = Owned::from_c(ffi::PyDict_New())?;
        frame.namespace_place().write(namespace.clone().into_raw());
        Ok(Some(namespace))
    }
}

/// The local namespace of a frame, which is complete (frameobject.c `_PyFrame_GetLocals`). A function's has its frame
/// object made.
///
/// # Errors
/// `MemoryError`.
pub fn of_frame(frame: Frame<'_>) -> Result<Owned, Raised> {
    match own_namespace(frame)? {
        Some(namespace) => Ok(namespace),
        None => locals_proxy::new(frame.object()?).map(Owned::upcast),
    }
}

/// `frame.f_locals` (frameobject.c `frame_getlocals`).
///
/// # Errors
/// `MemoryError`.
pub fn of_object(object: FrameObject<'_>) -> Result<Owned, Raised> {
    match own_namespace(object.frame())? {
        Some(namespace) => Ok(namespace),
        None => locals_proxy::new(object).map(Owned::upcast),
    }
}

/// The globals of a frame, or `None`.
pub fn globals(object: FrameObject<'_>) -> Result<Owned, Raised> {
    let globals = object.frame().globals();
    Ok(globals.unwrap_or(Borrowed::none()).new_ref())
}

/// The builtins of a frame, or `None`.
pub fn builtins(object: FrameObject<'_>) -> Result<Owned, Raised> {
    let builtins = object.frame().builtins();
    Ok(builtins.unwrap_or(Borrowed::none()).new_ref())
}
