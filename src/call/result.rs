//! What a callee gave back, and whether that can be: a result or an exception. Reads the thread state's exception.
use crate::ffi;
use crate::object::exception::SystemError;
use crate::object::{Borrowed, Owned, Raised};
use crate::raise_format;
use crate::thread::ThreadState;
use core::ffi::CStr;

/// What a C function gave: a new reference, or none for NULL. Nobody has looked yet whether an exception is set exactly when
/// there is none.
#[must_use = "it may be a reference"]
pub struct Outcome(Option<Owned>);

impl Outcome {
    /// What a function just gave.
    #[inline(always)]
    pub const fn new(result: Option<Owned>) -> Self {
        Self(result)
    }

    /// The result, if the callee kept its word: exactly one of result and exception is there
    /// (call.c `_Py_CheckFunctionResult`).
    ///
    /// # Errors
    /// The callee's exception; `SystemError` when there is neither, and when there are both, with that exception as the cause.
    #[inline(always)]
    pub fn checked(self, tstate: ThreadState, callable: Borrowed<'_>) -> Result<Owned, Raised> {
        self.checked_of(tstate, move || Callee::Object(callable))
    }

    /// The same. Who the callee was is asked only when it broke its word.
    ///
    /// # Errors
    /// As [`checked`](Self::checked).
    #[inline(always)]
    pub fn checked_of<'a>(
        self,
        tstate: ThreadState,
        callee: impl FnOnce() -> Callee<'a>,
    ) -> Result<Owned, Raised> {
        match self.0 {
            Some(result) if !tstate.has_exception() => Ok(result),
            None if tstate.has_exception() => Err(Raised::on_c_word()),
            result => Err(unfit(tstate, result, callee)),
        }
    }

    /// The result, on the callee's word.
    ///
    /// # Errors
    /// The callee's exception.
    #[inline(always)]
    pub fn trusted(self) -> Result<Owned, Raised> {
        self.0.ok_or_else(Raised::on_c_word)
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

/// `SystemError` about a callee that broke its word. Out of the way, so that the usual path of a call stays short.
#[cold]
#[inline(never)]
fn unfit<'a>(
    tstate: ThreadState,
    result: Option<Owned>,
    callee: impl FnOnce() -> Callee<'a>,
) -> Raised {
    match result {
        None => neither(callee()),
        Some(result) => both(tstate, result, callee()),
    }
}

/// No result and no exception.
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

/// A result and an exception, which becomes the cause.
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
