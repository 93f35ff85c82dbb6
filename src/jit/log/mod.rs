//! The compiler's log (`-X jit-log=FILE`): what was compiled when, why machine code was left, when the garbage collector ran.
//! Writes a file; what its lines say is described in the crate `pyroxene_jit_log`.
//!
//! - [`events`]: what the rest of the core tells; [`file`](mod@file): the file, and whose it is after a fork; [`ticker`]: a
//!   thread that looks at counters twenty times a second, and empties the buffer.
mod events;
mod file;
mod ticker;

pub(super) use events::{
    ExitCounts, counted, dropped, finished, next_compilation, ordered, published, started, watched,
    withdrawn,
};
pub(super) use file::{after_fork_in_child, after_fork_in_parent, before_fork, clock};

use super::options::{self, Mode};
use crate::thread::ThreadState;
use core::sync::atomic::{AtomicBool, Ordering};
use std::path::Path;

/// Whether there is a log.
static ON: AtomicBool = AtomicBool::new(false);

/// Whether there is a log.
#[inline(always)]
pub(super) fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// Begins a log in a file, for a new main interpreter. If the file is another process's log, this one is written beside it.
///
/// # Errors
/// When no file can be made.
pub(super) fn begin(path: &Path, mode: Mode) -> std::io::Result<()> {
    super::threads::watch_forks();
    file::begin(path, mode)?;
    ON.store(true, Ordering::Relaxed);
    ticker::start();
    Ok(())
}

/// Ends the log, if there is one.
pub(super) fn end() {
    if is_on() {
        ticker::stop();
        file::end();
        ON.store(false, Ordering::Relaxed);
    }
}

/// Runs the garbage collector, which is what `collect` does, and notes it.
#[inline]
pub fn collecting(thread: ThreadState, collect: impl FnOnce()) {
    if is_on() && super::is_main(thread.interpreter()) {
        events::collecting(thread.interpreter(), collect);
    } else {
        collect();
    }
}

/// Says on stderr that the log cannot be written.
fn tell_of_failure(path: &Path, why: &std::io::Error) {
    options::tell(format_args!(
        "python: no jit-log: {}: {why}",
        path.display()
    ));
}
