//! Tuples that are not made: what is in them is where it is, and only who builds the code knows that they are tuples. They are
//! taken apart at no cost. One is made when something needs it as an object; where the code leaves, the exit makes it.
//!
//! A tuple that is not made has no count. What it owns of its items is let go of when the last place goes that has it.
use crate::build::builder::Builder;
use crate::build::merge::{Incoming, Target};
use crate::build::plan::Place;
use crate::build::state::{Entry, Holder, Local, State};
use crate::function::Value;
use crate::insn::Insn;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Known, VIRTUAL_ITEMS};

impl Builder<'_> {
    /// Whether a value is a tuple that is not made.
    pub fn is_virtual(&self, value: Value) -> bool {
        self.virtuals.contains_key(&value)
    }

    /// A tuple of so many values on the top of the stack, whose place it takes, without making it. Whether that can be: an exit
    /// saves only so many values.
    pub fn pack(&mut self, count: usize) -> bool {
        let live = self.live_virtuals();
        let items: usize = live.iter().map(|value| self.virtuals[value].len()).sum();
        // What handles an exception wants objects.
        if count == 0 || items + count > VIRTUAL_ITEMS || self.at.handler.is_some() {
            return false;
        }
        let items = self.pop_many(count);
        let tuple = self.virtual_tuple(items);
        self.push_owned(tuple);
        true
    }

    fn virtual_tuple(&mut self, items: Vec<Entry>) -> Value {
        let owned = items.iter().map(|item| item.holder == Holder::Place);
        let tuple = self.emit(Insn::VirtualTuple {
            owned: owned.collect(),
            items: items.iter().map(|item| item.value).collect(),
        });
        self.virtuals.insert(tuple, items);
        tuple
    }

    /// The items of what lies at a depth below the top, if that is a tuple that is not made.
    fn items(&self, depth: usize) -> Option<&Vec<Entry>> {
        self.virtuals.get(&self.peek(depth).value)
    }

    /// The tuples that the state has and that are not made.
    pub fn live_virtuals(&mut self) -> Vec<Value> {
        if self.virtuals.is_empty() {
            return Vec::new();
        }
        let entries = self.state.entries_mut();
        let mut live: Vec<Value> = entries.map(|entry| entry.value).collect();
        live.retain(|value| self.virtuals.contains_key(value));
        live.sort_unstable();
        live.dedup();
        live
    }

    fn is_live(&mut self, value: Value) -> bool {
        self.state.entries_mut().any(|entry| entry.value == value)
    }

    /// Puts a value into each place that has another one.
    fn substitute(&mut self, old: Value, new: Value) -> usize {
        let mut count = 0;
        for entry in self.state.entries_mut() {
            if entry.value == old {
                entry.value = new;
                count += 1;
            }
        }
        count
    }

    /// Makes a tuple, in all places that have it.
    pub(super) fn materialise(&mut self, value: Value) -> Value {
        let hole = self.emit(Insn::Null);
        self.substitute(value, hole);
        let tuple = self.make(value);
        let places = self.substitute(hole, tuple);
        for _ in 1..places {
            self.retain(tuple);
        }
        tuple
    }

    /// Makes a tuple that the state does not have: owned.
    fn make(&mut self, value: Value) -> Value {
        let items = self.virtuals[&value].clone();
        let items = items.into_iter().map(|item| self.take(item)).collect();
        let state = self.raised();
        // Who handles that there is no memory would want those that are left, too.
        let handler = self.at.handler.take();
        let tuple = self.emit(Insn::BuildTuple { items, state });
        self.at.handler = handler;
        tuple
    }

    /// A tuple that was not made, with a reference.
    pub fn take_virtual(&mut self, value: Value) -> Value {
        if !self.is_live(value) {
            return self.make(value);
        }
        let tuple = self.materialise(value);
        self.retain(tuple);
        tuple
    }

    /// Makes all tuples, before somebody could look.
    pub fn materialise_all(&mut self) {
        for value in self.live_virtuals() {
            self.materialise(value);
        }
    }

    /// Makes the tuples that an instruction of bytecode is about to use, if it wants objects.
    pub fn prepare(&mut self) {
        if self.virtuals.is_empty() {
            return;
        }
        if let Some(handler) = self.at.handler.take() {
            self.materialise_all();
            self.at.handler = Some(handler);
            return self.begin(self.at);
        }
        let count = match self.at.opcode.generic() {
            Opcode::COPY
            | Opcode::SWAP
            | Opcode::POP_TOP
            | Opcode::STORE_FAST
            | Opcode::STORE_FAST_LOAD_FAST
            | Opcode::STORE_FAST_STORE_FAST
            | Opcode::UNPACK_SEQUENCE
            | Opcode::BINARY_SUBSCR => return,
            Opcode::CALL => match self.at.opcode {
                Opcode::CALL_PY_EXACT_ARGS | Opcode::CALL_ISINSTANCE => return,
                _ => self.at.oparg + 2,
            },
            Opcode::RETURN_VALUE | Opcode::YIELD_VALUE if !self.state.frames.is_empty() => return,
            Opcode::GET_LEN => 1,
            _ => self.at.effect().unwrap_or_default().0,
        };
        self.materialise_operands(count as usize);
    }

    /// Makes those of the values on the top of the stack that are tuples which are not made, before an instruction of bytecode
    /// does anything.
    pub fn materialise_operands(&mut self, count: usize) {
        for depth in 0..count.min(self.state.height()) {
            let value = self.peek(depth).value;
            if self.is_virtual(value) {
                self.materialise(value);
                self.begin(self.at);
            }
        }
    }

    /// Gives the items of tuples that are not made references of their own, where they have none and this is wanted.
    pub fn own_items(&mut self, wanted: impl Fn(Holder) -> bool) {
        for value in self.live_virtuals() {
            let mut items = self.virtuals[&value].clone();
            let mut borrowed = Vec::new();
            for item in &mut items {
                if item.holder != Holder::Place && wanted(item.holder) {
                    item.holder = Holder::Place;
                    borrowed.push(item.value);
                }
            }
            if borrowed.is_empty() {
                continue;
            }
            for item in borrowed {
                self.retain(item);
            }
            let owner = self.virtual_tuple(items);
            self.substitute(value, owner);
        }
    }

    /// What is to be let go of for values that have lost their places: of the last place of a tuple that is not made, what that
    /// owns.
    pub fn released(&mut self, values: Vec<Value>) -> Vec<Value> {
        if !values.iter().any(|value| self.is_virtual(*value)) {
            return values;
        }
        let mut released = Vec::new();
        for (index, &value) in values.iter().enumerate() {
            let is_last = !values[index + 1..].contains(&value);
            match self.virtuals.get(&value).cloned() {
                None => released.push(value),
                Some(items) if is_last && !self.is_live(value) => {
                    let owned = items.iter().rev();
                    let owned = owned.filter(|item| item.holder == Holder::Place);
                    released.extend(owned.map(|item| item.value));
                }
                Some(_) => {}
            }
        }
        released
    }

    /// `UNPACK_SEQUENCE(count)` of a tuple that was not made. Whether it is one, and has as many.
    pub(super) fn unpack_virtual(&mut self) -> bool {
        let count = self.at.oparg as usize;
        let Some(items) = self.items(0).filter(|items| items.len() == count).cloned() else {
            self.materialise_operands(1);
            return false;
        };
        let tuple = self.pop();
        let is_live = self.is_live(tuple.value);
        for item in items.into_iter().rev() {
            self.push(item);
            if is_live && item.holder == Holder::Place {
                self.retain(item.value);
            }
        }
        true
    }

    /// `BINARY_SUBSCR` of a tuple that was not made by a constant. Whether it is that.
    pub(super) fn item_of_virtual(&mut self) -> bool {
        let index = self.constant(self.peek(0).value);
        let index = index.and_then(
            |index| match self.snapshot.objects[index.0 as usize].known {
                Known::Int(number) => Some(number),
                _ => None,
            },
        );
        let item = self.items(1).zip(index).and_then(|(items, index)| {
            let size = i64::try_from(items.len()).ok()?;
            let index = if index < 0 { index + size } else { index };
            items.get(usize::try_from(index).ok()?).copied()
        });
        let Some(item) = item else {
            self.materialise_operands(2);
            return false;
        };
        let operands = self.pop_many(2);
        self.push(item);
        if item.holder == Holder::Place {
            self.retain(item.value);
        }
        self.release(&operands);
        true
    }

    /// Makes those tuples of edges that they do not all have in the same places, where nothing else is planned for these.
    pub(super) fn settle_virtuals(&mut self, target: &Target<'_>, edges: &mut [Incoming]) {
        if self.virtuals.is_empty() {
            return;
        }
        for index in 0..edges.len() {
            self.state = edges[index].state.clone();
            let mut unsettled = self.live_virtuals();
            unsettled.retain(|&value| {
                let places = places(&edges[index].state, value);
                let is_planned = |place: &Place| {
                    let plan = target.plan;
                    plan.is_some_and(|plan| plan.shape(target.index, *place).is_some())
                };
                let is_same = |edge: &Incoming| places == self::places(&edge.state, value);
                places.iter().any(is_planned) || !edges.iter().all(is_same)
            });
            if unsettled.is_empty() {
                continue;
            }
            let edge = &mut edges[index];
            self.enter(edge.block, edge.state.clone());
            self.begin(self.at);
            for value in unsettled {
                self.materialise(value);
            }
            edge.block = self.block;
            edge.state = self.state.clone();
        }
    }
}

/// The places of a state that have a value.
pub fn places(state: &State, value: Value) -> Vec<Place> {
    let locals = state.locals.iter().enumerate();
    let locals = locals
        .filter(|(_, local)| matches!(local, Local::Held(entry) if entry.value == value))
        .map(|(slot, _)| Place::Local(slot));
    let stack = state.stack.iter().enumerate();
    let stack = stack
        .filter(|(_, entry)| entry.value == value)
        .map(|(index, _)| Place::Stack(index));
    locals.chain(stack).collect()
}
