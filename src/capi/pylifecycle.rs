//! `pylifecycle.h` and `cpython/pylifecycle.h`: what is Rust of the start, the run and the end of the program.
use crate::config::Arguments;
use crate::{ffi, main_program};
use core::ffi::{c_char, c_int};
use pyroxene_macros::capi;

/// The whole `python` program, with wide arguments; gives the exit code.
///
/// # Safety
/// As the C declaration in pylifecycle.h: `argv` points at `argc` wide strings.
#[capi]
pub unsafe fn Py_Main(argc: c_int, argv: *mut *mut ffi::wchar_t) -> c_int {
    // SAFETY: the caller promises the arguments, which outlive the program.
    main_program::main(&unsafe { Arguments::wide(argc, argv) })
}

/// The whole `python` program, with arguments as the operating system gives them; gives the exit code.
///
/// # Safety
/// As the C declaration in pylifecycle.h: `argv` points at `argc` C strings.
#[capi]
pub unsafe fn Py_BytesMain(argc: c_int, argv: *mut *mut c_char) -> c_int {
    // SAFETY: the caller promises the arguments, which outlive the program.
    main_program::main(&unsafe { Arguments::bytes(argc, argv) })
}

/// Runs what the configuration says, ends the runtime, and gives the exit code.
///
/// # Safety
/// As the C declaration in cpython/pylifecycle.h: the runtime was started by `Py_InitializeFromConfig`, and the thread
/// is attached to the main interpreter.
#[capi]
pub unsafe fn Py_RunMain() -> c_int {
    main_program::run_and_finalize()
}
