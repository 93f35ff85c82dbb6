//! From what the compiler made to what the evaluator enters. Writes patches into bytecode.
use super::code::{self, Compiled};
use super::registry::{Stage, registry};
use super::worker::{self, Done};
use super::{library, log, passed, perf, sample, statistics};
use crate::bytecode::original;
use crate::ffi;
use crate::object::Borrowed;
use core::ffi::{c_int, c_void};
use pyroxene_jit_api::Refusal;
use pyroxene_jit_log::Withdrawal;
use std::rc::Rc;

/// What the worker asks a thread of the interpreter to call.
pub(super) unsafe extern "C" fn pending_call(_: *mut c_void) -> c_int {
    what_is_ready();
    0
}

/// Publishes what the worker has made.
pub(super) fn what_is_ready() {
    for done in worker::take_done() {
        install(done);
    }
}

/// Has the evaluator enter machine code wherever the record of its code object wants it.
pub(super) fn install(done: Done) {
    code::free_what_ended();
    let Done {
        order,
        tools_version,
        result,
    } = done;
    let mut registry = registry();
    let key = order.key;
    let inlined = order.machine_code.inlined();
    // What was instrumented meanwhile is not to be inlined any more; what is gone is not called.
    let are_prepared = inlined.iter().all(|&key| {
        let found = registry.find(key);
        found.is_none_or(|(_, code)| is_prepared_for(code, tools_version))
    });
    let mut addresses = Vec::new();
    if sample::is_on() {
        for &key in inlined {
            let found = registry.find(key);
            addresses.extend(found.map(|(_, code)| code.as_ptr().addr()));
        }
    }
    let for_c = order
        .machine_code
        .passed()
        .map(|(_, passed)| passed.clone());
    let found = registry.find(key).filter(|(record, _)| match &for_c {
        Some(passed) => passed::is_wanted(&record.for_c, passed, order.attempt),
        None => record.stage == Stage::Waiting && record.attempts == order.attempt,
    });
    let (mut artifact, (record, code)) = match (result, found) {
        (Some(Ok(artifact)), Some(found))
            if are_prepared && is_prepared_for(found.1, tools_version) =>
        {
            (artifact, found)
        }
        (Some(Ok(artifact)), found) => {
            // Nobody wants it any more.
            let dropped =
                found.map(|(record, code)| record.forget_code(code, Withdrawal::Instrumented));
            drop(registry);
            statistics::dropped();
            log::dropped(order.compilation);
            drop(dropped);
            // SAFETY: nobody has entered it.
            unsafe { library::release(artifact.memory) };
            return;
        }
        (Some(Err(refusal)), found) => {
            statistics::refused(&refusal);
            match (found, &for_c) {
                (Some((record, _)), Some(passed)) => passed::give_up(&mut record.for_c, passed),
                // Later there may be: code goes when its functions do.
                (Some((record, _)), None) if refusal == Refusal::NoMemory => record.put_off(),
                (Some((record, _)), None) => record.stage = Stage::GivenUp,
                (None, _) => {}
            }
            return;
        }
        (None, found) => {
            log::dropped(order.compilation);
            match (found, &for_c) {
                (Some((record, _)), Some(passed)) => passed::put_off(&mut record.for_c, passed),
                (Some((record, _)), None) => record.put_off(),
                (None, _) => {}
            }
            return;
        }
    };
    statistics::compiled(&artifact, order.attempt);
    perf::published(&artifact, code);
    let mut machine_code = order.machine_code;
    let lines = core::mem::take(&mut artifact.lines);
    let files = core::mem::take(&mut artifact.files);
    machine_code.fill(artifact);
    sample::published(code, &machine_code, order.tier, addresses, lines, &files);
    let compiled = Rc::new(Compiled::new(machine_code));
    log::published(order.compilation, compiled.run() as *const () as usize);
    log::counted(order.compilation, code, compiled.exit_counts());
    let mut before = Vec::new();
    if let Some(passed) = for_c {
        passed::publish(&mut record.for_c, &passed, Rc::clone(&compiled));
    } else {
        before = record.forget_code(code, Withdrawal::Replaced);
        if let Some(entry) = order.call_entry {
            record.target.set(compiled.run(), entry);
        }
        for (entry, place) in order.wanted.into_iter().enumerate() {
            let returned = order.returned_entries.get(&place).copied();
            record
                .patches
                .add(code, place, &compiled, entry as u32, returned);
        }
        record.compiled = Some(Rc::clone(&compiled));
        record.stage = Stage::Compiled;
    }
    for &inlined in compiled.inlined() {
        registry.note_inlined(inlined, key);
    }
    drop(registry);
    drop(before);
}

/// Drops what nobody will enter.
pub(super) fn discard(done: Done) {
    log::dropped(done.order.compilation);
    if let Some(Ok(artifact)) = done.result {
        // SAFETY: nobody has entered it.
        unsafe { library::release(artifact.memory) };
    }
}

/// Whether the code is still as it was for these tools: instrumenting it anew may have changed it, also where tools want something
/// of this code alone, which changes no version.
fn is_prepared_for(code: Borrowed<'_, ffi::PyCodeObject>, tools_version: u64) -> bool {
    crate::field!(code._co_instrumentation_version) as u64 == tools_version
        && !is_instrumented(code)
}

/// Whether tools watch the code.
pub(super) fn is_instrumented(code: Borrowed<'_, ffi::PyCodeObject>) -> bool {
    let mut index = 0;
    while index < code.unit_count() {
        let opcode = original(code, index).opcode;
        if opcode.is_instrumented() {
            return true;
        }
        index += 1 + opcode.caches();
    }
    false
}
