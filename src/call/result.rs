//! What a callee gave back, and whether that can be: a result or an exception. Reads the thread state's exception.
use crate::ffi::{self, PyObject};
use crate::object::exception::SystemError;
use crate::object::{Borrowed, Owned, Raised};
use crate::raise_format;
use crate::thread::ThreadState;
use core::ffi::CStr;

/// What a C function gave: a new reference or NULL. Nobody has looked yet whether an exception is set exactly when it is
/// NULL.
#[must_use = "it may be a reference"]
pub struct Outcome(*mut PyObject);

impl Outcome {
    /// What a function just gave.
    ///
    /// # Safety
    /// `result` is NULL or a new reference, which is the caller's.
    #[inline(always)]
    pub const unsafe fn from_c(result: *mut PyObject) -> Self {
        Self(result)
    }

    /// The result, if exactly one of result and exception is there.
    ///
    /// # Errors
    /// The callee's exception; `SystemError` as [`check`].
    #[inline(always)]
    pub fn checked(self, tstate: ThreadState, callable: Borrowed<'_>) -> Result<Owned, Raised> {
        // SAFETY: the thread runs this, the callable is alive, and the reference is given away and comes back.
        unsafe {
            Owned::from_c(ffi::_Py_CheckFunctionResultInline(
                tstate.as_ptr(),
                callable.as_ptr(),
                self.0,
            ))
        }
    }

    /// The result, on the callee's word.
    ///
    /// # Errors
    /// The callee's exception.
    #[inline(always)]
    pub fn trusted(self) -> Result<Owned, Raised> {
        // SAFETY: NULL or a new reference.
        unsafe { Owned::from_c(self.0) }
    }
}

/// Who gave a result.
#[derive(Clone, Copy)]
pub enum Callee<'a> {
    /// A callable, shown by its `repr`.
    Object(Borrowed<'a>),
    /// A function by its name.
    Function(&'a CStr),
}

/// Holds a callee to its word: exactly one of result and exception (call.c `_Py_CheckFunctionResult`). Who it was is asked only
/// when it broke it.
///
/// # Errors
/// The callee's exception; `SystemError` when there is neither, and when there are both, with that exception as the cause.
#[inline(always)]
pub fn check<'a>(
    tstate: ThreadState,
    result: Option<Owned>,
    callee: impl FnOnce() -> Callee<'a>,
) -> Result<Owned, Raised> {
    match (result, tstate.has_exception()) {
        (Some(result), false) => Ok(result),
        (None, true) => Err(Raised::on_c_word()),
        (None, false) => Err(neither(callee())),
        (Some(result), true) => Err(both(tstate, result, callee())),
    }
}

/// `SystemError`: no result and no exception.
#[cold]
fn neither(callee: Callee<'_>) -> Raised {
    // SAFETY: the formats take an object and a C string.
    unsafe {
        match callee {
            Callee::Object(object) => raise_format!(
                SystemError,
                c"%R returned NULL without setting an exception",
                object.as_ptr(),
            ),
            Callee::Function(name) => raise_format!(
                SystemError,
                c"%s returned NULL without setting an exception",
                name.as_ptr(),
            ),
        }
    }
}

/// `SystemError`: a result and an exception, which becomes the cause.
#[cold]
fn both(tstate: ThreadState, result: Owned, callee: Callee<'_>) -> Raised {
    drop(result);
    let (tstate, class) = (tstate.as_ptr(), SystemError.as_ptr());
    // SAFETY: the formats take an object and a C string; the function gives NULL always.
    unsafe {
        match callee {
            Callee::Object(object) => ffi::_PyErr_FormatFromCauseTstate(
                tstate,
                class,
                c"%R returned a result with an exception set".as_ptr(),
                object.as_ptr(),
            ),
            Callee::Function(name) => ffi::_PyErr_FormatFromCauseTstate(
                tstate,
                class,
                c"%s returned a result with an exception set".as_ptr(),
                name.as_ptr(),
            ),
        };
    }
    Raised::on_c_word()
}
