//! What the compiler gets to see of a code object, taken from live objects at one moment. Reads them, and runs nothing.
use super::options;
use super::publish::is_instrumented;
use super::registry::{Key, Observed, registry};
use crate::bytecode::cache::{
    AttributeCache, CallCache, GlobalCache, LoadAttributeCache, TruthCache,
};
use crate::bytecode::{Counter, Opcode, handlers, original};
use crate::eval::monitor::tells_of_exceptions;
use crate::eval::resume;
use crate::ffi;
use crate::field;
use crate::frame::Frame;
use crate::object::Borrowed;
use crate::profile::{self, operand::class_of, sight::LONGEST_CACHE};
use crate::thread::ThreadState;
use core::ffi::CStr;
use core::ptr::null_mut;
use pyroxene_jit_api::{
    Body, Builtin, Callee, Class, Entry, Failure, Known, Local, LocalKind, OPERANDS, Object,
    ObjectId, Operand, Parameter, Passed, Reason, Sight, Sights, Site, Snapshot, Target, Unit,
};
use pyroxene_jit_log::Function;
use std::collections::{BTreeMap, HashMap};
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
    if version == 0 || code.has_flag(GENERATORS) {
        return None;
    }
    // SAFETY: both are alive, and are not looked at any more when something else runs.
    let (its_code, callee) = unsafe {
        (
            Borrowed::from_raw_unchecked(code.as_ptr()),
            Borrowed::from_raw_unchecked(function.as_ptr()),
        )
    };
    let index = taking.callees.add_code(version, its_code, Some(callee))?;
    if !taking.callees.list[index].takes_exactly(passed.len()) {
        return None;
    }
    let (failures, key) = {
        let mut registry = registry();
        let record = registry.record(code);
        (record.failures.clone(), record.key(code))
    };
    taking.callees.depth = 1;
    let body = taking.body(code, Namespaces::of(function), failures);
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
struct Taking {
    objects: Objects,
    callees: Callees,
    bodies: Vec<Body>,
    keywords: BTreeMap<ObjectId, Vec<String>>,
}

/// Where some code finds its global variables.
#[derive(Clone, Copy)]
struct Namespaces<'a> {
    globals: Option<Borrowed<'a>>,
    builtins: Option<Borrowed<'a>>,
}

impl<'a> Namespaces<'a> {
    /// Of the code of a function.
    fn of(function: Borrowed<'a, ffi::PyFunctionObject>) -> Self {
        Self {
            // SAFETY: a function has both, and keeps them.
            globals: unsafe { Borrowed::from_c_optional(field!(function.func_globals)) },
            // SAFETY: as above.
            builtins: unsafe { Borrowed::from_c_optional(field!(function.func_builtins)) },
        }
    }
}

impl Taking {
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
            let found = &self.callees.found[index];
            let (callee, depth) = (self.callees.list[index].clone(), found.depth);
            let known = found.function;
            index += 1;
            let Some((function, its_code)) = known.filter(|_| !callee.makes_generator) else {
                continue;
            };
            let version = field!(its_code._co_instrumentation_version) as u64;
            let size = its_code.unit_count();
            if depth >= most.depth
                || its_code.is(code)
                || version != tools_version
                || size > most.units
                || units + size > most.in_all
                || is_instrumented(its_code)
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
            let body = self.body(its_code, Namespaces::of(function), failures);
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
        namespaces: Namespaces<'_>,
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
            operands: operands(code),
            failures,
        }
    }

    /// What the inline caches say.
    fn sites(
        &mut self,
        code: Borrowed<'_, ffi::PyCodeObject>,
        namespaces: Namespaces<'_>,
        units: &[Unit],
    ) -> BTreeMap<u32, Site> {
        let mut sites = BTreeMap::new();
        let mut index = 0;
        while index < units.len() {
            let opcode = Opcode::new(units[index].opcode);
            let cache = code.instruction_at(index + 1);
            if let Some(mut site) = site(namespaces, opcode, cache.cast(), &mut self.objects) {
                match &mut site {
                    Site::Call { version, callee } if calls_function(opcode) => {
                        *callee = self.callees.add(*version);
                    }
                    Site::Property { callee, .. } => {
                        *callee = self.callees.add(getter_version(cache.cast()));
                    }
                    _ => {}
                }
                sites.insert(index as u32, site);
            }
            index += 1 + opcode.caches();
        }
        sites
    }

    /// What instructions on attributes and calls have met one after the other.
    fn sights(
        &mut self,
        code: Borrowed<'_, ffi::PyCodeObject>,
        namespaces: Namespaces<'_>,
    ) -> BTreeMap<u32, Sights> {
        let Self {
            objects, callees, ..
        } = self;
        profile::table::sights(code)
            .into_iter()
            .filter_map(|(index, known)| {
                let first = known.seen().first()?.form.generic();
                let is_wanted = matches!(
                    first,
                    Opcode::LOAD_ATTR
                        | Opcode::STORE_ATTR
                        | Opcode::CALL
                        | Opcode::CALL_KW
                        | Opcode::CALL_FUNCTION_EX
                        | Opcode::BINARY_SUBSCR
                );
                if !is_wanted {
                    return None;
                }
                let seen = known.seen().iter().map(|sight| {
                    // The counter, which is not kept, is before what is.
                    let mut cache = [0; LONGEST_CACHE];
                    cache[1..].copy_from_slice(&sight.cache);
                    let mut site = match sight.form {
                        Opcode::CALL_KW => Some(Site::Call {
                            version: sight.function,
                            callee: callees.add(sight.function),
                        }),
                        Opcode::CALL_FUNCTION_EX => Some(Site::Unpacked {
                            callee: callees.add(sight.function),
                            arguments: sight.cache[0],
                        }),
                        Opcode::BINARY_SUBSCR_GETITEM if sight.operands[0] != 0 => {
                            Some(Site::Item {
                                type_version: sight.operands[0],
                                callee: callees.add(sight.function),
                            })
                        }
                        form => site(namespaces, form, cache.as_ptr(), objects),
                    };
                    match &mut site {
                        Some(Site::Call { version, callee }) if calls_function(sight.form) => {
                            *callee = callees.add(*version);
                        }
                        Some(Site::Call { callee, .. })
                            if sight.form == Opcode::CALL_ALLOC_AND_ENTER_INIT =>
                        {
                            *callee = callees.add(sight.function);
                        }
                        Some(Site::Property { callee, .. }) => {
                            *callee = callees.add(getter_version(cache.as_ptr()));
                        }
                        _ => {}
                    }
                    Sight {
                        form: sight.form.number(),
                        site,
                    }
                });
                let sights = Sights {
                    seen: seen.collect(),
                    has_more: known.has_more(),
                };
                Some((index as u32, sights))
            })
            .collect()
    }
}

/// The entry at which machine code calls the function: at its first instruction, if the evaluator enters it where calls are
/// counted, so that it is worth it. It is added if what comes before that is more than nothing.
fn call_entry(code: Borrowed<'_, ffi::PyCodeObject>, entries: &mut Vec<Entry>) -> Option<u32> {
    let start = field!(code._co_firsttraceable).cast_unsigned();
    let counted = entries.iter().position(|entry| entry.offset == start)?;
    if code.has_flag(GENERATORS) {
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
    if !code.has_flag(GENERATORS) {
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

/// The flags of code whose calls make something that has the frame in it.
const GENERATORS: u32 = ffi::CO_GENERATOR | ffi::CO_COROUTINE | ffi::CO_ASYNC_GENERATOR;

/// The name by which people know some code.
pub(super) fn qualified_name(code: Borrowed<'_, ffi::PyCodeObject>) -> String {
    text(field!(code.co_qualname))
}

/// A code object as people and logs name it.
pub(super) fn function(code: Borrowed<'_, ffi::PyCodeObject>) -> Function {
    Function {
        file: text(field!(code.co_filename)),
        line: field!(code.co_firstlineno).cast_unsigned(),
        name: qualified_name(code),
    }
}

/// The text of a string.
fn text(string: *mut ffi::PyObject) -> String {
    let mut size = 0;
    // SAFETY: code objects hold strings where this is used. NULL comes with an exception where a string is no text, which
    // is of no interest here; that which the program raises meanwhile is kept.
    unsafe {
        let pending = ffi::PyErr_GetRaisedException();
        let utf8 = ffi::PyUnicode_AsUTF8AndSize(string, &raw mut size);
        ffi::PyErr_SetRaisedException(pending);
        if utf8.is_null() {
            return String::from("?");
        }
        let bytes = core::slice::from_raw_parts(utf8.cast::<u8>(), size.cast_unsigned());
        String::from_utf8_lossy(bytes).into_owned()
    }
}

/// The items of a tuple of a code object.
fn items<'a>(tuple: *mut ffi::PyObject) -> impl Iterator<Item = Borrowed<'a>> {
    // SAFETY: the members that this is used with are tuples, which never change; the code object keeps them.
    let tuple: Borrowed<'a, ffi::PyTupleObject> =
        unsafe { Borrowed::from_raw_unchecked(tuple.cast()) };
    tuple.items().iter().copied()
}

/// Instructions and caches, with the original instructions where machine code is entered.
fn units(code: Borrowed<'_, ffi::PyCodeObject>) -> Vec<Unit> {
    let mut found: Vec<Unit> = crate::bytecode::unit::units(code)
        .iter()
        .map(|unit| Unit {
            opcode: unit.opcode.get().number(),
            oparg: unit.oparg(),
        })
        .collect();
    let mut index = 0;
    while index < found.len() {
        let unit = original(code, index);
        found[index] = Unit {
            opcode: unit.opcode.number(),
            oparg: unit.oparg,
        };
        index += 1 + unit.opcode.caches();
    }
    found
}

/// The lines of the units, if somebody wants to know them.
fn lines(code: Borrowed<'_, ffi::PyCodeObject>, units: usize) -> Vec<u32> {
    let line = |index| {
        let offset = index * size_of::<ffi::_Py_CODEUNIT>();
        let line = code.line_at(offset as core::ffi::c_int);
        line.unwrap_or_default().cast_unsigned()
    };
    match options::for_lines() {
        true => (0..units).map(line).collect(),
        false => Vec::new(),
    }
}

/// The first instruction that machine code runs which is entered at this one: itself, or where it jumps to.
fn entry_offset(units: &[Unit], place: usize) -> usize {
    if Opcode::new(units[place].opcode) != Opcode::JUMP_BACKWARD {
        return place;
    }
    let next = place + 1 + Opcode::JUMP_BACKWARD.caches();
    next.saturating_sub(argument(units, place))
}

/// The whole argument of an instruction. What stands before it says whether it has a prefix only when read from the start:
/// in a cache there can be anything.
fn argument(units: &[Unit], place: usize) -> usize {
    let (mut index, mut prefix) = (0, 0);
    while index < place {
        let opcode = Opcode::new(units[index].opcode);
        prefix = match opcode {
            Opcode::EXTENDED_ARG => (prefix | usize::from(units[index].oparg)) << 8,
            _ => 0,
        };
        index += 1 + opcode.caches();
    }
    prefix | usize::from(units[place].oparg)
}

fn locals(code: Borrowed<'_, ffi::PyCodeObject>) -> Vec<Local> {
    code.variable_names()
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let kind = code.variable_kind(index);
            Local {
                name: text(name.as_ptr()),
                kind: if kind.is_free() {
                    LocalKind::Free
                } else if kind.is_cell() {
                    LocalKind::Cell
                } else {
                    LocalKind::Plain
                },
            }
        })
        .collect()
}

/// How many of the locals are arguments.
fn arguments(code: Borrowed<'_, ffi::PyCodeObject>) -> u32 {
    let named = field!(code.co_argcount) + field!(code.co_kwonlyargcount);
    named.cast_unsigned()
        + u32::from(code.has_flag(ffi::CO_VARARGS))
        + u32::from(code.has_flag(ffi::CO_VARKEYWORDS))
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

/// The objects that a snapshot mentions.
#[derive(Default)]
struct Objects {
    list: Vec<Object>,
    numbers: HashMap<usize, ObjectId>,
}

impl Objects {
    /// An object that something else keeps alive for as long as the machine code relies on it: the code object, or a guard.
    fn add(&mut self, object: Borrowed<'_>) -> ObjectId {
        let address = object.as_ptr().addr();
        *self.numbers.entry(address).or_insert_with(|| {
            let number = ObjectId(self.list.len() as u32);
            self.list.push(Object {
                address,
                // SAFETY: the object is alive.
                immortal: unsafe { ffi::_Py_IsImmortal(object.as_ptr()) },
                known: known(object),
            });
            number
        })
    }

    /// An object that is alive while a guard holds, which may be over already: it is not looked into.
    fn add_guarded(&mut self, object: *mut ffi::PyObject) -> ObjectId {
        let address = object.addr();
        *self.numbers.entry(address).or_insert_with(|| {
            let number = ObjectId(self.list.len() as u32);
            self.list.push(Object {
                address,
                immortal: false,
                known: builtin(object).map_or(Known::Nothing, Known::Builtin),
            });
            number
        })
    }
}

/// The functions that a snapshot says machine code can call.
#[derive(Default)]
struct Callees {
    list: Vec<Callee>,
    /// Of each, what its code is taken from if it is inlined.
    found: Vec<FoundCallee>,
    /// How many calls there are between the callees that are found and the code.
    depth: u32,
    /// Of each, the target that it names.
    targets: Vec<Arc<Target>>,
}

/// A callee, for as long as nothing else runs.
struct FoundCallee {
    /// The function, if there is one of its version, and its code.
    function: Option<(
        Borrowed<'static, ffi::PyFunctionObject>,
        Borrowed<'static, ffi::PyCodeObject>,
    )>,
    /// How many calls there are between it and the code.
    depth: u32,
}

impl Callees {
    /// The function that has this version, if machine code can call it.
    fn add(&mut self, version: u32) -> Option<u32> {
        if version == 0 {
            return None;
        }
        let known = self
            .list
            .iter()
            .position(|callee| callee.version == version);
        let index = known.or_else(|| {
            let mut code = null_mut();
            // SAFETY: the interpreter is the main one, as everywhere here. It gives a borrowed function, of which there may be
            // none, and borrowed code.
            unsafe {
                let function = ffi::_PyFunction_LookupByVersion(version, &raw mut code);
                let code = Borrowed::<ffi::PyCodeObject>::from_c_optional(code.cast())?;
                let function = Borrowed::from_c_optional(function);
                self.add_code(version, code, function)
            }
        })?;
        Some(index as u32)
    }

    fn add_code(
        &mut self,
        version: u32,
        code: Borrowed<'static, ffi::PyCodeObject>,
        function: Option<Borrowed<'static, ffi::PyFunctionObject>>,
    ) -> Option<usize> {
        let makes_generator = code.has_flag(GENERATORS);
        if !code.has_flag(ffi::CO_OPTIMIZED) || makes_generator && !resume::can_make(code) {
            return None;
        }
        let parameters = field!(code.co_argcount).cast_unsigned();
        let count = parameters + field!(code.co_kwonlyargcount).cast_unsigned();
        let names = code.variable_names().iter().take(count as usize);
        let names = names.enumerate().map(|(index, name)| Parameter {
            name: text(name.as_ptr()),
            address: name.as_ptr().addr(),
            default: function
                .filter(|_| index as u32 >= parameters)
                .and_then(|function| named_default(function, *name)),
        });
        let names = names.collect();
        let target = Arc::clone(&registry().record(code).target);
        self.list.push(Callee {
            name: qualified_name(code),
            version,
            target: Arc::as_ptr(&target).expose_provenance(),
            parameters,
            unnamed: field!(code.co_posonlyargcount).cast_unsigned(),
            defaults: function.map_or(0, count_defaults),
            names,
            takes_rest: code.has_flag(ffi::CO_VARARGS),
            takes_keywords: code.has_flag(ffi::CO_VARKEYWORDS),
            locals: field!(code.co_nlocalsplus).cast_unsigned(),
            frame_size: field!(code.co_framesize).cast_unsigned(),
            makes_generator,
            body: None,
        });
        self.targets.push(target);
        self.found.push(FoundCallee {
            function: function.map(|function| (function, code)),
            depth: self.depth,
        });
        Some(self.list.len() - 1)
    }
}

/// How many defaults a function has for parameters that need not be named.
fn count_defaults(function: Borrowed<'_, ffi::PyFunctionObject>) -> u32 {
    let defaults = field!(function.func_defaults);
    if defaults.is_null() {
        return 0;
    }
    // SAFETY: they are a tuple.
    unsafe { ffi::Py_SIZE(defaults) as u32 }
}

/// The entry of a function's defaults for parameters that can only be named which has this name for its key.
fn named_default(function: Borrowed<'_, ffi::PyFunctionObject>, name: Borrowed<'_>) -> Option<u16> {
    // SAFETY: they are NULL or a dict, which has its keys; keys that are all strings have entries of this kind.
    unsafe {
        let defaults =
            Borrowed::<ffi::PyObject>::from_c_optional(field!(function.func_kwdefaults))?;
        let keys = (*defaults.as_ptr().cast::<ffi::PyDictObject>()).ma_keys;
        if u32::from((*keys).dk_kind) == ffi::DICT_KEYS_GENERAL {
            return None;
        }
        let entries = ffi::DK_UNICODE_ENTRIES(keys);
        let count = u16::try_from((*keys).dk_nentries).ok()?;
        (0..count).find(|&index| (*entries.add(usize::from(index))).me_key == name.as_ptr())
    }
}

/// Whether an instruction is made for the Python function of a version, or for methods that are bound to it.
fn calls_function(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::CALL_PY_EXACT_ARGS
            | Opcode::CALL_PY_GENERAL
            | Opcode::CALL_BOUND_METHOD_EXACT_ARGS
            | Opcode::CALL_BOUND_METHOD_GENERAL
    )
}

/// The version of the function of a property.
fn getter_version(cache: *const u16) -> u32 {
    // SAFETY: behind the instruction lies its cache, in which the version is where others have that of keys.
    unsafe { (*cache.cast::<LoadAttributeCache>()).keys_version.get() }
}

/// The names in the constants by which calls name their arguments: the instruction before such a call loads them.
fn keywords(
    code: Borrowed<'_, ffi::PyCodeObject>,
    units: &[Unit],
    constants: &[ObjectId],
) -> BTreeMap<ObjectId, Vec<String>> {
    let mut found = BTreeMap::new();
    let (mut index, mut loaded) = (0, None);
    while index < units.len() {
        let opcode = Opcode::new(units[index].opcode);
        match opcode {
            Opcode::LOAD_CONST => loaded = Some(argument(units, index)),
            Opcode::CALL_KW => {
                let names = loaded.and_then(|number| {
                    let names = items(field!(code.co_consts)).nth(number)?;
                    let names = names.downcast::<ffi::PyTupleObject>()?;
                    let names = names.items().iter().map(|name| text(name.as_ptr()));
                    Some((*constants.get(number)?, names.collect()))
                });
                found.extend(names);
            }
            Opcode::EXTENDED_ARG => {}
            _ => loaded = None,
        }
        index += 1 + opcode.caches();
    }
    found
}

/// What can be told of an object.
fn known(object: Borrowed<'_>) -> Known {
    match class_of(object) {
        Class::None => Known::None,
        Class::Bool => Known::Bool(object.is_at(&raw const ffi::_Py_TrueStruct)),
        Class::Int => {
            let mut overflow = 0;
            // SAFETY: it is an exact int, so that there is no other error.
            let value =
                unsafe { ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &raw mut overflow) };
            match overflow {
                0 => Known::Int(value),
                _ => Known::Instance(Class::Int),
            }
        }
        Class::Float => {
            // SAFETY: it is an exact float.
            let value = unsafe { (*object.as_ptr().cast::<ffi::PyFloatObject>()).ob_fval };
            Known::Float(value)
        }
        class => builtin(object.as_ptr()).map_or(Known::Instance(class), Known::Builtin),
    }
}

/// The built-in function that an object is, if the compiler knows its meaning.
fn builtin(object: *mut ffi::PyObject) -> Option<Builtin> {
    // SAFETY: the main interpreter is alive, and its cache of callables holds addresses.
    let cache = unsafe { (*ffi::_PyRuntime.interpreters.main).callable_cache };
    let known = [
        (cache.len, Builtin::Len),
        (cache.isinstance, Builtin::IsInstance),
        (cache.list_append, Builtin::ListAppend),
    ];
    let known = known.into_iter().find(|&(address, _)| address == object);
    known
        .map(|(_, builtin)| builtin)
        .or_else(|| is_dict_get(object).then_some(Builtin::DictGet))
}

/// Whether an object is `dict.get` as the type has it.
fn is_dict_get(object: *mut ffi::PyObject) -> bool {
    // SAFETY: the object is alive; a method of a type has its definition.
    unsafe {
        if ffi::Py_TYPE(object) != &raw mut ffi::PyMethodDescr_Type {
            return false;
        }
        let method = object.cast::<ffi::PyMethodDescrObject>();
        (*method).d_common.d_type == &raw mut ffi::PyDict_Type
            && CStr::from_ptr((*(*method).d_method).ml_name) == c"get"
    }
}

/// What operands instructions have met.
fn operands(code: Borrowed<'_, ffi::PyCodeObject>) -> BTreeMap<u32, Vec<[Operand; OPERANDS]>> {
    profile::table::sights(code)
        .into_iter()
        .map(|(index, known)| {
            let mut met: Vec<[Operand; OPERANDS]> = Vec::new();
            for sight in known.seen() {
                if !met.contains(&sight.known) {
                    met.push(sight.known);
                }
            }
            (index as u32, met)
        })
        .collect()
}

/// What one inline cache says.
fn site(
    namespaces: Namespaces<'_>,
    opcode: Opcode,
    cache: *const u16,
    objects: &mut Objects,
) -> Option<Site> {
    // SAFETY: behind each instruction lies the cache of its family.
    unsafe {
        match opcode {
            Opcode::LOAD_ATTR_INSTANCE_VALUE
            | Opcode::LOAD_ATTR_WITH_HINT
            | Opcode::LOAD_ATTR_SLOT
            | Opcode::STORE_ATTR_INSTANCE_VALUE
            | Opcode::STORE_ATTR_WITH_HINT
            | Opcode::STORE_ATTR_SLOT => {
                let cache = &*cache.cast::<AttributeCache>();
                Some(Site::Attribute {
                    type_version: cache.version.get(),
                    index: cache.index.get(),
                })
            }
            Opcode::LOAD_ATTR_PROPERTY => {
                let cache = &*cache.cast::<LoadAttributeCache>();
                Some(Site::Property {
                    type_version: cache.type_version.get(),
                    getter: objects.add_guarded(cache.found.get()),
                    callee: None,
                })
            }
            Opcode::LOAD_ATTR_MODULE => {
                let cache = &*cache.cast::<AttributeCache>();
                Some(Site::ModuleAttribute {
                    keys_version: cache.version.get(),
                    index: cache.index.get(),
                })
            }
            Opcode::LOAD_ATTR_CLASS
            | Opcode::LOAD_ATTR_METHOD_WITH_VALUES
            | Opcode::LOAD_ATTR_METHOD_NO_DICT
            | Opcode::LOAD_ATTR_METHOD_LAZY_DICT
            | Opcode::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
            | Opcode::LOAD_ATTR_NONDESCRIPTOR_NO_DICT => {
                let cache = &*cache.cast::<LoadAttributeCache>();
                Some(Site::TypeAttribute {
                    type_version: cache.type_version.get(),
                    keys_version: cache.keys_version.get(),
                    found: objects.add_guarded(cache.found.get()),
                })
            }
            Opcode::LOAD_GLOBAL_MODULE | Opcode::LOAD_GLOBAL_BUILTIN => {
                let cache = &*cache.cast::<GlobalCache>();
                Some(Site::Global {
                    module_keys_version: cache.module_keys_version.get(),
                    builtin_keys_version: cache.builtin_keys_version.get(),
                    index: cache.index.get(),
                    value: global(namespaces, opcode, cache).map(|value| objects.add(value)),
                })
            }
            Opcode::TO_BOOL_ALWAYS_TRUE => {
                let cache = &*cache.cast::<TruthCache>();
                Some(Site::Truth {
                    type_version: cache.version.get(),
                })
            }
            _ if opcode.generic() == Opcode::CALL && opcode != Opcode::CALL => {
                let cache = &*cache.cast::<CallCache>();
                Some(Site::Call {
                    version: cache.version.get(),
                    callee: None,
                })
            }
            _ if is_unseen(opcode, cache) => Some(Site::Unseen),
            _ => None,
        }
    }
}

/// Whether an adaptive instruction has never run.
///
/// # Safety
/// Behind the instruction lies its cache.
unsafe fn is_unseen(opcode: Opcode, cache: *const u16) -> bool {
    let adaptive = opcode.caches() > 0
        && opcode.generic() == opcode
        && !matches!(
            opcode,
            Opcode::JUMP_BACKWARD
                | Opcode::POP_JUMP_IF_TRUE
                | Opcode::POP_JUMP_IF_FALSE
                | Opcode::POP_JUMP_IF_NONE
                | Opcode::POP_JUMP_IF_NOT_NONE
        );
    // SAFETY: as the caller promises.
    adaptive && unsafe { *cache } == Counter::WARMUP.bits()
}

/// What a global variable is bound to, if the compiler could make use of it: a built-in function that it knows.
fn global<'a>(
    namespaces: Namespaces<'a>,
    opcode: Opcode,
    cache: &GlobalCache,
) -> Option<Borrowed<'a>> {
    let (dict, version) = match opcode {
        Opcode::LOAD_GLOBAL_MODULE => (namespaces.globals?, cache.module_keys_version.get()),
        _ => (namespaces.builtins?, cache.builtin_keys_version.get()),
    };
    if !dict.is_exactly(&raw const ffi::PyDict_Type) {
        return None;
    }
    // SAFETY: an exact dict with its keys; with this version they are all strings, and have an entry of this index.
    let value = unsafe {
        let keys = (*dict.as_ptr().cast::<ffi::PyDictObject>()).ma_keys;
        if (*keys).dk_version != u32::from(version) {
            return None;
        }
        let entry = ffi::DK_UNICODE_ENTRIES(keys).add(usize::from(cache.index.get()));
        Borrowed::from_c_optional((*entry).me_value)?
    };
    builtin(value.as_ptr()).map(|_| value)
}
