//! An interpreter for tests in Rust: one for the process, started by the first test that needs it.
//!
//! Its standard library is that of the prefix in `PYROXENE_TEST_HOME`, or else of `target/dist`, where
//! `cargo xtask build` puts one.
#[path = "../prefix/mod.rs"]
pub mod prefix;

use pyroxene::config::Config;
use pyroxene::ffi;
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStringExt;
use std::sync::Once;

/// Does `work` attached to the interpreter, in whichever thread the test runs.
pub fn with_python<T>(work: impl FnOnce() -> T) -> T {
    static START: Once = Once::new();
    START.call_once(start);
    let _attached = Attached::new();
    work()
}

/// Runs Python code in `__main__`; an exception is shown and fails the test.
#[allow(dead_code, reason = "not every test program needs it")]
pub fn run(code: &CStr) {
    // SAFETY: the thread is attached, as every test is within `with_python`; no flags are asked for.
    let failed = unsafe { ffi::PyRun_SimpleStringFlags(code.as_ptr(), std::ptr::null_mut()) };
    assert_eq!(failed, 0, "the Python code raised; see above");
}

/// Starts the interpreter apart from the user's environment, and lets go of the GIL.
fn start() {
    let home = prefix::home();
    let library = home.join("lib/python3.13/os.py");
    assert!(
        library.exists(),
        "{} is missing: run `cargo xtask build`, or name a prefix in PYROXENE_TEST_HOME",
        library.display()
    );
    let home = CString::new(home.into_os_string().into_vec()).expect("a path has no NUL");
    let mut config = Config::isolated();
    config.set_home(&home).expect("the home is set");
    // SAFETY: only one thread gets here, and the others wait for it.
    unsafe {
        config.initialize().expect("the interpreter starts");
        ffi::PyEval_SaveThread();
    }
}

/// The running thread, attached until this is dropped.
struct Attached(ffi::PyGILState_STATE);

impl Attached {
    fn new() -> Self {
        // SAFETY: the interpreter has started and is never ended.
        Self(unsafe { ffi::PyGILState_Ensure() })
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        // SAFETY: the thread was attached by the matching call.
        unsafe { ffi::PyGILState_Release(self.0) }
    }
}
