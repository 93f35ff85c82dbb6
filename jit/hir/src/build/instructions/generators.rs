//! Generators and coroutines: the code of one, and that which resumes one. Those that other code resumes are the iterators of
//! `for` loops ([`for_generator`](Builder::for_generator)), whose code may be a part of the loop's ([`resumed`](super::resumed)),
//! and what `yield from` and `await` wait for ([`send`](Builder::send)).
use crate::build::builder::Builder;
use crate::build::instructions::operations::Told;
use crate::build::state::Entry;
use crate::function::{StateId, Value};
use crate::insn::Insn;
use crate::types::Classes;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Class, Operation, Reason, Refusal};

impl Builder<'_> {
    /// `FOR_ITER` of a generator.
    pub(super) fn for_generator(&mut self, end: u32, state: StateId) {
        let generator = self.guard(self.peek(0).value, Classes::of(Class::Generator), state);
        if let Some(maker) = self.maker() {
            return self.begin_resumption(generator, &maker, end, state);
        }
        self.expose_whole();
        let value = self.emit(Insn::Null);
        // The evaluator gets there what the generator returns, and drops it as well as the generator.
        let item = self.resume(generator, value, end - 2);
        let is_end = self.is_null(item);
        let next = self.at.next;
        self.branch(
            is_end,
            (end, |builder| {
                let returned = builder.emit(Insn::LoadReturned);
                let entry = builder.pop();
                builder.release(&[Entry::owned(returned), entry]);
                builder.check_disturbed();
            }),
            (next, |builder| {
                let item = builder.emit(Insn::Bound { value: item });
                builder.push_owned(item);
                builder.check_disturbed();
            }),
        );
    }

    /// Goes on in a generator or coroutine; where the evaluator does so, it goes on at `end` with what is returned.
    fn resume(&mut self, generator: Value, value: Value, end: u32) -> Value {
        let again = self.at.offset;
        let state = self.state_at(self.at.opcode_at);
        self.emit(Insn::Resume {
            generator,
            value,
            end,
            again,
            state,
        })
    }

    /// `SEND`.
    pub(super) fn send(&mut self) -> Result<(), Refusal> {
        let end = self.target()?;
        if self.is_unseen() {
            self.exit(Reason::Unseen);
            return Ok(());
        }
        let generators = Classes::of(Class::Generator) | Classes::of(Class::Coroutine);
        let receiver = self.bound(1);
        let classes = self.classes(receiver);
        let speculates = self.at.opcode == Opcode::SEND_GEN && self.may_speculate(Reason::Class);
        if classes.within(generators) || classes.meets(generators) && speculates {
            let state = self.before();
            let generator = self.guard(receiver, generators, state);
            self.bound(0);
            self.expose_whole();
            let value = self.pop().value;
            let sent = self.resume(generator, value, end);
            self.sent(sent, end, &[]);
        } else if self.ty(receiver).is_unboxed() || self.ty(self.peek(0).value).is_unboxed() {
            self.exit(Reason::Generator);
        } else {
            let value = self.bound(0);
            self.expose();
            let state = self.raised();
            let sent = self.emit(Insn::Send {
                receiver,
                value,
                state,
            });
            let value = self.pop();
            self.sent(sent, end, &[value]);
        }
        Ok(())
    }

    /// After something was sent: on with what came back, or at `end` with what was returned.
    fn sent(&mut self, sent: Value, end: u32, taken: &[Entry]) {
        let has_ended = self.is_null(sent);
        let next = self.at.next;
        self.branch(
            has_ended,
            (end, |builder| {
                let returned = builder.emit(Insn::LoadReturned);
                builder.push_owned(returned);
                builder.release(taken);
                builder.check_disturbed();
            }),
            (next, |builder| {
                let sent = builder.emit(Insn::Bound { value: sent });
                builder.push_owned(sent);
                builder.release(taken);
                builder.check_disturbed();
            }),
        );
    }

    /// `GET_YIELD_FROM_ITER`: a generator is one itself, and nothing is to be done.
    pub(super) fn yield_from_iterator(&mut self) {
        if !self.classes(self.peek(0).value).is(Class::Generator) {
            self.operate(Operation::YieldFromIterator, Told::default());
        }
    }

    /// `END_SEND`.
    pub(super) fn end_send(&mut self) {
        let value = self.pop();
        let receiver = self.pop();
        self.push(value);
        self.release(&[receiver]);
    }

    /// `YIELD_VALUE(delegates)`.
    pub(super) fn yield_value(&mut self) {
        if !self.state.frames.is_empty() {
            return self.yield_to_loop();
        }
        self.bound(0);
        self.expose_whole();
        let value = self.pop().value;
        let delegates = self.at.oparg != 0;
        let state = self.state_at(self.at.next);
        self.emit(Insn::Yield {
            value,
            delegates,
            state,
        });
    }

    /// The end of a generator, which returns what is on top.
    pub(super) fn end_generator(&mut self) {
        self.expose_whole();
        let value = self.pop().value;
        let state = self.state_at(self.at.opcode_at);
        self.emit(Insn::EndGenerator { value, state });
    }
}
