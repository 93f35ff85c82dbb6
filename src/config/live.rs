//! The configuration of the running interpreter. Reads it, and writes the two fields that the program's run changes.
use crate::config::WideStr;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, check_status};
use core::ffi::{CStr, c_int};
use core::marker::PhantomData;
use core::ptr::NonNull;
use std::ffi::CString;

/// A look at the running interpreter's configuration. Python code runs between two looks and may change it
/// (`_testinternalcapi.set_config`), so each method reads memory anew.
#[derive(Clone, Copy)]
pub struct LiveConfig<'i> {
    config: NonNull<ffi::PyConfig>,
    _interpreter: PhantomData<&'i ()>,
}

/// A method for each flag, under its C name.
macro_rules! flags {
    ($($(#[$doc:meta])* $flag:ident)*) => {$(
        $(#[$doc])*
        pub fn $flag(self) -> bool {
            // SAFETY: the configuration lives as long as its interpreter.
            unsafe { (*self.config.as_ptr()).$flag != 0 }
        }
    )*};
}

/// A method for each string, under its C name.
macro_rules! strings {
    ($($(#[$doc:meta])* $string:ident)*) => {$(
        $(#[$doc])*
        pub fn $string(self) -> Option<WideStr<'i>> {
            // SAFETY: the field is NULL or a string that the configuration keeps while the interpreter runs.
            unsafe { WideStr::from_c((*self.config.as_ptr()).$string) }
        }
    )*};
}

impl<'i> LiveConfig<'i> {
    /// The configuration of an interpreter (pystate.c `_PyInterpreterState_GetConfig`).
    ///
    /// # Safety
    /// `interpreter` lives for `'i`, and the thread that uses the result is attached to it.
    pub unsafe fn of(interpreter: NonNull<ffi::PyInterpreterState>) -> Self {
        // SAFETY: the configuration is a member of the interpreter's state, so its address is not NULL.
        let config = unsafe {
            let config = ffi::_PyInterpreterState_GetConfig(interpreter.as_ptr());
            NonNull::new_unchecked(config.cast_mut())
        };
        Self {
            config,
            _interpreter: PhantomData,
        }
    }

    flags! {
        /// `-I`: the user's environment has no influence.
        isolated
        /// Environment variables count (not `-E`).
        use_environment
        /// `-i`: look around after the program, and do not leave on `SystemExit`.
        inspect
        /// `-i`: standard input counts as a terminal.
        interactive
        /// `-q`: no version and copyright when interactive.
        quiet
        /// `-v`, any number of them.
        verbose
        /// `site` is imported (not `-S`).
        site_import
        /// `-P`: the script's folder does not go into `sys.path`.
        safe_path
        /// `-x`: the first line of the script is not Python.
        skip_source_first_line
    }

    strings! {
        /// The program text of `-c`.
        run_command
        /// The module of `-m`.
        run_module
        /// The script, folder or archive to run.
        run_filename
    }

    /// Whether the command line says what to run, so that the user is not who types it.
    pub fn runs_code(self) -> bool {
        self.run_command().is_some() || self.run_filename().is_some() || self.run_module().is_some()
    }

    /// The program's name, as a new `str`.
    ///
    /// # Errors
    /// `SystemError` when there is none, `ValueError` for what is no code point, `MemoryError`.
    pub fn program_name(self) -> Result<Owned, Raised> {
        // SAFETY: the field is NULL, which the function refuses, or a string that ends with a zero.
        unsafe {
            let name = (*self.config.as_ptr()).program_name;
            Owned::from_c(ffi::PyUnicode_FromWideChar(name, -1))
        }
    }

    /// An environment variable, unless it is empty or the environment does not count (preconfig.c `_Py_GetEnv`).
    ///
    /// It is a copy: the process's own string goes when somebody changes the variable.
    pub fn environment(self, name: &CStr) -> Option<CString> {
        // SAFETY: the name is a C string; the result is NULL or a C string of the environment, copied at once.
        unsafe {
            let value = ffi::_Py_GetEnv(c_int::from(self.use_environment()), name.as_ptr());
            (!value.is_null()).then(|| CStr::from_ptr(value).to_owned())
        }
    }

    /// Sets `inspect` here and in the old global variable.
    pub fn set_inspect(self, inspect: bool) {
        let inspect = c_int::from(inspect);
        // SAFETY: the configuration lives, and the GIL is held, which orders all access to both.
        unsafe {
            (*self.config.as_ptr()).inspect = inspect;
            ffi::Py_InspectFlag = inspect;
        }
    }

    /// What `sys.path` starts with for the arguments: the script's folder, or the current one
    /// (pathconfig.c `_PyPathConfig_ComputeSysPath0`). `None` leaves it alone.
    ///
    /// # Errors
    /// `ValueError` for what is no code point, `MemoryError`.
    pub fn compute_sys_path_0(self) -> Result<Option<Owned>, Raised> {
        let mut path = core::ptr::null_mut();
        // SAFETY: the arguments belong to the configuration; a new reference is written when the result is 1.
        unsafe {
            let argv = &raw const (*self.config.as_ptr()).argv;
            check_status(ffi::_PyPathConfig_ComputeSysPath0(argv, &raw mut path))?;
            Ok(Owned::from_c_optional(path))
        }
    }

    /// Remembers what went first into `sys.path`, for the threads and processes that start from here.
    ///
    /// # Errors
    /// `TypeError` when it is no `str`, `ValueError` when it holds a zero, `MemoryError`.
    pub fn set_sys_path_0(self, path: Borrowed<'_>) -> Result<(), Raised> {
        // SAFETY: the wide copy is ours until it is freed; the configuration wants a copy of the raw allocator.
        let copy = unsafe {
            let wide = ffi::PyUnicode_AsWideCharString(path.as_ptr(), core::ptr::null_mut());
            let wide = NonNull::new(wide).ok_or_else(Raised::on_c_word)?;
            let copy = ffi::_PyMem_RawWcsdup(wide.as_ptr());
            ffi::PyMem_Free(wide.as_ptr().cast());
            copy
        };
        if copy.is_null() {
            return Err(Raised::no_memory());
        }
        // SAFETY: the configuration lives and takes the copy over; the field is empty before the program runs.
        unsafe { (*self.config.as_ptr()).sys_path_0 = copy };
        Ok(())
    }

    /// Writes the paths into the variables that the old functions (`Py_GetPath` …) answer from
    /// (pathconfig.c `_PyPathConfig_UpdateGlobal`).
    ///
    /// # Errors
    /// When memory runs out.
    pub fn publish_paths(self) -> crate::config::Status {
        // SAFETY: the configuration lives.
        crate::config::check(unsafe { ffi::_PyPathConfig_UpdateGlobal(self.config.as_ptr()) })
    }
}
