//! The table of a module's functions, as Python reads it (`PyMethodDef`), and the macro that writes one.
use crate::ffi;
use crate::module::Module;
use crate::object::{Borrowed, Owned, Raised};
use core::ffi::{CStr, c_int};
use core::marker::PhantomData;

/// A function without arguments, as C calls it (`METH_NOARGS`). The second pointer is always NULL.
pub type NoArguments<S> =
    for<'a> unsafe extern "C" fn(Module<'a, S>, *mut ffi::PyObject) -> Result<Owned, Raised>;

/// A function of one argument, as C calls it (`METH_O`).
pub type One<S> =
    for<'a> unsafe extern "C" fn(Module<'a, S>, Borrowed<'a>) -> Result<Owned, Raised>;

/// A function of positional arguments, as C calls it (`METH_FASTCALL`).
pub type Fast<S> = for<'a> unsafe extern "C" fn(
    Module<'a, S>,
    *const *mut ffi::PyObject,
    ffi::Py_ssize_t,
) -> Result<Owned, Raised>;

/// A function of positional and named arguments, as C calls it (`METH_FASTCALL | METH_KEYWORDS`).
pub type WithKeywords<S> = for<'a> unsafe extern "C" fn(
    Module<'a, S>,
    *const *mut ffi::PyObject,
    ffi::Py_ssize_t,
    Option<Borrowed<'a, ffi::PyTupleObject>>,
) -> Result<Owned, Raised>;

/// A row of the table of a module with state `S`. Made by [`methods!`](crate::methods).
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Method<S>(ffi::PyMethodDef, PhantomData<fn(S)>);

// SAFETY: the pointers are to static strings and functions, and nobody writes the row.
unsafe impl<S> Sync for Method<S> {}
// SAFETY: as above.
unsafe impl<S> Send for Method<S> {}

impl<S> Method<S> {
    /// The row that ends a table.
    pub const END: Self = Self(
        ffi::PyMethodDef {
            ml_name: core::ptr::null(),
            ml_meth: None,
            ml_flags: 0,
            ml_doc: core::ptr::null(),
        },
        PhantomData,
    );

    /// A function without arguments.
    pub const fn no_arguments(
        name: &'static CStr,
        call: NoArguments<S>,
        doc: &'static CStr,
    ) -> Self {
        Self::new(name, call as *const (), ffi::METH_NOARGS, doc)
    }

    /// A function of one argument.
    pub const fn one(name: &'static CStr, call: One<S>, doc: &'static CStr) -> Self {
        Self::new(name, call as *const (), ffi::METH_O, doc)
    }

    /// A function of positional arguments.
    pub const fn fast(name: &'static CStr, call: Fast<S>, doc: &'static CStr) -> Self {
        Self::new(name, call as *const (), ffi::METH_FASTCALL, doc)
    }

    /// A function of positional and named arguments.
    pub const fn with_keywords(
        name: &'static CStr,
        call: WithKeywords<S>,
        doc: &'static CStr,
    ) -> Self {
        let flags = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
        Self::new(name, call as *const (), flags, doc)
    }

    const fn new(name: &'static CStr, call: *const (), flags: u32, doc: &'static CStr) -> Self {
        // SAFETY: a function pointer, kept under the type of the field as C keeps it; the flags say its real type, by
        // which the interpreter calls it.
        let call = unsafe { core::mem::transmute::<*const (), ffi::PyCFunction>(call) };
        Self(
            ffi::PyMethodDef {
                ml_name: name.as_ptr(),
                ml_meth: call,
                ml_flags: flags as c_int,
                ml_doc: doc.as_ptr(),
            },
            PhantomData,
        )
    }

    /// Whether this row ends a table.
    pub(super) const fn is_end(&self) -> bool {
        self.0.ml_name.is_null()
    }
}

impl<S> core::fmt::Debug for Method<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Method({:p})", self.0.ml_name)
    }
}

/// A literal that ends with a NUL as a C string; one without does not compile.
pub const fn text(literal: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(literal.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a C string ends with its only NUL"),
    }
}

/// The table of a module's functions: `methods! { State: … }` is a `&'static [Method<State>]`.
///
/// A row is the calling convention by its C name without `METH_`, the Rust function (whose name is the Python name), the
/// signature as `__text_signature__` shows it, and the doc string:
///
/// ```ignore
/// methods! { State:
///     NOARGS pause "($module, /)" "Waits for a signal.";
///     O alarm "($module, seconds, /)" "…";
///     FASTCALL signal "($module, signalnum, handler, /)" "…";
///     KEYWORDS set_wakeup_fd ["", "warn_on_full_buffer"; 1] "($module, fd, /, *, warn_on_full_buffer=True)" "…";
/// }
/// ```
///
/// What Argument Clinic would choose: `NOARGS` for no parameters, `O` for one that is required, `FASTCALL` for more or
/// optional ones, all without names to the caller; `KEYWORDS` with the parameters' names (empty for those before the
/// `/`) and how many may be given by position. How many are required, the Rust function's parameter types say.
#[macro_export]
macro_rules! methods {
    ($state:ty: $($convention:ident $function:ident $([$($names:tt)*])? $signature:literal $doc:literal;)*) => {
        &[
            $($crate::method!(
                $convention $state, $function, [$($($names)*)?],
                $crate::module::text(concat!(stringify!($function), "\0")),
                $crate::module::text(concat!(stringify!($function), $signature, "\n--\n\n", $doc, "\0"))
            ),)*
            $crate::module::Method::<$state>::END,
        ]
    };
}

/// A row of [`methods!`](crate::methods).
#[doc(hidden)]
#[macro_export]
macro_rules! method {
    (NOARGS $state:ty, $function:ident, [], $name:expr, $doc:expr) => {{
        unsafe extern "C" fn call(
            module: $crate::module::Module<'_, $state>,
            _: *mut $crate::ffi::PyObject,
        ) -> Result<$crate::object::Owned, $crate::object::Raised> {
            $crate::module::call_none(const { $name }, $function, module)
        }
        $crate::module::Method::<$state>::no_arguments($name, call, $doc)
    }};
    (O $state:ty, $function:ident, [], $name:expr, $doc:expr) => {{
        unsafe extern "C" fn call<'a>(
            module: $crate::module::Module<'a, $state>,
            argument: $crate::object::Borrowed<'a>,
        ) -> Result<$crate::object::Owned, $crate::object::Raised> {
            $crate::module::call_one(const { $name }, $function, module, argument)
        }
        $crate::module::Method::<$state>::one($name, call, $doc)
    }};
    (FASTCALL $state:ty, $function:ident, [], $name:expr, $doc:expr) => {{
        unsafe extern "C" fn call(
            module: $crate::module::Module<'_, $state>,
            arguments: *const *mut $crate::ffi::PyObject,
            given: $crate::ffi::Py_ssize_t,
        ) -> Result<$crate::object::Owned, $crate::object::Raised> {
            // SAFETY: the interpreter calls, with an array of that many arguments.
            let arguments = unsafe { $crate::call::arguments::slice(arguments, given) };
            $crate::module::call_positional(const { $name }, $function, module, arguments)
        }
        $crate::module::Method::<$state>::fast($name, call, $doc)
    }};
    (KEYWORDS $state:ty, $function:ident, [$($keyword:literal),*; $positional:literal],
     $name:expr, $doc:expr) => {{
        static KEYWORDS: $crate::module::Keywords =
            $crate::keywords!($name, [$($keyword),*], $positional);
        unsafe extern "C" fn call<'a>(
            module: $crate::module::Module<'a, $state>,
            arguments: *const *mut $crate::ffi::PyObject,
            given: $crate::ffi::Py_ssize_t,
            names: Option<$crate::object::Borrowed<'a, $crate::ffi::PyTupleObject>>,
        ) -> Result<$crate::object::Owned, $crate::object::Raised> {
            let given = given.cast_unsigned();
            // SAFETY: the interpreter calls, with an array of that many arguments and then the named ones.
            let arguments = unsafe { $crate::call::Arguments::from_c(arguments, given, names) };
            $crate::module::call_keywords(const { $name }, &KEYWORDS, $function, module, arguments)
        }
        $crate::module::Method::<$state>::with_keywords($name, call, $doc)
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    fn pair(_: Module<'_, Nothing>, _: c_int, _: Option<c_int>) -> Result<(), Raised> {
        Ok(())
    }

    static TABLE: &[Method<Nothing>] = methods! { Nothing:
        FASTCALL pair "($module, a, b=0, /)" "Words.";
    };

    #[test]
    fn a_row_has_the_name_the_convention_and_the_signature() {
        let [row, end] = TABLE else {
            panic!("one row and the end");
        };
        // SAFETY: both are C strings made by the macro.
        let (name, doc) = unsafe { (CStr::from_ptr(row.0.ml_name), CStr::from_ptr(row.0.ml_doc)) };
        assert_eq!(name, c"pair");
        assert_eq!(doc, c"pair($module, a, b=0, /)\n--\n\nWords.");
        assert_eq!(row.0.ml_flags, ffi::METH_FASTCALL as c_int);
        assert!(row.0.ml_meth.is_some() && !row.is_end() && end.is_end());
    }
}
