//! Arrays of the standard library (`array.array`): their numbers are read and written where they lie.
use crate::build::builder::Builder;
use crate::build::instructions::arithmetic::{number, number_met};
use crate::build::instructions::operations::Told;
use crate::function::{StateId, Value};
use crate::insn::Insn;
use crate::operators::Comparison;
use crate::types::{Classes, Type};
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Class, Items, Operand, Operation, Reason};

impl Builder<'_> {
    /// `BINARY_SUBSCR` of what is no list or tuple: of an array, or of anything.
    pub(super) fn array_item(&mut self) {
        let met = self
            .met()
            .filter(|_| self.at.opcode == Opcode::BINARY_SUBSCR);
        let Some(([Operand::Array { version, items }, key, _], true)) =
            met.map(|met| (met, self.may_be_array(1, 0)))
        else {
            return self.operate(Operation::GetItem, Told::default());
        };
        if key != Operand::Class(Class::Int) {
            return self.operate(Operation::GetItem, Told::default());
        }
        let state = self.before();
        let (array, index) = self.array_place(1, 0, (version, items), state);
        let item = self.emit(Insn::ArrayItem {
            array,
            index,
            items,
        });
        let operands = self.pop_many(2);
        self.push_owned(item);
        self.release(&operands);
    }

    /// `STORE_SUBSCR` of the same.
    pub(super) fn store_array_item(&mut self) {
        let met = self
            .met()
            .filter(|_| self.at.opcode == Opcode::STORE_SUBSCR);
        let Some(([value, Operand::Array { version, items }, key], true)) =
            met.map(|met| (met, self.may_be_array(1, 0)))
        else {
            return self.operate(Operation::SetItem, Told::default());
        };
        let known = number(self.classes(self.peek(2).value));
        let number = known.or_else(|| number_met(value).filter(|ty| self.can_be(2, *ty)));
        // Other numbers are no items of such an array.
        let number = number.filter(|ty| items.are_floats() || *ty != Type::Float);
        let (Some(number), Operand::Class(Class::Int)) = (number, key) else {
            return self.operate(Operation::SetItem, Told::default());
        };
        let state = self.before();
        let (array, index) = self.array_place(1, 0, (version, items), state);
        let item = self.unbox(self.peek(2).value, number, state);
        let item = if items.are_floats() {
            self.number_as_float(item)
        } else {
            let item = self.number_as_int(item);
            self.check_range(item, items, state);
            item
        };
        let operands = self.pop_many(3);
        self.emit(Insn::StoreArrayItem {
            array,
            index,
            item,
            items,
        });
        self.release(&operands);
    }

    fn can_be(&self, depth: usize, ty: Type) -> bool {
        self.classes(self.peek(depth).value).meets(ty.classes())
    }

    /// Whether places of the stack, counted from its top, can be taken for an array and its index.
    fn may_be_array(&self, array: usize, index: usize) -> bool {
        let other = Classes::of(Class::Other);
        !self.is_unseen()
            && self.classes(self.peek(array).value).meets(other)
            && self.can_be(index, Type::Int)
            && [
                Reason::TypeVersion,
                Reason::Class,
                Reason::Index,
                Reason::Domain,
            ]
            .into_iter()
            .all(|reason| self.may_speculate(reason))
    }

    /// An array, and an index of it, after the guards for both.
    fn array_place(
        &mut self,
        array: usize,
        index: usize,
        (version, items): (u32, Items),
        state: StateId,
    ) -> (Value, Value) {
        let array = self.guard(self.peek(array).value, Classes::OBJECT, state);
        self.emit(Insn::GuardArray {
            value: array,
            version,
            items,
            state,
        });
        let index = self.unbox(self.peek(index).value, Type::Int, state);
        let size = self.emit(Insn::ArraySize { array });
        let index = self.emit(Insn::CheckIndex { index, size, state });
        (array, index)
    }

    /// Leaves unless a number is one that such items can be.
    fn check_range(&mut self, item: Value, items: Items, state: StateId) {
        let Some((least, greatest)) = items.range().filter(|_| items.bits() < 64) else {
            return;
        };
        for (op, bound) in [
            (Comparison::GreaterEqual, least),
            (Comparison::LessEqual, greatest),
        ] {
            let right = self.emit(Insn::Int(bound));
            let holds = self.emit(Insn::IntCompare {
                op,
                left: item,
                right,
            });
            self.expect(holds, true, Reason::Domain, state);
        }
    }
}
