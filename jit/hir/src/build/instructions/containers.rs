//! Lists and tuples: items, building, taking apart.
use crate::build::builder::Builder;
use crate::build::state::Entry;
use crate::function::{StateId, Value};
use crate::insn::Insn;
use crate::operators::Comparison;
use crate::types::{Classes, Type};
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Class, Reason};

impl Builder<'_> {
    /// The class of a sequence whose items are looked at: what is known, or else what was seen.
    pub(super) fn sequence_class(&self, value: Value, seen: Option<Class>) -> Option<Class> {
        let classes = self.classes(value);
        let known = classes
            .single()
            .filter(|class| matches!(class, Class::List | Class::Tuple));
        known.or(seen.filter(|&class| {
            classes.meets(Classes::of(class)) && self.may_speculate(Reason::Class)
        }))
    }

    /// Whether a value can be taken as an index.
    fn can_be_index(&self, value: Value, was_seen: bool) -> bool {
        let classes = self.classes(value);
        let int = Classes::of(Class::Int);
        classes == int || was_seen && classes.meets(int) && self.may_speculate(Reason::Class)
    }

    /// `BINARY_SUBSCR`.
    pub(super) fn binary_subscr(&mut self) {
        if self.item_of_virtual() {
            return;
        }
        let seen = match self.at.opcode {
            Opcode::BINARY_SUBSCR_LIST_INT => Some(Class::List),
            Opcode::BINARY_SUBSCR_TUPLE_INT => Some(Class::Tuple),
            _ => None,
        };
        let (container, index) = (self.peek(1).value, self.peek(0).value);
        let class = self.sequence_class(container, seen);
        let is_index = self.can_be_index(index, seen.is_some());
        let Some(class) = class.filter(|_| is_index && self.may_speculate(Reason::Index)) else {
            return self.array_item();
        };
        let state = self.before();
        let container = self.guard(container, Classes::of(class), state);
        let index = self.unbox(index, Type::Int, state);
        let index = self.check_index(container, index, state);
        let item = self.emit(Insn::Item {
            value: container,
            index,
        });
        let operands = self.pop_many(2);
        self.push_held(item);
        self.release(&operands);
    }

    fn check_index(&mut self, container: Value, index: Value, state: StateId) -> Value {
        let size = self.emit(Insn::Size { value: container });
        self.emit(Insn::CheckIndex { index, size, state })
    }

    /// `STORE_SUBSCR`.
    pub(super) fn store_subscr(&mut self) {
        let was_seen = self.at.opcode == Opcode::STORE_SUBSCR_LIST_INT;
        let (container, index) = (self.peek(1).value, self.peek(0).value);
        let class = self.sequence_class(container, was_seen.then_some(Class::List));
        if class != Some(Class::List)
            || !self.can_be_index(index, was_seen)
            || !self.may_speculate(Reason::Index)
        {
            return self.store_array_item();
        }
        let state = self.before();
        let list = self.guard(container, Classes::of(Class::List), state);
        let index_number = self.unbox(index, Type::Int, state);
        let place = self.check_index(list, index_number, state);
        self.bound(2);
        let old = self.emit(Insn::Item {
            value: list,
            index: place,
        });
        let (item, old) = self.replace(old, 2, 3);
        let operands = self.pop_many(3);
        self.emit(Insn::StoreItem {
            list,
            index: place,
            item,
        });
        self.release(&[Entry::owned(old), operands[2], operands[1]]);
    }

    /// `UNPACK_SEQUENCE(count)`.
    pub(super) fn unpack_sequence(&mut self) {
        if self.unpack_virtual() {
            return;
        }
        let seen = match self.at.opcode {
            Opcode::UNPACK_SEQUENCE_LIST => Some(Class::List),
            Opcode::UNPACK_SEQUENCE_TUPLE | Opcode::UNPACK_SEQUENCE_TWO_TUPLE => Some(Class::Tuple),
            _ => None,
        };
        let sequence = self.peek(0).value;
        if !self.may_speculate(Reason::Class) {
            self.varied.insert(self.underlying(sequence));
        }
        let seen = seen.filter(|_| !self.varied.contains(&self.underlying(sequence)));
        let class = self.sequence_class(sequence, seen);
        let Some(class) = class.filter(|_| self.may_speculate(Reason::Index)) else {
            return self.unpack_any();
        };
        let state = self.before();
        let sequence = self.guard(sequence, Classes::of(class), state);
        let size = self.emit(Insn::Size { value: sequence });
        let count = self.emit(Insn::Int(i64::from(self.at.oparg)));
        let is_size = self.emit(Insn::IntCompare {
            op: Comparison::Equal,
            left: size,
            right: count,
        });
        self.expect(is_size, true, Reason::Index, state);
        let entry = self.pop();
        for index in (0..self.at.oparg).rev() {
            let index = self.emit(Insn::Int(i64::from(index)));
            let item = self.emit(Insn::Item {
                value: sequence,
                index,
            });
            self.push_held(item);
        }
        self.release(&[entry]);
    }

    /// `BUILD_TUPLE(count)`.
    pub(super) fn build_tuple(&mut self) {
        let count = self.at.oparg as usize;
        for depth in 0..count {
            self.bound(depth);
        }
        self.pack_or_make(count);
    }

    /// A tuple of so many values on the top of the stack, in their place.
    pub(super) fn pack_or_make(&mut self, count: usize) {
        if self.pack(count) {
            return;
        }
        let items = self.take_many(count);
        let state = self.raised();
        let tuple = self.emit(Insn::BuildTuple { items, state });
        self.push_owned(tuple);
    }

    /// `BUILD_LIST(count)`.
    pub(super) fn build_list(&mut self) {
        let items = self.take_many(self.at.oparg as usize);
        let state = self.raised();
        let list = self.emit(Insn::BuildList { items, state });
        self.push_owned(list);
    }

    /// Takes over so many values of the stack.
    fn take_many(&mut self, count: usize) -> Vec<Value> {
        for depth in 0..count {
            self.bound(depth);
        }
        let entries = self.pop_many(count);
        entries.into_iter().map(|entry| self.take(entry)).collect()
    }

    /// `LIST_APPEND(depth)`: to a list further down on the stack.
    pub(super) fn list_append(&mut self) {
        let list = self.peek(self.at.oparg as usize).value;
        let is_list = Classes::of(Class::List);
        if !self.classes(list).meets(is_list) {
            return self.interpret(&[]);
        }
        // It is one, though that may not be known behind a pause.
        let state = self.before();
        let list = self.guard(list, is_list, state);
        self.bound(0);
        let entry = self.pop();
        let item = self.take(entry);
        let state = self.raised();
        self.emit(Insn::ListAppend { list, item, state });
    }

    /// `GET_LEN`: pushes the length of what is on the top.
    pub(super) fn get_len(&mut self) {
        let value = self.peek(0).value;
        if self.ty(value).is_unboxed() {
            return self.interpret(&[]);
        }
        if self.sequence_class(value, None).is_some() {
            let size = self.emit(Insn::Size { value });
            return self.push_owned(size);
        }
        let value = self.bound(0);
        self.expose();
        let state = self.raised();
        let length = self.emit(Insn::Length { value, state });
        self.push_owned(length);
        self.check_disturbed();
    }
}
