//! The names of a function's parameters, for calls that give some by name. Wraps `_PyArg_Parser`, which the runtime links
//! into a list when it is first used.
use crate::bad_internal_call;
use crate::call::Arguments;
use crate::call::arguments::as_optional;
use crate::ffi;
use crate::object::{Borrowed, Raised};
use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int};
use core::ptr::null_mut;

/// What a function's parameters are called, and how many of them may be given by position. It stands in a static, made by
/// [`keywords!`](crate::keywords).
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

    /// Puts the arguments in the order of the parameters, in `buffer` unless they are so already
    /// (getargs.c `_PyArg_UnpackKeywords`). Those by name are in an array behind the others, or in a dict.
    ///
    /// # Errors
    /// `TypeError` for arguments that do not fit.
    #[inline]
    pub(super) fn unpack<'v, 'a: 'v>(
        &'static self,
        required: &[bool],
        arguments: Arguments<'a>,
        dict: Option<Borrowed<'a>>,
        buffer: &'v mut [Option<Borrowed<'a>>; Self::MOST],
    ) -> Result<&'v [Option<Borrowed<'a>>], Raised> {
        let (by_position, by_name) = required.split_at(self.positional.min(required.len()));
        let needed = |flags: &[bool]| flags.iter().filter(|required| **required).count();
        let (least, most, least_by_name) =
            (needed(by_position), by_position.len(), needed(by_name));
        let (first, names) = (arguments.as_ptr(), arguments.names_ptr());
        let positional = arguments.positional();
        let no_names = names.is_null() && dict.is_none() && least_by_name == 0;
        if no_names && !first.is_null() && (least..=most).contains(&positional.len()) {
            return Ok(as_optional(positional));
        }
        // SAFETY: the arguments are what their type promises; the parser is static; the buffer has room for all parameters,
        // and an optional reference has the bits of C's pointer. What is put there are arguments of the call.
        let found = unsafe {
            ffi::_PyArg_UnpackKeywords(
                first,
                arguments.count(),
                dict.map_or(null_mut(), Borrowed::as_ptr),
                names,
                self.parser.0.get(),
                least as c_int,
                most as c_int,
                least_by_name as c_int,
                buffer.as_mut_ptr().cast(),
            )
        };
        if found.is_null() {
            Err(Raised::on_c_word())
        } else if core::ptr::eq(found, first) {
            Ok(as_optional(positional))
        } else {
            Ok(buffer.get(..required.len()).unwrap_or_default())
        }
    }

    /// The arguments of a call of a function with `N` parameters, all of which are required.
    ///
    /// # Errors
    /// As [`unpack`](Self::unpack).
    pub fn required<'a, const N: usize>(
        &'static self,
        tuple: Borrowed<'a, ffi::PyTupleObject>,
        dict: Option<Borrowed<'a>>,
    ) -> Result<[Borrowed<'a>; N], Raised> {
        let mut buffer = [None; Self::MOST];
        let arguments = Arguments::of_tuple(tuple);
        let found = self.unpack(&[true; N], arguments, dict, &mut buffer)?;
        let mut values = [Borrowed::none(); N];
        for (value, found) in values.iter_mut().zip(found) {
            *value = found.ok_or_else(|| bad_internal_call!())?;
        }
        Ok(values)
    }
}

/// Declares the parameters of a function, of which some may be given by position:
/// `keywords!(c"pow", ["base", "exp"], 2)`. An empty name is that of a parameter before the `/`.
#[macro_export]
macro_rules! keywords {
    ($function:expr, [$($name:literal),*], $positional:expr) => {
        $crate::module::Keywords::new(
            $function,
            const {
                &[
                    $($crate::module::Name::new($crate::module::text(concat!($name, "\0"))),)*
                    $crate::module::Name::END,
                ]
            },
            $positional,
        )
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    static KEYWORDS: Keywords = keywords!(c"f", ["", "flag"], 1);

    #[test]
    fn only_named_parameters_have_names() {
        assert_eq!(KEYWORDS.name(0), None);
        assert_eq!(KEYWORDS.name(1), Some(c"flag"));
        assert_eq!(KEYWORDS.name(2), None);
        assert_eq!(KEYWORDS.name(3), None);
    }
}
