//! Slices of lists, whose bounds are numbers in registers.
use crate::build::builder::Builder;
use crate::build::instructions::operations::Told;
use crate::build::state::{Entry, Holder};
use crate::effects::{Memory, effects};
use crate::function::{StateId, Value};
use crate::insn::Insn;
use crate::types::{Classes, Type};
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Class, Failure, Known, Operand, Operation, Reason};

const LIST: Classes = Classes::of(Class::List);

impl Builder<'_> {
    /// `BINARY_SLICE`.
    pub(super) fn binary_slice(&mut self) {
        let list = self.classes(self.peek(2).value);
        if list != LIST || !self.are_bounds(0) {
            return self.operate(Operation::GetSlice, Told::default());
        }
        let state = self.before();
        let bounds = self.bounds(0, 1, state);
        self.slice(2, bounds, 1);
    }

    /// `BUILD_SLICE(count)`. What is subscripted with the slice at once, if it is a list, needs no slice.
    pub(super) fn build_slice(&mut self) {
        let count = self.at.oparg as usize;
        let Some((subscript, step)) = self.following.zip(self.step()).filter(|&(next, _)| {
            next.opcode == Opcode::BINARY_SUBSCR
                && self.are_bounds(count - 2)
                && self.is_list(count, self.met_at(next).map(|[container, ..]| container))
        }) else {
            return self.operate_on_many(Operation::Slice, self.at.oparg);
        };
        let state = self.before();
        self.guard(self.peek(count).value, LIST, state);
        let bounds = self.bounds(count - 2, step, state);
        // From here on it is the subscript that runs.
        self.at.opcode_at = subscript.opcode_at;
        self.at.next = subscript.next;
        self.skips = true;
        self.slice(count, bounds, step);
    }

    /// `STORE_SLICE`.
    pub(super) fn store_slice(&mut self) {
        let can_be = self.classes(self.peek(2).value) == LIST
            && self.classes(self.peek(3).value) == LIST
            && self.are_bounds(0)
            && self.may_speculate(Reason::Class)
            && self.may_speculate(Reason::Overflow);
        if !can_be {
            return self.operate(Operation::SetSlice, Told::default());
        }
        let state = self.before();
        let (start, stop) = self.bounds(0, 1, state);
        if self.copy_slice(start, stop) {
            return;
        }
        // It is owned before it is known whether the items can be put there, and then too if the code leaves.
        let place = self.state.stack.len() - 4;
        let value = self.take(self.peek(3));
        self.state.stack[place] = Entry::owned(value);
        self.own_what_objects_hold();
        let state = self.state_at(self.at.offset);
        let list = self.peek(2).value;
        self.emit(Insn::ReplaceSlice {
            list,
            start,
            stop,
            value,
            state,
        });
        let operands = self.pop_many(4);
        self.release(&operands[1..]);
    }

    /// `STORE_SLICE` of what was just sliced, with nothing in between that others could tell from its absence: then the slice is not
    /// made, and where the code leaves it goes on before it. Whether it is that.
    fn copy_slice(&mut self, first: Value, last: Value) -> bool {
        let Some((slice, before)) = self.sliced.take() else {
            return false;
        };
        let (value, list) = (self.peek(3).value, self.peek(2).value);
        let insns = &self.function[self.block].insns;
        let Some(place) = insns.iter().position(|insn| *insn == slice) else {
            return false;
        };
        let is_pure = |insn: &Value| {
            let effects = effects(self.function.insn(*insn));
            effects.writes == Memory::NONE && !effects.runs_any && !effects.allocates
        };
        let failed = Failure {
            offset: self.function[before].offset,
            reason: Reason::Class,
        };
        let &Insn::ListSlice {
            list: from,
            start,
            stop,
            step,
            ..
        } = self.function.insn(slice)
        else {
            return false;
        };
        let is_ready = value == slice
            && insns[place + 1..].iter().all(is_pure)
            && !self.code.body.failures.contains(&failed);
        let operands = self.pop_many(4);
        // What is below must not need references of its own, nor have the slice.
        let mut below = self.state.entries_mut();
        let is_free = !below.any(|entry| entry.holder == Holder::Object || entry.value == slice);
        drop(below);
        if !is_ready || !is_free || !self.live_virtuals().is_empty() {
            self.state.stack.extend(operands);
            return false;
        }
        let later = self.function[self.block].insns.split_off(place + 1);
        self.function[self.block].insns.pop();
        for &insn in &later {
            if let Some(state) = self.function[insn].insn.state_mut() {
                *state = before;
            }
        }
        self.function[self.block].insns.extend(later);
        self.emit(Insn::CopySlice {
            from,
            start,
            stop,
            step,
            list,
            first,
            last,
            state: before,
        });
        self.release(&operands[1..]);
        true
    }

    /// Puts a slice of a list in the place of the list, which lies at a depth below the top, and of what is above it.
    fn slice(&mut self, depth: usize, (start, stop): (Value, Value), step: i64) {
        let list = self.peek(depth).value;
        let before = self.before();
        let state = self.raised();
        let slice = self.emit(Insn::ListSlice {
            list,
            start,
            stop,
            step,
            state,
        });
        self.sliced = Some((slice, before));
        let operands = self.pop_many(depth + 1);
        self.push_owned(slice);
        self.release(&operands);
    }

    /// Whether a place of the stack can be taken for a list.
    fn is_list(&self, depth: usize, met: Option<Operand>) -> bool {
        let classes = self.classes(self.peek(depth).value);
        let was_met = met == Some(Operand::Class(Class::List)) && self.may_speculate(Reason::Class);
        classes == LIST || was_met && classes.meets(LIST)
    }

    /// The step that `BUILD_SLICE` has on the top of the stack, if it is a constant other than 0; or 1 if it has none.
    fn step(&self) -> Option<i64> {
        if self.at.oparg != 3 {
            return Some(1);
        }
        let step = self.constant(self.peek(0).value)?;
        match self.snapshot.objects[step.0 as usize].known {
            Known::None => Some(1),
            Known::Int(step) => (step != 0 && step != i64::MIN).then_some(step),
            _ => None,
        }
    }

    /// Whether both bounds, the second of which lies at a depth below the top, are ints or `None`.
    fn are_bounds(&self, depth: usize) -> bool {
        let is_bound = |depth: usize| {
            let class = self.classes(self.peek(depth).value).single();
            matches!(class, Some(Class::Int | Class::None))
        };
        is_bound(depth) && is_bound(depth + 1) && self.may_speculate(Reason::Overflow)
    }

    /// Both bounds as numbers. `None` is as far as it goes.
    fn bounds(&mut self, depth: usize, step: i64, state: StateId) -> (Value, Value) {
        let (first, last) = if step < 0 {
            (i64::MAX, i64::MIN)
        } else {
            (0, i64::MAX)
        };
        let mut bound = |depth: usize, none: i64| {
            let value = self.peek(depth).value;
            match self.classes(value).single() {
                Some(Class::None) => self.emit(Insn::Int(none)),
                _ => self.unbox(value, Type::Int, state),
            }
        };
        let start = bound(depth + 1, first);
        (start, bound(depth, last))
    }
}
