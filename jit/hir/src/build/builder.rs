//! `Builder`: the state while code is built, and what instructions are emitted with.
//!
//! References are lazy: what is loaded onto the stack is borrowed from where it was, and gets a reference of its own when
//! that place is overwritten, when something takes it over, or when other code could look.
use crate::build::code::{Code, Instruction};
use crate::build::merge::Incoming;
use crate::build::state::{Entry, Holder, Local, State};
use crate::effects::{Memory, effects};
use crate::function::{BlockId, Edge, FrameState, Function, StateId, Value};
use crate::insn::Insn;
use crate::result::result;
use crate::types::{Classes, Type};
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Class, Known, ObjectId, Reason, Site, Snapshot};
use std::collections::HashMap;

/// The state while code is built.
pub struct Builder<'a> {
    /// The code.
    pub code: &'a Code<'a>,
    /// What is built.
    pub function: Function,
    /// Where instructions go.
    pub block: BlockId,
    /// What is known of the frame.
    pub state: State,
    /// The instruction of bytecode that is being built.
    pub at: Instruction,
    /// Whether control does not come here any more: the block has ended.
    pub ended: bool,
    /// Where the block leads to, once it has ended.
    pub outgoing: Vec<(u32, Incoming)>,
    /// Whether an edge is being made ready. There, what becomes of one local or place must not change another.
    pub on_edge: bool,
    before: Before,
    /// What is in an object, computed before there was the object.
    payloads: HashMap<Value, Value>,
    /// The same, computed in the block from the object.
    opened: HashMap<Value, Value>,
}

/// The state before an instruction of bytecode, which becomes one of the function's when somebody needs it.
enum Before {
    Unused(FrameState),
    Used(StateId),
}

impl<'a> Builder<'a> {
    /// A builder of a function without blocks.
    pub fn new(code: &'a Code<'a>, first: Instruction) -> Self {
        let function = Function {
            name: code.snapshot.name.clone(),
            ..Function::default()
        };
        Self {
            code,
            function,
            block: BlockId(0),
            state: State {
                locals: Vec::new(),
                stack: Vec::new(),
            },
            at: first,
            ended: true,
            outgoing: Vec::new(),
            on_edge: false,
            before: Before::Unused(FrameState::default()),
            payloads: HashMap::new(),
            opened: HashMap::new(),
        }
    }

    /// The snapshot.
    pub fn snapshot(&self) -> &'a Snapshot {
        self.code.snapshot
    }

    /// Starts with an instruction of bytecode.
    pub fn begin(&mut self, instruction: Instruction) {
        self.at = instruction;
        self.before = Before::Unused(self.state.frame_state(instruction.offset));
    }

    /// Goes on in a block with a state. [`begin`](Self::begin) comes next.
    pub fn enter(&mut self, block: BlockId, state: State) {
        self.block = block;
        self.state = state;
        self.opened.clear();
        self.ended = false;
    }

    /// Adds an instruction to the block.
    pub fn emit(&mut self, insn: Insn) -> Value {
        self.emit_typed(insn, Type::Nothing)
    }

    /// Adds an instruction of whose result is known what it does not say itself.
    pub fn emit_typed(&mut self, insn: Insn, ty: Type) -> Value {
        debug_assert!(!self.ended);
        if !matches!(insn, Insn::Retain { .. }) {
            let inside = Memory::ITEMS | Memory::ATTRIBUTES | Memory::CELLS;
            if effects(&insn).writes.meets(inside) {
                self.own_what_objects_hold();
            }
        }
        self.ended = insn.ends_block();
        let value = self.function.add(insn, ty, self.at.offset);
        self.function[value].ty = result(&self.function, self.code.snapshot, value);
        self.function[self.block].insns.push(value);
        value
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> Type {
        self.function.ty(value)
    }

    /// The classes that a value's object has or would have.
    pub fn classes(&self, value: Value) -> Classes {
        self.ty(value).classes()
    }

    /// The state before the instruction of bytecode. Once something has been written, or a reference been taken, guards must
    /// not use it any more: the instruction would be done twice.
    pub fn before(&mut self) -> StateId {
        match &mut self.before {
            Before::Used(state) => *state,
            Before::Unused(state) => {
                let state = self.function.add_state(core::mem::take(state));
                self.before = Before::Used(state);
                state
            }
        }
    }

    /// The state for a call that raises, as it is now.
    pub fn raised(&mut self) -> StateId {
        self.state_at(self.at.offset)
    }

    /// The state as it is now, for going on at an instruction.
    pub fn state_at(&mut self, offset: u32) -> StateId {
        let state = self.state.frame_state(offset);
        self.function.add_state(state)
    }

    /// Leaves for good.
    pub fn exit(&mut self, reason: Reason) {
        let state = self.before();
        self.emit(Insn::Exit { reason, state });
    }

    /// Goes on at another instruction.
    pub fn go_on(&mut self, target: u32) {
        let edge = Incoming {
            block: self.block,
            state: self.state.clone(),
            observed: None,
        };
        self.outgoing.push((target, edge));
        self.ended = true;
    }

    /// Goes on at one of two instructions, after doing what is to be done there.
    pub fn branch(
        &mut self,
        condition: Value,
        then: (u32, impl FnOnce(&mut Self)),
        otherwise: (u32, impl FnOnce(&mut Self)),
    ) {
        let blocks = [then.0, otherwise.0].map(|target| self.function.add_block(target));
        let [to_then, to_otherwise] = blocks.map(|to| Edge {
            to,
            arguments: Vec::new(),
        });
        self.emit(Insn::Branch {
            condition,
            then: to_then,
            otherwise: to_otherwise,
        });
        let state = self.state.clone();
        let next = self.at.next;
        self.enter(blocks[0], state.clone());
        self.at.next = then.0;
        then.1(self);
        self.go_on(then.0);
        self.enter(blocks[1], state);
        self.at.next = otherwise.0;
        otherwise.1(self);
        self.go_on(otherwise.0);
        self.at.next = next;
    }

    /// Whether the instruction had never run. What has never run is not compiled, but left to the evaluator.
    pub fn is_unseen(&self) -> bool {
        self.code.site(self.at) == Some(&Site::Unseen) && self.may_speculate(Reason::Unseen)
    }

    /// Whether a speculation at the instruction has not failed too often.
    pub fn may_speculate(&self, reason: Reason) -> bool {
        let failures = &self.snapshot().failures;
        !failures
            .iter()
            .any(|failure| failure.offset == self.at.offset && failure.reason == reason)
    }

    // The stack.

    /// Puts something on the stack.
    pub fn push(&mut self, entry: Entry) {
        self.state.stack.push(entry);
    }

    /// Puts something on the stack that belongs to it.
    pub fn push_owned(&mut self, value: Value) {
        self.push(Entry::owned(value));
    }

    /// Puts something on the stack that an object holds.
    pub fn push_held(&mut self, value: Value) {
        self.push(Entry {
            value,
            holder: Holder::Object,
        });
    }

    /// Puts an object of the snapshot on the stack.
    pub fn push_object(&mut self, object: ObjectId) {
        let value = self.object(object);
        self.push(Entry {
            value,
            holder: Holder::Code,
        });
    }

    /// Takes what is on the top of the stack.
    ///
    /// # Panics
    /// If the stack is empty, which [`depths`](crate::build::depths) has excluded.
    pub fn pop(&mut self) -> Entry {
        self.state.stack.pop().expect("its height was computed")
    }

    /// A place of the stack, counted from its top, which is 0.
    pub fn peek(&self, depth: usize) -> Entry {
        self.state.stack[self.state.stack.len() - 1 - depth]
    }

    // Values.

    /// An object of the snapshot.
    pub fn object(&mut self, object: ObjectId) -> Value {
        let value = self.emit(Insn::Object(object));
        let payload = match self.snapshot().objects[object.0 as usize].known {
            Known::Float(number) => Some(Insn::Float(number)),
            Known::Int(number) => Some(Insn::Int(number)),
            Known::Bool(truth) => Some(Insn::Bool(truth)),
            Known::None | Known::Builtin(_) | Known::Instance(_) => None,
        };
        if let Some(payload) = payload {
            let payload = self.emit(payload);
            self.payloads.insert(value, payload);
        }
        value
    }

    /// The object that the instructions of a value name, if it is a constant.
    pub fn constant(&self, value: Value) -> Option<ObjectId> {
        match self.function.insn(value) {
            Insn::Object(object) => Some(*object),
            _ => None,
        }
    }

    /// The value without the guards that tell more of it.
    pub fn underlying(&self, mut value: Value) -> Value {
        while let Insn::GuardClass { value: guarded, .. }
        | Insn::GuardBound { value: guarded, .. }
        | Insn::GuardIs { value: guarded, .. }
        | Insn::Bound { value: guarded } = self.function.insn(value)
        {
            value = *guarded;
        }
        value
    }

    /// What an object of an exact class is unboxed, without a guard: of a float, bool, or an int whose value is known.
    pub fn known_payload(&mut self, value: Value) -> Option<Value> {
        if self.ty(value).is_unboxed() {
            return Some(value);
        }
        let mut holder = value;
        loop {
            let payload = self.payloads.get(&holder).or(self.opened.get(&holder));
            if let Some(payload) = payload {
                return Some(*payload);
            }
            match self.function.insn(holder) {
                Insn::GuardClass { value, .. } | Insn::GuardBound { value, .. } => holder = *value,
                _ => break,
            }
        }
        let unboxed = match self.classes(value).single()? {
            Class::Float => self.emit(Insn::UnboxFloat { value }),
            Class::Bool => self.emit(Insn::UnboxBool { value }),
            _ => return None,
        };
        self.opened.insert(value, unboxed);
        Some(unboxed)
    }

    /// A value unboxed to a representation, after a guard if it is not known to be of the class.
    pub fn unbox(&mut self, value: Value, ty: Type, state: StateId) -> Value {
        if self.ty(value).same_representation(ty) {
            return value;
        }
        let value = self.guard(value, ty.classes(), state);
        if let Some(payload) = self.known_payload(value) {
            return payload;
        }
        let unboxed = self.emit(Insn::UnboxInt { value, state });
        self.opened.insert(value, unboxed);
        unboxed
    }

    /// An object with a guard for its classes, if they are not known; from then on the state knows them.
    pub fn guard(&mut self, value: Value, classes: Classes, state: StateId) -> Value {
        let guarded = self.guard_only(value, classes, state);
        if guarded != value && !self.on_edge {
            self.state.refine(value, guarded);
        }
        guarded
    }

    /// The same, only that the state knows nothing of it.
    fn guard_only(&mut self, value: Value, classes: Classes, state: StateId) -> Value {
        if self.classes(value).within(classes) {
            return value;
        }
        let insn = if Classes::OBJECT.within(classes) {
            Insn::GuardBound {
                value,
                reason: Reason::Unbound,
                state,
            }
        } else {
            Insn::GuardClass {
                value,
                classes,
                state,
            }
        };
        self.emit(insn)
    }

    /// A place of the stack, counted from its top, with a guard that there is an object.
    pub fn bound(&mut self, depth: usize) -> Value {
        let value = self.peek(depth).value;
        if self.ty(value).is_unboxed() {
            return value;
        }
        let state = self.before();
        self.guard(value, Classes::OBJECT, state)
    }

    // References.

    /// Gives a place of the stack a reference of its own, if it has none.
    fn own(&mut self, index: usize) {
        let entry = self.state.stack[index];
        if entry.holder != Holder::Place {
            self.retain(entry.value);
            self.state.stack[index].holder = Holder::Place;
        }
    }

    /// Gives each place of the stack a reference of its own.
    pub fn own_stack(&mut self) {
        for index in 0..self.state.stack.len() {
            self.own(index);
        }
    }

    /// The same for those that are held by objects.
    fn own_what_objects_hold(&mut self) {
        for index in 0..self.state.stack.len() {
            if self.state.stack[index].holder == Holder::Object {
                self.own(index);
            }
        }
    }

    /// The same for those that are held by a local.
    pub fn own_what_local_holds(&mut self, slot: u32) {
        for index in 0..self.state.stack.len() {
            if self.state.stack[index].holder == Holder::Local(slot) {
                self.own(index);
            }
        }
    }

    /// Takes a reference.
    pub fn retain(&mut self, value: Value) {
        if self.is_counted(value) {
            self.emit(Insn::Retain { value });
        }
    }

    /// Whether there is anything to count.
    pub fn is_counted(&self, value: Value) -> bool {
        let immortal = |object: ObjectId| self.snapshot().objects[object.0 as usize].immortal;
        match self.ty(value) {
            Type::Object(classes) => {
                !classes.within(Classes::NULL | Classes::of(Class::None) | Classes::of(Class::Bool))
                    && !self.constant(self.underlying(value)).is_some_and(immortal)
            }
            Type::Float | Type::Int | Type::Bool | Type::Nothing => false,
        }
    }

    /// An object that something takes over, with a reference.
    pub fn take(&mut self, entry: Entry) -> Value {
        if self.ty(entry.value).is_unboxed() {
            return self.take_boxed(entry.value);
        }
        if entry.holder != Holder::Place {
            self.retain(entry.value);
        }
        entry.value
    }

    /// An object of an unboxed value, with a reference. If a local has the value, its slot gets the object too, so that
    /// they are the same.
    fn take_boxed(&mut self, value: Value) -> Value {
        let in_local = self.state.locals.iter().position(|local| {
            matches!(local, Local::Dirty(dirty) if dirty.value == value && dirty.stale.is_none())
        });
        if let Some(slot) = in_local.filter(|_| !self.on_edge) {
            let object = self.write_back(u32::try_from(slot).expect("slots are few"));
            self.retain(object);
            return object;
        }
        let state = self.before();
        let object = self.emit(Insn::Box { value, state });
        self.payloads.insert(object, value);
        object
    }

    /// Lets go of what instructions have taken off the stack, in this order; the state is already as it is after the
    /// instruction of bytecode.
    pub fn release(&mut self, entries: &[Entry]) {
        let values: Vec<Value> = entries
            .iter()
            .filter(|entry| entry.holder == Holder::Place && self.is_counted(entry.value))
            .map(|entry| entry.value)
            .collect();
        self.release_values(values);
    }

    /// The same for references that were taken over.
    pub fn release_values(&mut self, values: Vec<Value>) {
        let values: Vec<Value> = values
            .into_iter()
            .filter(|value| self.is_counted(*value))
            .collect();
        if values.is_empty() {
            return;
        }
        let unseen = Classes::NULL;
        let all_unseen = values
            .iter()
            .all(|value| (self.classes(*value) - unseen).die_unseen());
        let state = if all_unseen {
            None
        } else {
            self.own_stack();
            Some(self.state_at(self.at.next))
        };
        self.emit(Insn::Release { values, state });
    }

    // Locals.

    /// Makes the slot of a local right; gives what is in it.
    pub fn write_back(&mut self, slot: u32) -> Value {
        let dirty = match self.state.locals[slot as usize] {
            Local::Clean(value) => return value,
            Local::Dirty(dirty) => dirty,
        };
        let state = self.before();
        self.emit(Insn::WriteBack {
            slot,
            value: dirty.value,
            stale: dirty.stale,
            state,
        });
        let boxed = self.classes(dirty.value);
        let classes = if dirty.stale.is_some() {
            boxed | dirty.memory
        } else {
            boxed
        };
        let object = self.emit_typed(Insn::LoadLocal { slot }, Type::Object(classes));
        if dirty.known && classes == boxed {
            self.payloads.insert(object, dirty.value);
        }
        self.state.locals[slot as usize] = Local::Clean(object);
        if dirty.stale.is_none() && !self.on_edge {
            self.share_box(dirty.value, object, slot);
        }
        object
    }

    /// Whoever else has an unboxed value shares the object that was made of it.
    fn share_box(&mut self, value: Value, object: Value, slot: u32) {
        for entry in &mut self.state.stack {
            if entry.value == value {
                *entry = Entry {
                    value: object,
                    holder: Holder::Local(slot),
                };
            }
        }
        for other in 0..self.state.locals.len() {
            let Local::Dirty(dirty) = self.state.locals[other] else {
                continue;
            };
            if dirty.value == value && dirty.stale.is_none() {
                let other_slot = u32::try_from(other).expect("slots are few");
                self.retain(object);
                self.overwrite(other_slot, dirty.memory, object);
                self.state.locals[other] = Local::Clean(object);
            }
        }
    }

    /// Overwrites a slot whose content dies unseen.
    pub fn overwrite(&mut self, slot: u32, memory: Classes, value: Value) {
        let old = self.emit_typed(Insn::LoadLocal { slot }, Type::Object(memory));
        self.emit(Insn::StoreLocal { slot, value });
        if self.is_counted(old) {
            self.emit(Insn::Release {
                values: vec![old],
                state: None,
            });
        }
    }

    /// Before other code runs: all that it can see is in the frame, with all references that it can count.
    pub fn expose(&mut self) {
        for slot in 0..self.state.locals.len() {
            self.write_back(u32::try_from(slot).expect("slots are few"));
        }
        self.own_stack();
    }

    /// Has the evaluator run the instruction, and reloads the locals that it writes.
    pub fn interpret(&mut self, written: &[u32]) {
        let Instruction {
            opcode,
            oparg,
            next,
            ..
        } = self.at;
        // There is an effect, or the depths would not have been found.
        let (popped, pushed) = self.at.effect().unwrap_or_default();
        self.expose();
        for index in 0..self.state.stack.len() {
            let entry = self.state.stack[index];
            let value = self.take(entry);
            self.state.stack[index] = Entry::owned(value);
        }
        let state = self.state_at(self.at.offset);
        self.emit(Insn::Interpret {
            opcode,
            oparg,
            next,
            state,
        });
        let rest = self.state.stack.len() - popped as usize;
        self.state.stack.truncate(rest);
        for place in 0..pushed {
            let index = u32::try_from(rest).expect("stacks are low") + place;
            let ty = Type::Object(pushed_classes(opcode.generic(), oparg, place));
            let value = self.emit_typed(Insn::LoadStack { index }, ty);
            self.push_owned(value);
        }
        for &slot in written {
            let ty = Type::Object(Classes::ANY);
            let value = self.emit_typed(Insn::LoadLocal { slot }, ty);
            self.state.locals[slot as usize] = Local::Clean(value);
        }
        self.check_disturbed();
    }

    /// After other code ran and the state is again as it is after the instruction of bytecode.
    pub fn check_disturbed(&mut self) {
        let state = self.state_at(self.at.next);
        self.emit(Insn::CheckDisturbed { state });
    }
}

/// Of what classes a value is that the evaluator puts on the stack, the first being the lowest.
fn pushed_classes(generic: Opcode, oparg: u32, place: u32) -> Classes {
    match generic {
        Opcode::CONTAINS_OP | Opcode::TO_BOOL | Opcode::UNARY_NOT | Opcode::CHECK_EXC_MATCH => {
            Classes::of(Class::Bool)
        }
        Opcode::COMPARE_OP if oparg & COMPARE_TO_BOOL != 0 => Classes::of(Class::Bool),
        Opcode::BUILD_MAP | Opcode::BUILD_CONST_KEY_MAP => Classes::of(Class::Dict),
        // Whether there is something above the attribute or variable is for a call to find out.
        Opcode::LOAD_ATTR | Opcode::LOAD_SUPER_ATTR if place == 1 => Classes::ANY,
        Opcode::LOAD_GLOBAL if place == 1 => Classes::NULL,
        _ => Classes::OBJECT,
    }
}

/// In the argument of `COMPARE_OP`: that it gives a bool whatever the operands say.
pub const COMPARE_TO_BOOL: u32 = 16;
