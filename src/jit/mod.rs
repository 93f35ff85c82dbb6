//! The core's half of the compiler: decides what is compiled, hands it to the library, and lets the evaluator enter the
//! machine code that comes back.
//!
//! - [`options`]: whether and how eagerly; [`budget`]: what may be used up for it; [`headroom`]: whether there is memory for it; [`only`]: which functions, if not all; [`heat`]: what runs often, and [`tally`]: how it is counted; [`registry`]: what is known of each code object.
//! - [`snapshot`]: what the compiler gets to see; [`stand_ins`]: Python functions in the place of some of C; [`host`]: what machine code knows of the runtime; [`helpers`]: the
//!   functions that it calls.
//! - [`library`]: opening the compiler; [`worker`]: the thread on which it works; [`publish`]: making its code known.
//! - [`code`]: machine code in memory; [`executor`]: the patches in bytecode by which the evaluator enters it; [`enter`]:
//!   entering and leaving it; [`passed`]: machine code that C calls; [`exits`]: what is written to the frame then; [`chance`]: leaving it at random, for tests.
//! - [`adaptive`]: what `dis` sees of instructions; [`statistics`]: what Python may ask; [`perf`]: what that profiler is told; [`log`]: what happened when, in a file; [`sample`]: where the
//!   time goes; [`threads`]: threads of its own.
//!
//! All of it belongs to the main interpreter, whose GIL guards it. With the compiler off, the evaluator
//! pays for one test of a constant byte at the end of each loop's round.
mod adaptive;
mod budget;
mod chance;
pub mod code;
pub mod enter;
pub mod executor;
mod exits;
mod headroom;
pub mod heat;
pub mod helpers;
pub mod host;
pub mod library;
pub mod log;
mod only;
pub mod options;
pub mod pairs;
pub mod passed;
mod perf;
pub mod publish;
pub mod registry;
pub mod sample;
pub mod slices;
mod snapshot;
mod stand_ins;
pub mod statistics;
mod tally;
mod threads;
pub mod worker;

use crate::ffi;

/// Begins to count what is hot in an interpreter, if it is the main one and the options say so.
///
/// # Safety
/// The interpreter is new, has its configuration, and is known to this thread only.
pub unsafe fn begin(interpreter: *mut ffi::PyInterpreterState) {
    if is_main(interpreter) {
        // SAFETY: as the caller promises.
        unsafe { options::begin(interpreter) };
    }
}

/// Ends the work for an interpreter that ends, if it is the main one. What still runs is not entered as machine code.
pub fn end(interpreter: *mut ffi::PyInterpreterState) {
    if !is_main(interpreter) {
        return;
    }
    if is_on() {
        crate::profile::turn_off();
        options::end();
        worker::end();
        registry::forget_all();
    }
    // The log is told the last of the time.
    log::end();
    sample::end();
}

/// Whether an interpreter is the main one: the only one whose code is compiled.
#[inline(always)]
pub fn is_main(interpreter: *mut ffi::PyInterpreterState) -> bool {
    // SAFETY: the runtime's state is there while interpreters are.
    interpreter == unsafe { ffi::_PyRuntime.interpreters.main }
}

pub use enter::locals_written;
pub use options::is_on;
pub use registry::{has_begun, prepare_to_instrument};
