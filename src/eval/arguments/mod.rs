//! How the arguments of a call become the first variables of its frame: positions, names, defaults, `*args` and `**kwargs`.
//! Writes the variables of a frame that nobody sees yet. Runs code only where a name is of a subclass of `str`.
mod errors;
mod given;

pub(super) use given::Given;

use crate::ffi;
use crate::field;
use crate::object::compare::{Comparison, compare_bool};
use crate::object::{Borrowed, Owned, Raised, check_status, lookup};
use core::ops::Range;

/// The arguments of a call, all of which the callee owns.
pub(super) struct Arguments<'a> {
    /// Those without names.
    pub(super) positional: Given,
    /// Those with names, in the order of these.
    pub(super) named: Given,
    /// The names.
    pub(super) names: &'a [Borrowed<'a>],
}

impl Arguments<'_> {
    /// Whether they are as many as the code has parameters, and the code takes nothing else than just these: by position,
    /// or by position or name.
    #[inline(always)]
    pub(super) fn fit_exactly(&self, code: Borrowed<'_, ffi::PyCodeObject>) -> bool {
        let flags = field!(code.co_flags).cast_unsigned();
        self.names.is_empty()
            && self.positional.len() == field!(code.co_argcount) as usize
            && field!(code.co_kwonlyargcount) == 0
            && flags & (ffi::CO_VARARGS | ffi::CO_VARKEYWORDS) == 0
    }
}

/// The parameters of a function, which are the first variables of its frame: those that may be given by position, those that
/// are given by name only, then `*args` and `**kwargs`, if there are such.
pub(super) struct Parameters<'a> {
    function: Borrowed<'a, ffi::PyFunctionObject>,
    code: Borrowed<'a, ffi::PyCodeObject>,
    names: &'a [Borrowed<'a>],
    variables: *mut *mut ffi::PyObject,
}

impl<'a> Parameters<'a> {
    /// Of a new frame of the function.
    ///
    /// # Safety
    /// `code` is what the frame runs, and `variables` are its variables: each NULL, or bound to a reference that the frame
    /// owns. They live for `'a`.
    #[inline(always)]
    pub(super) unsafe fn new(
        function: Borrowed<'a, ffi::PyFunctionObject>,
        code: Borrowed<'a, ffi::PyCodeObject>,
        variables: *mut *mut ffi::PyObject,
    ) -> Self {
        // SAFETY: code holds the tuple of the names of its variables.
        let names: Borrowed<'a, ffi::PyTupleObject> =
            unsafe { Borrowed::from_raw_unchecked(field!(code.co_localsplusnames).cast()) };
        Self {
            function,
            code,
            names: names.items(),
            variables,
        }
    }

    /// How many may be given by position.
    #[inline(always)]
    fn positional(&self) -> usize {
        let code = self.code;
        field!(code.co_argcount) as usize
    }

    /// How many of these may not be given by name.
    #[inline(always)]
    fn positional_only(&self) -> usize {
        let code = self.code;
        field!(code.co_posonlyargcount) as usize
    }

    /// Those that are given by name only.
    #[inline(always)]
    fn keyword_only(&self) -> Range<usize> {
        let code = self.code;
        let start = self.positional();
        start..start + field!(code.co_kwonlyargcount) as usize
    }

    /// How many there are without `*args` and `**kwargs`.
    #[inline(always)]
    fn count(&self) -> usize {
        self.keyword_only().end
    }

    #[inline(always)]
    fn has_flag(&self, flag: u32) -> bool {
        let code = self.code;
        field!(code.co_flags).cast_unsigned() & flag != 0
    }

    /// The place of a variable.
    #[inline(always)]
    fn place(&self, index: usize) -> *mut *mut ffi::PyObject {
        debug_assert!(index < self.names.len());
        // SAFETY: the frame has its variables, of which the parameters are some.
        unsafe { self.variables.add(index) }
    }

    /// Whether a parameter has its argument.
    #[inline(always)]
    fn is_bound(&self, index: usize) -> bool {
        // SAFETY: the variables are NULL or references.
        unsafe { !(*self.place(index)).is_null() }
    }

    /// Gives a parameter its argument.
    #[inline(always)]
    fn bind(&self, index: usize, value: Owned) {
        debug_assert!(!self.is_bound(index));
        // SAFETY: the frame owns its variables, and this one is free.
        unsafe { self.place(index).write(value.into_raw()) }
    }

    /// The defaults of the last parameters that may be given by position.
    #[inline(always)]
    fn defaults(&self) -> &'a [Borrowed<'a>] {
        let function = self.function;
        // SAFETY: the function holds a tuple or NULL.
        let defaults = unsafe {
            Borrowed::<ffi::PyTupleObject>::from_c_optional(field!(function.func_defaults).cast())
        };
        defaults.map_or(&[], Borrowed::items)
    }

    /// Gives the parameters their arguments or their defaults (ceval.c `initialize_locals`). What could not be given is
    /// dropped; what was given stays for whoever clears the frame.
    ///
    /// # Errors
    /// `TypeError` when arguments are missing or too many, or names are unknown or there twice; `MemoryError`; what hashing
    /// and comparing the names raises.
    #[inline(never)]
    pub(super) fn fill(&self, arguments: Arguments<'_>) -> Result<(), Raised> {
        let Arguments {
            mut positional,
            mut named,
            names,
        } = arguments;
        let given = positional.len();
        let keywords = if self.has_flag(ffi::CO_VARKEYWORDS) {
            Some(self.bind_keywords()?)
        } else {
            None
        };
        for (index, value) in positional.by_ref().take(self.positional()).enumerate() {
            self.bind(index, value);
        }
        let is_variadic = self.has_flag(ffi::CO_VARARGS);
        if is_variadic {
            self.bind(self.count(), positional.into_tuple()?);
        } else {
            drop(positional);
        }
        for (index, value) in named.by_ref().enumerate() {
            self.bind_named(names, index, value, keywords)?;
        }
        if given > self.positional() && !is_variadic {
            return Err(self.too_many(given));
        }
        self.fill_positional(given)?;
        self.fill_keyword_only()
    }

    /// Makes the dict of `**kwargs`.
    fn bind_keywords(&self) -> Result<Borrowed<'a>, Raised> {
        // SAFETY: gives a new reference or NULL with an exception.
        let dict = unsafe { Owned::from_c(ffi::PyDict_New())? };
        // SAFETY: the frame owns it from now on, and lives for 'a.
        let borrowed = unsafe { Borrowed::from_raw_unchecked(dict.as_ptr()) };
        let index = self.count() + usize::from(self.has_flag(ffi::CO_VARARGS));
        self.bind(index, dict);
        Ok(borrowed)
    }

    /// Gives an argument to the parameter of its name, which is the one at `index` of `names`, or to `**kwargs`.
    #[inline]
    fn bind_named(
        &self,
        names: &[Borrowed<'_>],
        index: usize,
        value: Owned,
        keywords: Option<Borrowed<'_>>,
    ) -> Result<(), Raised> {
        let name = names[index];
        if !name.is_str() {
            return Err(self.name_is_no_str());
        }
        match (self.find(name)?, keywords) {
            (Some(index), _) if self.is_bound(index) => Err(self.given_twice(name)),
            (Some(index), _) => {
                self.bind(index, value);
                Ok(())
            }
            (None, None) => Err(self.unexpected(names, name)),
            // SAFETY: a dict, and two live objects.
            (None, Some(dict)) => check_status(unsafe {
                ffi::PyDict_SetItem(dict.as_ptr(), name.as_ptr(), value.as_ptr())
            }),
        }
    }

    /// The parameter of this name. Names are interned nearly always, so that the same name is the same object.
    #[inline]
    fn find(&self, name: Borrowed<'_>) -> Result<Option<usize>, Raised> {
        let first = self.positional_only();
        let candidates = &self.names[first..self.count()];
        let same = candidates.iter().position(|candidate| candidate.is(name));
        match same {
            Some(offset) => Ok(Some(first + offset)),
            None => self.find_equal(name),
        }
    }

    /// The same for a name that is another object.
    #[cold]
    #[inline(never)]
    fn find_equal(&self, name: Borrowed<'_>) -> Result<Option<usize>, Raised> {
        for index in self.positional_only()..self.count() {
            if compare_bool(name, self.names[index], Comparison::Eq)? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// Gives defaults to the parameters behind the first `given`, which have their arguments by position.
    fn fill_positional(&self, given: usize) -> Result<(), Raised> {
        let count = self.positional();
        if given >= count {
            return Ok(());
        }
        let defaults = self.defaults();
        // A function may have been given more defaults than it has parameters: the last ones count.
        let required = count.saturating_sub(defaults.len());
        let defaults = &defaults[defaults.len() - (count - required)..];
        if (given..required).any(|index| !self.is_bound(index)) {
            return Err(self.missing_positional(required));
        }
        for index in given.max(required)..count {
            if !self.is_bound(index) {
                self.bind(index, defaults[index - required].new_ref());
            }
        }
        Ok(())
    }

    /// Gives defaults to the parameters that are given by name only.
    fn fill_keyword_only(&self) -> Result<(), Raised> {
        let mut is_complete = true;
        for index in self.keyword_only() {
            if self.is_bound(index) {
                continue;
            }
            match self.keyword_default(self.names[index])? {
                Some(value) => self.bind(index, value),
                None => is_complete = false,
            }
        }
        if is_complete {
            Ok(())
        } else {
            Err(self.missing_keyword_only())
        }
    }

    /// The default of a parameter that is given by name only.
    fn keyword_default(&self, name: Borrowed<'_>) -> Result<Option<Owned>, Raised> {
        let function = self.function;
        // SAFETY: the function holds a dict or NULL.
        let defaults =
            unsafe { Borrowed::<ffi::PyObject>::from_c_optional(field!(function.func_kwdefaults)) };
        match defaults {
            Some(defaults) => lookup::dict_item(defaults, name),
            None => Ok(None),
        }
    }
}
