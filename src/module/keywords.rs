//! The names of a function's parameters, for calls that give some by name. Wraps `_PyArg_Parser`.
use crate::ffi;
use crate::object::Raised;
use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int};

/// What a function's parameters are called, and how many of them may be given by position.
#[derive(Debug)]
pub struct Keywords {
    names: &'static [Name],
    positional: usize,
    parser: Parser,
}

/// A parameter's name in the list that C reads, which ends with [`Name::END`].
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Name(*const c_char);

// SAFETY: it points at a static string that nobody writes.
unsafe impl Sync for Name {}
// SAFETY: as above.
unsafe impl Send for Name {}

impl Name {
    /// The end of the list.
    pub const END: Self = Self(core::ptr::null());

    /// A name, empty for a parameter that has none to callers (before the `/`).
    pub const fn new(name: &'static CStr) -> Self {
        Self(name.as_ptr())
    }
}

/// C's parser, which it fills when it is first used.
#[derive(Debug)]
#[repr(transparent)]
struct Parser(UnsafeCell<ffi::_PyArg_Parser>);

// SAFETY: C guards the initialisation by a once-flag in it, and only reads afterwards.
unsafe impl Sync for Parser {}

impl Keywords {
    /// The most parameters that such a function may have.
    pub const MOST: usize = 6;

    /// The parameters of `function`, the first `positional` of which may be given by position. `names` ends with
    /// [`Name::END`]; a list that does not, or that is too long, does not compile.
    pub const fn new(function: &'static CStr, names: &'static [Name], positional: usize) -> Self {
        assert!(!names.is_empty() && names.len() <= Self::MOST + 1);
        assert!(names[names.len() - 1].0.is_null() && positional < names.len());
        let parser = ffi::_PyArg_Parser {
            format: core::ptr::null(),
            keywords: names.as_ptr().cast(),
            fname: function.as_ptr(),
            custom_msg: core::ptr::null(),
            once: ffi::_PyOnceFlag { v: 0 },
            is_kwtuple_owned: 0,
            pos: 0,
            min: 0,
            max: 0,
            kwtuple: core::ptr::null_mut(),
            next: core::ptr::null_mut(),
        };
        Self {
            names,
            positional,
            parser: Parser(UnsafeCell::new(parser)),
        }
    }

    /// The name of a parameter, unless it has none.
    pub fn name(&self, index: usize) -> Option<&'static CStr> {
        let name = self.names.get(index)?.0;
        if name.is_null() {
            return None;
        }
        // SAFETY: made from a static C string.
        Some(unsafe { CStr::from_ptr(name) }).filter(|name| !name.is_empty())
    }

    /// Puts the arguments in the order of the parameters: gives a vector and its length, either the caller's own or
    /// `buffer` (getargs.c `_PyArg_UnpackKeywords`). Errors: `TypeError` for arguments that do not fit.
    ///
    /// # Safety
    /// As [`call_keywords`](crate::module::call_keywords).
    #[inline]
    pub(super) unsafe fn unpack(
        &'static self,
        required: &[bool],
        arguments: *const *mut ffi::PyObject,
        given: ffi::Py_ssize_t,
        names: *mut ffi::PyObject,
        buffer: &mut [*mut ffi::PyObject; Self::MOST],
    ) -> Result<(*const *mut ffi::PyObject, ffi::Py_ssize_t), Raised> {
        let (by_position, by_name) = required.split_at(self.positional.min(required.len()));
        let needed = |flags: &[bool]| flags.iter().filter(|required| **required).count() as c_int;
        let (least, most, least_by_name) =
            (needed(by_position), by_position.len(), needed(by_name));
        let in_order = names.is_null() && least_by_name == 0 && !arguments.is_null();
        if in_order && (least as ffi::Py_ssize_t..=most as ffi::Py_ssize_t).contains(&given) {
            return Ok((arguments, given));
        }
        // SAFETY: as the caller promises; the parser is static and the buffer has room for all parameters.
        let found = unsafe {
            ffi::_PyArg_UnpackKeywords(
                arguments,
                given,
                core::ptr::null_mut(),
                names,
                self.parser.0.get(),
                least,
                most as c_int,
                least_by_name,
                buffer.as_mut_ptr(),
            )
        };
        if found.is_null() {
            Err(Raised::on_c_word())
        } else if core::ptr::eq(found, arguments) {
            Ok((found, given))
        } else {
            Ok((found, required.len() as ffi::Py_ssize_t))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static NAMES: &[Name] = &[Name::new(c""), Name::new(c"flag"), Name::END];
    static KEYWORDS: Keywords = Keywords::new(c"f", NAMES, 1);

    #[test]
    fn only_named_parameters_have_names() {
        assert_eq!(KEYWORDS.name(0), None);
        assert_eq!(KEYWORDS.name(1), Some(c"flag"));
        assert_eq!(KEYWORDS.name(2), None);
        assert_eq!(KEYWORDS.name(3), None);
    }
}
