//! What becomes of an exception that leaves a generator: `StopIteration` would end its consumer's loop silently, so it is a
//! `RuntimeError` (PEP 479). Looks at the frame that runs.
use crate::ffi::{self, CO_ASYNC_GENERATOR, CO_COROUTINE};
use crate::frame::VisibleFrames;
use crate::object::exception::{self, Exception};
use crate::object::text::str_from;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::CStr;

/// The exception itself, or the `RuntimeError` in its place, of which it is cause and context.
pub(super) extern "C" fn error(
    tstate: ThreadState,
    exception: Borrowed<'_>,
) -> Result<Owned, Raised> {
    // The instruction is in a generator's frame, the thread's innermost one.
    let frame = VisibleFrames::of(tstate).next();
    let Some(message) = frame.and_then(|frame| message(frame.code(), exception)) else {
        return Ok(exception.new_ref());
    };
    let message = str_from(message)?;
    let error = exception::RuntimeError.class().call(&[message.borrow()])?;
    // SAFETY: a new exception; both functions take over a reference.
    unsafe {
        ffi::PyException_SetCause(error.as_ptr(), exception.new_ref().into_raw());
        ffi::PyException_SetContext(error.as_ptr(), exception.new_ref().into_raw());
    }
    Ok(error)
}

/// What is wrong with an exception that leaves this code; `None` if nothing is.
fn message(
    code: Borrowed<'_, ffi::PyCodeObject>,
    exception: Borrowed<'_>,
) -> Option<&'static CStr> {
    let is_async_generator = code.has_flag(CO_ASYNC_GENERATOR);
    if is_a(exception, exception::StopIteration) {
        Some(if is_async_generator {
            c"async generator raised StopIteration"
        } else if code.has_flag(CO_COROUTINE) {
            c"coroutine raised StopIteration"
        } else {
            c"generator raised StopIteration"
        })
    } else if is_async_generator && is_a(exception, exception::StopAsyncIteration) {
        Some(c"async generator raised StopAsyncIteration")
    } else {
        None
    }
}

/// Whether an exception is an instance of a class.
fn is_a(exception: Borrowed<'_>, class: Exception) -> bool {
    // SAFETY: live objects.
    unsafe { ffi::PyErr_GivenExceptionMatches(exception.as_ptr(), class.as_ptr()) != 0 }
}
