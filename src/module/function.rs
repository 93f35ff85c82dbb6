//! Calling a Rust function with Python's arguments: one generic call for each C calling convention.
use crate::call::Arguments;
use crate::call::arguments::as_optional;
use crate::ffi;
use crate::module::{Argument, IntoObject, Keywords, Label, Module, Parameter};
use crate::object::{Borrowed, Owned, Raised};
use core::ffi::CStr;

/// The arguments of one call, not yet converted. A position that has nothing is `None` or beyond the end.
#[derive(Clone, Copy, Debug)]
pub struct Values<'v, 'a> {
    function: &'static CStr,
    items: &'v [Option<Borrowed<'a>>],
    names: Names,
}

/// How messages name the arguments of a call.
#[derive(Clone, Copy, Debug)]
enum Names {
    Only,
    Positions,
    Keywords(&'static Keywords),
}

impl<'a> Values<'_, 'a> {
    /// The argument at a position, converted. Errors: the conversion's.
    #[inline]
    fn get<T: Argument<'a>>(&self, index: usize) -> Result<T, Raised> {
        match self.items.get(index).copied().flatten() {
            Some(value) => T::from_value(value, self.parameter(index)),
            None => T::from_absent(),
        }
    }

    #[inline]
    fn parameter(&self, index: usize) -> Parameter<'static> {
        let label = match self.names {
            Names::Only => Label::Only,
            Names::Positions => Label::Position(index + 1),
            Names::Keywords(keywords) => keywords
                .name(index)
                .map_or(Label::Position(index + 1), Label::Name),
        };
        Parameter {
            function: self.function,
            label,
        }
    }
}

/// A Rust function that Python can call: the module, then parameters that are each an [`Argument`], in that order
/// converted; the result is a value that is [`IntoObject`], or an exception.
///
/// `Parameters` is the tuple of the parameters' types, which the compiler finds by itself.
pub trait Function<'a, S: 'static, Parameters> {
    /// For each parameter, whether it must be given.
    const REQUIRED: &'static [bool];

    /// Converts the arguments from left to right and calls.
    fn invoke(self, module: Module<'a, S>, values: Values<'_, 'a>) -> Result<Owned, Raised>;
}

macro_rules! functions {
    ($(($($parameter:ident $index:literal),*))*) => {$(
        impl<'a, S: 'static, F, R, $($parameter),*> Function<'a, S, ($($parameter,)*)> for F
        where
            F: FnOnce(Module<'a, S>, $($parameter),*) -> Result<R, Raised>,
            R: IntoObject,
            $($parameter: Argument<'a>,)*
        {
            const REQUIRED: &'static [bool] = &[$($parameter::REQUIRED),*];

            #[inline(always)]
            #[allow(unused_variables, reason = "a function without parameters has no values")]
            fn invoke(self, module: Module<'a, S>, values: Values<'_, 'a>) -> Result<Owned, Raised> {
                self(module, $(values.get::<$parameter>($index)?),*)?.into_object()
            }
        }
    )*};
}

functions! {
    ()
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, G 5)
}

/// How many of the flags are set.
const fn count(required: &[bool]) -> usize {
    let (mut total, mut index) = (0, 0);
    while index < required.len() {
        total += required[index] as usize;
        index += 1;
    }
    total
}

/// Calls a function without arguments (`METH_NOARGS`).
#[inline]
pub fn call_none<'a, S: 'static, F: Function<'a, S, ()>>(
    name: &'static CStr,
    function: F,
    module: Module<'a, S>,
) -> Result<Owned, Raised> {
    let values = Values {
        function: name,
        items: &[],
        names: Names::Only,
    };
    function.invoke(module, values)
}

/// Calls a function of one argument (`METH_O`).
#[inline]
pub fn call_one<'a, S: 'static, A: Argument<'a>, F: Function<'a, S, (A,)>>(
    name: &'static CStr,
    function: F,
    module: Module<'a, S>,
    argument: Borrowed<'a>,
) -> Result<Owned, Raised> {
    let values = Values {
        function: name,
        items: &[Some(argument)],
        names: Names::Only,
    };
    function.invoke(module, values)
}

/// Calls a function with positional arguments only (`METH_FASTCALL`). Errors: `TypeError` for a wrong number of
/// arguments (getargs.c `_PyArg_CheckPositional`), then what converting and calling raises.
#[inline]
pub fn call_positional<'a, S: 'static, P, F: Function<'a, S, P>>(
    name: &'static CStr,
    function: F,
    module: Module<'a, S>,
    arguments: &'a [Borrowed<'a>],
) -> Result<Owned, Raised> {
    let minimum = const { count(F::REQUIRED) };
    let maximum = F::REQUIRED.len();
    if !(minimum..=maximum).contains(&arguments.len()) {
        return Err(wrong_count(name, arguments.len(), minimum, maximum));
    }
    let values = Values {
        function: name,
        items: as_optional(arguments),
        names: Names::Positions,
    };
    function.invoke(module, values)
}

/// Raises `TypeError` for a wrong number of arguments.
#[cold]
fn wrong_count(name: &'static CStr, given: usize, minimum: usize, maximum: usize) -> Raised {
    let [given, minimum, maximum] = [given, minimum, maximum].map(usize::cast_signed);
    // SAFETY: a C string and numbers; the count is wrong, so an exception is set.
    unsafe { ffi::_PyArg_CheckPositional(name.as_ptr(), given, minimum, maximum) };
    Raised::on_c_word()
}

/// Calls a function some of whose arguments may be given by name (`METH_FASTCALL | METH_KEYWORDS`). Errors: `TypeError`
/// for arguments that do not fit the names (getargs.c `_PyArg_UnpackKeywords`), then what converting and calling raises.
#[inline]
pub fn call_keywords<'a, S: 'static, P, F: Function<'a, S, P>>(
    name: &'static CStr,
    keywords: &'static Keywords,
    function: F,
    module: Module<'a, S>,
    arguments: Arguments<'a>,
) -> Result<Owned, Raised> {
    let mut buffer = [None; Keywords::MOST];
    let values = Values {
        function: name,
        items: keywords.unpack(F::REQUIRED, arguments, None, &mut buffer)?,
        names: Names::Keywords(keywords),
    };
    function.invoke(module, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_parameters_are_counted() {
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[true, true, false]), 2);
    }
}
