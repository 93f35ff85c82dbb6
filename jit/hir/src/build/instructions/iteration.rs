//! Iterators.
use crate::build::builder::Builder;
use crate::build::state::Entry;
use crate::function::{StateId, Value};
use crate::insn::{Comparison, Insn};
use crate::types::Classes;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Class, Reason, Refusal};

impl Builder<'_> {
    /// `GET_ITER`.
    pub(super) fn get_iter(&mut self) {
        if self.ty(self.peek(0).value).is_unboxed() {
            // It raises.
            return self.interpret(&[]);
        }
        let value = self.bound(0);
        self.expose();
        let state = self.raised();
        let iterator = self.emit(Insn::GetIterator { value, state });
        let entry = self.pop();
        self.push_owned(iterator);
        self.release(&[entry]);
        self.check_disturbed();
    }

    /// `FOR_ITER`.
    pub(super) fn for_iter(&mut self) -> Result<(), Refusal> {
        let end = self.target()?;
        let seen = match self.at.opcode {
            Opcode::FOR_ITER_RANGE => Some(Class::RangeIterator),
            Opcode::FOR_ITER_LIST => Some(Class::ListIterator),
            Opcode::FOR_ITER_TUPLE => Some(Class::TupleIterator),
            Opcode::FOR_ITER_GEN => Some(Class::Generator),
            _ => None,
        };
        let classes = self.classes(self.peek(0).value);
        let known = classes.single().filter(|class| {
            matches!(
                class,
                Class::RangeIterator
                    | Class::ListIterator
                    | Class::TupleIterator
                    | Class::Generator
            )
        });
        let class = known.or(seen.filter(|class| {
            classes.meets(Classes::of(*class)) && self.may_speculate(Reason::Class)
        }));
        let state = self.before();
        match class {
            Some(Class::RangeIterator) => self.for_range(end, state),
            Some(Class::Generator) => self.for_generator(end, state),
            Some(class) => self.for_sequence(end, class, state),
            None if self.is_unseen() => self.exit(Reason::Unseen),
            None => self.for_any(end),
        }
        Ok(())
    }

    fn for_range(&mut self, end: u32, state: StateId) {
        let iterator = self.guard(self.peek(0).value, Classes::of(Class::RangeIterator), state);
        let left = self.emit(Insn::RangeLeft { iterator });
        let zero = self.emit(Insn::Int(0));
        let has_more = self.emit(Insn::IntCompare {
            op: Comparison::Greater,
            left,
            right: zero,
        });
        let next = self.at.next;
        self.branch(
            has_more,
            (next, |builder| {
                let number = builder.emit(Insn::RangeNext { iterator });
                builder.push_owned(number);
            }),
            (end, |builder| {
                let entry = builder.pop();
                builder.release(&[entry]);
            }),
        );
    }

    fn for_sequence(&mut self, end: u32, class: Class, state: StateId) {
        let iterator = self.guard(self.peek(0).value, Classes::of(class), state);
        let item = self.emit(Insn::SequenceNext { iterator });
        let is_end = self.is_null(item);
        let next = self.at.next;
        self.branch(
            is_end,
            (end, |builder| {
                let sequence = builder.emit(Insn::SequenceEnd { iterator });
                let entry = builder.pop();
                builder.release(&[Entry::owned(sequence), entry]);
            }),
            (next, |builder| {
                let item = builder.emit(Insn::Bound { value: item });
                builder.push_held(item);
            }),
        );
    }

    /// With whatever the iterator does.
    fn for_any(&mut self, end: u32) {
        let iterator = self.bound(0);
        self.expose();
        let state = self.raised();
        let item = self.emit(Insn::IteratorNext { iterator, state });
        let is_end = self.is_null(item);
        let next = self.at.next;
        self.branch(
            is_end,
            (end, |builder| {
                let entry = builder.pop();
                builder.release(&[entry]);
                builder.check_disturbed();
            }),
            (next, |builder| {
                let item = builder.emit(Insn::Bound { value: item });
                builder.push_owned(item);
                builder.check_disturbed();
            }),
        );
    }

    pub(super) fn is_null(&mut self, value: Value) -> Value {
        let null = self.emit(Insn::Null);
        self.emit(Insn::Is {
            left: value,
            right: null,
        })
    }
}
