//! What runs often. The evaluator tells of calls and of generators that go on (while a `RESUME` is not specialised), and of loops
//! (when the counter in the cache of a `JUMP_BACKWARD` has run down).
use super::code::{Heat, MOST_FAILURES, MachineCode, add_heat};
use super::options::{self, Mode, mode};
use super::registry::{Key, Record, Registry, Stage, registry};
use super::snapshot::{Inlining, Taken};
use super::{
    budget, exits, is_main, library, log, only, publish, snapshot, stand_ins, tally, worker,
};
use crate::bytecode::unit::units;
use crate::bytecode::{Counter, Opcode, original};
use crate::ffi;
use crate::field;
use crate::frame::{Frame, Owner};
use crate::object::Borrowed;
use crate::profile;
use crate::thread::ThreadState;
use core::cell::RefMut;
use pyroxene_jit_api::{Class, Failure, Reason, Tier};
use std::sync::Arc;

/// After how many calls a function is compiled with [`Mode::Eager`]: the instructions have been specialised by then.
const CALLS_EAGER: u32 = 3;

/// After how many calls a function is compiled whole when one of its loops is hot, and not for that loop only.
const CALLS_WITH_LOOP: u32 = 8;

/// How many units of bytecode small code has at most.
const SMALL: usize = 100;

/// How much longer than for small code the compiler takes for a code object: by as much more often it must run before that pays.
pub(super) fn weight(code: Borrowed<'_, ffi::PyCodeObject>) -> u32 {
    match mode() {
        Mode::Eager => 1,
        Mode::Off | Mode::On => u32::try_from(units(code).len() / SMALL + 1).unwrap_or(u32::MAX),
    }
}

/// After how many calls, or rounds of a loop, a code object is compiled in the quick tier: later if it is large, as only a part of
/// large code runs each time, while the compiler takes its time, and memory, for all of it.
fn until_hot(code: Borrowed<'_, ffi::PyCodeObject>) -> u64 {
    match mode() {
        Mode::Eager => u64::from(CALLS_EAGER),
        Mode::Off | Mode::On => u64::from(options::after().quick) * u64::from(1 + weight(code) / 3),
    }
}

/// In how much time the second half of the calls that make code hot must come, in nanoseconds, for it to be compiled quickly.
const SOON: u64 = 25_000_000;

/// Whether code that was called so often, or whose loops have come round so often, is to be compiled.
fn is_hot(record: &mut Record, code: Borrowed<'_, ffi::PyCodeObject>, count: u64) -> bool {
    let until_hot = until_hot(code);
    let directly = match mode() {
        Mode::On => options::after().directly,
        Mode::Off | Mode::Eager => None,
    };
    let Some(directly) = directly else {
        return count >= until_hot;
    };
    if count < until_hot / 2 {
        return false;
    }
    let now = log::clock();
    let half_hot_at = *record.half_hot_at.get_or_insert(now);
    if count < until_hot {
        return false;
    }
    record.directly |= now - half_hot_at > SOON;
    !record.directly || count >= u64::from(directly) * u64::from(1 + weight(code) / 3)
}

/// How many rounds of a loop there are, at least, between two times that it is told of, as a power of two.
fn rounds() -> u16 {
    let most = 1 << Counter::LONGEST;
    let rounds = options::after().quick.clamp(2, most);
    rounds.next_power_of_two().ilog2() as u16
}

/// How often loops of a code object must be hot for [`Mode::Eager`] before it is compiled for one, by how often it was compiled
/// before: if a function with many loops were made anew for each at once, that would be most of the work.
fn rounds_eager(attempts: u32) -> u32 {
    1 << attempts.min(16)
}

/// What the counter of a `JUMP_BACKWARD` starts with.
pub fn loop_counter() -> Counter {
    match mode() {
        Mode::Eager => Counter::WARMUP,
        Mode::On => Counter::waiting(rounds()),
        Mode::Off => Counter::JUMP_BACKWARD,
    }
}

/// Counts a `RESUME` that is not specialised; false if that is to be [told](call), or nobody has been told of it.
#[inline(always)]
pub fn is_untold(resume: *const ffi::_Py_CODEUNIT) -> bool {
    tally::count(resume.addr())
}

/// Whether the code of a frame may be compiled by itself: what [stands in](stand_ins) for functions of C is not, nor is that of other
/// interpreters.
fn may_compile(thread: ThreadState, frame: Frame<'_>) -> bool {
    is_main(thread.interpreter()) && frame.owner() != Owner::C_STACK
}

/// A function is called whose `RESUME`, at which the frame stands, is not specialised. False if calls need not be counted
/// any more.
#[cold]
#[inline(never)]
pub fn call(thread: ThreadState, frame: Frame<'_>) -> bool {
    let code = frame.code();
    let place = field!(code._co_firsttraceable) as usize;
    if !may_compile(thread, frame) || frame.instruction() != code.instruction_at(place) {
        return false;
    }
    publish::what_is_ready();
    let mut table = registry();
    let record = table.record(code);
    record.begun.insert(place);
    if record.stage == Stage::GivenUp {
        return false;
    }
    let calls = 1 + tally::take(frame.instruction().addr());
    record.calls = record.calls.saturating_add(calls);
    add_heat(&record.heat, calls.into());
    let is_ordered = record.stage == Stage::Waiting && record.wanted.contains(&place);
    let calls = record.calls.into();
    if is_ordered || !is_hot(record, code, calls) {
        return true;
    }
    want(table, frame, place, Some(snapshot::observed(frame)));
    true
}

/// A generator goes on at a `RESUME`, at which its frame stands and which is not specialised. False if that need not be counted any
/// more.
///
/// A generator may be made once only and go on for ever, without a loop in it that is told of.
#[cold]
#[inline(never)]
pub fn resumption(thread: ThreadState, frame: Frame<'_>) -> bool {
    if !is_main(thread.interpreter()) {
        return false;
    }
    publish::what_is_ready();
    let place = frame.instruction_index() as usize;
    let mut table = registry();
    let record = table.record(frame.code());
    record.begun.insert(place);
    if record.stage == Stage::GivenUp {
        return false;
    }
    let resumptions = 1 + tally::take(frame.instruction().addr());
    record.resumptions = record.resumptions.saturating_add(resumptions);
    add_heat(&record.heat, resumptions.into());
    let resumptions = record.resumptions.into();
    if is_hot(record, frame.code(), resumptions) && record.stage != Stage::Waiting {
        want(table, frame, place, None);
    }
    true
}

/// A loop has come round often: the frame stands at its `JUMP_BACKWARD`.
#[cold]
#[inline(never)]
pub fn round(thread: ThreadState, frame: Frame<'_>) {
    let code = frame.code();
    let place = frame.instruction_index() as usize;
    if !may_compile(thread, frame) || original(code, place).opcode != Opcode::JUMP_BACKWARD {
        return;
    }
    publish::what_is_ready();
    let mut table = registry();
    let record = table.record(code);
    add_heat(&record.heat, 1 << rounds());
    let is_ordered = record.stage == Stage::Waiting && record.wanted.contains(&place);
    if record.stage == Stage::GivenUp || is_ordered || record.patches.has(place) {
        return;
    }
    record.rounds = record.rounds.saturating_add(1);
    let is_hot = match mode() {
        Mode::Eager => record.rounds >= rounds_eager(record.attempts),
        Mode::Off | Mode::On => {
            let rounds = u64::from(record.rounds) << rounds();
            is_hot(record, code, rounds)
        }
    };
    if !is_hot {
        return;
    }
    let begin = field!(code._co_firsttraceable) as usize;
    let untold = tally::untold(code.instruction_at(begin).addr());
    if record.calls.saturating_add(untold) >= CALLS_WITH_LOOP {
        record.wanted.insert(begin);
    }
    want(table, frame, place, Some(snapshot::observed(frame)));
}

/// Has the code of a frame compiled, with an entry at the instruction at which it stands, for what its locals are there if that
/// shall matter. What nobody has begun with is ordered anew; what is being made comes without that entry. Where the compiler has
/// used up what it may, it is wanted again later.
fn want(
    mut table: RefMut<'_, Registry>,
    frame: Frame<'_>,
    place: usize,
    observed: Option<Vec<Option<Class>>>,
) {
    let record = table.record(frame.code());
    if budget::put_off().is_some() {
        record.cool();
        return;
    }
    record.wanted.insert(place);
    if let Some(observed) = observed {
        record.observed.insert(place, observed);
    }
    if record.stage == Stage::Waiting {
        if !worker::take_back(record.key(frame.code())) {
            return;
        }
        record.take_back();
    }
    // A program whose loops get hot one after the other is not one that is compiled again and again in vain.
    if record.attempts > 0 {
        record.added.insert(place);
    }
    drop(table);
    compile(frame, false);
}

/// Machine code of a frame that runs has left by an exit too often, so many times: it is made anew, with what is known now.
/// Until then it stays, as does what has no failures after all. When it was made as often as it may be, exits have to cost more
/// and more time before it is.
#[cold]
#[inline(never)]
pub(super) fn failed(frame: Frame<'_>, machine_code: &MachineCode, times: u64) {
    let own = machine_code.failures(None, frame.code());
    let mut table = registry();
    let of_inlined = failures_of_inlined(&mut table, machine_code);
    let is_known = !own.is_empty() || !of_inlined.is_empty();
    let record = table.record(frame.code());
    let excess = record.excess();
    let may_be_compiled = excess == 0 || times >= MOST_FAILURES << excess.saturating_mul(2).min(32);
    if !is_known
        || record.stage != Stage::Compiled
        || !may_be_compiled
        || !record.enters(machine_code)
        || budget::put_off().is_some()
    {
        return;
    }
    if own
        .iter()
        .any(|failure| failure.reason == Reason::LoopEntry)
    {
        record.observed.clear();
    }
    for failure in own {
        record.note(failure);
    }
    note(&mut table, of_inlined);
    drop(table);
    compile(frame, true);
}

/// Where machine code has left too often in calls that are inlined in it, by their code objects.
pub(super) fn failures_of_inlined(
    table: &mut Registry,
    machine_code: &MachineCode,
) -> Vec<(Key, Vec<Failure>)> {
    let bodies = machine_code.inlined().iter().enumerate();
    bodies
        .filter_map(|(body, &key)| {
            let (_, code) = table.find(key)?;
            let failures = machine_code.failures(Some(body), code);
            (!failures.is_empty()).then_some((key, failures))
        })
        .collect()
}

/// Notes where machine code has failed.
pub(super) fn note(table: &mut Registry, failures: Vec<(Key, Vec<Failure>)>) {
    for (key, failures) in failures {
        if let Some((record, _)) = table.find(key) {
            for failure in failures {
                record.note(failure);
            }
        }
    }
}

/// Machine code has left before an instruction whose operands are of other classes than it was made for: those are noted, if they
/// decide how the instruction is compiled. The evaluator notes them only when it specialises the instruction, which it may not for long.
#[cold]
#[inline(never)]
pub(super) fn met_others(thread: ThreadState) {
    let Some(frame) = exits::innermost(thread).next() else {
        return;
    };
    // SAFETY: the thread runs the frame, which stands where the evaluator goes on.
    let frame = unsafe { Frame::from_raw_unchecked(frame) };
    let (Ok(index), Ok(height)) = (
        usize::try_from(frame.instruction_index()),
        usize::try_from(frame.height()),
    ) else {
        return;
    };
    let unit = original(frame.code(), index);
    if !profile::notes(thread)
        || !matches!(
            unit.opcode.generic(),
            Opcode::BINARY_OP | Opcode::COMPARE_OP
        )
    {
        return;
    }
    // SAFETY: the operands of these two, each a reference, are what lies on top of the stack of a frame that stands before them.
    let operands = unsafe {
        let deepest = frame.entry(height - 2).cast::<Option<Borrowed<'_>>>();
        core::slice::from_raw_parts(deepest, 2)
    };
    profile::table::note(frame.code(), index, operands);
}

/// Machine code of the quick tier, of a frame that runs, has run often: it is made anew in the hot one. Until then it stays.
#[cold]
#[inline(never)]
pub(super) fn warm(frame: Frame<'_>, machine_code: &MachineCode) {
    let mut table = registry();
    let record = table.record(frame.code());
    record.warm_since.get_or_insert(record.attempts);
    if record.stage != Stage::Compiled || !record.enters(machine_code) {
        return;
    }
    if budget::put_off().is_some() {
        return machine_code.wait_again();
    }
    drop(table);
    compile(frame, false);
}

/// Has the code of a frame compiled, for all places where its machine code is to be entered, unless tools watch it, or, if that
/// counts, it was compiled too often.
fn compile(frame: Frame<'_>, however_often: bool) {
    let code = frame.code();
    let is_watched = publish::is_instrumented(code);
    let mut table = registry();
    let record = table.record(code);
    if is_watched {
        if !record.told_as_watched {
            record.told_as_watched = true;
            log::watched(code);
        }
        return;
    }
    let too_often = !however_often && record.excess() > 0;
    if too_often || !only::allows(|| snapshot::function(code)) {
        record.stage = Stage::GivenUp;
        return;
    }
    record.wanted.extend(snapshot::resumptions(code));
    let wanted: Vec<usize> = record.wanted.iter().copied().collect();
    let failures = record.failures.clone();
    let observed = record.observed.clone();
    let key = record.key(code);
    let (tier, inlining) = match mode() {
        Mode::Off | Mode::On if record.warm_since.is_some() || record.directly => {
            (Tier::Hot, Inlining::MUCH)
        }
        Mode::Off | Mode::On => (Tier::Quick, Inlining::NONE),
        Mode::Eager => (Tier::Quick, Inlining::SOME),
    };
    drop(table);
    if inlining.is_some() {
        stand_ins::prepare();
    }
    let Taken {
        mut snapshot,
        call_entry,
        returned_entries,
        targets,
        inlined,
    } = snapshot::take(frame, &wanted, &observed, failures, inlining);
    let compilation = log::next_compilation();
    let mut table = registry();
    let record = table.record(code);
    let machine_code = MachineCode::ordered(
        compilation,
        targets,
        inlined,
        Arc::clone(&record.heat),
        weight(code),
        None,
    );
    snapshot.running = machine_code.address();
    let replaced = record.compiled.as_ref().map(|compiled| &***compiled);
    let heat = Heat::new(&record.heat, replaced);
    record.stage = Stage::Waiting;
    record.attempts += 1;
    record.rounds = 0;
    if tier == Tier::Quick && mode() != Mode::Eager {
        snapshot.warm = Some(machine_code.warm_address());
    }
    log::ordered(
        compilation,
        &snapshot,
        code,
        &wanted,
        (tier, record.attempts),
    );
    let order = worker::Order {
        key,
        compilation,
        tier,
        attempt: record.attempts,
        wanted,
        call_entry,
        returned_entries,
        machine_code,
    };
    drop(table);
    match mode() {
        Mode::Eager => {
            let result = library::compile_now(&snapshot, tier, compilation);
            publish::install(worker::Done {
                order,
                tools_version: snapshot.tools_version,
                result: Some(result),
            });
        }
        Mode::Off | Mode::On => worker::submit(worker::Job {
            order,
            snapshot,
            heat,
        }),
    }
}
