//! The run between the runtime's start and its end: `sys.path` is completed, then the one thing that the configuration
//! names runs, then perhaps a prompt. Touches the main interpreter's configuration and `sys.path`.
use crate::config::{LiveConfig, WideStr, wide};
use crate::ffi;
use crate::main_program::report::{Stop, says, unless_exit};
use crate::main_program::{code, interactive};
use crate::object::{Borrowed, Owned, Raised, check_status, exception, lookup, raise};
use crate::static_id;
use core::ffi::c_int;
use core::ptr::NonNull;

/// The name under which a folder or an archive is run, its `__main__.py`.
const MAIN: [ffi::wchar_t; 9] = wide(b"__main__\0");

/// The interpreter of the running thread, which is the main one.
#[derive(Clone, Copy)]
struct Interpreter(NonNull<ffi::PyInterpreterState>);

impl Interpreter {
    fn current() -> Self {
        // SAFETY: the function ends the process when the thread is not attached, so the result is not NULL.
        Self(unsafe { NonNull::new_unchecked(ffi::PyInterpreterState_Get()) })
    }

    fn config<'i>(self) -> LiveConfig<'i> {
        // SAFETY: the interpreter lives until the end of the run, after which nothing of this module is left.
        unsafe { LiveConfig::of(self.0) }
    }

    /// Puts `path` first into `sys.path` (main.c `pymain_sys_path_add_path0`).
    fn prepend_to_sys_path(self, path: Borrowed<'_>) -> Result<(), Raised> {
        // SAFETY: the interpreter lives, and so does its dict of `sys` if it has one.
        let sys = unsafe { Borrowed::from_c_optional((*self.0.as_ptr()).sysdict) };
        let found = match sys {
            Some(sys) => lookup::dict_item(sys, static_id!(_py_path))?,
            None => None,
        };
        let missing = || raise(exception::RuntimeError, c"unable to get sys.path");
        let sys_path = found.ok_or_else(missing)?;
        // SAFETY: both are alive, and the function refuses what is no list.
        check_status(unsafe { ffi::PyList_Insert(sys_path.as_ptr(), 0, path.as_ptr()) })
    }
}

/// While it lives, other threads and interpreters know that the main program runs.
struct RunningMain(Interpreter);

impl RunningMain {
    fn enter(interpreter: Interpreter) -> Self {
        // SAFETY: the interpreter is that of the running thread. It can fail only when another thread says the same,
        // which is not the case of a program that starts.
        unsafe { ffi::_PyInterpreterState_SetRunningMain(interpreter.0.as_ptr()) };
        debug_assert!(
            !Raised::is_pending(),
            "nothing has run yet that could raise"
        );
        Self(interpreter)
    }
}

impl Drop for RunningMain {
    fn drop(&mut self) {
        // SAFETY: the interpreter still lives.
        unsafe { ffi::_PyInterpreterState_SetNotRunningMain(self.0.0.as_ptr()) }
    }
}

/// Runs what the configuration names, and gives the exit code (main.c `pymain_run_python`).
pub(super) fn run() -> c_int {
    let interpreter = Interpreter::current();
    let config = interpreter.config();
    match complete_sys_path(interpreter, config) {
        Ok(importable) => {
            interactive::print_header(config);
            let _running = RunningMain::enter(interpreter);
            let code = run_program(config, importable.is_some()).unwrap_or_else(Stop::into_code);
            interactive::look_around(config).unwrap_or(code)
        }
        Err(stop) => stop.into_code(),
    }
}

/// Puts into `sys.path` what belongs first: a folder or an archive that is to be run itself, which is also given; else
/// the script's folder or the current one, unless `-P` or `-I` is given.
fn complete_sys_path(
    interpreter: Interpreter,
    config: LiveConfig<'_>,
) -> Result<Option<Owned>, Stop> {
    // There is no exception to show: memory ran out.
    config.publish_paths().map_err(|_| Stop::Exit(1))?;
    let importable = match config.run_filename() {
        Some(name) => unless_exit(importable_path(name))?.flatten(),
        None => None,
    };
    interactive::import_readline(config);
    let first = match &importable {
        Some(path) => Some(path.clone()),
        None if config.safe_path() => None,
        None => config.compute_sys_path_0()?,
    };
    if let Some(path) = first {
        config.set_sys_path_0(path.borrow())?;
        interpreter.prepend_to_sys_path(path.borrow())?;
    }
    Ok(importable)
}

/// The name as a `str` if modules can be imported from there, so that a `__main__` in it can be run
/// (main.c `pymain_get_importer`).
fn importable_path(filename: WideStr<'_>) -> Result<Option<Owned>, Raised> {
    let importable = || {
        let path = filename.to_str()?;
        // SAFETY: the path is a str; the result is a new reference.
        let importer = unsafe { Owned::from_c(ffi::PyImport_GetImporter(path.as_ptr()))? };
        Ok((!importer.borrow().is_none()).then_some(path))
    };
    importable().inspect_err(says(c"Failed checking if argv[0] is an import path entry"))
}

/// Runs the first of what can be named: `-c`, `-m`, what can be imported from, a script; else standard input.
fn run_program(config: LiveConfig<'_>, importable: bool) -> Result<c_int, Stop> {
    if let Some(command) = config.run_command() {
        Ok(code::run_command(command)?)
    } else if let Some(module) = config.run_module() {
        Ok(code::run_module(module, true)?)
    } else if importable {
        Ok(code::run_module(WideStr::from_array(&MAIN), false)?)
    } else if let Some(script) = config.run_filename() {
        Ok(code::run_file(config, script)?)
    } else {
        interactive::run_stdin(config)
    }
}
