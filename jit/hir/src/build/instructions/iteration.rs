//! Iterators.
use crate::build::builder::Builder;
use crate::build::state::Entry;
use crate::function::{Edge, StateId, Value};
use crate::insn::Insn;
use crate::operators::Comparison;
use crate::types::Classes;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Class, Operand, Reason, Refusal};

impl Builder<'_> {
    /// `GET_ITER`.
    pub(super) fn get_iter(&mut self) {
        if self.is_iterator() {
            return;
        }
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

    /// Whether what is on top is an iterator of a kind that is its own iterator: a generator, or what a generator expression is called
    /// with, which its caller has made.
    fn is_iterator(&mut self) -> bool {
        let value = self.peek(0).value;
        if self.classes(value).is(Class::Generator) {
            return true;
        }
        let is_given = (self.code.body.locals.first()).is_some_and(|local| local.name == ".0");
        let next = self.code.at(self.at.next).ok();
        let seen = next.and_then(|next| iterator_seen(next.opcode));
        let Some(class) = seen.filter(|class| {
            is_given
                && self.classes(value).meets(Classes::of(*class))
                && self.may_speculate(Reason::Class)
        }) else {
            return false;
        };
        let state = self.before();
        self.guard(value, Classes::of(class), state);
        true
    }

    /// `FOR_ITER`.
    pub(super) fn for_iter(&mut self) -> Result<(), Refusal> {
        let end = self.target()?;
        let seen = iterator_seen(self.at.opcode);
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
        if let Some(class) = self.pairs() {
            self.for_pairs(end, class);
            return Ok(());
        }
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

    /// The class of an iterator of pairs that are taken apart at once.
    fn pairs(&self) -> Option<Class> {
        let next = self.code.at(self.at.next).ok()?;
        let are_unpacked = next.opcode.generic() == Opcode::UNPACK_SEQUENCE && next.oparg == 2;
        let [Operand::Class(class @ (Class::Enumerate | Class::Zip)), ..] = self.met()? else {
            return None;
        };
        let can_be = self.classes(self.peek(0).value).meets(Classes::of(class));
        (are_unpacked && can_be && self.may_speculate(Reason::Types)).then_some(class)
    }

    fn for_pairs(&mut self, end: u32, class: Class) {
        // It lets go of what the pair had.
        self.own_what_objects_hold();
        self.begin(self.at);
        let iterator = self.bound(0);
        let state = self.before();
        let has_more = self.emit(Insn::PairNext {
            class,
            iterator,
            state,
        });
        let next = self.at.next;
        self.branch(
            has_more,
            (next, |builder| {
                match class {
                    Class::Enumerate => {
                        let number = builder.emit(Insn::PairNumber { iterator });
                        builder.push_owned(number);
                    }
                    _ => {
                        let item = builder.emit(Insn::PairItem {
                            class,
                            iterator,
                            index: 0,
                        });
                        builder.push_held(item);
                    }
                }
                let item = builder.emit(Insn::PairItem {
                    class,
                    iterator,
                    index: 1,
                });
                builder.push_held(item);
                builder.pack_or_make(2);
            }),
            (end, |builder| {
                // It comes to its end as ever.
                builder.expose();
                let state = builder.raised();
                let item = builder.emit(Insn::IteratorNext { iterator, state });
                builder.expect_null(item, next);
                let entry = builder.pop();
                builder.release(&[entry]);
                builder.check_disturbed();
            }),
        );
    }

    /// Goes on if an iterator has given nothing. Otherwise leaves with what it has given, to what is done with that.
    fn expect_null(&mut self, item: Value, next: u32) {
        let condition = self.is_null(item);
        let blocks = [self.at.next, next].map(|offset| self.function.add_block(offset));
        let [then, otherwise] = blocks.map(|to| Edge {
            to,
            arguments: Vec::new(),
        });
        self.emit(Insn::Branch {
            condition,
            then,
            otherwise,
        });
        let state = self.state.clone();
        self.enter(blocks[1], state.clone());
        let item = self.emit(Insn::Bound { value: item });
        self.push_owned(item);
        let reason = Reason::NotCompiled;
        let left = self.state_at(next);
        self.emit(Insn::Exit {
            reason,
            state: left,
        });
        self.enter(blocks[0], state);
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

/// The class of the iterators that a `FOR_ITER` is made for.
fn iterator_seen(opcode: Opcode) -> Option<Class> {
    match opcode {
        Opcode::FOR_ITER_RANGE => Some(Class::RangeIterator),
        Opcode::FOR_ITER_LIST => Some(Class::ListIterator),
        Opcode::FOR_ITER_TUPLE => Some(Class::TupleIterator),
        Opcode::FOR_ITER_GEN => Some(Class::Generator),
        _ => None,
    }
}
