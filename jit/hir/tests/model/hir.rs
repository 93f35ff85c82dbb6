//! An evaluator of HIR on the model.
use super::bytecode::{self, next_of};
use super::thread::Thread;
use super::{Heap, Outcome, Ref, Thing, float_floor_divide, float_remainder, part, places};
use pyroxene_hir::function::{BlockId, Edge, Function, StateId, Value};
use pyroxene_hir::insn::Insn;
use pyroxene_hir::operands::Given;
use pyroxene_hir::operators::{BitOp, Comparison, FloatOp, FloatUnary, IntOp};
use pyroxene_hir::types::Classes;
use pyroxene_jit_api::{Class, Gives, Reason, Snapshot};
use std::collections::HashMap;

/// A value of machine code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Word {
    Object(Ref),
    Float(f64),
    Int(i64),
    Bool(bool),
}

/// How it ended.
#[derive(Debug)]
pub enum Left {
    /// The evaluator goes on at the frame's place.
    Resume(Reason),
    /// It has returned to the frame below.
    Returned,
    Done(Outcome),
}

pub struct Machine<'a> {
    pub function: &'a Function,
    pub snapshot: &'a Snapshot,
    pub heap: &'a mut Heap,
    pub thread: &'a mut Thread,
    /// Which of the thread's frames was entered.
    pub root: usize,
    /// After how many chances to leave it is made to.
    pub patience: Option<usize>,
    words: HashMap<Value, Word>,
    /// Whether the instruction at hand does not leave if it raises.
    tries: bool,
    /// What was raised and is not handled yet.
    raised: Option<&'static str>,
}

impl<'a> Machine<'a> {
    pub fn new(
        function: &'a Function,
        snapshot: &'a Snapshot,
        heap: &'a mut Heap,
        thread: &'a mut Thread,
        patience: Option<usize>,
    ) -> Self {
        Self {
            function,
            snapshot,
            heap,
            root: thread.frames.len() - 1,
            thread,
            patience,
            words: HashMap::new(),
            tries: false,
            raised: None,
        }
    }

    /// Runs from a block on.
    pub fn run(&mut self, mut block: BlockId) -> Left {
        let mut fuel = 1_000_000;
        'blocks: loop {
            let insns = &self.function[block].insns;
            for (place, &value) in insns.iter().enumerate() {
                fuel -= 1;
                assert!(fuel > 0, "it does not end");
                let insn = self.function.insn(value);
                match insn {
                    Insn::Jump(edge) => {
                        block = self.follow(edge);
                        continue 'blocks;
                    }
                    Insn::Branch {
                        condition,
                        then,
                        otherwise,
                    } => {
                        let edge = if self.bool(*condition) {
                            then
                        } else {
                            otherwise
                        };
                        block = self.follow(edge);
                        continue 'blocks;
                    }
                    Insn::Try { on, raised } => {
                        let edge = if self.raised.is_some() { raised } else { on };
                        block = self.follow(edge);
                        continue 'blocks;
                    }
                    Insn::Exit { reason, state } => return self.leave(*reason, *state),
                    Insn::Return { value, locals } => {
                        return self.give_back(*value, locals);
                    }
                    _ => {}
                }
                let next = insns.get(place + 1).map(|next| self.function.insn(*next));
                self.tries = matches!(next, Some(Insn::Try { .. }));
                self.check_exposed(insn);
                match self.insn(insn, value) {
                    Ok(Some(word)) => {
                        self.words.insert(value, word);
                    }
                    Ok(None) => {}
                    Err(left) => return left,
                }
            }
            unreachable!("a block ends");
        }
    }

    /// Returns a value: takes the frame away with all that it holds.
    fn give_back(&mut self, value: Value, locals: &[Value]) -> Left {
        let value = self.object(value);
        let locals = locals.iter().map(|local| self.object(*local)).collect();
        let frame = self.thread.frame();
        frame.locals = locals;
        // What was on its stack when the code was entered has been taken over.
        frame.stack.clear();
        self.thread.pop(self.heap);
        let (snapshot, thread) = (self.snapshot, &mut *self.thread);
        self.heap.see_deaths(|heap| thread.look(snapshot, heap));
        let Some(caller) = thread.frames.last_mut() else {
            let shown = self.heap.show(value);
            self.heap.release(value);
            self.heap.see_deaths(|_| Vec::new());
            return Left::Done(Outcome::Returned(shown));
        };
        caller.stack.push(value);
        caller.at = caller.next;
        Left::Returned
    }

    fn follow(&mut self, edge: &Edge) -> BlockId {
        let words: Vec<Word> = edge
            .arguments
            .iter()
            .map(|value| self.word(*value))
            .collect();
        for (parameter, word) in self.function[edge.to].parameters.iter().zip(words) {
            self.words.insert(*parameter, word);
        }
        edge.to
    }

    pub fn word(&self, value: Value) -> Word {
        self.words[&value]
    }

    pub fn object(&self, value: Value) -> Ref {
        match self.word(value) {
            Word::Object(object) => object,
            other => panic!("{value} is {other:?}"),
        }
    }

    fn thing(&self, value: Value) -> &Thing {
        self.heap.thing(self.object(value).expect("no NULL"))
    }

    fn float(&self, value: Value) -> f64 {
        match self.word(value) {
            Word::Float(number) => number,
            other => panic!("{value} is {other:?}"),
        }
    }

    fn int(&self, value: Value) -> i64 {
        match self.word(value) {
            Word::Int(number) => number,
            other => panic!("{value} is {other:?}"),
        }
    }

    pub fn bool(&self, value: Value) -> bool {
        match self.word(value) {
            Word::Bool(truth) => truth,
            other => panic!("{value} is {other:?}"),
        }
    }

    fn boxed(&mut self, word: Word) -> Ref {
        match word {
            Word::Object(object) => object,
            Word::Float(number) => Some(self.heap.add(Thing::Float(number))),
            Word::Int(number) => Some(self.heap.add(Thing::Int(number))),
            Word::Bool(truth) => Some(self.heap.add(Thing::Bool(truth))),
        }
    }

    /// What an object of a value would look like.
    pub fn show(&self, value: Value) -> String {
        match self.word(value) {
            Word::Object(object) => self.heap.show(object),
            Word::Float(number) => Thing::Float(number).show(),
            Word::Int(number) => Thing::Int(number).show(),
            Word::Bool(truth) => Thing::Bool(truth).show(),
        }
    }

    /// What a place of the frame gets.
    pub fn written(&mut self, boxes: &mut HashMap<Value, Ref>, value: Value, owned: bool) -> Ref {
        if let Insn::VirtualTuple { items, owned } = self.function.insn(value) {
            if let Some(tuple) = boxes.get(&value) {
                self.heap.retain(*tuple);
                return *tuple;
            }
            let items = items.iter().zip(owned);
            let items = items.map(|(&item, &owned)| self.written(boxes, item, owned).unwrap());
            let items = items.collect();
            let tuple = Some(self.heap.add(Thing::Tuple(items)));
            boxes.insert(value, tuple);
            return tuple;
        }
        let is_unboxed = !matches!(self.word(value), Word::Object(_));
        let object = self.box_once(boxes, value);
        if !owned && !is_unboxed {
            self.heap.retain(object);
        }
        object
    }

    /// An object of a value, with a reference if it is unboxed.
    pub fn box_once(&mut self, boxes: &mut HashMap<Value, Ref>, value: Value) -> Ref {
        if let Some(object) = boxes.get(&value) {
            self.heap.retain(*object);
            return *object;
        }
        let word = self.word(value);
        let object = self.boxed(word);
        if !matches!(word, Word::Object(_)) {
            boxes.insert(value, object);
        }
        object
    }

    fn leave(&mut self, reason: Reason, state: StateId) -> Left {
        self.write(state);
        Left::Resume(reason)
    }

    /// Whether it is made to leave here.
    fn is_made_to_leave(&mut self) -> bool {
        match &mut self.patience {
            Some(0) => {
                self.patience = None;
                true
            }
            Some(patience) => {
                *patience -= 1;
                false
            }
            None => false,
        }
    }

    /// Leaves unless something holds.
    fn check(&mut self, insn: &Insn, holds: bool) -> Result<(), Left> {
        let may_leave = self.is_made_to_leave();
        if holds && !may_leave {
            return Ok(());
        }
        let state = insn.state().expect("it can leave");
        Err(self.leave(insn.reason().expect("it can leave"), state))
    }

    fn is_one_of(&self, object: Ref, classes: Classes) -> bool {
        match self.heap.class(object) {
            None => classes.may_be_null(),
            Some(class) => classes.meets(Classes::of(class)),
        }
    }

    fn insn(&mut self, insn: &Insn, at: Value) -> Result<Option<Word>, Left> {
        let object = |object: Ref| Ok(Some(Word::Object(object)));
        let frame = self.place(self.function[at].frame);
        Ok(match insn {
            Insn::Object(id) => return object(Some(self.heap.object(*id))),
            Insn::Null => return object(None),
            Insn::Float(number) => Some(Word::Float(*number)),
            Insn::Int(number) => Some(Word::Int(*number)),
            Insn::Bool(truth) => Some(Word::Bool(*truth)),
            Insn::LoadLocal { slot } => {
                return object(self.thread.frames[frame].locals[*slot as usize]);
            }
            Insn::StoreLocal { slot, value } => {
                self.thread.frames[frame].locals[*slot as usize] = self.object(*value);
                None
            }
            Insn::WriteBack {
                slot, value, stale, ..
            } => {
                if stale.is_none_or(|stale| self.bool(stale)) {
                    let word = self.word(*value);
                    let new = self.boxed(word);
                    let slot = &mut self.thread.frames[frame].locals[*slot as usize];
                    let old = core::mem::replace(slot, new);
                    self.heap.release(old);
                }
                None
            }
            Insn::LoadStack { index } => {
                return object(self.thread.frames[frame].stack[*index as usize]);
            }
            Insn::Retain { value } => {
                let value = self.object(*value);
                self.heap.retain(value);
                None
            }
            Insn::Release { values, .. } => {
                for value in values {
                    let value = self.object(*value);
                    self.heap.release(value);
                }
                if let Some(state) = insn.state() {
                    let frames = self.look(state, self.function[at].origin);
                    self.heap.see_deaths(|_| frames);
                    self.check(insn, true)?;
                }
                None
            }
            Insn::WriteFrames { state } => {
                self.write_frames(*state);
                None
            }
            Insn::PopFrames { count, .. } => {
                self.pop_frames(*count);
                None
            }
            Insn::GuardCallee {
                function, callee, ..
            } => {
                let is_callee = *self.thing(*function) == Thing::Function(*callee);
                self.check(insn, is_callee)?;
                None
            }
            Insn::IsCallee { function, callee } => {
                let is_callee = *self.thing(*function) == Thing::Function(*callee);
                Some(Word::Bool(is_callee))
            }
            Insn::CallPython {
                function,
                arguments,
                has_receiver,
                next,
                state,
                ..
            } => {
                let mut operands = vec![self.object(*function)];
                operands.extend((!has_receiver).then_some(None));
                operands.extend(arguments.iter().map(|argument| self.object(*argument)));
                return self.call(insn, *state, *next, operands);
            }
            Insn::Call {
                operands,
                given: Given::Placed,
                next,
                state,
            } => {
                let operands = operands.iter().map(|operand| self.object(*operand));
                let operands = operands.collect();
                return self.call(insn, *state, *next, operands);
            }
            Insn::GuardClass { value, classes, .. } => {
                let value = self.object(*value);
                let holds = self.is_one_of(value, *classes);
                self.check(insn, holds)?;
                return object(value);
            }
            Insn::GuardBound { value, .. } => {
                let value = self.object(*value);
                self.check(insn, value.is_some())?;
                return object(value);
            }
            Insn::Bound { value } => {
                let value = self.object(*value);
                assert!(value.is_some());
                return object(value);
            }
            Insn::Guard {
                condition,
                expected,
                ..
            } => {
                let holds = self.bool(*condition) == *expected;
                self.check(insn, holds)?;
                None
            }
            Insn::Poll { .. }
            | Insn::GuardRoom { .. }
            | Insn::CheckDisturbed { .. }
            | Insn::CheckReturn { .. } => {
                self.check(insn, true)?;
                None
            }
            Insn::UnboxFloat { value } => match *self.thing(*value) {
                Thing::Float(number) => Some(Word::Float(number)),
                ref other => panic!("{other:?}"),
            },
            Insn::UnboxInt { value, .. } => match *self.thing(*value) {
                Thing::Int(number) => {
                    self.check(insn, true)?;
                    Some(Word::Int(number))
                }
                ref other => panic!("{other:?}"),
            },
            Insn::UnboxNumber { value, exact, .. } => {
                let number = match *self.thing(*value) {
                    Thing::Float(number) => Some(number),
                    Thing::Int(number) if *exact && number.unsigned_abs() > 1 << 53 => None,
                    Thing::Int(number) => Some(number as f64),
                    _ => None,
                };
                self.check(insn, number.is_some())?;
                number.map(Word::Float)
            }
            Insn::UnboxBool { value } => match *self.thing(*value) {
                Thing::Bool(truth) => Some(Word::Bool(truth)),
                ref other => panic!("{other:?}"),
            },
            Insn::Box { value, .. } => {
                let word = self.word(*value);
                let boxed = self.boxed(word);
                return object(boxed);
            }
            Insn::Rebox { old, number, .. } => {
                let (old, number) = (self.object(*old), self.word(*number));
                let (class, thing) = match number {
                    Word::Float(number) => (Class::Float, Thing::Float(number)),
                    Word::Int(number) => (Class::Int, Thing::Int(number)),
                    other => panic!("{other:?}"),
                };
                if let Some(old) = old
                    && self.heap.class(Some(old)) == Some(class)
                    && self.heap.cells[old].count == 1
                    && !self.heap.cells[old].immortal
                {
                    *self.heap.thing_mut(old) = thing;
                    return object(Some(old));
                }
                let new = self.heap.add(thing);
                return object(Some(new));
            }
            Insn::Displaced { old, new } => {
                let (old, new) = (self.object(*old), self.object(*new));
                return object(old.filter(|_| old != new));
            }
            Insn::FloatBinary { op, left, right } => {
                let (left, right) = (self.float(*left), self.float(*right));
                Some(Word::Float(match op {
                    FloatOp::Add => left + right,
                    FloatOp::Subtract => left - right,
                    FloatOp::Multiply => left * right,
                    FloatOp::Divide => left / right,
                    FloatOp::FloorDivide => float_floor_divide(left, right),
                    FloatOp::Remainder => float_remainder(left, right),
                }))
            }
            Insn::FloatPower { left, right, .. } => {
                let (left, right) = (self.float(*left), self.float(*right));
                let power = left.powf(right);
                let holds = left != 0.0 && left.is_finite() && right.is_finite();
                self.check(insn, holds && power.is_finite() && power != 0.0)?;
                Some(Word::Float(power))
            }
            Insn::Select {
                condition,
                then,
                otherwise,
            } => Some(self.word(if self.bool(*condition) {
                *then
            } else {
                *otherwise
            })),
            Insn::FloatUnary { op, value } => {
                let value = self.float(*value);
                Some(Word::Float(match op {
                    FloatUnary::Negate => -value,
                    FloatUnary::Absolute => value.abs(),
                    FloatUnary::Floor => value.floor(),
                    FloatUnary::Ceil => value.ceil(),
                    FloatUnary::Round => value.round_ties_even(),
                }))
            }
            Insn::FloatCompare { op, left, right } => {
                let (left, right) = (self.float(*left), self.float(*right));
                Some(Word::Bool(compare(*op, left.partial_cmp(&right))))
            }
            Insn::IntToFloat { value } => Some(Word::Float(self.int(*value) as f64)),
            Insn::IntBinary {
                op, left, right, ..
            } => {
                let result = int(*op, self.int(*left), self.int(*right));
                self.check(insn, result.is_some())?;
                result.map(Word::Int)
            }
            Insn::IntBits { op, left, right } => {
                let (left, right) = (self.int(*left), self.int(*right));
                Some(Word::Int(match op {
                    BitOp::And => left & right,
                    BitOp::Or => left | right,
                    BitOp::Xor => left ^ right,
                }))
            }
            Insn::IntNegate { value, .. } => {
                let result = self.int(*value).checked_neg();
                self.check(insn, result.is_some())?;
                result.map(Word::Int)
            }
            Insn::IntInvert { value } => Some(Word::Int(!self.int(*value))),
            Insn::IntCompare { op, left, right } => {
                let ordering = self.int(*left).cmp(&self.int(*right));
                Some(Word::Bool(compare(*op, Some(ordering))))
            }
            Insn::BoolToInt { value } => Some(Word::Int(i64::from(self.bool(*value)))),
            Insn::Not { value } => Some(Word::Bool(!self.bool(*value))),
            Insn::IsNone { value } => {
                let is_none = self.is_one_of(self.object(*value), Classes::of(Class::None));
                Some(Word::Bool(is_none))
            }
            Insn::IsOfClass { value, class } => {
                let is_of_class = self.is_one_of(self.object(*value), Classes::of(*class));
                Some(Word::Bool(is_of_class))
            }
            Insn::Is { left, right } => Some(Word::Bool(self.object(*left) == self.object(*right))),
            Insn::Size { value } => {
                Some(Word::Int(i64::try_from(self.items(*value).len()).unwrap()))
            }
            Insn::CheckIndex { index, size, .. } => {
                let (index, size) = (self.int(*index), self.int(*size));
                let index = if index < 0 { index + size } else { index };
                self.check(insn, (0..size).contains(&index))?;
                Some(Word::Int(index))
            }
            Insn::Item { value, index } => {
                let index = usize::try_from(self.int(*index)).unwrap();
                return object(Some(self.items(*value)[index]));
            }
            Insn::StoreItem { list, index, item } => {
                let index = usize::try_from(self.int(*index)).unwrap();
                let (list, item) = (self.object(*list).unwrap(), self.object(*item).unwrap());
                match self.heap.thing_mut(list) {
                    Thing::List(items) => items[index] = item,
                    other => panic!("{other:?}"),
                }
                None
            }
            Insn::ListSlice {
                list,
                start,
                stop,
                step,
                ..
            } => {
                let items = self.items(*list).to_vec();
                let places = places(items.len(), self.int(*start), self.int(*stop), *step);
                let taken: Vec<usize> = places.iter().map(|place| items[*place]).collect();
                for item in &taken {
                    self.heap.retain(Some(*item));
                }
                let slice = self.heap.add(Thing::List(taken));
                return object(Some(slice));
            }
            Insn::CopySlice {
                from,
                start,
                stop,
                step,
                list,
                first,
                last,
                ..
            } => {
                let items = self.items(*from).to_vec();
                let taken = places(items.len(), self.int(*start), self.int(*stop), *step);
                let new: Vec<usize> = taken.iter().map(|place| items[*place]).collect();
                let items = self.items(*list).to_vec();
                let part = part(items.len(), self.int(*first), self.int(*last));
                let old = items[part.clone()].to_vec();
                let is_unseen =
                    |item: &usize| self.heap.class(Some(*item)).is_some_and(Class::dies_unseen);
                self.check(insn, old.iter().all(is_unseen))?;
                for item in &new {
                    self.heap.retain(Some(*item));
                }
                let list = self.object(*list);
                if let Thing::List(items) = self.heap.thing_mut(list.unwrap()) {
                    items.splice(part, new);
                }
                for item in old {
                    self.heap.release(Some(item));
                }
                None
            }
            Insn::ReplaceSlice {
                list,
                start,
                stop,
                value,
                ..
            } => {
                let items = self.items(*list).to_vec();
                let part = part(items.len(), self.int(*start), self.int(*stop));
                let old = items[part.clone()].to_vec();
                let (list, value) = (self.object(*list), self.object(*value));
                let is_unseen =
                    |item: &usize| self.heap.class(Some(*item)).is_some_and(Class::dies_unseen);
                let holds = list != value && old.iter().all(is_unseen);
                self.check(insn, holds)?;
                let Thing::List(new) = self.heap.thing(value.unwrap()).clone() else {
                    panic!("no list");
                };
                for item in &new {
                    self.heap.retain(Some(*item));
                }
                if let Thing::List(items) = self.heap.thing_mut(list.unwrap()) {
                    items.splice(part, new);
                }
                for item in old {
                    self.heap.release(Some(item));
                }
                self.heap.release(value);
                None
            }
            Insn::StrEqual { left, right } => {
                Some(Word::Bool(self.thing(*left) == self.thing(*right)))
            }
            Insn::RangeLeft { iterator } => match self.thing(*iterator) {
                Thing::RangeIterator { left, .. } => Some(Word::Int(*left)),
                other => panic!("{other:?}"),
            },
            Insn::RangeNext { iterator } => {
                let iterator = self.object(*iterator).unwrap();
                match self.heap.thing_mut(iterator) {
                    Thing::RangeIterator { start, step, left } => {
                        let number = *start;
                        *start += *step;
                        *left -= 1;
                        Some(Word::Int(number))
                    }
                    other => panic!("{other:?}"),
                }
            }
            Insn::SequenceNext { iterator } => {
                let iterator = self.object(*iterator).unwrap();
                let Thing::SequenceIterator { index, sequence } = *self.heap.thing(iterator) else {
                    panic!("no sequence's iterator");
                };
                let item = sequence.and_then(|sequence| match self.heap.thing(sequence) {
                    Thing::List(items) | Thing::Tuple(items) => items.get(index).copied(),
                    other => panic!("{other:?}"),
                });
                if let Thing::SequenceIterator { index, .. } = self.heap.thing_mut(iterator) {
                    *index += 1;
                }
                return object(item);
            }
            Insn::SequenceEnd { iterator } => {
                let iterator = self.object(*iterator).unwrap();
                let Thing::SequenceIterator { sequence, .. } = self.heap.thing_mut(iterator) else {
                    panic!("no sequence's iterator");
                };
                let sequence = sequence.take();
                return object(sequence);
            }
            // Only states have it.
            Insn::VirtualTuple { .. } => None,
            Insn::BuildTuple { items, .. } => {
                let items = items
                    .iter()
                    .map(|item| self.object(*item).unwrap())
                    .collect();
                let tuple = self.heap.add(Thing::Tuple(items));
                return object(Some(tuple));
            }
            Insn::BuildList { items, .. } => {
                let items = items
                    .iter()
                    .map(|item| self.object(*item).unwrap())
                    .collect();
                let list = self.heap.add(Thing::List(items));
                return object(Some(list));
            }
            Insn::ListAppend { list, item, .. } => {
                let (list, item) = (self.object(*list).unwrap(), self.object(*item).unwrap());
                match self.heap.thing_mut(list) {
                    Thing::List(items) => items.push(item),
                    other => panic!("{other:?}"),
                }
                None
            }
            Insn::GetIterator { value, .. } => {
                let value = self.object(*value).unwrap();
                self.heap.retain(Some(value));
                match self.heap.thing(value) {
                    Thing::List(_) | Thing::Tuple(_) => {
                        let iterator = self.heap.add(Thing::SequenceIterator {
                            index: 0,
                            sequence: Some(value),
                        });
                        return object(Some(iterator));
                    }
                    Thing::RangeIterator { .. } | Thing::SequenceIterator { .. } => {
                        return object(Some(value));
                    }
                    _ => {
                        self.heap.release(Some(value));
                        self.write(insn.state().expect("it raises"));
                        return self.raise("TypeError");
                    }
                }
            }
            Insn::IteratorNext { iterator, .. } => {
                let iterator = self.object(*iterator).unwrap();
                let item = next_of(self.heap, iterator);
                return object(item);
            }
            Insn::Apply {
                operation,
                operands,
                state,
                ..
            } => {
                // What it does is what the instruction does with the same operands on its stack.
                self.write(*state);
                let taken = &operands[operation.borrows()..];
                for operand in taken {
                    let operand = self.object(*operand);
                    self.thread.frame().stack.push(operand);
                }
                let rest = self.thread.frame().stack.len() - taken.len();
                let done = bytecode::try_step(self.snapshot, self.heap, self.thread);
                match done {
                    Ok(outcome) => {
                        assert_eq!(outcome, None);
                        self.drop_copies(*state);
                    }
                    Err(raised) => {
                        if self.tries {
                            self.drop_copies(*state);
                        }
                        // It has taken them over all the same.
                        for taken in self.thread.frame().stack.split_off(rest) {
                            self.heap.release(taken);
                        }
                        return self.raise(raised);
                    }
                }
                match operation.gives() {
                    Gives::Object => return object(self.thread.frame().stack.pop().unwrap()),
                    Gives::Truth => {
                        let truth = self.thread.frame().stack.pop().unwrap();
                        let truth = *self.heap.thing(truth.unwrap()) == Thing::Bool(true);
                        return Ok(Some(Word::Bool(truth)));
                    }
                    Gives::Nothing => None,
                }
            }
            Insn::Interpret { next, state, .. } => {
                self.write(*state);
                match bytecode::try_step(self.snapshot, self.heap, self.thread) {
                    Ok(Some(outcome)) => return Err(Left::Done(outcome)),
                    Ok(None) if self.thread.frame().at != *next => {
                        return Err(Left::Resume(Reason::NotCompiled));
                    }
                    Ok(None) => {}
                    Err(raised) => return self.raise(raised),
                }
                None
            }
            Insn::Raise { state, .. } => {
                self.write(*state);
                let raised = bytecode::try_step(self.snapshot, self.heap, self.thread);
                self.raised = Some(raised.expect_err("it raises"));
                None
            }
            Insn::Catch {
                level,
                lasti,
                written,
                state,
                ..
            } => {
                if !written {
                    self.write(*state);
                }
                let raised = self.raised.take().expect("something was raised");
                if self.is_made_to_leave() {
                    return self.raise(raised);
                }
                let handler = (*level as usize, *lasti);
                bytecode::give(self.heap, self.thread.frame(), handler, raised);
                let (snapshot, thread) = (self.snapshot, &self.thread);
                self.heap.see_deaths(|heap| thread.look(snapshot, heap));
                None
            }
            Insn::ExchangeHandled { exception } => {
                let exception = self.object(*exception);
                let handled = &mut self.thread.handled;
                return object(bytecode::exchange_handled(self.heap, handled, exception));
            }
            other => panic!("the model has no {other:?} ({at})"),
        })
    }

    /// What was raised leads to the handler, or to the evaluator, who finds it.
    fn raise(&mut self, raised: &'static str) -> Result<Option<Word>, Left> {
        if self.tries {
            self.raised = Some(raised);
            return Ok(None);
        }
        let unwound = bytecode::unwind(self.snapshot, self.heap, self.thread, 0, raised);
        Err(match unwound {
            Ok(()) => Left::Resume(Reason::Raised),
            Err(raised) => Left::Done(Outcome::Raised(raised)),
        })
    }

    /// Makes a call, or has the evaluator go on in it.
    fn call(
        &mut self,
        insn: &Insn,
        state: StateId,
        next: u32,
        operands: Vec<Ref>,
    ) -> Result<Option<Word>, Left> {
        self.write(state);
        self.thread.frame().next = next;
        if let Err(raised) = bytecode::call(self.snapshot, self.heap, self.thread, operands) {
            let (snapshot, thread) = (self.snapshot, &self.thread);
            self.heap.see_deaths(|heap| thread.look(snapshot, heap));
            return self.raise(raised);
        }
        if self.is_made_to_leave() {
            return Err(Left::Resume(insn.reason().expect("it can leave")));
        }
        match bytecode::run_call(self.snapshot, self.heap, self.thread) {
            Ok(()) => Ok(Some(Word::Object(self.thread.frame().stack.pop().unwrap()))),
            Err(raised) => self.raise(raised),
        }
    }

    fn items(&self, value: Value) -> &[usize] {
        match self.thing(value) {
            Thing::List(items) | Thing::Tuple(items) => items,
            other => panic!("{other:?}"),
        }
    }
}

fn compare(op: Comparison, ordering: Option<core::cmp::Ordering>) -> bool {
    use core::cmp::Ordering::{Equal, Greater, Less};
    match op {
        Comparison::Less => ordering == Some(Less),
        Comparison::LessEqual => matches!(ordering, Some(Less | Equal)),
        Comparison::Equal => ordering == Some(Equal),
        Comparison::NotEqual => ordering != Some(Equal),
        Comparison::Greater => ordering == Some(Greater),
        Comparison::GreaterEqual => matches!(ordering, Some(Greater | Equal)),
    }
}

fn int(op: IntOp, left: i64, right: i64) -> Option<i64> {
    let floor = |left: i64, right: i64| {
        let quotient = left.checked_div(right)?;
        Some(quotient - i64::from(left % right != 0 && (left < 0) != (right < 0)))
    };
    match op {
        IntOp::Add => left.checked_add(right),
        IntOp::Subtract => left.checked_sub(right),
        IntOp::Multiply => left.checked_mul(right),
        IntOp::FloorDivide => floor(left, right),
        IntOp::Remainder => Some(left - floor(left, right)? * right),
        IntOp::ShiftLeft => {
            let factor = 1_i64.checked_shl(u32::try_from(right).ok()?)?;
            left.checked_mul(factor)
        }
        IntOp::ShiftRight => (right >= 0).then(|| left >> right.min(63)),
    }
}
