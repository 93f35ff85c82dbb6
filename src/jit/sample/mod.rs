//! Where the time goes: each thread that runs Python code is interrupted after each millisecond of its processor time, and what
//! it was doing is counted. For the log, which is told the tiers, and for `-X jit-lines`.
//!
//! - [`timer`]: the interruptions; [`look`]: what a thread is doing; [`table`]: what was counted; [`report`](mod@report): what is
//!   made of it at the end.
//!
//! A timer of a thread's own time does not interrupt a thread that waits, so that calls of the system do not fail for its
//! sake. Everything that a handler of a signal does here neither allocates nor waits.
mod look;
mod report;
mod table;
mod timer;

use super::code::MachineCode;
use super::options::Mode;
use crate::ffi;
use crate::image;
use crate::object::Borrowed;
use crate::thread::ThreadState;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use pyroxene_jit_api::{LineAt, Tier};
use pyroxene_jit_log::TierTimes;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use table::Table;

pub(super) use timer::thread_runs;

/// How much of its time a thread has between two interruptions, in nanoseconds.
const PERIOD: u64 = 1_000_000;

/// Whether threads are interrupted.
static ON: AtomicBool = AtomicBool::new(false);

/// Whether threads are interrupted.
#[inline(always)]
pub(super) fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// The instructions of machine code, as they lie in memory.
struct Range {
    end: usize,
    /// The code object.
    code: usize,
    /// Those whose calls are inlined: their frames can be the innermost, too.
    inlined: Vec<usize>,
    tier: Tier,
    /// The machine code, as long as it is here.
    machine_code: usize,
    /// Which lines its instructions belong to, in the order of their addresses.
    /// The file of each is one of those that the table knows.
    lines: Vec<LineAt>,
}

impl Range {
    /// Whether it runs a code object.
    fn runs(&self, code: usize) -> bool {
        self.code == code || self.inlined.contains(&code)
    }
}

/// What a handler looks things up in, and writes to.
struct Sampler {
    /// Machine code, by where it begins.
    ranges: BTreeMap<usize, Range>,
    /// What was counted, if lines are wanted.
    table: Option<Table>,
    /// Where the table is printed; nowhere in particular is stderr.
    output: Option<PathBuf>,
}

static SAMPLER: Mutex<Option<Sampler>> = Mutex::new(None);

fn sampler() -> MutexGuard<'static, Option<Sampler>> {
    SAMPLER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In which tier a line runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Where {
    /// No Python code runs in the thread.
    Outside,
    /// The evaluator runs it.
    Evaluator,
    /// Machine code of a tier does.
    Compiled(TierOrder),
}

/// A tier, in an order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum TierOrder {
    Quick,
    Hot,
}

impl From<Tier> for Where {
    fn from(tier: Tier) -> Self {
        Self::Compiled(match tier {
            Tier::Quick => TierOrder::Quick,
            Tier::Hot => TierOrder::Hot,
        })
    }
}

/// How much time was seen, in [`PERIOD`]s.
#[derive(Default)]
struct Totals {
    outside: AtomicU64,
    /// By [`Where`], and whether it was in what that called.
    evaluator: [AtomicU64; 2],
    quick: [AtomicU64; 2],
    hot: [AtomicU64; 2],
    /// Interruptions at which nothing could be looked up.
    lost: AtomicU64,
}

static TOTALS: Totals = Totals {
    outside: AtomicU64::new(0),
    evaluator: [AtomicU64::new(0), AtomicU64::new(0)],
    quick: [AtomicU64::new(0), AtomicU64::new(0)],
    hot: [AtomicU64::new(0), AtomicU64::new(0)],
    lost: AtomicU64::new(0),
};

impl Totals {
    fn add(&self, at: Where, below: bool, weight: u64) {
        let total = match at {
            Where::Outside => &self.outside,
            Where::Evaluator => &self.evaluator[usize::from(below)],
            Where::Compiled(TierOrder::Quick) => &self.quick[usize::from(below)],
            Where::Compiled(TierOrder::Hot) => &self.hot[usize::from(below)],
        };
        total.fetch_add(weight, Ordering::Relaxed);
    }
}

/// The time that threads had in each tier since the process started, as far as it was seen, in nanoseconds.
pub(super) fn times() -> TierTimes {
    let time = |total: &AtomicU64| total.load(Ordering::Relaxed) * PERIOD;
    TierTimes {
        outside: time(&TOTALS.outside),
        evaluator: time(&TOTALS.evaluator[0]),
        evaluator_below: time(&TOTALS.evaluator[1]),
        quick: time(&TOTALS.quick[0]),
        quick_below: time(&TOTALS.quick[1]),
        hot: time(&TOTALS.hot[0]),
        hot_below: time(&TOTALS.hot[1]),
        lost: time(&TOTALS.lost),
    }
}

/// Begins, for a new main interpreter: for lines, which are printed into a file or on stderr, or else for the tiers only.
/// False if the system does not let us.
pub(super) fn begin(
    interpreter: *mut ffi::PyInterpreterState,
    mode: Mode,
    lines: Option<&str>,
) -> bool {
    *sampler() = Some(Sampler {
        ranges: BTreeMap::new(),
        table: lines.map(|_| Table::new()),
        output: lines.filter(|path| !path.is_empty()).map(PathBuf::from),
    });
    image::find();
    if !timer::install() {
        *sampler() = None;
        return false;
    }
    if lines.is_some() && mode == Mode::Off {
        // With the compiler on, it listens already.
        super::registry::watch(interpreter);
    }
    super::threads::watch_forks();
    ON.store(true, Ordering::Relaxed);
    thread_runs();
    true
}

/// Ends it, and prints the lines if they are wanted. The thread holds the GIL.
pub(super) fn end() {
    if !ON.swap(false, Ordering::Relaxed) {
        return;
    }
    let ended = sampler().take();
    if let Some(Sampler {
        table: Some(table),
        output,
        ..
    }) = ended
    {
        report::print(table, output.as_deref());
    }
}

/// The child of a fork has no timers; its parent tells of the lines.
pub(super) fn after_fork_in_child() {
    ON.store(false, Ordering::Relaxed);
}

/// Machine code of a code object begins to be entered.
pub(super) fn published(
    code: Borrowed<'_, ffi::PyCodeObject>,
    machine_code: &MachineCode,
    tier: Tier,
    inlined: Vec<usize>,
    mut lines: Vec<LineAt>,
    files: &[String],
) {
    if !is_on() {
        return;
    }
    if let Some(sampler) = &mut *sampler() {
        if let Some(table) = &mut sampler.table {
            let files: Vec<u32> = files.iter().map(|file| table.file(file)).collect();
            for line in &mut lines {
                line.file = files[line.file as usize];
            }
        }
        let instructions = machine_code.instructions();
        let range = Range {
            end: instructions.end,
            code: code.as_ptr().addr(),
            inlined,
            tier,
            machine_code: machine_code.address(),
            lines,
        };
        sampler.ranges.insert(instructions.start, range);
    }
}

/// Machine code is about to be freed.
pub(super) fn freed(machine_code: &MachineCode) {
    if is_on()
        && let Some(sampler) = &mut *sampler()
    {
        sampler.ranges.remove(&machine_code.instructions().start);
    }
}

/// A code object goes: what was counted of it gets its name now.
pub(super) fn code_goes(code: Borrowed<'_, ffi::PyCodeObject>) {
    if is_on()
        && let Some(Sampler {
            table: Some(table), ..
        }) = &mut *sampler()
    {
        table.name(code);
    }
}

/// Counts what an interrupted thread does. Called by the handler, with the registers at the interruption.
fn count(program_counter: usize, stack_pointer: usize, weight: u64) {
    let Ok(mut guard) = SAMPLER.try_lock() else {
        TOTALS.lost.fetch_add(weight, Ordering::Relaxed);
        return;
    };
    let Some(sampler) = &mut *guard else { return };
    let seen = look::at(sampler, program_counter, stack_pointer);
    TOTALS.add(seen.at, seen.below, weight);
    if let Some(table) = &mut sampler.table
        && !table.add(seen, weight)
    {
        TOTALS.lost.fetch_add(weight, Ordering::Relaxed);
    }
}

/// A thread of the main interpreter has the GIL: it is timed from now on.
#[inline]
pub fn attached(thread: ThreadState) {
    if is_on() && super::is_main(thread.interpreter()) {
        thread_runs();
    }
}
