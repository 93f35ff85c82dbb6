//! A configuration of our own, before a runtime starts with it, and the arguments that it reads. Touches itself only,
//! until [`Config::initialize`].
use crate::config::status::{Status, check};
use crate::ffi;
use core::ffi::{CStr, c_char, c_int};
use core::marker::PhantomData;
use core::mem::MaybeUninit;

/// The arguments of a program, as bytes or already wide (initconfig.h `_PyArgv`).
pub struct Arguments<'a> {
    argv: ffi::_PyArgv,
    _holder: PhantomData<&'a ()>,
}

impl<'a> Arguments<'a> {
    /// Arguments as the operating system gives them.
    ///
    /// # Safety
    /// `argv` points at `argc` C strings that live for `'a`.
    pub unsafe fn bytes(argc: c_int, argv: *const *mut c_char) -> Self {
        Self::of(ffi::_PyArgv {
            argc: argc as ffi::Py_ssize_t,
            use_bytes_argv: 1,
            bytes_argv: argv,
            wchar_argv: core::ptr::null(),
        })
    }

    /// Arguments that were decoded before.
    ///
    /// # Safety
    /// `argv` points at `argc` wide strings that live for `'a`.
    pub unsafe fn wide(argc: c_int, argv: *const *mut ffi::wchar_t) -> Self {
        Self::of(ffi::_PyArgv {
            argc: argc as ffi::Py_ssize_t,
            use_bytes_argv: 0,
            bytes_argv: core::ptr::null(),
            wchar_argv: argv,
        })
    }

    fn of(argv: ffi::_PyArgv) -> Self {
        Self {
            argv,
            _holder: PhantomData,
        }
    }

    /// Prepares the runtime (allocators, locale, UTF-8 mode) by what these arguments and the environment say
    /// (pylifecycle.c `_Py_PreInitializeFromPyArgv`).
    ///
    /// # Errors
    /// What the arguments have wrong, or a wish to leave.
    pub fn preinitialize(&self) -> Status {
        let mut preconfig = MaybeUninit::uninit();
        // SAFETY: the first call writes the whole struct; the second reads it and the arguments, which live.
        check(unsafe {
            ffi::PyPreConfig_InitPythonConfig(preconfig.as_mut_ptr());
            ffi::_Py_PreInitializeFromPyArgv(preconfig.as_ptr(), &raw const self.argv)
        })
    }
}

/// A configuration, with the strings that it owns; dropping it is `PyConfig_Clear`.
pub struct Config(ffi::PyConfig);

impl Config {
    /// As the `python` program starts: it reads arguments, environment and files
    /// (initconfig.c `PyConfig_InitPythonConfig`).
    pub fn python() -> Self {
        Self::filled_by(ffi::PyConfig_InitPythonConfig)
    }

    /// Apart from the user's environment, for programs that embed Python (initconfig.c `PyConfig_InitIsolatedConfig`).
    pub fn isolated() -> Self {
        Self::filled_by(ffi::PyConfig_InitIsolatedConfig)
    }

    fn filled_by(fill: unsafe extern "C" fn(*mut ffi::PyConfig)) -> Self {
        let mut config = MaybeUninit::uninit();
        // SAFETY: both functions that are passed write the whole struct and read nothing.
        unsafe {
            fill(config.as_mut_ptr());
            Self(config.assume_init())
        }
    }

    /// Takes the arguments over, decoded (initconfig.c `PyConfig_SetBytesArgv`, `PyConfig_SetArgv`).
    ///
    /// # Errors
    /// When one cannot be decoded, or memory runs out.
    pub fn set_arguments(&mut self, arguments: &Arguments<'_>) -> Status {
        let ffi::_PyArgv {
            argc,
            use_bytes_argv,
            bytes_argv,
            wchar_argv,
        } = arguments.argv;
        // SAFETY: the arguments live, as they promised when they were made; the configuration copies them.
        check(unsafe {
            if use_bytes_argv != 0 {
                ffi::PyConfig_SetBytesArgv(&raw mut self.0, argc, bytes_argv)
            } else {
                ffi::PyConfig_SetArgv(&raw mut self.0, argc, wchar_argv)
            }
        })
    }

    /// Sets where the standard library is, as `PYTHONHOME` does.
    ///
    /// # Errors
    /// When the path cannot be decoded, or memory runs out.
    pub fn set_home(&mut self, path: &CStr) -> Status {
        let config = &raw mut self.0;
        // SAFETY: the field belongs to the configuration, which frees its string and takes over a new one.
        check(unsafe {
            ffi::PyConfig_SetBytesString(config, &raw mut (*config).home, path.as_ptr())
        })
    }

    /// Starts the runtime with this configuration (pylifecycle.c `Py_InitializeFromConfig`). From then on the thread is
    /// attached to the main interpreter.
    ///
    /// # Errors
    /// What kept it from starting.
    ///
    /// # Safety
    /// No other thread starts, ends or uses the runtime meanwhile.
    pub unsafe fn initialize(&self) -> Status {
        // SAFETY: the configuration is whole; the caller promises that we are alone.
        check(unsafe { ffi::Py_InitializeFromConfig(&raw const self.0) })
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        // SAFETY: the strings belong to us and go once; clearing wants nothing of the runtime but its raw allocator.
        unsafe { ffi::PyConfig_Clear(&raw mut self.0) }
    }
}
