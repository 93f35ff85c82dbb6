//! Attributes of objects of one of several types: a look at the type's version, and then what is known of that type.
use super::Lowering;
use super::emit::Likely;
use super::runtime::{DICT_VERSIONS, Helper, class_symbol};
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{IntValue, PointerValue};
use pyroxene_hir::Value;
use pyroxene_hir::operands::{Attribute, Case};
use pyroxene_jit_api::{Class, ObjectId};

impl<'c> Lowering<'c, '_> {
    /// An attribute; leaves if there is none where it is looked for.
    pub(super) fn load_attribute(
        &mut self,
        by: Value,
        owner: Value,
        cases: &[Case],
    ) -> PointerValue<'c> {
        let owner = self.pointer(owner);
        let end = self.emit.block();
        let mut found = Vec::new();
        for (attribute, block) in self.types(by, owner, cases) {
            self.emit.go_to(block);
            let value = self.find(by, owner, attribute);
            found.push((value, self.emit.here()));
            self.emit.jump(end);
        }
        self.emit.go_to(end);
        let phi = self.emit.phi(self.emit.pointer());
        for (value, from) in &found {
            phi.add_incoming(&[(value, *from)]);
        }
        phi.as_basic_value().into_pointer_value()
    }

    /// Goes to a block for the type of an object. Types that have the attribute in the same way share one. Leaves if it is
    /// none of them.
    fn types(
        &mut self,
        by: Value,
        owner: PointerValue<'c>,
        cases: &[Case],
    ) -> Vec<(Attribute, BasicBlock<'c>)> {
        let class = self.class_of(owner);
        let version = self.int_field(class, self.host.layout.type_version);
        let mut ways: Vec<(Attribute, BasicBlock<'c>)> = Vec::new();
        for (index, case) in cases.iter().enumerate() {
            let known = ways.iter().find(|(other, _)| *other == case.attribute);
            let block = known.map_or_else(|| self.emit.block(), |&(_, block)| block);
            if known.is_none() {
                ways.push((case.attribute, block));
            }
            let is_last = index + 1 == cases.len();
            let otherwise = if is_last {
                self.exit_of(by)
            } else {
                self.emit.block()
            };
            let wanted = i64::from(case.version);
            let same = self.emit.compare_with(IntPredicate::EQ, version, wanted);
            let likely = is_last.then_some(Likely::Then);
            self.emit.branch(same, block, otherwise, likely);
            self.emit.go_to(otherwise);
        }
        ways
    }

    /// An attribute of an object of a known type.
    fn find(
        &mut self,
        by: Value,
        owner: PointerValue<'c>,
        attribute: Attribute,
    ) -> PointerValue<'c> {
        let layout = self.host.layout;
        match attribute {
            Attribute::Inline { index } => {
                let values = self.valid_values(by, owner);
                let value = self.emit.load_pointer(self.inline_value(values, index));
                self.there(by, value)
            }
            Attribute::Slot { offset } => {
                let value = self.field(owner, u32::from(offset));
                self.there(by, value)
            }
            Attribute::Hint { index, name } => {
                let (_, entry) = self.hinted_entry(by, owner, index, name);
                let value = self.field(entry, layout.unicode_entry_value);
                self.there(by, value)
            }
            Attribute::Shared { keys, found, name } => {
                let values = self.values_of(owner);
                let valid = self.has_valid_values(values);
                let (shared, own, end) = (self.emit.block(), self.emit.block(), self.emit.block());
                self.emit.branch(valid, shared, own, None);
                self.emit.go_to(shared);
                let class = self.class_of(owner);
                let known = self.field(class, layout.type_cached_keys);
                let version = self.int_field(known, layout.keys_version);
                let same = self
                    .emit
                    .compare_with(IntPredicate::EQ, version, i64::from(keys));
                self.require(same, by);
                self.emit.jump(end);
                self.emit.go_to(own);
                let name = self.object(name);
                let lacks = self.emit.ask(Helper::Lacks, &[owner.into(), name.into()]);
                let lacks = self
                    .emit
                    .compare_with(IntPredicate::NE, lacks.into_int_value(), 0);
                self.require(lacks, by);
                self.emit.jump(end);
                self.emit.go_to(end);
                self.object(found)
            }
            Attribute::Type { found } => self.object(found),
            Attribute::Lazy { distance, found } => {
                let distance = i64::from(layout.managed_dict) + i64::from(distance);
                let dict = self.emit.load_pointer(self.emit.at(owner, distance));
                let no_dict = self.emit.is_null(dict);
                self.require(no_dict, by);
                self.object(found)
            }
        }
    }

    /// The dictionary of an instance and its entry of this number, or else the code leaves if that does not have the name.
    fn hinted_entry(
        &mut self,
        by: Value,
        owner: PointerValue<'c>,
        index: u16,
        name: ObjectId,
    ) -> (PointerValue<'c>, PointerValue<'c>) {
        let layout = self.host.layout;
        let place = self.emit.at(owner, layout.managed_dict.into());
        let dict = self.emit.load_pointer(place);
        self.there(by, dict);
        let keys = self.field(dict, layout.dict_keys);
        let entries = self.long_field(keys, layout.keys_entries);
        let has = self
            .emit
            .compare_with(IntPredicate::SGT, entries, i64::from(index));
        self.require(has, by);
        let kind = self.emit.at(keys, layout.keys_kind.into());
        let kind = self.emit.load_int(self.emit.byte(), kind);
        let are_strings = self.emit.compare_with(IntPredicate::NE, kind, 0);
        self.require(are_strings, by);
        let entry = self.dict_entry_place(keys, index);
        let name = self.object(name);
        let key = self.field(entry, layout.unicode_entry_key);
        let same = self.emit.same(key, name);
        self.require(same, by);
        (dict, entry)
    }

    /// Leaves if there is no object.
    fn there(&mut self, by: Value, object: PointerValue<'c>) -> PointerValue<'c> {
        let null = self.emit.is_null(object);
        self.refuse(null, by);
        object
    }

    /// The inline values of an instance, in which it keeps its attributes, or else the code leaves.
    fn valid_values(&mut self, by: Value, owner: PointerValue<'c>) -> PointerValue<'c> {
        let values = self.values_of(owner);
        let valid = self.has_valid_values(values);
        self.require(valid, by);
        values
    }

    pub(super) fn has_valid_values(&self, values: PointerValue<'c>) -> IntValue<'c> {
        let place = self
            .emit
            .at(values, self.host.layout.inline_values_valid.into());
        let valid = self.emit.load_int(self.emit.byte(), place);
        self.emit.compare_with(IntPredicate::NE, valid, 0)
    }

    /// Overwrites an attribute, and gives what was there; leaves before if that is not as it was for one of the types.
    pub(super) fn store_attribute(
        &mut self,
        by: Value,
        owner: Value,
        cases: &[Case],
        item: Value,
    ) -> PointerValue<'c> {
        let (owner, item) = (self.pointer(owner), self.pointer(item));
        let end = self.emit.block();
        let mut olds = Vec::new();
        for (attribute, block) in self.types(by, owner, cases) {
            self.emit.go_to(block);
            let old = self.exchange(by, owner, attribute, item);
            olds.push((old, self.emit.here()));
            self.emit.jump(end);
        }
        self.emit.go_to(end);
        let phi = self.emit.phi(self.emit.pointer());
        for (old, from) in &olds {
            phi.add_incoming(&[(old, *from)]);
        }
        phi.as_basic_value().into_pointer_value()
    }

    fn exchange(
        &mut self,
        by: Value,
        owner: PointerValue<'c>,
        attribute: Attribute,
        item: PointerValue<'c>,
    ) -> PointerValue<'c> {
        match attribute {
            Attribute::Inline { index } => {
                let place = self.emit.at(owner, self.host.layout.managed_dict.into());
                let dict = self.emit.load_pointer(place);
                let no_dict = self.emit.is_null(dict);
                self.require(no_dict, by);
                let values = self.valid_values(by, owner);
                self.exchange_inline_value(values, index, item)
            }
            Attribute::Slot { offset } => {
                let place = self.emit.at(owner, i64::from(offset));
                let old = self.emit.load_pointer(place);
                self.emit.store(place, item);
                old
            }
            Attribute::Hint { index, name } => {
                let (dict, entry) = self.hinted_entry(by, owner, index, name);
                self.exchange_dict_value(by, dict, entry, item)
            }
            Attribute::Shared { .. } | Attribute::Type { .. } | Attribute::Lazy { .. } => {
                unreachable!("it is not the instance's")
            }
        }
    }

    /// Overwrites the value in an entry of a dictionary, which gets a new version; leaves before if there is no value, it is no exact
    /// dictionary, somebody watches it, or the collector would have to be told of it.
    fn exchange_dict_value(
        &mut self,
        by: Value,
        dict: PointerValue<'c>,
        entry: PointerValue<'c>,
        item: PointerValue<'c>,
    ) -> PointerValue<'c> {
        let layout = self.host.layout;
        let symbol = class_symbol(Class::Dict).expect("dictionaries have a name");
        let is_exact = self
            .emit
            .same(self.class_of(dict), self.emit.symbol(symbol));
        self.require(is_exact, by);
        let next = self
            .emit
            .load_pointer(self.emit.at(dict, layout.collector_next.into()));
        self.there(by, next);
        let place = self.emit.at(dict, layout.dict_version.into());
        let version = self.emit.load_int(self.emit.long(), place);
        let part = |bits: u32| {
            let mask = self.emit.const_long(bits.into());
            self.emit
                .build(|builder| builder.build_and(version, mask, ""))
        };
        let (watchers, kept) = (
            part(layout.dict_version_watchers),
            part(layout.dict_version_step - 1),
        );
        let unwatched = self.emit.compare_with(IntPredicate::EQ, watchers, 0);
        self.require(unwatched, by);
        let old = self.field(entry, layout.unicode_entry_value);
        self.there(by, old);
        self.emit
            .store(self.emit.at(entry, layout.unicode_entry_value.into()), item);
        let versions = self.emit.symbol(DICT_VERSIONS);
        let last = self.emit.load_int(self.emit.long(), versions);
        let step = self.emit.const_long(layout.dict_version_step.into());
        let new = self
            .emit
            .build(|builder| builder.build_int_add(last, step, ""));
        self.emit.store(versions, new);
        let new = self.emit.build(|builder| builder.build_or(new, kept, ""));
        self.emit.store(place, new);
        old
    }

    /// Overwrites an inline value, and notes the order if there was none.
    pub(super) fn exchange_inline_value(
        &mut self,
        values: PointerValue<'c>,
        index: u16,
        item: PointerValue<'c>,
    ) -> PointerValue<'c> {
        let place = self.inline_value(values, index);
        let old = self.emit.load_pointer(place);
        self.emit.store(place, item);
        let (first, end) = (self.emit.block(), self.emit.block());
        self.emit
            .branch(self.emit.is_null(old), first, end, Some(Likely::Otherwise));
        self.emit.go_to(first);
        self.note_order(values, index);
        self.emit.jump(end);
        self.emit.go_to(end);
        old
    }

    /// Notes that an inline value was set after all others (`_PyDictValues_AddToInsertionOrder`): the order is kept in bytes behind
    /// the values.
    fn note_order(&mut self, values: PointerValue<'c>, index: u16) {
        let layout = self.host.layout;
        let (byte, long) = (self.emit.byte(), self.emit.long());
        let read = |lowering: &Self, offset: u32| {
            let place = lowering.emit.at(values, offset.into());
            let number = lowering.emit.load_int(byte, place);
            lowering
                .emit
                .build(|builder| builder.build_int_z_extend(number, long, ""))
        };
        let capacity = read(self, layout.inline_values_capacity);
        let size = read(self, layout.inline_values_size);
        let first = self.emit.at(values, layout.inline_values.into());
        let order = self.emit.at_index(first, capacity, 8);
        let place = self.emit.at_index(order, size, 1);
        let number = byte.const_int(index.into(), false);
        self.emit.store(place, number);
        let one = self.emit.const_long(1);
        let more = self
            .emit
            .build(|builder| builder.build_int_add(size, one, ""));
        let more = self
            .emit
            .build(|builder| builder.build_int_truncate(more, byte, ""));
        let place = self.emit.at(values, layout.inline_values_size.into());
        self.emit.store(place, more);
    }
}
