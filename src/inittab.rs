//! The table of built-in modules, which `configure` would write as `Modules/config.c`: upstream's own entries for Linux,
//! and [`crate::pyroxene_module`]. Constants only; nothing here runs.
use crate::{ffi, pyroxene_module};
use core::cell::UnsafeCell;
use core::ffi::CStr;

/// A table of built-in modules in C's shape: rows, and a row of zeros that ends them.
///
/// C's is writable, and a program that embeds Python may put its own function into a row before the runtime starts.
#[repr(transparent)]
pub struct Inittab<const N: usize>(UnsafeCell<[ffi::_inittab; N]>);

// SAFETY: Rust never looks into the table; C writes to it only before there is a second thread.
unsafe impl<const N: usize> Sync for Inittab<N> {}

/// How a module comes into being: a function of no arguments that gives the module or its definition.
type Init = unsafe extern "C" fn() -> *mut ffi::PyObject;

const fn row(name: &'static CStr, init: Option<Init>) -> ffi::_inittab {
    ffi::_inittab {
        name: name.as_ptr(),
        initfunc: init,
    }
}

/// The declarations of C's functions, and the rows of everything: `name: function,` of C, `name,` of a module that the
/// start of the runtime makes and that is here for `sys.builtin_module_names`, `name = function,` of Rust.
macro_rules! table {
    (
        c { $($name:literal: $init:ident,)* }
        made_at_start { $($made:literal,)* }
        rust { $($own:literal: $own_init:path,)* }
    ) => {
        unsafe extern "C" {
            $(fn $init() -> *mut ffi::PyObject;)*
        }

        const ROWS: &[ffi::_inittab] = &[
            $(row($name, Some($init)),)*
            $(row($made, None),)*
            $(row($own, Some($own_init)),)*
        ];
    };
}

table! {
    c {
        // Modules/Setup.bootstrap, in its order
        c"atexit": PyInit_atexit,
        c"faulthandler": PyInit_faulthandler,
        c"posix": PyInit_posix,
        c"_signal": PyInit__signal,
        c"_tracemalloc": PyInit__tracemalloc,
        c"_suggestions": PyInit__suggestions,
        c"_codecs": PyInit__codecs,
        c"_collections": PyInit__collections,
        c"errno": PyInit_errno,
        c"_io": PyInit__io,
        c"itertools": PyInit_itertools,
        c"_sre": PyInit__sre,
        c"_sysconfig": PyInit__sysconfig,
        c"_thread": PyInit__thread,
        c"time": PyInit_time,
        c"_typing": PyInit__typing,
        c"_weakref": PyInit__weakref,
        c"_abc": PyInit__abc,
        c"_functools": PyInit__functools,
        c"_locale": PyInit__locale,
        c"_operator": PyInit__operator,
        c"_stat": PyInit__stat,
        c"_symtable": PyInit__symtable,
        c"pwd": PyInit_pwd,
        // Modules/config.c.in: parts of the core that are modules too
        c"marshal": PyMarshal_Init,
        c"_imp": PyInit__imp,
        c"_ast": PyInit__ast,
        c"_tokenize": PyInit__tokenize,
        c"gc": PyInit_gc,
        c"_warnings": _PyWarnings_Init,
        c"_string": PyInit__string,
    }
    made_at_start {
        c"builtins",
        c"sys",
    }
    rust {
        c"pyroxene": pyroxene_module::init,
    }
}

/// The length of the table, with the row that ends it.
pub const LENGTH: usize = ROWS.len() + 1;

/// The table.
pub const fn table() -> Inittab<LENGTH> {
    let end = ffi::_inittab {
        name: core::ptr::null(),
        initfunc: None,
    };
    let mut table = [end; LENGTH];
    let mut at = 0;
    while at < ROWS.len() {
        table[at] = ROWS[at];
        at += 1;
    }
    Inittab(UnsafeCell::new(table))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn names() -> impl Iterator<Item = &'static str> {
        ROWS.iter().map(|row| {
            // SAFETY: every row's name is a literal.
            unsafe { CStr::from_ptr(row.name) }
                .to_str()
                .expect("names are ASCII")
        })
    }

    #[test]
    fn names_are_unique() {
        let mut seen = HashSet::new();
        assert!(names().all(|name| seen.insert(name)));
    }

    #[test]
    fn the_table_ends_with_zeros() {
        let rows = table().0.into_inner();
        assert!(rows[..LENGTH - 1].iter().all(|row| !row.name.is_null()));
        assert!(rows[LENGTH - 1].name.is_null() && rows[LENGTH - 1].initfunc.is_none());
    }

    #[test]
    fn what_c_expects_is_there() {
        let names: HashSet<_> = names().collect();
        for name in ["sys", "builtins", "_imp", "_thread", "_signal", "pyroxene"] {
            assert!(names.contains(name), "{name}");
        }
    }
}
