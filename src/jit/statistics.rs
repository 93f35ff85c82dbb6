//! What the compiler did: counters, for `pyroxene.jit`. Reads the registry.
use super::registry::{Stage, may_look, registry};
use super::{budget, chance, code};
use crate::bytecode::Opcode;
use pyroxene_jit_api::{Artifact, Refusal};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What has been counted since the process started.
struct Totals {
    compiled: u64,
    recompiled: u64,
    dropped: u64,
    withdrawn: u64,
    bytes: u64,
    times: BTreeMap<&'static str, f64>,
    refused: BTreeMap<&'static str, u64>,
}

static TOTALS: Mutex<Totals> = Mutex::new(Totals {
    compiled: 0,
    recompiled: 0,
    dropped: 0,
    withdrawn: 0,
    bytes: 0,
    times: BTreeMap::new(),
    refused: BTreeMap::new(),
});

fn totals() -> MutexGuard<'static, Totals> {
    TOTALS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts a compilation, the how-manieth of its code object it is.
pub fn compiled(artifact: &Artifact, attempt: u32) {
    let mut totals = totals();
    totals.compiled += 1;
    totals.recompiled += u64::from(attempt > 1);
    totals.bytes += artifact.code_size as u64;
    for timing in &artifact.timings {
        *totals.times.entry(timing.step).or_default() += timing.time.as_secs_f64();
    }
}

/// Counts one that nobody wanted any more when it was ready.
pub fn dropped() {
    totals().dropped += 1;
}

/// Counts machine code that is not entered any more.
pub fn withdrawn() {
    totals().withdrawn += 1;
}

/// Counts one that failed.
pub fn refused(refusal: &Refusal) {
    *totals().refused.entry(refusal.name()).or_default() += 1;
}

/// How much there is of something, by name.
pub type Counts = Vec<(&'static str, i64)>;

/// What Python is told.
pub struct Report {
    /// How much was compiled, and is in use.
    pub amounts: Counts,
    /// What there can be at most.
    pub limits: Counts,
    /// Why compilations failed.
    pub refusals: Counts,
    /// Why compilations were put off.
    pub put_off: Counts,
    /// Why machine code that is in use was left.
    pub exits: Counts,
    /// The instructions that it has the evaluator run: at how many places.
    pub interpreted: Counts,
    /// The seconds that each step of compilation took.
    pub seconds: Vec<(&'static str, f64)>,
}

/// What there is to tell.
pub fn report() -> Report {
    let mut exits: BTreeMap<&'static str, i64> = BTreeMap::new();
    let mut interpreted: BTreeMap<&'static str, i64> = BTreeMap::new();
    let (mut functions, mut entered, mut size, mut patches) = (0, 0, 0, 0);
    let (mut given_up, mut waiting, mut for_c) = (0, 0, 0);
    // In another interpreter than the main one, nothing is compiled, and the table is not to be looked at.
    let registry = may_look().then(registry);
    for record in registry.iter().flat_map(|registry| registry.records()) {
        given_up += i64::from(record.stage == Stage::GivenUp);
        waiting += i64::from(record.stage == Stage::Waiting);
        patches += record.patches.count() as i64;
        entered += record.patches.entered().cast_signed();
        let (waiting_for_c, given_up_for_c) = record.for_c.waiting_and_given_up();
        waiting += waiting_for_c as i64;
        given_up += given_up_for_c as i64;
        functions += i64::from(record.compiled.is_some());
        for_c += record.for_c.compiled().count() as i64;
        let own = record.compiled.iter().map(|compiled| &**compiled);
        for compiled in own.chain(record.for_c.compiled()) {
            size += compiled.size() as i64;
            for (exit, count) in compiled.exits() {
                if count > 0 {
                    *exits.entry(exit.reason.name()).or_default() += count.cast_signed();
                }
            }
            for place in compiled.interpreted() {
                let name = Opcode::new(place.opcode).name().unwrap_or("?");
                *interpreted.entry(name).or_default() += 1;
            }
        }
    }
    let totals = totals();
    Report {
        amounts: vec![
            ("compiled", totals.compiled.cast_signed()),
            ("compiled_bytes", totals.bytes.cast_signed()),
            ("functions", functions),
            ("for_c", for_c),
            ("bytes", size),
            ("entries", patches),
            ("entered", entered),
            ("given_up", given_up),
            ("waiting", waiting),
            ("recompiled", totals.recompiled.cast_signed()),
            ("dropped", totals.dropped.cast_signed()),
            ("withdrawn", totals.withdrawn.cast_signed()),
            ("memory", code::memory() as i64),
            ("compiler_ns", budget::taken().cast_signed()),
            ("left_by_chance", chance::taken().cast_signed()),
        ],
        limits: vec![
            ("attempts", budget::attempts().into()),
            ("memory", budget::memory() as i64),
            ("time_percent", budget::percent().cast_signed()),
        ],
        refusals: totals
            .refused
            .iter()
            .map(|(&name, &count)| (name, count.cast_signed()))
            .collect(),
        put_off: budget::counts()
            .map(|(name, count)| (name, count.cast_signed()))
            .collect(),
        exits: exits.into_iter().collect(),
        interpreted: interpreted.into_iter().collect(),
        seconds: totals
            .times
            .iter()
            .map(|(&name, &seconds)| (name, seconds))
            .collect(),
    }
}
