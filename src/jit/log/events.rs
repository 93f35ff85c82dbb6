//! What the rest of the core tells the log. Each of these does nothing without one.
use super::file::{Log, log};
use super::is_on;
use crate::bytecode::{Opcode, original};
use crate::ffi;
use crate::jit::sample;
use crate::jit::snapshot::function;
use crate::object::Borrowed;
use core::ffi::c_int;
use core::sync::atomic::{AtomicU64, Ordering};
use pyroxene_jit_api::{Artifact, ExitRecord, Refusal, Snapshot, Tier};
use pyroxene_jit_log::{Entry, Event, Exits, Place, TierTimes, Withdrawal};
use std::sync::Arc;

/// The exits of some machine code, and how often each was taken: counted with the GIL, read without it.
pub(in crate::jit) type ExitCounts = Arc<[(ExitRecord, AtomicU64)]>;

/// The number of the next compilation.
pub(in crate::jit) fn next_compilation() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// Writes what happens now.
fn now(event: impl FnOnce() -> Event) {
    if is_on()
        && let Some(log) = &mut *log()
    {
        let at = log.now();
        log.write(at, event());
    }
}

/// A compilation of some code is wanted, with entries at these instructions.
pub(in crate::jit) fn ordered(
    compilation: u64,
    snapshot: &Snapshot,
    code: Borrowed<'_, ffi::PyCodeObject>,
    wanted: &[usize],
    (tier, attempt): (Tier, u32),
) {
    now(|| Event::Ordered {
        compilation,
        function: function(code),
        tier: match tier {
            Tier::Quick => pyroxene_jit_log::Tier::Quick,
            Tier::Hot => pyroxene_jit_log::Tier::Hot,
        },
        attempt,
        entries: wanted
            .iter()
            .map(|&index| match original(code, index).opcode {
                Opcode::JUMP_BACKWARD => Entry::Loop {
                    line: line(code, index),
                },
                _ => Entry::Call,
            })
            .collect(),
        failures: snapshot
            .body
            .failures
            .iter()
            .map(|failure| place(code, failure.offset, failure.reason))
            .collect(),
    });
}

/// The line of an instruction; 0 where there is none.
fn line(code: Borrowed<'_, ffi::PyCodeObject>, index: usize) -> u32 {
    let line = code.line_at(bytes(index) as c_int);
    line.unwrap_or_default().cast_unsigned()
}

/// An index of units as an offset in bytes.
fn bytes(index: usize) -> u32 {
    (index * size_of::<ffi::_Py_CODEUNIT>()) as u32
}

fn place(
    code: Borrowed<'_, ffi::PyCodeObject>,
    index: u32,
    reason: pyroxene_jit_api::Reason,
) -> Place {
    Place {
        offset: bytes(index as usize),
        line: line(code, index as usize),
        reason: reason.name().to_owned(),
    }
}

/// The compiler begins.
pub(in crate::jit) fn started(compilation: u64) {
    now(|| Event::Started { compilation });
}

/// The compiler has made machine code, or not.
pub(in crate::jit) fn finished(compilation: u64, result: &Result<Artifact, Refusal>) {
    match result {
        Ok(artifact) => now(|| Event::Finished {
            compilation,
            bytes: artifact.code_size as u64,
            exits: artifact.exits.len() as u64,
            interpreted: artifact.interpreted.len() as u64,
            steps: artifact
                .timings
                .iter()
                .map(|timing| (timing.step.to_owned(), timing.time.as_nanos() as u64))
                .collect(),
        }),
        Err(refusal) => now(|| Event::Refused {
            compilation,
            reason: refusal.name().to_owned(),
        }),
    }
}

/// A code object is hot that tools watch.
pub(in crate::jit) fn watched(code: Borrowed<'_, ffi::PyCodeObject>) {
    now(|| Event::Watched {
        function: function(code),
    });
}

/// Machine code at an address is entered from now on: the file knows it before that.
pub(in crate::jit) fn published(compilation: u64, address: usize) {
    now(|| Event::Published {
        compilation,
        address: address as u64,
    });
    // What is looked for may be machine code that ends the process at once.
    if is_on()
        && let Some(log) = &mut *log()
    {
        log.flush();
    }
}

/// Machine code is not wanted any more.
pub(in crate::jit) fn dropped(compilation: u64) {
    now(|| Event::Dropped { compilation });
}

/// Machine code is not entered any more.
pub(in crate::jit) fn withdrawn(compilation: u64, why: Withdrawal) {
    now(|| Event::Withdrawn { compilation, why });
}

/// The exits of some machine code are counted from now on.
pub(in crate::jit) fn counted(
    compilation: u64,
    code: Borrowed<'_, ffi::PyCodeObject>,
    counts: &ExitCounts,
) {
    if !is_on() {
        return;
    }
    let places = counts
        .iter()
        .map(|(exit, _)| {
            // What is inlined is told of where it is called.
            let offset = exit.inlined.map_or(exit.offset, |inlined| inlined.call);
            (place(code, offset, exit.reason), 0)
        })
        .collect();
    if let Some(log) = &mut *log() {
        log.watched.push(Watched {
            compilation,
            counts: Arc::clone(counts),
            places,
        });
    }
}

/// Machine code whose exits are looked at.
pub(super) struct Watched {
    compilation: u64,
    counts: ExitCounts,
    /// Where its exits are, and how often they had been taken at the last look.
    places: Vec<(Place, u64)>,
}

impl Watched {
    /// The exits that were taken since the last look.
    fn news(&mut self) -> impl Iterator<Item = Exits> {
        let compilation = self.compilation;
        let pairs = self.counts.iter().zip(&mut self.places);
        pairs.filter_map(move |((_, count), (place, before))| {
            let now = count.load(Ordering::Relaxed);
            let count = now - core::mem::replace(before, now);
            (count > 0).then(|| Exits {
                compilation,
                place: place.clone(),
                count,
            })
        })
    }
}

/// What is known of the garbage collector.
#[derive(Default)]
pub(super) struct Collections {
    /// How often it had run when that was noted, by generation; nothing before the first look.
    noted: Option<[u64; GENERATIONS]>,
    /// It runs, and that will be noted.
    running: bool,
}

/// How many generations the garbage collector has.
const GENERATIONS: usize = ffi::NUM_GENERATIONS as usize;

/// How often the main interpreter's garbage collector ran, by generation.
fn collections() -> [u64; GENERATIONS] {
    // SAFETY: the main interpreter is there as long as the log. Who collects changes these words meanwhile: each is right
    // before that, or after.
    core::array::from_fn(|generation| unsafe {
        let interpreter = ffi::_PyRuntime.interpreters.main;
        let stats = &raw const (*interpreter).gc.generation_stats[generation].collections;
        stats.read_volatile() as u64
    })
}

impl Log {
    /// Looks at the counters, and writes what is new.
    pub(super) fn look(&mut self) {
        self.look_at_exits();
        self.look_at_times();
        self.look_at_collections();
    }

    fn look_at_exits(&mut self) {
        let at = self.now();
        let exits: Vec<Exits> = self.watched.iter_mut().flat_map(Watched::news).collect();
        if !exits.is_empty() {
            self.write(at, Event::Exits { exits });
        }
        // Nobody counts any more where the machine code has gone.
        self.watched
            .retain(|watched| Arc::strong_count(&watched.counts) > 1);
    }

    fn look_at_times(&mut self) {
        let at = self.now();
        let now = sample::times();
        let times = now.since(&core::mem::replace(&mut self.times, now));
        if times != TierTimes::default() {
            self.write(at, Event::Time { times });
        }
    }

    fn look_at_collections(&mut self) {
        if self.collections.running {
            return;
        }
        let at = self.now();
        let now = collections();
        let before = self.collections.noted.replace(now).unwrap_or(now);
        if now != before {
            let generations = (0..GENERATIONS)
                .map(|generation| now[generation] - before[generation])
                .collect();
            self.write(at, Event::CollectedUnseen { generations });
        }
    }
}

/// Runs the garbage collector of the main interpreter, and writes what it did.
#[cold]
pub(super) fn collecting(interpreter: *mut ffi::PyInterpreterState, collect: impl FnOnce()) {
    // SAFETY: the thread holds the GIL of the interpreter.
    let stats = || unsafe { (*interpreter).gc.generation_stats };
    let before = stats();
    let start = log().as_mut().map(|log| {
        log.look_at_collections();
        log.collections.running = true;
        log.now()
    });
    collect();
    let after = stats();
    let mut log = log();
    let (Some(start), Some(log)) = (start, &mut *log) else {
        return;
    };
    log.collections.running = false;
    // Those that a callback ran within this one are counted, too.
    let oldest = (0..GENERATIONS)
        .rev()
        .find(|&index| after[index].collections != before[index].collections);
    if let Some(generation) = oldest {
        let [before, now] = [before, after].map(|stats| stats[generation]);
        let at = log.now();
        log.write(
            at,
            Event::Collected {
                start,
                generation: generation as u32,
                collected: (now.collected - before.collected) as u64,
                uncollectable: (now.uncollectable - before.uncollectable) as u64,
            },
        );
        log.collections.noted = Some(after.map(|stats| stats.collections as u64));
    }
}
