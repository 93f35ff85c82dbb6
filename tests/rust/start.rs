//! A start that does not happen, and then one that does: statuses, and configurations that clean up behind them.
mod common;

use pyroxene::config::{Arguments, Config};
use std::ffi::{CString, c_char, c_int};

/// The wish to leave that these arguments lead to.
fn exit_code_of(words: &[&str]) -> Option<c_int> {
    let words: Vec<_> = words
        .iter()
        .map(|word| CString::new(*word).expect("no NUL"))
        .collect();
    let pointers: Vec<*mut c_char> = words.iter().map(|word| word.as_ptr().cast_mut()).collect();
    let count = c_int::try_from(pointers.len()).expect("a few words");
    // SAFETY: the strings outlive the configuration, and nobody writes to them.
    let arguments = unsafe { Arguments::bytes(count, pointers.as_ptr()) };
    let mut config = Config::python();
    config
        .set_arguments(&arguments)
        .expect("the arguments can be decoded");
    // SAFETY: this is the only test of the program, so no other thread uses the runtime.
    let status = unsafe { config.initialize() };
    status
        .expect_err("the arguments are not for running")
        .exit_code()
}

#[test]
fn a_wish_to_leave_is_no_error() {
    assert_eq!(exit_code_of(&["python", "-V"]), Some(0));
    assert_eq!(exit_code_of(&["python", "-Z"]), Some(2));
    common::with_python(|| {
        let sys = pyroxene::object::import(c"sys").expect("sys is there");
        let flags = pyroxene::object::lookup::get_string(sys.borrow(), c"flags");
        let flags = flags.expect("sys has flags");
        let isolated = pyroxene::object::lookup::get_string(flags.borrow(), c"isolated");
        // SAFETY: an int.
        let isolated = unsafe { pyroxene::ffi::PyLong_AsLong(isolated.expect("a flag").as_ptr()) };
        assert_eq!(isolated, 1);
    });
}
