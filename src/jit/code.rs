//! Machine code in memory: what is known of it, how long it lives. Frees it when it neither runs nor can be entered.
use super::log::ExitCounts;
use super::options::{self, Mode, mode};
use super::registry::Key;
use super::{chance, enter, exits, heat, library, passed, sample};
use crate::bytecode::handlers::handler_of;
use crate::ffi;
use crate::frame::Frame;
use crate::object::Borrowed;
use crate::thread::ThreadState;
use core::cell::Cell;
use core::ops::{Deref, Range};
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use pyroxene_jit_api::{
    Artifact, CodeMemory, ExitRecord, ExitState, Failure, Interpreted, Passed, Reason, Run,
    Running, Target,
};
use std::sync::{Arc, Mutex, PoisonError};

/// How often small machine code leaves by one exit because it is not true there, before it is made anew.
pub(super) const MOST_FAILURES: u64 = 200;

/// How often code of the quick tier begins, and its loops come round, before it is made anew in the hot one.
fn until_warm(weight: u32) -> u64 {
    u64::from(options::after().hot) * u64::from(weight)
}

/// How much more of the time an exit takes than a call or a round of a loop.
const EXIT_WEIGHT: u64 = 8;

/// How much the program would have had of machine code that is being made, since that was ordered. Only threads with the GIL
/// write the counters.
pub struct Heat {
    /// What the evaluator has counted of the code object.
    evaluated: Arc<AtomicU64>,
    /// What code of the quick tier counts down, and from where, if better code is to take its place.
    warm: Option<(Arc<AtomicU64>, u64)>,
    /// What both were at first.
    before: u64,
}

impl Heat {
    /// From now on.
    pub fn new(evaluated: &Arc<AtomicU64>, replaced: Option<&MachineCode>) -> Self {
        let mut heat = Self {
            evaluated: Arc::clone(evaluated),
            warm: replaced.map(|code| (Arc::clone(&code.warm), code.until_warm())),
            before: 0,
        };
        heat.before = heat.missed();
        heat
    }

    /// So many calls and rounds of loops.
    pub fn missed(&self) -> u64 {
        let evaluated = self.evaluated.load(Ordering::Relaxed);
        let quick = self.warm.as_ref().map_or(0, |(warm, from)| {
            // It goes on below zero.
            from.wrapping_sub(warm.load(Ordering::Relaxed))
        });
        evaluated.wrapping_add(quick).wrapping_sub(self.before)
    }
}

/// How often another exit is taken to be among the reasons.
const SOME_FAILURES: u64 = 10;

/// How often it leaves by one exit because of an exception that it could handle, before it is made anew with the handler.
fn most_raised() -> u64 {
    match mode() {
        Mode::Eager => 2,
        Mode::Off | Mode::On => MOST_FAILURES,
    }
}

/// How many bytes of memory machine code has.
static MEMORY: AtomicUsize = AtomicUsize::new(0);

/// How many bytes of memory machine code has, in whole pages: what is entered, and what still runs though it is not any more.
pub(super) fn memory() -> usize {
    MEMORY.load(Ordering::Relaxed)
}

/// The size of the pages that machine code gets, which begins at an address and takes so many bytes.
pub(super) const fn pages(start: usize, size: usize) -> usize {
    const PAGE: usize = 4096;
    (start % PAGE + size).next_multiple_of(PAGE)
}

/// The machine code of one compilation. It is made empty when that is ordered, because the code names it by its address.
#[repr(C)]
pub struct MachineCode {
    /// How often it runs. It is first: the code knows all of it by this place.
    running: Running,
    /// What code of the quick tier counts down until it is to be made anew. It is apart, as who looks at it may stay longer.
    warm: Arc<AtomicU64>,
    /// How much longer than for small code the compiler takes for it.
    weight: u32,
    /// What is counted of the code object while it waits for better code.
    heat: Arc<AtomicU64>,
    run: Option<Run>,
    exits: ExitCounts,
    interpreted: Vec<Interpreted>,
    instructions: Range<usize>,
    size: usize,
    /// How many bytes its pages have.
    pages: usize,
    /// Kept for the code, which names them.
    targets: Vec<Arc<Target>>,
    /// The code objects of the snapshot's inlined bodies.
    inlined: Vec<Key>,
    memory: Option<CodeMemory>,
    /// The number of the compilation in the log.
    compilation: u64,
    /// Whether it was taken away, and not replaced: who runs it leaves when it looks.
    withdrawn: Cell<bool>,
    /// If C calls it: of which code object it is, and what C passes.
    passed: Option<(Key, Vec<Passed>)>,
}

impl MachineCode {
    /// For a compilation of this number, with the targets that its snapshot names, and the code objects that it has the bodies
    /// of; its exits are counted as heat of the code object. The compiler takes so much longer for it than for small code. If C is to
    /// call it: that, and what C passes.
    pub fn ordered(
        compilation: u64,
        targets: Vec<Arc<Target>>,
        inlined: Vec<Key>,
        heat: Arc<AtomicU64>,
        weight: u32,
        passed: Option<(Key, Vec<Passed>)>,
    ) -> Box<Self> {
        Box::new(Self {
            running: Running::default(),
            warm: Arc::new(AtomicU64::new(until_warm(weight))),
            weight,
            heat,
            run: None,
            exits: Arc::default(),
            interpreted: Vec::new(),
            instructions: 0..0,
            size: 0,
            pages: 0,
            targets,
            inlined,
            memory: None,
            compilation,
            withdrawn: Cell::new(false),
            passed,
        })
    }

    /// From where it counts down until it is to be made anew.
    fn until_warm(&self) -> u64 {
        until_warm(self.weight)
    }

    /// The address by which the code names it: of all of it, and of what counts its activations.
    pub fn address(&self) -> usize {
        (&raw const *self).expose_provenance()
    }

    /// The address of what code of the quick tier counts down.
    pub fn warm_address(&self) -> usize {
        Arc::as_ptr(&self.warm).expose_provenance()
    }

    /// Has code of the quick tier run as often again before it is made anew.
    pub(super) fn wait_again(&self) {
        self.warm.store(self.until_warm(), Ordering::Relaxed);
    }

    /// Takes over what the compiler made.
    pub fn fill(&mut self, artifact: Artifact) {
        self.run = Some(artifact.run);
        self.exits = artifact
            .exits
            .into_iter()
            .map(|record| (record, AtomicU64::new(0)))
            .collect();
        self.interpreted = artifact.interpreted;
        self.instructions = artifact.instructions;
        self.size = artifact.code_size;
        self.pages = pages(artifact.code_start, artifact.code_size);
        self.memory = Some(artifact.memory);
        MEMORY.fetch_add(self.pages, Ordering::Relaxed);
    }

    /// How it is run.
    ///
    /// # Panics
    /// If it was not filled.
    #[inline(always)]
    pub fn run(&self) -> Run {
        self.run
            .expect("machine code is published when there is some")
    }

    /// The number of its compilation in the log.
    pub fn compilation(&self) -> u64 {
        self.compilation
    }

    /// Notes that it was taken away, and not replaced.
    pub(super) fn withdraw(&self) {
        self.withdrawn.set(true);
    }

    /// Whether it was taken away, and not replaced.
    pub(super) fn is_withdrawn(&self) -> bool {
        self.withdrawn.get()
    }

    /// If C calls it: of which code object it is, and what C passes.
    pub(super) fn passed(&self) -> Option<&(Key, Vec<Passed>)> {
        self.passed.as_ref()
    }

    /// The counters of its exits.
    pub(super) fn exit_counts(&self) -> &ExitCounts {
        &self.exits
    }

    /// Its exits, and how often each was taken.
    pub fn exits(&self) -> impl Iterator<Item = (&ExitRecord, u64)> {
        self.exits
            .iter()
            .map(|(record, count)| (record, count.load(Ordering::Relaxed)))
    }

    /// The instructions that it has the evaluator run.
    pub fn interpreted(&self) -> &[Interpreted] {
        &self.interpreted
    }

    /// Where its instructions lie.
    pub fn instructions(&self) -> Range<usize> {
        self.instructions.clone()
    }

    /// How many bytes it takes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Why it leaves by an exit.
    pub fn reason(&self, exit: u32) -> Reason {
        self.exits[exit as usize].0.reason
    }

    /// Writes the frame that has left by an exit, and counts that; the code may go by that.
    ///
    /// # Safety
    /// `this` is alive, and has just left by such an exit: the thread runs its frame, or one that it has made.
    #[inline]
    pub unsafe fn left_by(this: *const Self, exit: u32, thread: ThreadState) {
        // SAFETY: as the caller promises.
        let this = unsafe { &*this };
        let (record, count) = &this.exits[exit as usize];
        if let Some(state) = &record.state {
            // SAFETY: as the caller promises. Where there is something to write, the code's own frame runs, or those of calls that
            // are inlined in it.
            unsafe { exits::write(state, thread, record.offset) };
        }
        this.running.end_one();
        if chance::was_taken() {
            // Nothing was other than the code takes it to be.
            return;
        }
        // Only threads with the GIL write it.
        let taken = count.load(Ordering::Relaxed) + 1;
        count.store(taken, Ordering::Relaxed);
        add_heat(&this.heat, EXIT_WEIGHT);
        if record.reason == Reason::Class && record.state.is_some() && is_worth_a_look(taken) {
            heat::met_others(thread);
        }
        let is_warm = record.reason == Reason::Warm;
        let mut taken_away = None;
        if this.passed.is_some() {
            if this.is_too_often(record, taken) {
                taken_away = passed::failed(this);
            }
        } else if is_warm || this.is_too_often(record, taken) {
            // What is made anew is the code below the inlined calls.
            let depth = record.inlined.map_or(0, |inlined| inlined.depth as usize);
            if let Some(frame) = exits::innermost(thread).nth(depth) {
                // SAFETY: the thread runs the frame that has left, which stands where the evaluator goes on.
                let frame = unsafe { Frame::from_raw_unchecked(frame) };
                if is_warm {
                    heat::warm(frame, this);
                } else {
                    heat::failed(frame, this, taken);
                }
            }
        }
        drop(taken_away);
        if enter::is_withdrawn() {
            free_what_ended();
        }
    }

    /// Whether an exit was taken so often now that the code may be made anew: if it is not, that is asked again when it was taken
    /// twice as often.
    #[inline]
    fn is_too_often(&self, record: &ExitRecord, count: u64) -> bool {
        let is_time = |least: u64| {
            let least = least * u64::from(self.weight);
            count.is_multiple_of(least) && (count / least).is_power_of_two()
        };
        match record.reason {
            Reason::Raised => is_time(most_raised()),
            reason => is_failure(reason) && is_time(MOST_FAILURES),
        }
    }

    /// Where a part of it was not true more often than by chance, and where that raised what the same code handles: its own
    /// instructions, or those of a call that is inlined, whose code is one of [`inlined`](Self::inlined).
    #[cold]
    pub(super) fn failures(
        &self,
        body: Option<usize>,
        code: Borrowed<'_, ffi::PyCodeObject>,
    ) -> Vec<Failure> {
        let some_raised = SOME_FAILURES.min(most_raised());
        self.exits()
            .filter(|(record, _)| record.inlined.map(|inlined| inlined.body as usize) == body)
            .filter(|(record, count)| match record.reason {
                Reason::Raised => {
                    *count >= some_raised && handler_of(code, record.offset.cast_signed()).is_some()
                }
                reason => *count >= SOME_FAILURES && is_failure(reason),
            })
            .map(|(record, _)| Failure {
                offset: record.offset,
                reason: record.reason,
            })
            .collect()
    }

    /// The code objects of the snapshot's inlined bodies.
    pub(super) fn inlined(&self) -> &[Key] {
        &self.inlined
    }

    /// The table of an exit, and the instruction there.
    pub(super) fn state(&self, exit: u32) -> Option<(&ExitState, u32)> {
        let (record, _) = &self.exits[exit as usize];
        Some((record.state.as_deref()?, record.offset))
    }
}

/// Whether it is looked at what an instruction meets each time that it is something else than its machine code was made for: often at
/// first, so that the next code is made for that.
fn is_worth_a_look(taken: u64) -> bool {
    taken <= SOME_FAILURES || taken.is_power_of_two()
}

/// Counts what the program has missed.
pub(super) fn add_heat(heat: &AtomicU64, units: u64) {
    // Only threads with the GIL write it.
    heat.store(
        heat.load(Ordering::Relaxed).wrapping_add(units),
        Ordering::Relaxed,
    );
}

impl Drop for MachineCode {
    fn drop(&mut self) {
        debug_assert!(self.running.is_zero());
        sample::freed(self);
        if let Some(memory) = self.memory.take() {
            MEMORY.fetch_sub(self.pages, Ordering::Relaxed);
            // SAFETY: it does not run, and nothing enters it.
            unsafe { library::release(memory) };
        }
    }
}

/// Machine code that is in use: a patch or a target enters it. When the last goes that refers to it, it stays only as long
/// as it still runs.
pub struct Compiled(Option<Box<MachineCode>>);

impl Compiled {
    /// Takes over what was filled.
    pub fn new(code: Box<MachineCode>) -> Self {
        Self(Some(code))
    }
}

impl Deref for Compiled {
    type Target = MachineCode;

    #[inline(always)]
    fn deref(&self) -> &MachineCode {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for Compiled {
    fn drop(&mut self) {
        let Some(code) = self.0.take().filter(|code| !code.running.is_zero()) else {
            return;
        };
        if code.withdrawn.get() {
            enter::set_withdrawn(true);
        }
        retired().push(code);
    }
}

/// What nothing enters any more, but still runs. It must not move: the code names it by its address.
type Retired = Vec<Box<MachineCode>>;

static RETIRED: Mutex<Retired> = Mutex::new(Retired::new());

fn retired() -> std::sync::MutexGuard<'static, Retired> {
    RETIRED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Frees what nothing enters any more and what has ended meanwhile.
pub fn free_what_ended() {
    let mut retired = retired();
    retired.retain(|code| !code.running.is_zero());
    enter::set_withdrawn(retired.iter().any(|code| code.withdrawn.get()));
}

/// Whether code that leaves for this reason was compiled for something that is not so.
const fn is_failure(reason: Reason) -> bool {
    match reason {
        Reason::Return
        | Reason::Call
        | Reason::Generator
        | Reason::Raised
        | Reason::EvalBreaker
        | Reason::Disturbed
        | Reason::Cold
        | Reason::Warm
        | Reason::NotCompiled => false,
        Reason::Unseen
        | Reason::Class
        | Reason::Unbound
        | Reason::Overflow
        | Reason::Domain
        | Reason::Index
        | Reason::TypeVersion
        | Reason::Types
        | Reason::KeysVersion
        | Reason::InlineValues
        | Reason::Identity
        | Reason::LoopEntry => true,
    }
}
