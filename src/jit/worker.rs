//! The thread on which code is compiled. It comes when there is something to do and goes when there is not. It never takes the GIL:
//! what it has made waits until a thread of the interpreter has been asked to fetch it.
//!
//! Nobody waits for it. Where the interpreter ends, and in the child of a fork, which has no such thread, what it had at hand is
//! nobody's any more: it takes [`Work`] to say that it has made something, and finds nobody who has ordered it. Before that it
//! touches nothing of the interpreter: a snapshot holds no references.
use super::budget::{self, PutOff};
use super::code::{Heat, MachineCode};
use super::{code, library, log, publish, registry, threads};
use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicBool, Ordering};
use pyroxene_jit_api::{Artifact, Refusal, Snapshot, Tier};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
        artifact.map_or(0, |artifact| {
            code::pages(artifact.code_start, artifact.code_size)
        })
    }
}

/// How many jobs may wait: each has copies of bytecode.
const MOST: usize = 256;

/// How much stack the thread has: LLVM recurses over big functions.
const STACK: usize = 64 << 20;

/// What waits, and who works.
struct Work {
    jobs: Vec<Job>,
    /// What the thread is compiling, unless nobody wants it any more.
    at_hand: Option<Order>,
    done: Vec<Done>,
    /// Whether there is a thread, which takes what is added.
    running: bool,
    /// The thread could not go on, and never will: with which compilation, and why, until somebody has told of it.
    gave_up: Option<Option<(u64, Refusal)>>,
}

static WORK: Mutex<Work> = Mutex::new(Work {
    jobs: Vec::new(),
    at_hand: None,
    done: Vec::new(),
    running: false,
    gave_up: None,
});

fn work() -> MutexGuard<'static, Work> {
    WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why nothing can be added now.
pub(super) fn put_off() -> Option<PutOff> {
    let work = work();
    if work.gave_up.is_some() {
        Some(PutOff::GaveUp)
    } else {
        (work.jobs.len() >= MOST).then_some(PutOff::Queue)
    }
}

/// Has room for what becomes of all that there is to do, and of what is at hand: when the thread has to say so, it may get no memory.
/// Nothing becomes of anything where the thread has given up, and there may be no memory then.
fn make_room(work: &mut Work) {
    if work.gave_up.is_none() {
        let count = work.jobs.len() + 1;
        work.done.reserve(count);
    }
}

/// Adds a job.
pub fn submit(job: Job) {
    let mut work = work();
    work.jobs.push(job);
    make_room(&mut work);
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

/// Sees to it that there is a thread if there is something to do, and time for it.
fn start(work: &mut Work) {
    if work.running || work.gave_up.is_some() || work.jobs.is_empty() {
        return;
    }
    work.running = !budget::is_out_of_time() && threads::start("pyroxene-jit", STACK, run).is_ok();
    // Without a thread, the jobs wait for the next attempt.
    NEWS.fetch_or(!work.running, Ordering::Relaxed);
}

std::thread_local! {
    /// Whether this is the thread.
    static IS_COMPILER: Cell<bool> = const { Cell::new(false) };
}

/// The compiler library cannot go on: it gets no memory, or LLVM has failed. What it was doing cannot be undone, so the thread stays
/// here for good, with all that it has; nothing is compiled any more. It takes no memory. If the program itself waits for
/// the library, it returns.
pub(super) fn cannot_go_on(why: Refusal) {
    if !IS_COMPILER.get() {
        return;
    }
    let mut guard = work();
    let current = &mut *guard;
    let at_hand = current.at_hand.take();
    current.gave_up = Some(at_hand.as_ref().map(|order| (order.compilation, why)));
    current.done.extend(at_hand.map(|order| Done {
        order,
        tools_version: 0,
        result: Some(Err(why)),
    }));
    current.done.extend(current.jobs.drain(..).map(|job| Done {
        order: job.order,
        tools_version: 0,
        result: None,
    }));
    ask_to_fetch();
    drop(guard);
    loop {
        // SAFETY: waits for a signal, all of which are blocked.
        unsafe { libc::pause() };
    }
}

/// Has a thread of the interpreter fetch what is ready, while the lock is held. If it cannot be asked now, it comes by itself when
/// something else gets hot.
fn ask_to_fetch() {
    NEWS.store(true, Ordering::Relaxed);
    // SAFETY: an interpreter that has ordered something takes the lock before it ends.
    let _unless_full = unsafe { threads::ask(publish::pending_call) };
}

/// What the thread does.
fn run() {
    IS_COMPILER.set(true);
    let mut stands_back = false;
    let mut current = work();
    loop {
        if !current.jobs.is_empty()
            && let Some(pause) = budget::pause()
        {
            drop(current);
            std::thread::sleep(pause);
            current = work();
            continue;
        }
        if budget::is_out_of_time() {
            break;
        }
        let Some(Job {
            order, snapshot, ..
        }) = next_job(&mut current.jobs)
        else {
            break;
        };
        let (compilation, tier) = (order.compilation, order.tier);
        let bytes = current.done.iter().map(Done::bytes).sum();
        current.at_hand = Some(order);
        let is_put_off = budget::put_off_meanwhile(bytes).is_some();
        if !is_put_off {
            log::started(compilation);
        }
        drop(current);
        if !stands_back && budget::is_much() {
            threads::stand_back();
            stands_back = true;
        }
        let result = (!is_put_off).then(|| library::compile(&snapshot, tier));
        current = work();
        let at_hand = current
            .at_hand
            .take_if(|order| order.compilation == compilation);
        match (at_hand, result) {
            (Some(order), result) => {
                if let Some(result) = &result {
                    library::tell(&snapshot, compilation, result);
                }
                current.done.push(Done {
                    order,
                    tools_version: snapshot.tools_version,
                    result,
                });
                ask_to_fetch();
            }
            (None, Some(Ok(artifact))) => {
                drop(current);
                // SAFETY: nobody has entered it.
                unsafe { library::release(artifact.memory) };
                current = work();
            }
            (None, _) => {}
        }
    }
    current.running = false;
    // For what is left, there is a thread again when there is time.
    NEWS.fetch_or(!current.jobs.is_empty(), Ordering::Relaxed);
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
    let told = work.gave_up.as_mut().and_then(Option::take);
    let done = core::mem::take(&mut work.done);
    make_room(&mut work);
    drop(work);
    if let Some((compilation, why)) = told {
        log::finished(compilation, &Err(why));
    }
    done
}

/// Ends the work: the interpreter ends. What is ready or at hand, and what is left to do, is dropped.
pub fn end() {
    let mut work = work();
    work.at_hand = None;
    work.jobs.clear();
    let done = core::mem::take(&mut work.done);
    drop(work);
    for done in done {
        publish::discard(done);
    }
}

std::thread_local! {
    /// The lock, while the thread forks: nobody is within, in the child neither.
    static FORKING: RefCell<Option<MutexGuard<'static, Work>>> = const { RefCell::new(None) };
}

/// From now on, nobody is within the lock.
pub(super) fn before_fork() {
    FORKING.set(Some(work()));
}

/// The thread goes on.
pub(super) fn after_fork_in_parent() {
    drop(FORKING.take());
}

/// There is no thread. What it had at hand is asked for again when it has got hot again; what waited is there, and one for it comes
/// when the child has run for a while.
pub(super) fn after_fork_in_child() {
    let Some(mut work) = FORKING.take() else {
        return;
    };
    work.running = false;
    if let Some(order) = work.at_hand.take() {
        work.done.push(Done {
            order,
            tools_version: 0,
            result: None,
        });
    }
    NEWS.store(true, Ordering::Relaxed);
}
