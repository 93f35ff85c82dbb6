//! What runs often. The evaluator tells of calls (while a function's `RESUME` is not specialised) and of loops (when the
//! counter in the cache of a `JUMP_BACKWARD` has run down).
use super::code::MachineCode;
use super::options::{Mode, mode};
use super::registry::{Stage, registry};
use super::snapshot::Taken;
use super::{is_main, library, log, only, publish, snapshot, worker};
use crate::bytecode::{Counter, Opcode, original};
use crate::frame::Frame;
use crate::thread::ThreadState;
use pyroxene_jit_api::{Failure, Reason, Tier};

/// After how many calls a function is compiled, in the quick tier.
const CALLS: u32 = 200;
/// The same for [`Mode::Eager`]: the instructions have been specialised by then.
const CALLS_EAGER: u32 = 3;

/// What the counter of a `JUMP_BACKWARD` starts with.
pub fn loop_counter() -> Counter {
    match mode() {
        Mode::Eager => Counter::WARMUP,
        Mode::Off | Mode::On => Counter::JUMP_BACKWARD,
    }
}

/// A function is called whose `RESUME`, at which the frame stands, is not specialised. False if calls need not be counted
/// any more.
#[cold]
#[inline(never)]
pub fn call(thread: ThreadState, frame: Frame<'_>) -> bool {
    let code = frame.code();
    let place = crate::field!(code._co_firsttraceable) as usize;
    if !is_main(thread.interpreter()) || frame.instruction() != code.instruction_at(place) {
        return false;
    }
    publish::what_is_ready();
    let enough = match mode() {
        Mode::Eager => CALLS_EAGER,
        Mode::Off | Mode::On => CALLS,
    };
    let mut table = registry();
    let record = table.record(code);
    record.begun = true;
    match record.stage {
        Stage::GivenUp => return false,
        Stage::Waiting => return true,
        Stage::Cold | Stage::Compiled => {}
    }
    record.calls += 1;
    if record.calls < enough {
        return true;
    }
    record.wanted.insert(place);
    record.observed.insert(place, snapshot::observed(frame));
    drop(table);
    compile(frame);
    true
}

/// A loop has come round often: the frame stands at its `JUMP_BACKWARD`.
#[cold]
#[inline(never)]
pub fn round(thread: ThreadState, frame: Frame<'_>) {
    let code = frame.code();
    let place = frame.instruction_index() as usize;
    if !is_main(thread.interpreter()) || original(code, place).opcode != Opcode::JUMP_BACKWARD {
        return;
    }
    publish::what_is_ready();
    let mut table = registry();
    let record = table.record(code);
    if matches!(record.stage, Stage::GivenUp | Stage::Waiting) || record.patches.has(place) {
        return;
    }
    record.wanted.insert(place);
    record.observed.insert(place, snapshot::observed(frame));
    drop(table);
    compile(frame);
}

/// Machine code of a frame that runs was wrong too often: it is made anew, with what is known now. Until then it stays, as does
/// the last that may be made, and what has no failures after all.
#[cold]
#[inline(never)]
pub(super) fn failed(
    frame: Frame<'_>,
    machine_code: &MachineCode,
    failures: impl FnOnce() -> Vec<Failure>,
) {
    let failures = failures();
    if failures.is_empty() {
        return;
    }
    let mut table = registry();
    let record = table.record(frame.code());
    if record.stage != Stage::Compiled || !record.may_be_compiled() || !record.enters(machine_code)
    {
        return;
    }
    if failures
        .iter()
        .any(|failure| failure.reason == Reason::LoopEntry)
    {
        record.observed.clear();
    }
    record.failures.extend(failures);
    drop(table);
    compile(frame);
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
    drop(table);
    compile(frame);
}

/// Has the code of a frame compiled, for all places where its machine code is to be entered, unless tools watch it.
fn compile(frame: Frame<'_>) {
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
    if !record.may_be_compiled() || !only::allows(|| snapshot::function(code)) {
        record.stage = Stage::GivenUp;
        return;
    }
    record.wanted.extend(snapshot::resumptions(code));
    let wanted: Vec<usize> = record.wanted.iter().copied().collect();
    let failures = record.failures.clone();
    let observed = record.observed.clone();
    let key = record.key(code);
    drop(table);
    let Taken {
        mut snapshot,
        call_entry,
        returned_entries,
        targets,
    } = snapshot::take(frame, &wanted, &observed, failures);
    let compilation = log::next_compilation();
    let machine_code = MachineCode::ordered(compilation, targets);
    snapshot.running = machine_code.address();
    let mut table = registry();
    let record = table.record(code);
    record.stage = Stage::Waiting;
    record.attempts += 1;
    let tier = match mode() {
        Mode::Off | Mode::On if record.warm_since.is_some() => Tier::Hot,
        Mode::Off | Mode::On => {
            snapshot.warm = Some(machine_code.warm_address());
            Tier::Quick
        }
        Mode::Eager => Tier::Quick,
    };
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
            let result = library::compile(&snapshot, tier, compilation);
            publish::install(worker::Done {
                order,
                tools_version: snapshot.tools_version,
                result,
            });
        }
        Mode::Off | Mode::On => worker::submit(worker::Job { order, snapshot }),
    }
}
