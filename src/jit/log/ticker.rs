//! A thread that looks at counters from time to time, while the program runs, and empties the log's buffer. It takes no GIL.
use super::file::log;
use crate::jit::threads;
use core::ffi::{c_int, c_void};
use core::time::Duration;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// How often it looks.
const PERIOD: Duration = Duration::from_millis(50);

/// It needs little.
const STACK: usize = 256 << 10;

/// The thread.
struct Ticker {
    thread: Option<JoinHandle<()>>,
    /// It shall leave.
    stopping: bool,
}

static TICKER: Mutex<Ticker> = Mutex::new(Ticker {
    thread: None,
    stopping: false,
});

static STOP: Condvar = Condvar::new();

fn ticker() -> MutexGuard<'static, Ticker> {
    TICKER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sees to it that there is the thread. Without one, the log is written when its buffer is full and at the end.
pub(super) fn start() {
    let mut ticker = ticker();
    if ticker.thread.is_none() && !ticker.stopping {
        ticker.thread = threads::start("pyroxene-jit-log", STACK, run).ok();
    }
}

/// What a thread of the interpreter is asked to call after a fork.
pub(super) unsafe extern "C" fn pending_call(_: *mut c_void) -> c_int {
    if super::is_on() {
        start();
    }
    0
}

/// Waits until the thread is gone.
pub(super) fn stop() {
    let mut current = ticker();
    current.stopping = true;
    let thread = current.thread.take();
    drop(current);
    STOP.notify_all();
    if let Some(thread) = thread {
        // It does not panic: that would have ended the process.
        let _ended = thread.join();
    }
    ticker().stopping = false;
}

fn run() {
    loop {
        let waiting = STOP
            .wait_timeout_while(ticker(), PERIOD, |ticker| !ticker.stopping)
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.0.stopping {
            return;
        }
        drop(waiting);
        if let Some(log) = &mut *log() {
            log.look();
            log.flush();
        }
    }
}
