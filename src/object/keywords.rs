//! Parameters by name, as Argument Clinic declares them: who was passed by position and who by keyword, with CPython's
//! errors. Touches the runtime's list of parsers, once for each.
use crate::ffi;
use crate::object::{Borrowed, Raised};
use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char};
use core::mem::zeroed;
use core::ptr::{null, null_mut};

/// The names of a function's `N` parameters, all of which may be passed by position or by keyword.
///
/// It stands in a static, made by [`keywords!`](crate::keywords); CPython links it into a list at its first use.
#[repr(transparent)]
pub struct Keywords<const N: usize>(UnsafeCell<ffi::_PyArg_Parser>);

// SAFETY: CPython alone writes to a parser: its first use is under a once flag, and after that it is read.
unsafe impl<const N: usize> Sync for Keywords<N> {}

/// The names as C strings, and the NULL that ends them.
#[repr(C)]
pub struct Names<const N: usize>([*const c_char; N], *const c_char);

// SAFETY: nobody writes to the table or to the strings.
unsafe impl<const N: usize> Sync for Names<N> {}

impl<const N: usize> Names<N> {
    /// The table of these names.
    pub const fn new(names: [&'static CStr; N]) -> Self {
        let mut table = [null(); N];
        let mut index = 0;
        while index < N {
            table[index] = names[index].as_ptr();
            index += 1;
        }
        Self(table, null())
    }
}

/// The names as a static tuple of interned strings, which keyword arguments are compared with by address.
#[repr(C)]
pub struct NameTuple<const N: usize> {
    /// Where the collector's header of any tuple lies; not used, for nobody tracks a static.
    _collector: ffi::PyGC_Head,
    head: ffi::PyVarObject,
    items: [*mut ffi::PyObject; N],
}

// SAFETY: the tuple is immortal and, like every tuple that was once seen, never written.
unsafe impl<const N: usize> Sync for NameTuple<N> {}

impl<const N: usize> NameTuple<N> {
    /// The tuple of these strings, which must be static ones (`_Py_ID`).
    pub const fn new(items: [*mut ffi::PyObject; N]) -> Self {
        Self {
            // SAFETY: two numbers.
            _collector: unsafe { zeroed() },
            head: crate::object::static_type::static_var_head(
                &raw mut ffi::PyTuple_Type,
                N.cast_signed(),
            ),
            items,
        }
    }
}

impl<const N: usize> Keywords<N> {
    /// The parameters of the function called `function` in error messages. The two tables hold the same names.
    pub const fn new(
        function: &'static CStr,
        names: &'static Names<N>,
        tuple: &'static NameTuple<N>,
    ) -> Self {
        Self(UnsafeCell::new(ffi::_PyArg_Parser {
            fname: function.as_ptr(),
            keywords: (&raw const *names).cast(),
            kwtuple: (&raw const tuple.head).cast_mut().cast(),
            // SAFETY: numbers and nullable pointers; zeros say that the parser was not used yet.
            ..unsafe { zeroed() }
        }))
    }

    /// The arguments of one call in the order of the parameters, all of which are required
    /// (getargs.c `_PyArg_UnpackKeywords`).
    ///
    /// # Errors
    /// `TypeError` when one is missing, unknown, or there twice.
    pub fn required<'a>(
        &'static self,
        positional: Borrowed<'a, ffi::PyTupleObject>,
        keywords: Option<Borrowed<'a>>,
    ) -> Result<[Borrowed<'a>; N], Raised> {
        let mut buffer = [null_mut(); N];
        let (tuple, count) = (positional.as_ptr(), N as core::ffi::c_int);
        // SAFETY: the tuple and the dict are alive; the buffer has room for all N, and all N are required, so that what
        // comes back is NULL or N live objects, which the tuple and the dict hold.
        unsafe {
            let arguments = ffi::_PyArg_UnpackKeywords(
                (&raw const (*tuple).ob_item).cast(),
                (*tuple).ob_base.ob_size,
                keywords.map_or(null_mut(), Borrowed::as_ptr),
                null_mut(),
                self.0.get(),
                count,
                count,
                0,
                buffer.as_mut_ptr(),
            );
            if arguments.is_null() {
                return Err(Raised::on_c_word());
            }
            Ok(core::array::from_fn(|index| {
                Borrowed::from_raw_unchecked(*arguments.add(index))
            }))
        }
    }
}

/// Declares the parameters of a function: `keywords!(static NEW: 2 = c"pow"(_py_base c"base", _py_exp c"exp"))`.
///
/// Each name stands as a static identifier (`_Py_ID`), spelled as bindgen does it, and as a C string.
#[macro_export]
macro_rules! keywords {
    (static $table:ident: $count:literal = $function:literal($($id:ident $name:literal),* $(,)?)) => {
        static $table: $crate::object::keywords::Keywords<$count> = {
            use $crate::object::keywords::{Keywords, NameTuple, Names};
            static NAMES: Names<$count> = Names::new([$($name),*]);
            static TUPLE: NameTuple<$count> =
                NameTuple::new([$($crate::static_id!($id).as_ptr()),*]);
            Keywords::new($function, &NAMES, &TUPLE)
        };
    };
}
