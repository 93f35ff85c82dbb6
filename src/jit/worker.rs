//! The thread on which code is compiled. It comes when there is something to do and goes when there is not; at a fork it
//! goes before, so that the child has whole locks and the system counts one thread less. It never takes the GIL: what it has
//! made waits until a thread of the interpreter has been asked to fetch it.
use super::code::MachineCode;
use super::{library, publish, registry};
use crate::ffi;
use crate::thread::pending;
use core::cell::RefCell;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, Ordering};
use pyroxene_jit_api::{Artifact, Refusal, Snapshot, Tier};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::JoinHandle;

/// What a compilation was asked for.
pub struct Order {
    /// Of which code object.
    pub key: registry::Key,
    /// Which attempt at it: what an earlier one gives is not wanted any more.
    pub attempt: u32,
    /// The instructions at which the machine code is to be entered, in the order of the snapshot's entries.
    pub wanted: Vec<usize>,
    /// The entry for calls from other machine code, if there is one.
    pub call_entry: Option<u32>,
    /// What is to be filled with the machine code.
    pub machine_code: Box<MachineCode>,
}

/// Something to compile.
pub struct Job {
    /// For what.
    pub order: Order,
    /// What is known of the code.
    pub snapshot: Snapshot,
    /// How well.
    pub tier: Tier,
}

/// What became of it.
pub struct Done {
    /// What was asked for.
    pub order: Order,
    /// For which tools it is true.
    pub tools_version: u64,
    /// Machine code, or why there is none.
    pub result: Result<Artifact, Refusal>,
}

/// How much stack the thread has: LLVM recurses over big functions.
const STACK: usize = 64 << 20;

/// What waits, and who works.
struct Work {
    jobs: VecDeque<Job>,
    done: Vec<Done>,
    /// The thread, which is at work or has just left.
    thread: Option<Worker>,
    /// Whether it is at work, and takes what is added.
    running: bool,
    /// It shall leave after the job at hand.
    stopping: bool,
}

struct Worker {
    handle: JoinHandle<()>,
}

static WORK: Mutex<Work> = Mutex::new(Work {
    jobs: VecDeque::new(),
    done: Vec::new(),
    thread: None,
    running: false,
    stopping: false,
});

fn work() -> MutexGuard<'static, Work> {
    WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds a job.
pub fn submit(job: Job) {
    static AT_FORK: Once = Once::new();
    AT_FORK.call_once(|| {
        // SAFETY: functions that may be called around a fork; without memory for them, forks have one thread more.
        unsafe { libc::pthread_atfork(Some(before_fork), Some(after_fork), Some(after_fork)) };
    });
    let mut work = work();
    work.jobs.push_back(job);
    start(&mut work);
}

/// Sees to it that there is a thread if there is something to do.
fn start(work: &mut Work) {
    if work.running || work.stopping || work.jobs.is_empty() {
        return;
    }
    let signals = block_signals();
    let thread = std::thread::Builder::new()
        .name("pyroxene-jit".to_owned())
        .stack_size(STACK)
        .spawn(run);
    unblock_signals(&signals);
    // Without a thread, the jobs wait for the next attempt.
    NEWS.fetch_or(thread.is_err(), Ordering::Relaxed);
    if let Ok(handle) = thread {
        work.running = true;
        // The one before has left: it needs no more waiting for.
        work.thread = Some(Worker { handle });
    }
}

/// What the thread does.
fn run() {
    loop {
        let mut current = work();
        let job = match current.jobs.pop_front() {
            Some(job) if !current.stopping => job,
            unwanted => {
                if let Some(job) = unwanted {
                    current.jobs.push_front(job);
                }
                current.running = false;
                return;
            }
        };
        drop(current);
        let result = library::compile(&job.snapshot, job.tier);
        let mut current = work();
        current.done.push(Done {
            order: job.order,
            tools_version: job.snapshot.tools_version,
            result,
        });
        NEWS.store(true, Ordering::Relaxed);
        drop(current);
        ask_for_publication();
    }
}

/// Has a thread of the main interpreter fetch what is ready. If it cannot be asked now, it comes by itself when something
/// else gets hot.
fn ask_for_publication() {
    let call = pending::Call {
        function: publish::pending_call,
        argument: null_mut(),
        flags: 0,
    };
    // SAFETY: the thread ends before the interpreter does. The function may be called from any of its threads.
    unsafe {
        let interpreter = ffi::_PyRuntime.interpreters.main;
        let _unless_full = pending::add(interpreter, call);
    }
}

/// Whether [`take_done`] has something to look at: it is asked at each call of what is being compiled.
static NEWS: AtomicBool = AtomicBool::new(false);

/// What is ready. If there is more to do and nobody at work, as after a fork, it goes on.
pub fn take_done() -> Vec<Done> {
    if !NEWS.load(Ordering::Relaxed) {
        return Vec::new();
    }
    let mut work = work();
    NEWS.store(false, Ordering::Relaxed);
    start(&mut work);
    core::mem::take(&mut work.done)
}

/// Waits until the thread is gone. What is left to do stays.
fn stop() {
    let mut current = work();
    current.stopping = true;
    let thread = current.thread.take();
    drop(current);
    if let Some(Worker { handle }) = thread {
        // It does not panic: that would have ended the process.
        let _ended = handle.join();
    }
    work().stopping = false;
}

/// Ends the work: the interpreter ends. What is ready, and what is left to do, is dropped.
pub fn end() {
    work().jobs.clear();
    stop();
    for done in take_done() {
        publish::discard(done);
    }
}

std::thread_local! {
    /// The lock, while the thread forks: nobody is within, in the child neither.
    static FORKING: RefCell<Option<MutexGuard<'static, Work>>> = const { RefCell::new(None) };
}

extern "C" fn before_fork() {
    stop();
    FORKING.with_borrow_mut(|forking| *forking = Some(work()));
}

/// The thread comes back when somebody asks what is ready: right after a fork, the system's count of threads is looked at.
extern "C" fn after_fork() {
    NEWS.store(true, Ordering::Relaxed);
    FORKING.with_borrow_mut(Option::take);
}

/// Keeps signals from the threads that this one starts: Python's handlers want to interrupt threads that wait.
fn block_signals() -> libc::sigset_t {
    let mut all = core::mem::MaybeUninit::uninit();
    let mut before = core::mem::MaybeUninit::uninit();
    // SAFETY: both sets are written before they are read; these calls do not fail with these arguments.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        before.assume_init()
    }
}

fn unblock_signals(before: &libc::sigset_t) {
    // SAFETY: the set is one that the call before gave.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, null_mut()) };
}
