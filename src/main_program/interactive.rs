//! The part that talks to a user: the greeting, the startup file, the hook, the prompt, and the look around after a
//! program (`-i`). Reads standard input.
use crate::call::{Arguments, vectorcall};
use crate::config::{LiveConfig, WideStr, wide};
use crate::ffi;
use crate::main_program::code::{compiler_flags, run_module};
use crate::main_program::report::{Stop, noting_interrupt, says, show_and_code, unless_exit};
use crate::main_program::stdio::{
    File, NotOpen, complains, is_input_terminal, standard_input, write_error, write_version,
};
use crate::object::{Owned, Raised, audit, check_status, exception, import, lookup};
use crate::thread::{ThreadState, pending, set_errno};
use core::ffi::c_int;

/// The module that reads from a terminal with an editor of its own.
const PYREPL: [ffi::wchar_t; 8] = wide(b"_pyrepl\0");

/// Whether somebody types: standard input is a terminal, or `-i` says that it counts as one.
fn is_interactive(config: LiveConfig<'_>) -> bool {
    is_input_terminal() || config.interactive()
}

/// Whether the prompt is the plain one: there is no terminal to edit on, or the user wants it so.
fn wants_basic_prompt(config: LiveConfig<'_>) -> bool {
    !is_input_terminal() || config.environment(c"PYTHON_BASIC_REPL").is_some()
}

/// Greets whoever types, or asked for much to read (`-v`) (main.c `pymain_header`).
pub(super) fn print_header(config: LiveConfig<'_>) {
    if config.quiet() || !config.verbose() && (config.runs_code() || !is_interactive(config)) {
        return;
    }
    write_version();
    if config.site_import() {
        write_error(
            c"Type \"help\", \"copyright\", \"credits\" or \"license\" for more information.\n",
        );
    }
}

/// Imports what a prompt will need, while `sys.path` does not hold the user's folder yet
/// (main.c `pymain_import_readline`). The prompt works without.
pub(super) fn import_readline(config: LiveConfig<'_>) {
    if config.isolated() || !config.inspect() && config.runs_code() || !is_input_terminal() {
        return;
    }
    for name in [c"readline", c"rlcompleter"] {
        import(name).map_or_else(Raised::clear, drop);
    }
}

/// Runs the file that `PYTHONSTARTUP` names (main.c `pymain_run_startup`). What it raises is shown and forgotten.
fn run_startup(config: LiveConfig<'_>) -> Result<(), Raised> {
    let Some(path) = config.environment(c"PYTHONSTARTUP") else {
        return Ok(());
    };
    // SAFETY: the value is a C string; the result is a new reference.
    let path = unsafe { Owned::from_c(ffi::PyUnicode_DecodeFSDefault(path.as_ptr()))? };
    audit(c"cpython.run_startup", Some(path.borrow()))?;
    let file = File::open(path.borrow(), c"r").map_err(|failed| cannot_open(failed, &path))?;
    let mut flags = compiler_flags();
    // SAFETY: the file is open and stays ours, and the name is alive. What the file raised has been shown; whatever is
    // set nevertheless must not reach the prompt.
    unsafe {
        ffi::_PyRun_SimpleFileObject(file.as_ptr(), path.as_ptr(), 0, &raw mut flags);
        ffi::PyErr_Clear();
    }
    Ok(())
}

/// Says that the startup file does not open, and raises an `OSError` with its path instead of what was raised.
fn cannot_open(failed: NotOpen, path: &Owned) -> Raised {
    failed.raised.clear();
    // SAFETY: the format takes nothing.
    unsafe { ffi::PySys_WriteStderr(c"Could not open PYTHONSTARTUP\n".as_ptr()) };
    set_errno(failed.errno);
    // SAFETY: the class is an exception type and the path is alive; there is no second path.
    unsafe {
        ffi::PyErr_SetFromErrnoWithFilenameObjects(
            exception::OSError.as_ptr(),
            path.as_ptr(),
            core::ptr::null_mut(),
        );
    }
    Raised::on_c_word()
}

/// Calls `sys.__interactivehook__`, if it is there (main.c `pymain_run_interactive_hook`).
fn run_interactive_hook() -> Result<(), Raised> {
    let called = || {
        let sys = import(c"sys")?;
        match lookup::get_string(sys.borrow(), c"__interactivehook__") {
            Ok(hook) => {
                audit(c"cpython.run_interactivehook", Some(hook.borrow()))?;
                hook.borrow().call(&[]).map(drop)
            }
            Err(raised) => {
                Raised::clear(raised);
                Ok(())
            }
        }
    };
    called().inspect_err(says(c"Failed calling sys.__interactivehook__"))
}

/// Runs what comes from standard input, with C's own prompt if somebody types it; the exit code.
fn run_input() -> c_int {
    let mut flags = compiler_flags();
    // SAFETY: the stream is open and stays so; the name is a C string.
    let failed = unsafe {
        ffi::PyRun_AnyFileExFlags(standard_input(), c"<stdin>".as_ptr(), 0, &raw mut flags)
    };
    c_int::from(failed != 0)
}

/// Runs standard input as the program: a prompt, or a script that is piped in (main.c `pymain_run_stdin`).
pub(super) fn run_stdin(config: LiveConfig<'_>) -> Result<c_int, Stop> {
    if is_interactive(config) {
        // SystemExit leaves the prompt, also with -i.
        config.set_inspect(false);
        unless_exit(run_startup(config))?;
        unless_exit(run_interactive_hook())?;
    }
    pending::make_in_main_thread()?;
    audit(c"cpython.run_stdin", None)?;
    if wants_basic_prompt(config) {
        Ok(run_input())
    } else {
        Ok(run_module(WideStr::from_array(&PYREPL), false)?)
    }
}

/// After the program, a prompt in its `__main__` if `-i` or `PYTHONINSPECT` asks for it (main.c `pymain_repl`). Gives an
/// exit code that takes the place of the program's, or `None`.
pub(super) fn look_around(config: LiveConfig<'_>) -> Option<c_int> {
    // Only now, so that the program could set the variable.
    if !config.inspect() && config.environment(c"PYTHONINSPECT").is_some() {
        config.set_inspect(true);
    }
    if !(config.inspect() && is_interactive(config) && config.runs_code()) {
        return None;
    }
    config.set_inspect(false);
    if let Err(stop) = unless_exit(run_interactive_hook()) {
        return Some(stop.into_code());
    }
    if let Err(_left_set) = audit(c"cpython.run_stdin", None) {
        // The end of the runtime finds the exception and drops it, unseen, as upstream does.
        return None;
    }
    let failed = if wants_basic_prompt(config) {
        run_input() != 0
    } else {
        run_pyrepl().map_or_else(show_and_code, |()| 0) != 0
    };
    Some(c_int::from(failed))
}

/// The prompt with an editor, in the `__main__` that is there (main.c `pymain_start_pyrepl_no_main`).
fn run_pyrepl() -> Result<(), Raised> {
    let pyrepl =
        import(c"_pyrepl.main").inspect_err(complains(c"Could not import _pyrepl.main"))?;
    let console = lookup::get_string(pyrepl.borrow(), c"interactive_console").inspect_err(
        complains(c"Could not access _pyrepl.main.interactive_console"),
    )?;
    let keywords = keyword_true(c"pythonstartup")?;
    noting_interrupt(|| {
        let keywords = Some(keywords.borrow());
        vectorcall::call_with_dict(
            ThreadState::current(),
            console.borrow(),
            Arguments::NONE,
            keywords,
        )
    })?;
    Ok(())
}

/// A dict for a call with one keyword that is on: its value is the number 1.
fn keyword_true(name: &core::ffi::CStr) -> Result<Owned<ffi::PyDictObject>, Raised> {
    // SAFETY: the results are new references; the dict takes one of its own to the number.
    unsafe {
        let keywords: Owned<ffi::PyDictObject> = Owned::from_c(ffi::PyDict_New().cast())?;
        let one = Owned::from_c(ffi::PyLong_FromLong(1))?;
        check_status(ffi::PyDict_SetItemString(
            keywords.as_ptr().cast(),
            name.as_ptr(),
            one.as_ptr(),
        ))?;
        Ok(keywords)
    }
}
