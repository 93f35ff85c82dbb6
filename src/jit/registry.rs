//! What is known of each code object: how hot it is, what was compiled of it, where that is entered. A side table, because
//! code objects have no room of ours; an entry goes with its code object.
//!
//! The GIL of the main interpreter guards it. Nothing in here runs other code while the table is borrowed: what has to be
//! dropped is handed out.
use super::code::{self, Compiled, MachineCode};
use super::executor::Patches;
use super::passed::ForC;
use super::stand_ins::StandIns;
use super::{budget, is_main, log, options, sample, statistics, tally, worker};
use crate::ffi;
use crate::object::Borrowed;
use crate::thread::ThreadState;
use core::cell::{RefCell, RefMut};
use core::ffi::c_int;
use core::sync::atomic::AtomicU64;
use pyroxene_jit_api::{Class, Failure, Reason, Target};
use pyroxene_jit_log::Withdrawal;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// The identity of a code object: its address, and a number that tells it from others that had the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    address: usize,
    number: u64,
}

/// How far a code object has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Not compiled yet, or anew after it got hot again.
    Cold,
    /// The compiler has it.
    Waiting,
    /// There is machine code.
    Compiled,
    /// It will not be compiled.
    GivenUp,
}

/// What is known of a code object.
pub struct Record {
    number: u64,
    /// How far it has come.
    pub stage: Stage,
    /// How often it was called, as far as that was counted.
    pub calls: u32,
    /// Calls, rounds of loops and exits, counted by what they cost, for what waits to be compiled.
    pub heat: Arc<AtomicU64>,
    /// Which `RESUME`s have run since it was instrumented last: without us, they would be specialised.
    pub begun: BTreeSet<usize>,
    /// Whether the log says already that it is hot and watched by tools.
    pub told_as_watched: bool,
    /// How often it was compiled.
    pub attempts: u32,
    /// How often generators with it went on behind a `yield` in the evaluator.
    pub resumptions: u32,
    /// How often its loops have been hot since.
    pub rounds: u32,
    /// The places for each of which it was compiled once more, because it got hot there too.
    pub added: BTreeSet<usize>,
    /// When it had run half as often as it must to be hot, by the log's clock.
    pub half_hot_at: Option<u64>,
    /// Whether it got hot slowly, and is compiled in the hot tier at once.
    pub directly: bool,
    /// How often it had been compiled when code of the quick tier had run often: better is made since.
    pub warm_since: Option<u32>,
    /// The instructions at which machine code is to be entered: a `RESUME`, and jumps backward.
    pub wanted: BTreeSet<usize>,
    /// The classes of what the locals held when machine code was first wanted at an instruction.
    pub observed: Observed,
    /// Where earlier machine code left too often, so that what it relied on is not tried again.
    pub failures: Vec<Failure>,
    /// Where it did so once because something had changed that may stay as it is now.
    changed: Vec<Failure>,
    /// Where machine code is entered.
    pub patches: Patches,
    /// That machine code.
    pub compiled: Option<Rc<Compiled>>,
    /// Where other machine code calls it.
    pub target: Arc<Target>,
    /// The code objects in whose machine code it may be inlined.
    pub inlined_in: Vec<Key>,
    /// Machine code that C calls with values of its own.
    pub for_c: ForC,
}

/// The classes of what locals held, by the instruction at which machine code is to be entered.
pub type Observed = BTreeMap<usize, Vec<Option<Class>>>;

/// The table.
#[derive(Default)]
pub struct Registry {
    records: FxHashMap<usize, Record>,
    next: u64,
    /// What stands in for functions of C.
    pub(super) stand_ins: StandIns,
}

/// The table, in a cell that only a thread with the GIL looks into.
struct Guarded(RefCell<Registry>);

// SAFETY: only threads that hold the main interpreter's GIL get at it, one at a time; nothing in it belongs to a thread.
unsafe impl Send for Guarded {}
// SAFETY: as above.
unsafe impl Sync for Guarded {}

static REGISTRY: std::sync::LazyLock<Guarded> =
    std::sync::LazyLock::new(|| Guarded(RefCell::default()));

/// The table. The thread holds the main interpreter's GIL.
pub(super) fn registry() -> RefMut<'static, Registry> {
    REGISTRY.0.borrow_mut()
}

impl Registry {
    /// What is known of a code object; nothing yet of one that is new.
    pub fn record(&mut self, code: Borrowed<'_, ffi::PyCodeObject>) -> &mut Record {
        let next = &mut self.next;
        self.records.entry(code.as_ptr().addr()).or_insert_with(|| {
            *next += 1;
            Record {
                number: *next,
                stage: Stage::Cold,
                calls: 0,
                heat: Arc::default(),
                begun: BTreeSet::new(),
                told_as_watched: false,
                attempts: 0,
                resumptions: 0,
                rounds: 0,
                added: BTreeSet::new(),
                half_hot_at: None,
                directly: false,
                warm_since: None,
                wanted: BTreeSet::new(),
                observed: Observed::new(),
                failures: Vec::new(),
                changed: Vec::new(),
                patches: Patches::default(),
                compiled: None,
                target: Arc::default(),
                inlined_in: Vec::new(),
                for_c: ForC::default(),
            }
        })
    }

    /// The record of a code object, if it has one.
    fn known(&mut self, code: Borrowed<'_, ffi::PyCodeObject>) -> Option<&mut Record> {
        self.records.get_mut(&code.as_ptr().addr())
    }

    /// The record and the code object of a key, if it is still alive.
    pub fn find(
        &mut self,
        key: Key,
    ) -> Option<(&mut Record, Borrowed<'static, ffi::PyCodeObject>)> {
        let record = self.records.get_mut(&key.address)?;
        if record.number != key.number {
            return None;
        }
        let code = core::ptr::with_exposed_provenance_mut(key.address);
        // SAFETY: a code object takes its record with it when it goes. Whoever asks runs no other code while he uses it.
        Some((record, unsafe { Borrowed::from_raw_unchecked(code) }))
    }

    /// Notes that calls of some code are inlined in machine code of other code.
    pub fn note_inlined(&mut self, inlined: Key, caller: Key) {
        let Some((record, _)) = self.find(inlined) else {
            return;
        };
        if record.inlined_in.contains(&caller) {
            return;
        }
        let mut callers = core::mem::take(&mut record.inlined_in);
        // Some are gone, where a program makes code all the time.
        if callers.len().is_power_of_two() {
            callers.retain(|&caller| self.find(caller).is_some());
        }
        callers.push(caller);
        if let Some((record, _)) = self.find(inlined) {
            record.inlined_in = callers;
        }
    }

    /// All records.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }
}

impl Record {
    /// The key of the code object that it belongs to.
    pub fn key(&self, code: Borrowed<'_, ffi::PyCodeObject>) -> Key {
        Key {
            address: code.as_ptr().expose_provenance(),
            number: self.number,
        }
    }

    /// How often it will have been compiled more than it may be for any reason, once it is compiled again.
    pub fn excess(&self) -> u32 {
        let added = u32::try_from(self.added.len()).unwrap_or(u32::MAX);
        let most = (self.warm_since.unwrap_or_default() + budget::attempts()).saturating_add(added);
        (self.attempts + 1).saturating_sub(most)
    }

    /// Notes where machine code has left too often. Something that can change at any time, but seldom does, gets a second chance:
    /// the evaluator has found out meanwhile how it is now.
    pub fn note(&mut self, failure: Failure) {
        if changes(failure.reason) && !self.changed.contains(&failure) {
            self.changed.push(failure);
        } else if !self.failures.contains(&failure) {
            self.failures.push(failure);
        }
    }

    /// Takes back that it was ordered to be compiled.
    pub fn take_back(&mut self) {
        self.attempts -= 1;
        self.stage = match self.compiled {
            Some(_) => Stage::Compiled,
            None => Stage::Cold,
        };
    }

    /// The same, so that it is wanted again when it has got hot again.
    pub fn put_off(&mut self) {
        self.take_back();
        self.cool();
        if let Some(compiled) = &self.compiled {
            compiled.wait_again();
        }
    }

    /// Counts anew until it is hot.
    pub fn cool(&mut self) {
        self.calls = 0;
        self.resumptions = 0;
        self.half_hot_at = None;
    }

    /// Forgets which `RESUME`s have run.
    fn forget_begun(&mut self, code: Borrowed<'_, ffi::PyCodeObject>) {
        for place in core::mem::take(&mut self.begun) {
            tally::forget(code.instruction_at(place).addr());
        }
    }

    /// Whether this machine code is entered.
    pub fn enters(&self, machine_code: &MachineCode) -> bool {
        self.compiled
            .as_ref()
            .is_some_and(|compiled| core::ptr::eq::<MachineCode>(&***compiled, machine_code))
    }

    /// Takes machine code away, and what was being made, and writes into the log why; and what C calls, unless there is only
    /// other code for it. What it gives is to be dropped when the table is not borrowed.
    #[must_use]
    pub fn forget_code(
        &mut self,
        code: Borrowed<'_, ffi::PyCodeObject>,
        why: Withdrawal,
    ) -> Vec<Rc<Compiled>> {
        self.target.clear();
        if self.patches.count() > 0 {
            self.patches.remove(code);
        }
        if self.stage != Stage::GivenUp {
            self.stage = Stage::Cold;
            self.cool();
        }
        let stays = why == Withdrawal::Replaced;
        let mut forgotten = match stays {
            true => Vec::new(),
            false => self.for_c.forget(why),
        };
        if let Some(compiled) = self.compiled.take() {
            if !stays {
                compiled.withdraw();
            }
            statistics::withdrawn();
            log::withdrawn(compiled.compilation(), why);
            forgotten.push(compiled);
        }
        forgotten
    }
}

/// Whether machine code that leaves for this reason relied on something that programs change now and then: a global variable is
/// added, a class gets an attribute, a method or another class is met.
const fn changes(reason: Reason) -> bool {
    match reason {
        Reason::TypeVersion | Reason::Types | Reason::KeysVersion | Reason::Identity => true,
        Reason::Return
        | Reason::Call
        | Reason::Generator
        | Reason::Raised
        | Reason::EvalBreaker
        | Reason::Disturbed
        | Reason::Cold
        | Reason::Warm
        | Reason::NotCompiled
        | Reason::Unseen
        | Reason::Class
        | Reason::Unbound
        | Reason::Overflow
        | Reason::Domain
        | Reason::Index
        | Reason::InlineValues
        | Reason::LoopEntry => false,
    }
}

/// Whether anything is known, and the running thread may look at it: threads of other interpreters do not hold the GIL that
/// guards the table.
pub(super) fn may_look() -> bool {
    options::is_on() && is_main(ThreadState::current().interpreter())
}

/// Takes away the patches of code that is about to be instrumented.
pub fn prepare_to_instrument(code: Borrowed<'_, ffi::PyCodeObject>) {
    if !may_look() {
        return;
    }
    let mut registry = registry();
    let Some(record) = registry.known(code) else {
        return;
    };
    record.forget_begun(code);
    let own = record.forget_code(code, Withdrawal::Instrumented);
    let callers = core::mem::take(&mut record.inlined_in);
    let of_callers: Vec<_> = callers
        .into_iter()
        .filter_map(|caller| {
            let (record, code) = registry.find(caller)?;
            Some(record.forget_code(code, Withdrawal::Instrumented))
        })
        .collect();
    drop(registry);
    drop((own, of_callers));
}

/// Whether calls of some code may be inlined in machine code.
pub(super) fn is_inlined(code: Borrowed<'_, ffi::PyCodeObject>) -> bool {
    let mut registry = registry();
    let record = registry.known(code);
    record.is_some_and(|record| !record.inlined_in.is_empty())
}

/// Whether a `RESUME` that stands in the code would be specialised if calls, or how often generators go on, were not counted by it.
pub fn has_begun(code: Borrowed<'_, ffi::PyCodeObject>, index: usize) -> bool {
    may_look()
        && registry()
            .known(code)
            .is_some_and(|record| record.begun.contains(&index))
}

/// Forgets everything: no machine code is entered from now on.
pub(super) fn forget_all() {
    let mut registry = registry();
    let mut records = core::mem::take(&mut registry.records);
    let stand_ins = core::mem::take(&mut registry.stand_ins);
    let dropped: Vec<_> = records
        .iter_mut()
        .map(|(&address, record)| {
            let code = core::ptr::with_exposed_provenance_mut(address);
            // SAFETY: a code object takes its record with it when it goes.
            let code = unsafe { Borrowed::from_raw_unchecked(code) };
            record.forget_code(code, Withdrawal::End)
        })
        .collect();
    drop(registry);
    drop((dropped, records, stand_ins));
    code::free_what_ended();
}

/// The last of the places for watchers of code objects: those that programs take come first.
const WATCHER: usize = ffi::CODE_MAX_WATCHERS as usize - 1;

/// Has the interpreter tell us when code objects go.
pub(super) fn watch(interpreter: *mut ffi::PyInterpreterState) {
    // SAFETY: the interpreter is new, and this thread's.
    unsafe {
        (*interpreter).code_watchers[WATCHER] = Some(code_event);
        (*interpreter).active_code_watchers |= 1 << WATCHER;
    }
}

/// What the interpreter calls (code.h `PyCode_WatchCallback`).
unsafe extern "C" fn code_event(event: ffi::PyCodeEvent, code: *mut ffi::PyCodeObject) -> c_int {
    if event == ffi::PY_CODE_EVENT_DESTROY {
        // SAFETY: the code is there until all watchers have been called.
        sample::code_goes(unsafe { Borrowed::from_raw_unchecked(code) });
        crate::profile::forget(code.addr());
        let mut registry = registry();
        let dropped = registry.records.remove(&code.addr()).map(|mut record| {
            // SAFETY: the code is there until all watchers have been called.
            worker::forget(record.key(unsafe { Borrowed::from_raw_unchecked(code) }));
            // Another watcher may keep the code alive: then it is as if it had never been compiled.
            // SAFETY: the code is there until all watchers have been called.
            let code = unsafe { Borrowed::from_raw_unchecked(code) };
            record.forget_begun(code);
            (record.forget_code(code, Withdrawal::Gone), record)
        });
        drop(registry);
        drop(dropped);
    }
    0
}
