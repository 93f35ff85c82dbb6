//! The file of the log: opened by the process that begins it, left alone by its children, which write files of their own.
//! Every writer holds the lock of [`Log`].
use super::events::{Collections, Watched};
use super::{tell_of_failure, ticker};
use crate::jit::options::Mode;
use core::cell::RefCell;
use pyroxene_jit_log::{Event, FORMAT, Line, TierTimes};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The buffer is written when it is as long as this, if the ticker has not come before.
const LONG: usize = 1 << 20;

/// What there is of the log of this process.
pub(super) struct Log {
    /// The path that was asked for.
    asked: PathBuf,
    mode: Mode,
    /// When it began, by the monotonic clock, in nanoseconds.
    begin: u64,
    /// The file; none yet in the child of a fork.
    file: Option<File>,
    /// The process that it was forked from, until that is written.
    forked_from: Option<u32>,
    buffer: Vec<u8>,
    /// The machine code whose exits are looked at.
    pub(super) watched: Vec<Watched>,
    /// The processor time that was noted.
    pub(super) times: TierTimes,
    /// The collections that were noted.
    pub(super) collections: Collections,
}

static LOG: Mutex<Option<Log>> = Mutex::new(None);

/// The log.
pub(super) fn log() -> MutexGuard<'static, Option<Log>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The monotonic clock, in nanoseconds.
pub(in crate::jit) fn clock() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes the time; this clock is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}

/// Begins a log.
///
/// # Errors
/// When no file can be made.
pub(super) fn begin(path: &Path, mode: Mode) -> io::Result<()> {
    // The folder may be another one by the time that a child needs its file.
    let asked = std::path::absolute(path)?;
    let mut new = Log {
        file: Some(open(&asked)?),
        asked,
        mode,
        begin: clock(),
        forked_from: None,
        buffer: Vec::new(),
        watched: Vec::new(),
        times: TierTimes::default(),
        collections: Collections::default(),
    };
    new.write_begin();
    *log() = Some(new);
    Ok(())
}

/// Ends it.
pub(super) fn end() {
    let Some(mut ended) = log().take() else {
        return;
    };
    ended.look();
    // A child that had nothing to say has no file.
    if ended.file.is_some() {
        let at = ended.now();
        ended.write(at, Event::End);
    }
    ended.flush();
}

/// The file, emptied; or if another process writes its log there, one with our number at the end of its name.
fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    // A pipe or a terminal has nothing to be emptied of, and is whoever's has it.
    if !file.metadata()?.is_file() {
        return Ok(file);
    }
    // Who has it is told by the lock, which goes with the process that has it.
    if file.try_lock().is_ok() {
        file.set_len(0)?;
        return Ok(file);
    }
    open_own(path)
}

/// The file of a process that is not the first.
fn open_own(path: &Path) -> io::Result<File> {
    let mut name = OsString::from(path);
    name.push(format!(".{}", std::process::id()));
    File::create(name)
}

impl Log {
    /// Now, in nanoseconds since it began.
    pub(super) fn now(&self) -> u64 {
        clock() - self.begin
    }

    fn write_begin(&mut self) {
        let begin = Event::Begin {
            format: FORMAT,
            process: std::process::id(),
            forked_from: self.forked_from.take(),
            mode: self.mode.name().to_owned(),
            clock: self.begin,
        };
        let at = self.now();
        Line { at, event: begin }.write(&mut self.buffer);
    }

    /// Writes a line.
    pub(super) fn write(&mut self, at: u64, event: Event) {
        if self.file.is_none() && !self.open_after_fork() {
            return;
        }
        Line { at, event }.write(&mut self.buffer);
        if self.buffer.len() >= LONG {
            self.flush();
        }
    }

    /// Begins the log of a child when it has something to say; false if that cannot be.
    fn open_after_fork(&mut self) -> bool {
        let Some(parent) = self.forked_from else {
            // It was tried before.
            return false;
        };
        match open_own(&self.asked) {
            Ok(file) => self.file = Some(file),
            Err(why) => {
                self.forked_from = None;
                tell_of_failure(&self.asked, &why);
                return false;
            }
        }
        self.forked_from = Some(parent);
        self.write_begin();
        ticker::start();
        true
    }

    /// Empties the buffer into the file.
    pub(super) fn flush(&mut self) {
        let Some(file) = &mut self.file else { return };
        if let Err(why) = file.write_all(&self.buffer) {
            tell_of_failure(&self.asked, &why);
            self.file = None;
        }
        self.buffer.clear();
    }
}

std::thread_local! {
    /// The lock, while the thread forks.
    static FORKING: RefCell<Option<MutexGuard<'static, Option<Log>>>> = const { RefCell::new(None) };
}

/// What is in the buffer is the parent's: it is written before, and the child does not have it twice.
pub(in crate::jit) fn before_fork() {
    if !super::is_on() {
        return;
    }
    ticker::stop();
    let mut log = log();
    if let Some(log) = &mut *log {
        log.look();
        log.flush();
    }
    FORKING.with_borrow_mut(|forking| *forking = Some(log));
}

/// The ticker comes back when the evaluator looks up: right after a fork, the system's count of threads is looked at.
pub(in crate::jit) fn after_fork_in_parent() {
    if FORKING.with_borrow_mut(Option::take).is_some() {
        // SAFETY: the thread forks, and the log ends before the interpreter does.
        let _unless_full = unsafe { crate::jit::threads::ask(ticker::pending_call) };
    }
}

/// The child writes a file of its own, once there is something to write.
pub(in crate::jit) fn after_fork_in_child() {
    if let Some(mut log) = FORKING.with_borrow_mut(Option::take)
        && let Some(log) = &mut *log
    {
        log.file = None;
        log.forked_from = Some(parent_process());
    }
}

/// The process that this one was forked from.
fn parent_process() -> u32 {
    std::os::unix::process::parent_id()
}
