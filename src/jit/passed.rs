//! Machine code that C calls with values of its own (`include/pyroxene.h`): when it is made, where it is found, when it goes. It is a
//! second compilation of the function, as if C were code that inlines a call of it.
use super::code::{Compiled, Heat, MachineCode, add_heat};
use super::options::{Mode, mode};
use super::registry::{Stage, may_look, registry};
use super::snapshot::{Inlining, Taken};
use super::worker::{Done, Job, Order};
use super::{budget, heat, library, log, only, publish, snapshot, statistics, worker};
use crate::ffi;
use crate::field;
use crate::object::Borrowed;
use core::sync::atomic::{AtomicUsize, Ordering};
use pyroxene_jit_api::{Passed, RunPassed, Tier};
use pyroxene_jit_log::Withdrawal;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// After how many calls by C the code is made: those before have shown the evaluator, or code of the quick tier, what it needs to
/// know.
const CALLS: u32 = 256;
/// The same for [`Mode::Eager`].
const CALLS_EAGER: u32 = 4;

/// After how many calls without such machine code C asks for it again.
pub fn calls_between() -> u32 {
    match mode() {
        Mode::Eager => 1,
        Mode::Off | Mode::On => 16,
    }
}

/// Where C finds the machine code of a function for some kinds of values, if there is any.
#[derive(Debug, Default)]
pub struct Gate {
    /// The address of a [`RunPassed`], or 0.
    run: AtomicUsize,
}

impl Gate {
    /// The machine code that there is now.
    #[inline(always)]
    pub fn run(&self) -> Option<RunPassed> {
        let run = self.run.load(Ordering::Relaxed);
        // SAFETY: 0 is no function, and what is not 0 was one.
        unsafe { core::mem::transmute::<usize, Option<RunPassed>>(run) }
    }
}

/// What is known of a code object as one that C calls with values of its own.
#[derive(Default)]
pub struct ForC(BTreeMap<Vec<Passed>, Called>);

/// The same, for some kinds of values.
struct Called {
    stage: Stage,
    calls: u32,
    attempts: u32,
    compiled: Option<Rc<Compiled>>,
    gate: Arc<Gate>,
}

impl Default for Called {
    fn default() -> Self {
        Self {
            stage: Stage::Cold,
            calls: 0,
            attempts: 0,
            compiled: None,
            gate: Arc::default(),
        }
    }
}

impl Called {
    /// Takes the machine code away, and what was being made. What it gives is to be dropped when the table is not borrowed.
    #[must_use]
    fn forget(&mut self, why: Withdrawal) -> Option<Rc<Compiled>> {
        self.gate.run.store(0, Ordering::Relaxed);
        if self.stage != Stage::GivenUp {
            self.stage = Stage::Cold;
            self.calls = 0;
        }
        let compiled = self.compiled.take()?;
        compiled.withdraw();
        statistics::withdrawn();
        log::withdrawn(compiled.compilation(), why);
        Some(compiled)
    }
}

impl ForC {
    /// Takes all such machine code away, as [`forget_code`](super::registry::Record::forget_code) does.
    #[must_use]
    pub fn forget(&mut self, why: Withdrawal) -> Vec<Rc<Compiled>> {
        let all = self.0.values_mut();
        all.filter_map(|called| called.forget(why)).collect()
    }

    /// The machine code that there is.
    pub fn compiled(&self) -> impl Iterator<Item = &Compiled> {
        self.0
            .values()
            .filter_map(|called| called.compiled.as_deref())
    }

    /// How many compilations are waited for, and how many functions are not compiled any more.
    pub fn waiting_and_given_up(&self) -> (usize, usize) {
        let count = |stage| {
            self.0
                .values()
                .filter(|called| called.stage == stage)
                .count()
        };
        (count(Stage::Waiting), count(Stage::GivenUp))
    }
}

/// C has called a function so many times more without machine code for these kinds of values: where such will be found. Nothing in
/// another interpreter than the main one, and without the compiler.
#[cold]
pub fn call(
    function: Borrowed<'_, ffi::PyFunctionObject>,
    passed: &[Passed],
    calls: u32,
) -> Option<Arc<Gate>> {
    if !may_look() {
        return None;
    }
    publish::what_is_ready();
    // SAFETY: a function has code, and keeps it.
    let code: Borrowed<'_, ffi::PyCodeObject> =
        unsafe { Borrowed::from_raw_unchecked(field!(function.func_code).cast()) };
    let enough = match mode() {
        Mode::Eager => CALLS_EAGER,
        Mode::Off | Mode::On => CALLS,
    };
    let mut table = registry();
    let record = table.record(code);
    add_heat(&record.heat, calls.into());
    let called = record.for_c.0.entry(passed.to_vec()).or_default();
    called.calls = called.calls.saturating_add(calls);
    let gate = Arc::clone(&called.gate);
    if called.stage != Stage::Cold || called.calls < enough {
        return Some(gate);
    }
    if called.attempts >= budget::attempts() {
        called.stage = Stage::GivenUp;
        return Some(gate);
    }
    if budget::put_off().is_some() {
        called.calls = 0;
        return Some(gate);
    }
    drop(table);
    order(function, code, passed);
    Some(gate)
}

/// Has the code of a function compiled for these kinds of values, unless tools watch it.
fn order(
    function: Borrowed<'_, ffi::PyFunctionObject>,
    code: Borrowed<'_, ffi::PyCodeObject>,
    passed: &[Passed],
) {
    if publish::is_instrumented(code) {
        return;
    }
    let (tier, inlining) = match mode() {
        Mode::Off | Mode::On => (Tier::Hot, Inlining::MUCH),
        Mode::Eager => (Tier::Quick, Inlining::SOME),
    };
    let taken = only::allows(|| snapshot::function(code))
        .then(|| snapshot::take_passed(function, code, passed, inlining))
        .flatten();
    let mut table = registry();
    let record = table.record(code);
    let (key, heat) = (record.key(code), Arc::clone(&record.heat));
    let called = record.for_c.0.entry(passed.to_vec()).or_default();
    let Some(Taken {
        mut snapshot,
        targets,
        inlined,
        ..
    }) = taken
    else {
        called.stage = Stage::GivenUp;
        return;
    };
    called.stage = Stage::Waiting;
    called.attempts += 1;
    let attempt = called.attempts;
    let compilation = log::next_compilation();
    let waits = Heat::new(&heat, None);
    let machine_code = MachineCode::ordered(
        compilation,
        targets,
        inlined,
        heat,
        heat::weight(code),
        Some((key, passed.to_vec())),
    );
    snapshot.running = machine_code.address();
    log::ordered(compilation, &snapshot, code, &[], (tier, attempt));
    drop(table);
    let order = Order {
        key,
        compilation,
        tier,
        attempt,
        wanted: Vec::new(),
        call_entry: None,
        returned_entries: BTreeMap::new(),
        machine_code,
    };
    match mode() {
        Mode::Eager => {
            let result = library::compile_now(&snapshot, tier, compilation);
            publish::install(Done {
                order,
                tools_version: snapshot.tools_version,
                result: Some(result),
            });
        }
        Mode::Off | Mode::On => worker::submit(Job {
            order,
            snapshot,
            heat: waits,
        }),
    }
}

/// Whether somebody waits for what was ordered for these kinds of values.
pub(super) fn is_wanted(for_c: &ForC, passed: &[Passed], attempt: u32) -> bool {
    let called = for_c.0.get(passed);
    called.is_some_and(|called| called.stage == Stage::Waiting && called.attempts == attempt)
}

/// Notes that there will be no machine code for these kinds of values.
pub(super) fn give_up(for_c: &mut ForC, passed: &[Passed]) {
    if let Some(called) = for_c.0.get_mut(passed) {
        called.stage = Stage::GivenUp;
    }
}

/// Takes back that it was ordered for these kinds of values: it is asked for again.
pub(super) fn put_off(for_c: &mut ForC, passed: &[Passed]) {
    if let Some(called) = for_c.0.get_mut(passed) {
        called.stage = Stage::Cold;
        called.attempts -= 1;
        called.calls = 0;
    }
}

/// Has C find new machine code, which is somebody's to keep.
pub(super) fn publish(for_c: &mut ForC, passed: &[Passed], compiled: Rc<Compiled>) {
    let called = for_c.0.entry(passed.to_vec()).or_default();
    let run = compiled.run() as *const () as usize;
    called.gate.run.store(run, Ordering::Relaxed);
    called.stage = Stage::Compiled;
    called.compiled = Some(compiled);
}

/// Machine code that C calls has left by an exit too often: it is taken away, until C has asked for it again. What it gives is to be
/// dropped when nothing looks at it any more.
#[cold]
#[must_use]
pub(super) fn failed(machine_code: &MachineCode) -> Option<Rc<Compiled>> {
    let (key, passed) = machine_code.passed()?;
    let mut table = registry();
    let of_inlined = heat::failures_of_inlined(&mut table, machine_code);
    let (record, code) = table.find(*key)?;
    let called = record.for_c.0.get_mut(passed)?;
    let is_entered = called
        .compiled
        .as_ref()
        .is_some_and(|compiled| core::ptr::eq::<MachineCode>(&***compiled, machine_code));
    let has_begun = machine_code.failures(None, code).is_empty();
    if !is_entered || has_begun && of_inlined.is_empty() {
        return None;
    }
    let compiled = called.forget(Withdrawal::Replaced);
    heat::note(&mut table, of_inlined);
    compiled
}
