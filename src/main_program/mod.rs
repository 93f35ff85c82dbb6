//! The `python` program: from its arguments to its exit code. Replaces `Modules/main.c`.
//!
//! Touches the whole runtime, which it starts and ends, and the standard streams. The steps, in this order, each in its
//! file: [`run`] prepares `sys.path` and chooses what runs, [`code`] runs it, [`interactive`] talks to the user;
//! [`report`] turns an exception into an exit code, [`stdio`] is the C library's streams.
mod code;
mod interactive;
mod report;
mod run;
mod stdio;

use crate::config::{Arguments, Config, Status, check};
use crate::ffi;
use core::ffi::c_int;

/// What the program gives to the operating system when nothing raised, but the end of the runtime went wrong: a number
/// that is unlikely to mean anything else.
const FINALIZE_FAILED: c_int = 120;

/// The whole program (main.c `pymain_main`).
pub fn main(arguments: &Arguments<'_>) -> c_int {
    match start(arguments) {
        Ok(()) => run_and_finalize(),
        Err(failure) => match failure.exit_code() {
            Some(code) => {
                free_globals();
                code
            }
            // The runtime stays alive: the message may hold an exception and go to sys.stderr.
            None => failure.exit_process(),
        },
    }
}

/// Starts the runtime as the arguments, the environment and the configuration files say (main.c `pymain_init`).
fn start(arguments: &Arguments<'_>) -> Status {
    // SAFETY: it may be called at any time before the runtime is used, and does nothing the second time.
    check(unsafe { ffi::_PyRuntime_Initialize() })?;
    arguments.preinitialize()?;
    let mut config = Config::python();
    config.set_arguments(arguments)?;
    // SAFETY: the program starts; there is no thread yet but ours.
    unsafe { config.initialize() }
}

/// Runs what the configuration of the started runtime says, ends the runtime, and gives the exit code
/// (main.c `Py_RunMain`).
pub fn run_and_finalize() -> c_int {
    let mut code = run::run();
    // SAFETY: the thread is attached to the main interpreter, and nothing of ours refers to an object any more.
    if unsafe { ffi::Py_FinalizeEx() } < 0 {
        code = FINALIZE_FAILED;
    }
    free_globals();
    if report::is_interrupt_unhandled() {
        code = die_of_interrupt();
    }
    code
}

/// Frees what must outlive `Py_FinalizeEx`, since a program may start and end the runtime many times: what was
/// configured before the first start (main.c `pymain_free`).
fn free_globals() {
    // SAFETY: no interpreter runs any more, or none ever did; each function may be called then.
    unsafe {
        ffi::_PyImport_Fini2();
        ffi::_PyPathConfig_ClearGlobal();
        ffi::_Py_ClearArgcArgv();
        ffi::_PyRuntime_Finalize();
    }
}

/// Ends the process by `SIGINT` itself, so that a shell that waits for it learns of the user's Ctrl-C (bpo-1054041,
/// main.c `exit_sigint`). Gives the exit code that says the same, in case that the signal does not kill.
fn die_of_interrupt() -> c_int {
    // SAFETY: both calls take plain numbers; the runtime has ended, so nobody else's handler is lost.
    unsafe {
        let before = ffi::PyOS_setsig(libc::SIGINT, None);
        if before.is_some_and(|handler| handler as usize == libc::SIG_ERR) {
            libc::perror(c"signal".as_ptr());
        } else {
            libc::kill(libc::getpid(), libc::SIGINT);
        }
    }
    libc::SIGINT + 128
}
