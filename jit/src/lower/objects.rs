//! What lies in objects whose class or type's version is known.
use super::Lowering;
use super::emit::Likely;
use super::runtime::{Helper, class_symbol};
use inkwell::IntPredicate;
use inkwell::values::{BasicValueEnum, IntValue, PointerValue};
use pyroxene_hir::{Classes, Value};
use pyroxene_jit_api::Class;

impl<'c> Lowering<'c, '_> {
    // --- lists and tuples ---

    /// Where an item of a list or a tuple lies.
    pub(super) fn item_place(&mut self, sequence: Value, index: IntValue<'c>) -> PointerValue<'c> {
        let classes = self.function.ty(sequence).classes();
        self.place_in(
            self.pointer(sequence),
            index,
            Classes::of(Class::List),
            Classes::of(Class::Tuple),
            classes,
            Class::List,
        )
    }

    /// The same, where the sequence is known only by something that is of one class if it is a list, and of the other if
    /// it is a tuple.
    fn place_in(
        &mut self,
        sequence: PointerValue<'c>,
        index: IntValue<'c>,
        list: Classes,
        tuple: Classes,
        classes: Classes,
        class: Class,
    ) -> PointerValue<'c> {
        let layout = &self.host.layout;
        let within = self.emit.at(sequence, layout.tuple_items.into());
        let base = if classes.within(tuple) {
            within
        } else {
            let outside = self.field(sequence, layout.list_items);
            if classes.within(list) {
                outside
            } else {
                let symbol = class_symbol(class).expect("lists have a name");
                let is_list = self
                    .emit
                    .same(self.class_of(sequence), self.emit.symbol(symbol));
                // A tuple has room for an item where a list has the address of its items: both may be read.
                self.emit
                    .select(is_list, outside, within)
                    .into_pointer_value()
            }
        };
        self.emit.at_index(base, index, 8)
    }

    pub(super) fn list_slice(
        &mut self,
        by: Value,
        list: Value,
        (start, stop): (Value, Value),
        step: i64,
    ) -> PointerValue<'c> {
        let arguments = [
            self.value(list),
            self.value(start),
            self.value(stop),
            self.emit.const_long(step).into(),
        ];
        let slice = self.emit.ask(Helper::ListSlice, &arguments);
        let slice = slice.into_pointer_value();
        let null = self.emit.is_null(slice);
        self.refuse(null, by);
        slice
    }

    pub(super) fn replace_slice(
        &mut self,
        by: Value,
        list: Value,
        (start, stop): (Value, Value),
        items: Value,
    ) {
        let arguments = [list, start, stop, items].map(|operand| self.value(operand));
        let answer = self.emit.ask(Helper::ReplaceSlice, &arguments);
        self.refuse_unless_zero(answer.into_int_value(), by);
    }

    /// Puts items of a list in the place of a part of one.
    pub(super) fn copy_slice(&mut self, by: Value, step: i64) {
        let operands = self.insn_of(by).operands();
        let mut arguments: Vec<_> = operands
            .iter()
            .map(|operand| self.value(*operand))
            .collect();
        arguments.insert(3, self.emit.const_long(step).into());
        let answer = self.emit.ask(Helper::CopySlice, &arguments);
        self.refuse_unless_zero(answer.into_int_value(), by);
    }

    fn refuse_unless_zero(&mut self, answer: IntValue<'c>, by: Value) {
        let refused = self.emit.compare_with(IntPredicate::NE, answer, 0);
        self.refuse(refused, by);
    }

    // --- iterators ---

    /// Moves an iterator of pairs on: whether it gives something.
    pub(super) fn pair_next(&mut self, by: Value, class: Class, iterator: Value) -> IntValue<'c> {
        let iterator = self.pointer(iterator);
        let is_one = self.is_class(iterator, class);
        self.require(is_one, by);
        let answer = self.emit.ask(Helper::PairNext, &[iterator.into()]);
        let answer = answer.into_int_value();
        let unable = self.emit.compare_with(IntPredicate::EQ, answer, 2);
        self.refuse(unable, by);
        self.emit.compare_with(IntPredicate::NE, answer, 0)
    }

    /// What the pair of an iterator has at a place.
    pub(super) fn pair_item(
        &mut self,
        class: Class,
        iterator: Value,
        index: u16,
    ) -> PointerValue<'c> {
        let layout = &self.host.layout;
        let pair = match class == Class::Enumerate {
            true => layout.enumerate_pair,
            false => layout.zip_pair,
        };
        let pair = self.field(self.pointer(iterator), pair);
        self.field(pair, layout.tuple_items + u32::from(index) * 8)
    }

    /// The number that an `enumerate` has given last.
    pub(super) fn pair_number(&mut self, iterator: Value) -> IntValue<'c> {
        let place = self.host.layout.enumerate_index;
        let next = self.long_field(self.pointer(iterator), place);
        let one = self.emit.const_long(1);
        self.emit
            .build(|builder| builder.build_int_sub(next, one, ""))
    }

    /// The next number of a range's iterator.
    pub(super) fn range_next(&mut self, iterator: Value) -> IntValue<'c> {
        let iterator = self.pointer(iterator);
        let layout = &self.host.layout;
        let start = self.long_field(iterator, layout.range_iterator_start);
        let step = self.long_field(iterator, layout.range_iterator_step);
        let left = self.long_field(iterator, layout.range_iterator_len);
        // Behind the last number it may overflow, and nobody asks for that one.
        let next = self
            .emit
            .build(|builder| builder.build_int_add(start, step, ""));
        let one = self.emit.const_long(1);
        let left = self
            .emit
            .build(|builder| builder.build_int_sub(left, one, ""));
        self.emit.store(
            self.emit.at(iterator, layout.range_iterator_start.into()),
            next,
        );
        self.emit.store(
            self.emit.at(iterator, layout.range_iterator_len.into()),
            left,
        );
        start
    }

    /// The next item of the iterator of a list or tuple, or NULL.
    pub(super) fn sequence_next(&mut self, iterator: Value) -> BasicValueEnum<'c> {
        let classes = self.function.ty(iterator).classes();
        let iterator = self.pointer(iterator);
        let layout = &self.host.layout;
        let sequence = self.field(iterator, layout.sequence_iterator_sequence);
        let null = self.emit.null();
        let (there, more, end) = (self.emit.block(), self.emit.block(), self.emit.block());
        let before = self.emit.here();
        self.emit.branch(
            self.emit.is_null(sequence),
            end,
            there,
            Some(Likely::Otherwise),
        );

        self.emit.go_to(there);
        let place = self
            .emit
            .at(iterator, layout.sequence_iterator_index.into());
        let index = self.emit.load_int(self.emit.long(), place);
        let size = self.long_field(sequence, layout.size);
        let has = self.emit.compare(IntPredicate::ULT, index, size);
        self.emit.branch(has, more, end, Some(Likely::Then));

        self.emit.go_to(more);
        let one = self.emit.const_long(1);
        let next = self
            .emit
            .build(|builder| builder.build_int_add(index, one, ""));
        self.emit.store(place, next);
        let item = self.place_in(
            sequence,
            index,
            Classes::of(Class::ListIterator),
            Classes::of(Class::TupleIterator),
            classes,
            Class::List,
        );
        let item = self.emit.load_pointer(item);
        let from = self.emit.here();
        self.emit.jump(end);

        self.emit.go_to(end);
        let phi = self.emit.phi(self.emit.pointer());
        phi.add_incoming(&[(&null, before), (&null, there), (&item, from)]);
        phi.as_basic_value()
    }

    /// Takes the sequence away from its iterator. That of a list knows by its index that it has none; that of a tuple never
    /// looks at it again.
    pub(super) fn sequence_end(&mut self, iterator: Value) -> PointerValue<'c> {
        let iterator = self.pointer(iterator);
        let layout = &self.host.layout;
        let place = self
            .emit
            .at(iterator, layout.sequence_iterator_sequence.into());
        let sequence = self.emit.load_pointer(place);
        self.emit.store(place, self.emit.null());
        let index = self
            .emit
            .at(iterator, layout.sequence_iterator_index.into());
        self.emit.store(index, self.emit.const_long(-1));
        sequence
    }

    // --- attributes ---

    /// The inline values of an instance: they follow what its type says an instance takes.
    pub(super) fn inline_values(&self, owner: Value) -> PointerValue<'c> {
        self.values_of(self.pointer(owner))
    }

    /// The same of an address.
    pub(super) fn values_of(&self, owner: PointerValue<'c>) -> PointerValue<'c> {
        let size = self.long_field(self.class_of(owner), self.host.layout.type_basic_size);
        self.emit.at_index(owner, size, 1)
    }

    /// Where one of them lies.
    pub(super) fn inline_value(&self, values: PointerValue<'c>, index: u16) -> PointerValue<'c> {
        let offset = i64::from(self.host.layout.inline_values) + i64::from(index) * 8;
        self.emit.at(values, offset)
    }

    pub(super) fn store_inline_value(&mut self, owner: Value, index: u16, item: Value) {
        let values = self.inline_values(owner);
        let item = self.pointer(item);
        self.exchange_inline_value(values, index, item);
    }

    /// The value of an entry of a dictionary whose keys are all strings.
    pub(super) fn dict_entry(&self, dict: Value, index: u16) -> PointerValue<'c> {
        let layout = &self.host.layout;
        let keys = self.field(self.pointer(dict), layout.dict_keys);
        let entry = self.dict_entry_place(keys, index);
        self.field(entry, layout.unicode_entry_value)
    }

    /// Where an entry of keys that are all strings lies.
    pub(super) fn dict_entry_place(&self, keys: PointerValue<'c>, index: u16) -> PointerValue<'c> {
        let layout = &self.host.layout;
        let log = self.emit.load_int(
            self.emit.byte(),
            self.emit.at(keys, layout.keys_log2_index_bytes.into()),
        );
        let long = self.emit.long();
        let log = self
            .emit
            .build(|builder| builder.build_int_z_extend(log, long, ""));
        let one = self.emit.const_long(1);
        let indices = self
            .emit
            .build(|builder| builder.build_left_shift(one, log, ""));
        let entries = self.emit.at_index(keys, indices, 1);
        let offset = u32::from(index) * layout.unicode_entry_size + layout.keys_indices;
        self.emit.at(entries, offset.into())
    }
}
