//! The thread on which code is compiled. It comes when there is something to do and goes when there is not; at a fork it
//! goes before, so that the child has whole locks and the system counts one thread less. It never takes the GIL: what it has
//! made waits until a thread of the interpreter has been asked to fetch it.
use super::code::{Heat, MachineCode};
use super::{budget, code, library, log, publish, registry, threads};
use core::cell::RefCell;
use core::sync::atomic::{AtomicBool, Ordering};
use pyroxene_jit_api::{Artifact, Refusal, Snapshot, Tier};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// What a compilation was asked for.
pub struct Order {
    /// Of which code object.
    pub key: registry::Key,
    /// The number of this compilation in the log.
    pub compilation: u64,
    /// How well.
    pub tier: Tier,
    /// Which attempt at it: what an earlier one gives is not wanted any more.
    pub attempt: u32,
    /// The instructions at which the machine code is to be entered, in the order of the snapshot's entries.
    pub wanted: Vec<usize>,
    /// The entry for calls from other machine code, if there is one.
    pub call_entry: Option<u32>,
    /// The entries with what another generator has returned, by the `RESUME` at which this one waits for it.
    pub returned_entries: BTreeMap<usize, u32>,
    /// What is to be filled with the machine code.
    pub machine_code: Box<MachineCode>,
}

/// Something to compile.
pub struct Job {
    /// For what.
    pub order: Order,
    /// What is known of the code.
    pub snapshot: Snapshot,
    /// How much the program has missed it since it was ordered.
    pub heat: Heat,
}

/// What became of it.
pub struct Done {
    /// What was asked for.
    pub order: Order,
    /// For which tools it is true.
    pub tools_version: u64,
    /// Machine code, or why there is none; nothing if it was put off.
    pub result: Option<Result<Artifact, Refusal>>,
}

impl Done {
    /// How many bytes of machine code wait in it.
    fn bytes(&self) -> usize {
        let artifact = self.result.as_ref().and_then(|result| result.as_ref().ok());
        artifact.map_or(0, |artifact| code::pages(artifact.code_size))
    }
}

/// How much stack the thread has: LLVM recurses over big functions.
const STACK: usize = 64 << 20;

/// What waits, and who works.
struct Work {
    jobs: Vec<Job>,
    done: Vec<Done>,
    /// The thread, which is at work or has just left.
    thread: Option<JoinHandle<()>>,
    /// Whether it is at work, and takes what is added.
    running: bool,
    /// It shall leave after the job at hand.
    stopping: bool,
}

static WORK: Mutex<Work> = Mutex::new(Work {
    jobs: Vec::new(),
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
    let mut work = work();
    work.jobs.push(job);
    start(&mut work);
}

/// Takes back what was ordered of a code object, if nobody has begun with it: more is known of it now.
pub fn take_back(key: registry::Key) -> bool {
    let mut work = work();
    let is_of_frames = |job: &Job| job.order.machine_code.passed().is_none();
    let found = work
        .jobs
        .iter()
        .position(|job| job.order.key == key && is_of_frames(job));
    let job = found.map(|index| work.jobs.remove(index));
    drop(work);
    if let Some(job) = &job {
        log::dropped(job.order.compilation);
    }
    job.is_some()
}

/// Takes back all that was ordered of a code object that goes.
pub fn forget(key: registry::Key) {
    let mut work = work();
    let gone: Vec<Job> = work
        .jobs
        .extract_if(.., |job| job.order.key == key)
        .collect();
    drop(work);
    for job in gone {
        log::dropped(job.order.compilation);
    }
}

/// Takes the job that is wanted most. What is made quickly makes nobody wait long, and comes first.
fn next_job(jobs: &mut Vec<Job>) -> Option<Job> {
    let is_quick = |job: &Job| job.order.tier == Tier::Quick;
    let wanted = |job: &Job| (is_quick(job), job.heat.missed());
    let (first, _) = (jobs.iter().enumerate())
        .map(|(index, job)| (index, wanted(job)))
        .reduce(|most, other| if other.1 > most.1 { other } else { most })?;
    Some(jobs.remove(first))
}

/// Sees to it that there is a thread if there is something to do.
fn start(work: &mut Work) {
    if work.running || work.stopping || work.jobs.is_empty() {
        return;
    }
    let thread = threads::start("pyroxene-jit", STACK, run);
    // Without a thread, the jobs wait for the next attempt.
    NEWS.fetch_or(thread.is_err(), Ordering::Relaxed);
    if let Ok(handle) = thread {
        work.running = true;
        // The one before has left: it needs no more waiting for.
        work.thread = Some(handle);
    }
}

/// What the thread does.
fn run() {
    loop {
        let mut current = work();
        let job = match current.stopping {
            true => None,
            false => next_job(&mut current.jobs),
        };
        let Some(job) = job else {
            current.running = false;
            return;
        };
        let bytes = current.done.iter().map(Done::bytes).sum();
        drop(current);
        let result = match budget::put_off_meanwhile(bytes) {
            Some(_) => None,
            None => Some(library::compile(
                &job.snapshot,
                job.order.tier,
                job.order.compilation,
            )),
        };
        let mut current = work();
        current.done.push(Done {
            order: job.order,
            tools_version: job.snapshot.tools_version,
            result,
        });
        NEWS.store(true, Ordering::Relaxed);
        drop(current);
        // If it cannot be asked now, it comes by itself when something else gets hot.
        let _unless_full = threads::ask(publish::pending_call);
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
    if let Some(handle) = thread {
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

/// The thread goes, and nobody is within the lock.
pub(super) fn before_fork() {
    stop();
    FORKING.with_borrow_mut(|forking| *forking = Some(work()));
}

/// The thread comes back when somebody asks what is ready: right after a fork, the system's count of threads is looked at.
pub(super) fn after_fork() {
    NEWS.store(true, Ordering::Relaxed);
    FORKING.with_borrow_mut(Option::take);
}
