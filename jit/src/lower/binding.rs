//! What the parameters of a Python function that machine code calls are bound to ([`pyroxene_hir::binding`]), in registers.
//!
//! First it is found, without taking a reference, because the evaluator may have to make the call after all. Then it is taken.
use super::Lowering;
use super::emit::Likely;
use super::runtime::Helper;
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::PointerValue;
use pyroxene_hir::StateId;
use pyroxene_hir::binding::{Source, bind};
use pyroxene_jit_api::{ExitKind, ObjectId, Operation, Reason, Snapshot};

/// The bytes of a word.
const WORD: u32 = 8;

/// What the parameters of a function are bound to, found but not taken.
pub(super) struct Found<'c> {
    sources: Vec<Source>,
    /// The defaults among them, in the same order.
    pub defaults: Vec<PointerValue<'c>>,
}

/// What a function is called with. It is the caller's to give away.
#[derive(Clone, Copy)]
pub(super) struct Given<'c, 'b> {
    /// The arguments.
    pub arguments: &'b [PointerValue<'c>],
    /// The names of the last of them, a tuple that somebody keeps.
    pub names: Option<ObjectId>,
}

/// The names in a tuple.
fn names_in(snapshot: &Snapshot, names: Option<ObjectId>) -> &[String] {
    names
        .and_then(|names| snapshot.keywords.get(&names))
        .map_or(&[], Vec::as_slice)
}

impl<'c> Lowering<'c, '_> {
    /// Finds what the parameters of a callee are bound to. Goes on elsewhere if the function has other defaults than it had.
    pub(super) fn find_bound(
        &mut self,
        callee: u32,
        function: PointerValue<'c>,
        given: Given<'c, '_>,
        otherwise: BasicBlock<'c>,
    ) -> Found<'c> {
        let snapshot = self.snapshot;
        let known = &snapshot.callees[callee as usize];
        let names = names_in(snapshot, given.names);
        let sources = bind(known, given.arguments.len(), names).expect("it can be called so");
        let layout = self.host.layout;
        let has_default = |source: &Source| matches!(source, Source::Default(_));
        let defaults = sources.iter().any(has_default).then(|| {
            let defaults = self.field(function, layout.function_defaults);
            self.go_on_if_there(defaults, otherwise);
            let size = self.long_field(defaults, layout.size);
            let wanted = i64::from(known.defaults);
            let fits = self.emit.compare_with(IntPredicate::EQ, size, wanted);
            self.go_on_if(fits, otherwise);
            defaults
        });
        let entries = sources.iter().filter_map(|source| match source {
            Source::NamedDefault(parameter) => known.names[*parameter].default,
            _ => None,
        });
        let keys = entries
            .max()
            .map(|last| self.keys_of_named_defaults(function, last, otherwise));
        let mut found = Vec::new();
        for source in &sources {
            match source {
                Source::Default(index) => {
                    let defaults = defaults.expect("they were loaded");
                    found.push(self.field(defaults, layout.tuple_items + index * WORD));
                }
                Source::NamedDefault(parameter) => {
                    let parameter = &known.names[*parameter];
                    let index = parameter.default.expect("it has one");
                    let keys = keys.expect("they were loaded");
                    let entry = self.dict_entry_place(keys, index);
                    let name = self.emit.literal(parameter.address as u64);
                    let key = self.field(entry, layout.unicode_entry_key);
                    let same = self.emit.same(key, name);
                    self.go_on_if(same, otherwise);
                    let value = self.field(entry, layout.unicode_entry_value);
                    self.go_on_if_there(value, otherwise);
                    found.push(value);
                }
                Source::Argument(_) | Source::Rest(_) | Source::Keywords(_) => {}
            }
        }
        Found {
            sources,
            defaults: found,
        }
    }

    /// The keys of the dictionary of a function's defaults for parameters that can only be named, with entries up to this one.
    fn keys_of_named_defaults(
        &mut self,
        function: PointerValue<'c>,
        last: u16,
        otherwise: BasicBlock<'c>,
    ) -> PointerValue<'c> {
        let layout = self.host.layout;
        let dict = self.field(function, layout.function_named_defaults);
        self.go_on_if_there(dict, otherwise);
        let keys = self.field(dict, layout.dict_keys);
        let kind = self.emit.at(keys, layout.keys_kind.into());
        let kind = self.emit.load_int(self.emit.byte(), kind);
        let are_strings = self.emit.compare_with(IntPredicate::NE, kind, 0);
        self.go_on_if(are_strings, otherwise);
        let entries = self.long_field(keys, layout.keys_entries);
        let has = self
            .emit
            .compare_with(IntPredicate::SGT, entries, i64::from(last));
        self.go_on_if(has, otherwise);
        keys
    }

    fn go_on_if_there(&self, object: PointerValue<'c>, otherwise: BasicBlock<'c>) {
        let null = self.emit.is_null(object);
        let is_there = self.emit.build(|builder| builder.build_not(null, ""));
        self.go_on_if(is_there, otherwise);
    }

    /// Takes what was found: a reference for each parameter. Leaves if there is no memory for the tuple or the dictionary of what is
    /// left over, without function and arguments.
    pub(super) fn take_bound(
        &mut self,
        found: &Found<'c>,
        function: PointerValue<'c>,
        given: Given<'c, '_>,
        state: StateId,
    ) -> Vec<PointerValue<'c>> {
        let arguments = given.arguments;
        let unnamed = arguments.len() - names_in(self.snapshot, given.names).len();
        // What has not gone anywhere yet.
        let mut left: Vec<Option<PointerValue<'c>>> = arguments.iter().copied().map(Some).collect();
        let mut made = Vec::new();
        for source in &found.sources {
            match source {
                Source::Rest(range) => {
                    left[range.clone()].fill(None);
                    let rest = self.many(&arguments[range.clone()]);
                    let tuple = self.emit.ask(Helper::Tuple, &rest).into_pointer_value();
                    self.go_on_with(tuple, function, &left, &made, state);
                    made.push(tuple);
                }
                Source::Keywords(numbers) => {
                    let mut items = Vec::new();
                    for number in numbers {
                        let names = given.names.expect("there are names");
                        let names = self.object(names);
                        let place = self.host.layout.tuple_items + *number as u32 * WORD;
                        let name = self.field(names, place);
                        self.retain_object(name);
                        items.extend([name, arguments[unnamed + number]]);
                        left[unnamed + number] = None;
                    }
                    let items = self.many(&items);
                    let map = self.emit.operate(Operation::Map, &items);
                    let map = map.into_pointer_value();
                    self.go_on_with(map, function, &left, &made, state);
                    made.push(map);
                }
                Source::Argument(_) | Source::Default(_) | Source::NamedDefault(_) => {}
            }
        }
        for &default in &found.defaults {
            self.retain_object(default);
        }
        let (mut defaults, mut made) = (found.defaults.iter(), made.into_iter());
        let values = found.sources.iter().map(|source| match source {
            Source::Argument(index) => arguments[*index],
            Source::Default(_) | Source::NamedDefault(_) => {
                *defaults.next().expect("all were found")
            }
            Source::Rest(_) | Source::Keywords(_) => made.next().expect("all were made"),
        });
        values.collect()
    }

    /// Values in memory, as helpers take many: where they are, and how many.
    fn many(&self, values: &[PointerValue<'c>]) -> [inkwell::values::BasicValueEnum<'c>; 2] {
        let room = self.emit.room(values.len() as u32);
        for (index, &value) in values.iter().enumerate() {
            let place = self.emit.at(room, index as i64 * i64::from(WORD));
            self.emit.store(place, value);
        }
        let count = self.emit.const_long(values.len() as i64);
        [room.into(), count.into()]
    }

    /// Goes on if something was made. Otherwise it lets go of everything else, and leaves with the exception.
    fn go_on_with(
        &mut self,
        new: PointerValue<'c>,
        function: PointerValue<'c>,
        left: &[Option<PointerValue<'c>>],
        made: &[PointerValue<'c>],
        state: StateId,
    ) {
        let (on, none) = (self.emit.block(), self.emit.block());
        let is_null = self.emit.is_null(new);
        self.emit.branch(is_null, none, on, Some(Likely::Otherwise));
        self.emit.go_to(none);
        let others = left.iter().copied().flatten();
        for value in others.chain(made.iter().copied()).chain([function]) {
            self.emit.run(Helper::Release, &[value.into()]);
        }
        let error = self.emit.int().const_int(1 + ExitKind::Error as u64, false);
        self.leave_as(error, state, Reason::Call);
        self.emit.go_to(on);
    }
}
