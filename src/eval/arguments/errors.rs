//! The `TypeError`s of arguments that do not fit the parameters. All of it is cold.
use super::Parameters;
use crate::ffi;
use crate::field;
use crate::object::compare::{Comparison, compare_bool};
use crate::object::text::repr;
use crate::object::{Borrowed, Owned, Raised, check_status, exception};
use crate::raise_format;
use core::ffi::{CStr, c_int};
use core::ops::Range;

/// The ending of a noun.
fn plural(count: usize) -> &'static CStr {
    if count == 1 { c"" } else { c"s" }
}

/// A list of C, for the functions that want one.
fn list() -> Result<Owned, Raised> {
    // SAFETY: gives a new reference or NULL with an exception.
    unsafe { Owned::from_c(ffi::PyList_New(0)) }
}

/// Adds to such a list.
fn append(list: &Owned, item: Borrowed<'_>) -> Result<(), Raised> {
    // SAFETY: a list and a live object.
    check_status(unsafe { ffi::PyList_Append(list.as_ptr(), item.as_ptr()) })
}

/// Strings with commas between them.
fn join(strings: &Owned) -> Result<Owned, Raised> {
    // SAFETY: a separator, and a list of strings; the results are new references or NULL with an exception.
    unsafe {
        let comma = Owned::from_c(ffi::PyUnicode_FromString(c", ".as_ptr()))?;
        Owned::from_c(ffi::PyUnicode_Join(comma.as_ptr(), strings.as_ptr()))
    }
}

/// `'a'`, `'a' and 'b'`, or `'a', 'b', and 'c'`.
fn enumeration(names: &[Owned]) -> Result<Owned, Raised> {
    match names {
        [] => Ok(crate::object::text::str_from(c"")?),
        [only] => Ok(only.clone()),
        // SAFETY: the format takes two strings.
        [first, last] => unsafe {
            Owned::from_c(ffi::PyUnicode_FromFormat(
                c"%U and %U".as_ptr(),
                first.as_ptr(),
                last.as_ptr(),
            ))
        },
        [first @ .., last] => {
            let strings = list()?;
            for name in first {
                append(&strings, name.borrow())?;
            }
            let first = join(&strings)?;
            // SAFETY: the format takes two strings.
            unsafe {
                Owned::from_c(ffi::PyUnicode_FromFormat(
                    c"%U, and %U".as_ptr(),
                    first.as_ptr(),
                    last.as_ptr(),
                ))
            }
        }
    }
}

impl Parameters<'_> {
    /// The name of the function in messages.
    fn qualname(&self) -> *mut ffi::PyObject {
        let function = self.function;
        field!(function.func_qualname)
    }

    /// A name in a call is no `str`.
    #[cold]
    #[inline(never)]
    pub(super) fn name_is_no_str(&self) -> Raised {
        let format = c"%U() keywords must be strings";
        // SAFETY: the format takes a string.
        unsafe { raise_format!(exception::TypeError, format, self.qualname()) }
    }

    /// An argument is given by position and by name.
    #[cold]
    #[inline(never)]
    pub(super) fn given_twice(&self, name: Borrowed<'_>) -> Raised {
        let format = c"%U() got multiple values for argument '%S'";
        // SAFETY: the format takes a string and an object.
        unsafe { raise_format!(exception::TypeError, format, self.qualname(), name.as_ptr()) }
    }

    /// A name is not that of a parameter. `names` are all that were given.
    #[cold]
    #[inline(never)]
    pub(super) fn unexpected(&self, names: &[Borrowed<'_>], name: Borrowed<'_>) -> Raised {
        if let Err(raised) = self.check_positional_only(names) {
            return raised;
        }
        match self.suggestion(name) {
            Some(similar) => {
                let format = c"%U() got an unexpected keyword argument '%S'. Did you mean '%S'?";
                // SAFETY: the format takes a string and two objects.
                unsafe {
                    raise_format!(
                        exception::TypeError,
                        format,
                        self.qualname(),
                        name.as_ptr(),
                        similar.as_ptr(),
                    )
                }
            }
            None => {
                let format = c"%U() got an unexpected keyword argument '%S'";
                // SAFETY: the format takes a string and an object.
                unsafe {
                    raise_format!(exception::TypeError, format, self.qualname(), name.as_ptr())
                }
            }
        }
    }

    /// Looks whether names were given of parameters that have none for the caller
    /// (ceval.c `positional_only_passed_as_keyword`).
    fn check_positional_only(&self, names: &[Borrowed<'_>]) -> Result<(), Raised> {
        if self.positional_only() == 0 {
            return Ok(());
        }
        let (conflicts, mut found) = (list()?, false);
        for parameter in &self.names[..self.positional_only()] {
            for name in names {
                if compare_bool(*parameter, *name, Comparison::Eq)? {
                    append(&conflicts, *name)?;
                    found = true;
                }
            }
        }
        if !found {
            return Ok(());
        }
        let conflicts = join(&conflicts)?;
        let format = c"%U() got some positional-only arguments passed as keyword arguments: '%U'";
        // SAFETY: the format takes two strings.
        Err(unsafe {
            raise_format!(
                exception::TypeError,
                format,
                self.qualname(),
                conflicts.as_ptr(),
            )
        })
    }

    /// The parameter whose name is most like this one, if any is.
    fn suggestion(&self, name: Borrowed<'_>) -> Option<Owned> {
        let candidates = &self.names[self.positional_only()..self.count()];
        if candidates.is_empty() {
            return None;
        }
        let strings = list().and_then(|strings| {
            for candidate in candidates {
                append(&strings, *candidate)?;
            }
            Ok(strings)
        });
        match strings {
            // SAFETY: a list of strings, and a string; the result is NULL or a new reference.
            Ok(strings) => unsafe {
                let similar = ffi::_Py_CalculateSuggestions(strings.as_ptr(), name.as_ptr());
                Owned::from_c_optional(similar)
            },
            Err(raised) => {
                raised.clear();
                None
            }
        }
    }

    /// More arguments are given by position than there are parameters (ceval.c `too_many_positional`).
    #[cold]
    #[inline(never)]
    pub(super) fn too_many(&self, given: usize) -> Raised {
        self.try_too_many(given).unwrap_or_else(|raised| raised)
    }

    fn try_too_many(&self, given: usize) -> Result<Raised, Raised> {
        let by_name = self.keyword_only().filter(|&index| self.is_bound(index));
        let by_name = by_name.count();
        let (count, defaults) = (self.positional(), self.defaults().len());
        // SAFETY: each format takes what follows it: sizes, C strings, and in the last two strings.
        unsafe {
            let accepted = if defaults > 0 {
                let least = count.cast_signed() - defaults.cast_signed();
                ffi::PyUnicode_FromFormat(c"from %zd to %zd".as_ptr(), least, count)
            } else {
                ffi::PyUnicode_FromFormat(c"%zd".as_ptr(), count)
            };
            let accepted = Owned::from_c(accepted)?;
            let besides = if by_name > 0 {
                ffi::PyUnicode_FromFormat(
                    c" positional argument%s (and %zd keyword-only argument%s)".as_ptr(),
                    plural(given).as_ptr(),
                    by_name,
                    plural(by_name).as_ptr(),
                )
            } else {
                ffi::PyUnicode_FromString(c"".as_ptr())
            };
            let besides = Owned::from_c(besides)?;
            let arguments = if defaults > 0 { c"s" } else { plural(count) };
            let verb = if given == 1 && by_name == 0 {
                c"was"
            } else {
                c"were"
            };
            Ok(raise_format!(
                exception::TypeError,
                c"%U() takes %U positional argument%s but %zd%U %s given",
                self.qualname(),
                accepted.as_ptr(),
                arguments.as_ptr(),
                given,
                besides.as_ptr(),
                verb.as_ptr(),
            ))
        }
    }

    /// Parameters before `required`, which have no defaults, have no arguments.
    #[cold]
    #[inline(never)]
    pub(super) fn missing_positional(&self, required: usize) -> Raised {
        self.missing(c"positional", 0..required)
    }

    /// Parameters that are given by name only have neither arguments nor defaults.
    #[cold]
    #[inline(never)]
    pub(super) fn missing_keyword_only(&self) -> Raised {
        self.missing(c"keyword-only", self.keyword_only())
    }

    /// Some of these parameters have no arguments (ceval.c `missing_arguments`).
    fn missing(&self, kind: &CStr, parameters: Range<usize>) -> Raised {
        let names: Result<Vec<_>, _> = parameters
            .filter(|&index| !self.is_bound(index))
            .map(|index| repr(Some(self.names[index])))
            .collect();
        let described = names.and_then(|names| Ok((names.len(), enumeration(&names)?)));
        match described {
            // SAFETY: the format takes two strings, a number and two C strings.
            Ok((count, names)) => unsafe {
                raise_format!(
                    exception::TypeError,
                    c"%U() missing %i required %s argument%s: %U",
                    self.qualname(),
                    count as c_int,
                    kind.as_ptr(),
                    plural(count).as_ptr(),
                    names.as_ptr(),
                )
            },
            Err(raised) => raised,
        }
    }
}
