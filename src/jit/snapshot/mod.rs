//! What the compiler gets to see of a code object, taken from live objects at one moment. Reads them, and runs nothing.
mod callees;
mod code;
mod objects;
mod sites;

pub(super) use self::code::{function, items, qualified_name};

use self::callees::{Callees, FoundCallee};
use self::code::{argument, arguments, keywords, lines, locals, text, units};
use self::objects::Objects;
use self::sites::{Namespaces, operands};
use super::publish::is_instrumented;
use super::registry::{Key, Observed, registry};
use super::stand_ins;
use crate::bytecode::{Opcode, handlers, original};
use crate::eval::monitor::tells_of_exceptions;
use crate::eval::resume;
use crate::ffi;
use crate::field;
use crate::frame::Frame;
use crate::object::Borrowed;
use crate::object::singletons::not_implemented;
use crate::profile::operand::class_of;
use crate::thread::ThreadState;
use pyroxene_jit_api::{
    Body, COMPARE_TO_BOOL, Class, Entry, Failure, Function, ObjectId, Operand, OperatorStandIn,
    Passed, Reason, Sight, Site, Snapshot, StandIn, Target, Unit, Wanted,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A snapshot, and what belongs to it but not to the compiler.
pub(super) struct Taken {
    /// For the compiler. It does not know yet of whom it is to count the activations.
    pub snapshot: Snapshot,
    /// The entry for calls from other machine code, if the code is such that there can be one.
    pub call_entry: Option<u32>,
    /// The entries with what another generator has returned, by the `RESUME` at which this one waits for it.
    pub returned_entries: BTreeMap<usize, u32>,
    /// The targets that the snapshot names.
    pub targets: Vec<Arc<Target>>,
    /// The code objects of its inlined bodies.
    pub inlined: Vec<Key>,
}

/// Takes a snapshot of the code of a frame. Machine code is to be entered wherever `wanted` says: at a `RESUME` or at jumps
/// backward. No tools watch the code.
///
/// The objects that it mentions are kept alive by the code object, or while a guard holds.
pub(super) fn take(
    frame: Frame<'_>,
    wanted: &[usize],
    observed: &Observed,
    failures: Vec<Failure>,
    inlining: Inlining,
) -> Taken {
    let code = frame.code();
    let mut taking = Taking::default();
    let namespaces = Namespaces {
        globals: frame.globals(),
        builtins: frame.builtins(),
    };
    let body = taking.body(code, namespaces, failures);
    let mut entries: Vec<Entry> = wanted
        .iter()
        .map(|&at| Entry {
            offset: entry_offset(&body.units, at) as u32,
            observed: observed.get(&at).cloned().unwrap_or_default(),
        })
        .collect();
    let call_entry = call_entry(code, &mut entries);
    let returned_entries = returned_entries(wanted, &body.units, &mut entries);
    let tools_version = field!(code._co_instrumentation_version) as u64;
    let inlined = taking.inlined(code, tools_version, inlining);
    let snapshot = Snapshot {
        body,
        inlined: taking.bodies,
        tools_version,
        keywords: taking.keywords,
        callees: taking.callees.list,
        stand_ins: taking.stand_ins,
        operators: taking.operators,
        entries,
        passed: None,
        objects: taking.objects.list,
        running: 0,
        warm: None,
    };
    Taken {
        snapshot,
        call_entry,
        returned_entries,
        targets: taking.callees.targets,
        inlined,
    }
}

/// Takes a snapshot of the code of a function for C, which calls it with values of these kinds. Nothing if it cannot be called so
/// without more than its parameters being bound to them. No tools watch the code.
pub(super) fn take_passed(
    function: Borrowed<'_, ffi::PyFunctionObject>,
    code: Borrowed<'_, ffi::PyCodeObject>,
    passed: &[Passed],
    inlining: Inlining,
) -> Option<Taken> {
    let mut taking = Taking::default();
    // SAFETY: the function is alive.
    let version = unsafe { ffi::_PyFunction_GetVersionForCurrentState(function.as_ptr()) };
    if version == 0 || code.makes_generator() {
        return None;
    }
    // SAFETY: both are alive, and are not looked at any more when something else runs.
    let (its_code, callee) = unsafe {
        (
            Borrowed::from_raw_unchecked(code.as_ptr()),
            Borrowed::from_raw_unchecked(function.as_ptr()),
        )
    };
    let namespaces = Namespaces::of(function);
    let index = (taking.callees).add_code(version, its_code, Some(callee), namespaces)?;
    if !taking.callees.list[index].takes_exactly(passed.len()) {
        return None;
    }
    let (failures, key) = {
        let mut registry = registry();
        let record = registry.record(code);
        (record.failures.clone(), record.key(code))
    };
    taking.callees.depth = 1;
    let body = taking.body(code, namespaces, failures);
    let returns = Unit {
        opcode: Opcode::RETURN_CONST.number(),
        oparg: 0,
    };
    let call = Body::of_call(&body, returns);
    taking.callees.list[index].body = Some(0);
    taking.bodies.push(body);
    let tools_version = field!(code._co_instrumentation_version) as u64;
    let mut inlined = vec![key];
    inlined.extend(taking.inlined(code, tools_version, inlining));
    let snapshot = Snapshot {
        body: call,
        inlined: taking.bodies,
        tools_version,
        keywords: taking.keywords,
        callees: taking.callees.list,
        stand_ins: taking.stand_ins,
        operators: taking.operators,
        entries: vec![Entry {
            offset: 0,
            observed: Vec::new(),
        }],
        passed: Some(passed.to_vec()),
        objects: taking.objects.list,
        running: 0,
        warm: None,
    };
    Some(Taken {
        snapshot,
        call_entry: None,
        returned_entries: BTreeMap::new(),
        targets: taking.callees.targets,
        inlined,
    })
}

/// How much of the code that is called may become a part of a code object's.
#[derive(Clone, Copy)]
pub(super) struct Inlining {
    /// How deep calls may be inlined in one another.
    depth: u32,
    /// How many units one callee may have.
    units: usize,
    /// How many all of them may have together.
    in_all: usize,
}

impl Inlining {
    /// Nothing.
    pub(super) const NONE: Self = Self {
        depth: 0,
        units: 0,
        in_all: 0,
    };

    /// Whether there may be anything.
    pub(super) fn is_some(self) -> bool {
        self.depth > 0
    }

    /// As much as can be tested without waiting long for the compiler.
    pub(super) const SOME: Self = Self {
        depth: 2,
        units: 150,
        in_all: 500,
    };

    /// What pays where code is hot.
    pub(super) const MUCH: Self = Self {
        depth: 4,
        units: 200,
        in_all: 2000,
    };
}

/// A snapshot that is being taken.
#[derive(Default)]
struct Taking<'a> {
    objects: Objects,
    callees: Callees<'a>,
    stand_ins: BTreeMap<Function, StandIn>,
    operators: BTreeMap<Wanted, OperatorStandIn>,
    bodies: Vec<Body>,
    keywords: BTreeMap<ObjectId, Vec<String>>,
}

impl<'a> Taking<'a> {
    /// Takes the code of the functions that are called, and of those that they call in turn, where it can become a part of this
    /// code: the code objects.
    fn inlined(
        &mut self,
        code: Borrowed<'_, ffi::PyCodeObject>,
        tools_version: u64,
        most: Inlining,
    ) -> Vec<Key> {
        let mut keys = Vec::new();
        let mut units = 0;
        // The callees that are found meanwhile come behind.
        let mut index = 0;
        while index < self.callees.list.len() {
            let FoundCallee {
                code: its_code,
                namespaces,
                depth,
            } = self.callees.found[index];
            let callee = self.callees.list[index].clone();
            index += 1;
            if callee.makes_generator && !is_plain_generator(its_code) {
                continue;
            }
            let version = field!(its_code._co_instrumentation_version) as u64;
            let size = its_code.unit_count();
            // No tool wants something of a function that nobody sees.
            let is_watched =
                !callee.is_stand_in && (version != tools_version || is_instrumented(its_code));
            if depth >= most.depth
                || its_code.is(code)
                || is_watched
                || size > most.units
                || units + size > most.in_all
            {
                continue;
            }
            units += size;
            let (failures, key) = {
                let mut registry = registry();
                let record = registry.record(its_code);
                (record.failures.clone(), record.key(its_code))
            };
            self.callees.depth = depth + 1;
            let mut body = self.body(its_code, namespaces, failures);
            if callee.is_stand_in {
                // What the evaluator finds out where machine code has left is true of one call only.
                body.sites.clear();
                body.sights.clear();
                body.operands.clear();
            }
            self.callees.list[index - 1].body = Some(self.bodies.len() as u32);
            self.bodies.push(body);
            keys.push(key);
        }
        keys
    }

    /// What is known of a code object.
    fn body(
        &mut self,
        code: Borrowed<'_, ffi::PyCodeObject>,
        namespaces: Namespaces<'a>,
        mut failures: Vec<Failure>,
    ) -> Body {
        if tells_of_exceptions(ThreadState::current()) {
            // The evaluator does, and finds the handlers.
            failures.retain(|failure| failure.reason != Reason::Raised);
        }
        let constants: Vec<ObjectId> = items(field!(code.co_consts))
            .map(|constant| self.objects.add(constant))
            .collect();
        let names = items(field!(code.co_names))
            .map(|name| self.objects.add(name))
            .collect();
        let units = units(code);
        let sites = self.sites(code, namespaces, &units);
        let sights = self.sights(code, namespaces);
        let operands = operands(code);
        let met = operands.values().flatten().flatten();
        for function in met.filter_map(Operand::function) {
            self.add_function(function);
        }
        for (&index, sights) in &sights {
            let is_operator = |sight: &Sight| matches!(sight.site, Some(Site::Operator { .. }));
            if sights.seen.iter().any(is_operator) {
                self.add_operator(wanted(units[index as usize]));
            }
        }
        self.keywords.extend(keywords(code, &units, &constants));
        Body {
            name: qualified_name(code),
            file: text(field!(code.co_filename)),
            line: field!(code.co_firstlineno).cast_unsigned(),
            lines: lines(code, units.len()),
            units,
            constants,
            names,
            locals: locals(code),
            arguments: arguments(code),
            stack_size: field!(code.co_stacksize).cast_unsigned(),
            handlers: handlers::entries(code)
                .map(|(guarded, handler)| pyroxene_jit_api::Handler {
                    start: guarded.start as u32,
                    end: guarded.end as u32,
                    target: handler.target as u32,
                    level: handler.level as u32,
                    lasti: handler.lasti,
                })
                .collect(),
            sites,
            sights,
            operands,
            failures,
        }
    }
}

impl Taking<'_> {
    /// Adds what stands in for a function of C, if something does.
    fn add_function(&mut self, function: Function) {
        if !function.goes_over() || self.stand_ins.contains_key(&function) {
            return;
        }
        if let Some(known) = stand_ins::find(function).and_then(|found| self.add_stand_in(found)) {
            self.stand_ins.insert(function, known);
        }
    }

    /// Adds what stands in for operators of which something is wanted.
    fn add_operator(&mut self, wanted: Wanted) {
        if self.operators.contains_key(&wanted) {
            return;
        }
        let found = stand_ins::operator(wanted);
        let known = found.and_then(|(function, rest)| {
            let stand_in = self.add_stand_in(function)?;
            Some(OperatorStandIn {
                stand_in,
                rest: self.objects.add(rest),
                refusal: self.objects.add(not_implemented()),
            })
        });
        if let Some(known) = known {
            self.operators.insert(wanted, known);
        }
    }

    /// Adds a function that stands in for something of C.
    fn add_stand_in(
        &mut self,
        stand_in: Borrowed<'static, ffi::PyFunctionObject>,
    ) -> Option<StandIn> {
        let version = field!(stand_in.func_version);
        // SAFETY: a function has its code, both of which stay.
        let code = unsafe { Borrowed::from_raw_unchecked(field!(stand_in.func_code).cast()) };
        let namespaces = Namespaces::of(stand_in);
        let callees = &mut self.callees;
        let index = callees.add_code(version, code, Some(stand_in), namespaces)?;
        callees.list[index].is_stand_in = true;
        // SAFETY: every object is one of this layout.
        let object = unsafe { Borrowed::from_raw_unchecked(stand_in.as_ptr().cast()) };
        Some(StandIn {
            function: self.objects.add(object),
            callee: index as u32,
        })
    }
}

/// What is wanted of an operator or a comparison.
fn wanted(unit: Unit) -> Wanted {
    let is_comparison = Opcode::new(unit.opcode).generic() == Opcode::COMPARE_OP;
    match is_comparison && u32::from(unit.oparg) & COMPARE_TO_BOOL != 0 {
        true => Wanted::Truth,
        false => Wanted::Result,
    }
}

/// The entry at which machine code calls the function: at its first instruction, if the evaluator enters it where calls are
/// counted, so that it is worth it. It is added if what comes before that is more than nothing.
fn call_entry(code: Borrowed<'_, ffi::PyCodeObject>, entries: &mut Vec<Entry>) -> Option<u32> {
    let start = field!(code._co_firsttraceable).cast_unsigned();
    let counted = entries.iter().position(|entry| entry.offset == start)?;
    if code.makes_generator() {
        return None;
    }
    if start == 0 {
        return Some(counted as u32);
    }
    entries.push(Entry {
        offset: 0,
        observed: Vec::new(),
    });
    Some(entries.len() as u32 - 1)
}

/// Where a generator or coroutine goes on after it has paused, and where it begins. Other code has no such places. No tools
/// watch the code.
pub(super) fn resumptions(code: Borrowed<'_, ffi::PyCodeObject>) -> Vec<usize> {
    let mut places = Vec::new();
    if !code.makes_generator() {
        return places;
    }
    let mut index = 0;
    while index < code.unit_count() {
        let opcode = original(code, index).opcode;
        if matches!(opcode, Opcode::RESUME | Opcode::RESUME_CHECK) {
            places.push(index);
        }
        index += 1 + opcode.caches();
    }
    places
}

/// Whether calls of some code make generators, and these wait for no others.
fn is_plain_generator(code: Borrowed<'_, ffi::PyCodeObject>) -> bool {
    let mut index = 0;
    while index < code.unit_count() {
        let opcode = original(code, index).opcode;
        if opcode.generic() == Opcode::SEND {
            return false;
        }
        index += 1 + opcode.caches();
    }
    code.has_flag(ffi::CO_GENERATOR)
}

/// Adds the entries with what another generator has returned: behind each `SEND` for which a generator pauses.
fn returned_entries(
    wanted: &[usize],
    units: &[Unit],
    entries: &mut Vec<Entry>,
) -> BTreeMap<usize, u32> {
    let mut found = BTreeMap::new();
    for &resumption in wanted {
        let Some(send) = resumption.checked_sub(resume::SEND_TO_RESUME) else {
            continue;
        };
        let waits = Opcode::new(units[resumption].opcode).generic() == Opcode::RESUME
            && u32::from(units[resumption].oparg) & ffi::RESUME_OPARG_LOCATION_MASK
                >= ffi::RESUME_AFTER_YIELD_FROM;
        if waits && Opcode::new(units[send].opcode).generic() == Opcode::SEND {
            found.insert(resumption, entries.len() as u32);
            entries.push(Entry {
                offset: (send + 1 + Opcode::SEND.caches()) as u32 + u32::from(units[send].oparg),
                observed: Vec::new(),
            });
        }
    }
    found
}

/// The first instruction that machine code runs which is entered at this one: itself, or where it jumps to.
fn entry_offset(units: &[Unit], place: usize) -> usize {
    if Opcode::new(units[place].opcode) != Opcode::JUMP_BACKWARD {
        return place;
    }
    let next = place + 1 + Opcode::JUMP_BACKWARD.caches();
    next.saturating_sub(argument(units, place))
}

/// The classes of what the locals of a frame hold.
pub(super) fn observed(frame: Frame<'_>) -> Vec<Option<Class>> {
    (0..frame.code().variable_count())
        .map(|index| {
            // SAFETY: the frame runs, and owns what its locals hold.
            let local = unsafe {
                Borrowed::<ffi::PyObject>::from_c_optional(
                    *ffi::_PyFrame_GetLocalsArray(frame.as_ptr()).add(index),
                )
            };
            local.map(class_of)
        })
        .collect()
}
