//! `StopIteration` with the value of a generator's end. Touches the thread's exception.
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, exception};

/// Raises `StopIteration(value)`, or without a value (genobject.c `_PyGen_SetStopIterationValue`). The exception is made
/// by a call, because raising a class with a tuple would take that for the arguments. When making it fails, the exception
/// is what came of that.
pub fn raise(value: Option<Borrowed<'_>>) -> Raised {
    try_raise(value).unwrap_or_else(|raised| raised)
}

/// Like [`raise`], telling whether that is the exception that is set.
///
/// # Errors
/// What making the exception raised.
pub fn try_raise(value: Option<Borrowed<'_>>) -> Result<Raised, Raised> {
    new(value).map(Raised::restore)
}

/// `StopIteration(value)` or `StopIteration()`.
///
/// # Errors
/// `MemoryError`.
fn new(value: Option<Borrowed<'_>>) -> Result<Owned, Raised> {
    let class = exception::StopIteration.class();
    match value {
        Some(value) => class.call(&[value]),
        None => class.call(&[]),
    }
}

/// Takes a `StopIteration` that is set and gives its value; `None` when no exception is set at all
/// (genobject.c `_PyGen_FetchStopIterationValue`).
///
/// # Errors
/// The exception that is set, when it is another.
pub fn take_value() -> Result<Owned, Raised> {
    let Err(raised) = Raised::pending() else {
        return Ok(Borrowed::none().new_ref());
    };
    if !raised.matches(exception::StopIteration) {
        return Err(raised);
    }
    let stop = raised.take();
    // SAFETY: an instance of StopIteration or of a subclass has this layout, and owns its value; one whose `__init__` never
    // ran has none.
    let value = unsafe {
        Borrowed::from_c_optional((*stop.as_ptr().cast::<ffi::PyStopIterationObject>()).value)
    };
    Ok(value.unwrap_or(Borrowed::none()).new_ref())
}
