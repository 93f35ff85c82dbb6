//! What the command line names: a command, a module, a file. Each gives the exit code, or the exception that kept it
//! from running; exceptions of the program itself are shown by the function of C that runs it.
use crate::config::{LiveConfig, WideStr};
use crate::ffi;
use crate::main_program::report::{noting_interrupt, says};
use crate::main_program::stdio::{File, complains};
use crate::object::{Borrowed, Owned, Raised, audit, check_status, import, lookup};
use crate::thread::pending;
use core::ffi::c_int;

/// Compiler flags of a program that starts: none, for this version's grammar (`_PyCompilerFlags_INIT`).
pub(super) const fn compiler_flags() -> ffi::PyCompilerFlags {
    ffi::PyCompilerFlags {
        cf_flags: 0,
        cf_feature_version: ffi::PY_MINOR_VERSION as c_int,
    }
}

/// Runs the text of `-c` (main.c `pymain_run_command`).
pub(super) fn run_command(command: WideStr<'_>) -> Result<c_int, Raised> {
    let undecodable = says(c"Unable to decode the command from the command line:");
    let text = command.to_str().inspect_err(&undecodable)?;
    audit(c"cpython.run_command", Some(text.borrow()))?;
    // SAFETY: the text is a str; the result is a new reference.
    let source = unsafe { Owned::from_c(ffi::PyUnicode_AsUTF8String(text.as_ptr())) };
    let source = source.inspect_err(&undecodable)?;
    drop(text);
    let mut flags = compiler_flags();
    flags.cf_flags |= ffi::PyCF_IGNORE_COOKIE as c_int;
    // SAFETY: the bytes end with a zero and live until the end of the run.
    let failed = unsafe {
        ffi::_PyRun_SimpleStringFlagsWithName(
            ffi::PyBytes_AsString(source.as_ptr()),
            c"<string>".as_ptr(),
            &raw mut flags,
        )
    };
    Ok(c_int::from(failed != 0))
}

/// Runs a module as `__main__`, by `runpy` (main.c `pymain_run_module`). With `set_argv0`, `sys.argv[0]` becomes its
/// path.
pub(super) fn run_module(name: WideStr<'_>, set_argv0: bool) -> Result<c_int, Raised> {
    // SAFETY: the format takes one wide string that ends with a zero.
    check_status(unsafe {
        ffi::PySys_Audit(c"cpython.run_module".as_ptr(), c"u".as_ptr(), name.as_ptr())
    })?;
    let runpy = import(c"runpy").inspect_err(complains(c"Could not import runpy module"))?;
    let run = lookup::get_string(runpy.borrow(), c"_run_module_as_main")
        .inspect_err(complains(c"Could not access runpy._run_module_as_main"))?;
    let name = name
        .to_str()
        .inspect_err(complains(c"Could not convert module name to unicode"))?;
    noting_interrupt(|| {
        run.borrow()
            .call(&[name.borrow(), Borrowed::from_bool(set_argv0)])
    })?;
    Ok(0)
}

/// Runs the script that the configuration names (main.c `pymain_run_file`).
pub(super) fn run_file(config: LiveConfig<'_>, filename: WideStr<'_>) -> Result<c_int, Raised> {
    let names = || Ok((filename.to_str()?, config.program_name()?));
    match names() {
        Ok((filename, program)) => {
            let skip_first_line = config.skip_source_first_line();
            run_path(filename.borrow(), program.borrow(), skip_first_line)
        }
        Err(raised) => {
            Raised::print(raised);
            Ok(-1)
        }
    }
}

/// Opens a script and runs it (main.c `pymain_run_file_obj`).
fn run_path(
    filename: Borrowed<'_>,
    program: Borrowed<'_>,
    skip_first_line: bool,
) -> Result<c_int, Raised> {
    audit(c"cpython.run_file", Some(filename))?;
    let mut file = match File::open(filename, c"rb") {
        Ok(file) => file,
        Err(not_open) => {
            not_open.raised.clear();
            // SAFETY: the format takes two objects, a number and a C string.
            unsafe {
                ffi::PySys_FormatStderr(
                    c"%S: can't open file %R: [Errno %d] %s\n".as_ptr(),
                    program.as_ptr(),
                    filename.as_ptr(),
                    not_open.errno,
                    libc::strerror(not_open.errno),
                );
            }
            return Ok(2);
        }
    };
    if skip_first_line {
        file.skip_first_line();
    }
    if file.is_folder() {
        // SAFETY: the format takes two objects.
        unsafe {
            ffi::PySys_FormatStderr(
                c"%S: %R is a directory, cannot continue\n".as_ptr(),
                program.as_ptr(),
                filename.as_ptr(),
            );
        }
        return Ok(1);
    }
    pending::make_in_main_thread()?;
    let mut flags = compiler_flags();
    // SAFETY: the file is open, and closed by the function before the program runs; the name is alive.
    let failed =
        unsafe { ffi::_PyRun_AnyFileObject(file.into_raw(), filename.as_ptr(), 1, &raw mut flags) };
    Ok(c_int::from(failed != 0))
}
