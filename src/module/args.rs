//! One argument: from an object to the Rust type that a function wants, with Argument Clinic's rules and messages.
use crate::bad_internal_call;
use crate::ffi;
use crate::object::compare::is_true;
use crate::object::{Borrowed, Raised};
use core::ffi::{CStr, c_int, c_long, c_ulong};
use std::ffi::CString;

/// How messages name an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label<'n> {
    /// The only one: `argument`.
    Only,
    /// One of several, counted from 1: `argument 2`.
    Position(usize),
    /// One that may be given by name: `argument 'flag'`.
    Name(&'n CStr),
}

impl Label<'_> {
    /// The words.
    fn text(self) -> String {
        match self {
            Self::Only => "argument".to_owned(),
            Self::Position(position) => format!("argument {position}"),
            Self::Name(name) => format!("argument '{}'", name.to_string_lossy()),
        }
    }
}

/// Where an argument stands, for messages.
#[derive(Clone, Copy, Debug)]
pub struct Parameter<'n> {
    /// The function's name.
    pub function: &'n CStr,
    /// The argument's name.
    pub label: Label<'n>,
}

impl Parameter<'_> {
    /// Raises `TypeError`: `f() argument 1 must be int, not str` (getargs.c `_PyArg_BadArgument`).
    #[cold]
    pub fn bad_type(self, expected: &CStr, value: Borrowed<'_>) -> Raised {
        // A label has no NUL in it: its parts are numbers and C strings.
        let label = CString::new(self.label.text()).unwrap_or_default();
        // SAFETY: three C strings and a live object, which are only read.
        unsafe {
            ffi::_PyArg_BadArgument(
                self.function.as_ptr(),
                label.as_ptr(),
                expected.as_ptr(),
                value.as_ptr(),
            );
        }
        Raised::on_c_word()
    }
}

/// A type that a function can have as a parameter.
pub trait Argument<'a>: Sized {
    /// Whether the caller has to give it.
    const REQUIRED: bool = true;

    /// The value of an argument that is there. Errors: what the conversion raises.
    fn from_value(value: Borrowed<'a>, parameter: Parameter<'_>) -> Result<Self, Raised>;

    /// The value of one that is not. Never asked of a required one, whose absence the count shows.
    fn from_absent() -> Result<Self, Raised> {
        Err(bad_internal_call!())
    }
}

/// `object`: as it is.
impl<'a> Argument<'a> for Borrowed<'a> {
    #[inline(always)]
    fn from_value(value: Borrowed<'a>, _: Parameter<'_>) -> Result<Self, Raised> {
        Ok(value)
    }
}

/// Optional, without a value of its own for the default.
impl<'a, T: Argument<'a>> Argument<'a> for Option<T> {
    const REQUIRED: bool = false;

    #[inline]
    fn from_value(value: Borrowed<'a>, parameter: Parameter<'_>) -> Result<Self, Raised> {
        T::from_value(value, parameter).map(Some)
    }

    #[inline]
    fn from_absent() -> Result<Self, Raised> {
        Ok(None)
    }
}

/// `int`: an integer, or what has `__index__`, that fits.
impl Argument<'_> for c_int {
    #[inline]
    fn from_value(value: Borrowed<'_>, _: Parameter<'_>) -> Result<Self, Raised> {
        // SAFETY: the object is alive.
        unless_raised(unsafe { ffi::PyLong_AsInt(value.as_ptr()) })
    }
}

/// `long` and, on this platform the same, `Py_ssize_t`: an integer, or what has `__index__`, that fits.
impl Argument<'_> for c_long {
    #[inline]
    fn from_value(value: Borrowed<'_>, _: Parameter<'_>) -> Result<Self, Raised> {
        // SAFETY: the object is alive.
        unless_raised(unsafe { ffi::PyLong_AsLong(value.as_ptr()) })
    }
}

/// `bool`: the truth of any object.
impl Argument<'_> for bool {
    #[inline]
    fn from_value(value: Borrowed<'_>, _: Parameter<'_>) -> Result<Self, Raised> {
        is_true(value)
    }
}

/// A number of which only the low bits are taken, without an overflow (Clinic's `bitwise=True`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bitwise<T>(pub T);

/// `unsigned_long(bitwise=True)`: an `int` itself, not what has `__index__`.
impl Argument<'_> for Bitwise<c_ulong> {
    #[inline]
    fn from_value(value: Borrowed<'_>, parameter: Parameter<'_>) -> Result<Self, Raised> {
        if !value.type_of().has_feature(ffi::Py_TPFLAGS_LONG_SUBCLASS) {
            return Err(parameter.bad_type(c"int", value));
        }
        // SAFETY: a live int; the function cannot fail for one.
        Ok(Self(unsafe {
            ffi::PyLong_AsUnsignedLongMask(value.as_ptr())
        }))
    }
}

/// The number, unless it is -1 because of an exception.
#[inline(always)]
fn unless_raised<T: PartialEq + From<i8>>(number: T) -> Result<T, Raised> {
    if number == T::from(-1) {
        Raised::pending()?;
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_read_as_in_c() {
        assert_eq!(Label::Only.text(), "argument");
        assert_eq!(Label::Position(2).text(), "argument 2");
        assert_eq!(Label::Name(c"flag").text(), "argument 'flag'");
    }
}
