//! `Builder`: the state while code is built, and what instructions are emitted with.
use crate::build::code::{Code, Instruction};
use crate::build::inlining::{Begun, Caller, Inlinable, Prepared};
use crate::build::merge::Incoming;
use crate::build::state::{Entry, Holder, State};
use crate::build::uses::Uses;
use crate::effects::{Memory, effects};
use crate::function::{BlockId, Edge, FrameId, FrameState, Function, ROOT, StateId, Value};
use crate::insn::Insn;
use crate::result::result;
use crate::types::{Classes, Type};
use pyroxene_jit_api::{OPERANDS, ObjectId, Operand, Reason, Site, Snapshot};
use std::collections::{HashMap, HashSet};

/// The state while code is built.
pub struct Builder<'a> {
    /// What the compiler was given.
    pub snapshot: &'a Snapshot,
    /// The code that is being built.
    pub code: &'a Code<'a>,
    /// How locals are read.
    pub uses: &'a Uses,
    /// The frame that runs it.
    pub frame: FrameId,
    /// Who called it, from the outermost, if its call is inlined.
    pub callers: Vec<Caller<'a>>,
    /// The edges on which it has returned, if its call is inlined, to the instruction after the call.
    pub returned: Vec<Incoming>,
    /// The edges on which a generator whose code is a part of this code has ended, to the end of the loop that goes over it.
    pub exhausted: Vec<Incoming>,
    /// Such generators, by their frames.
    pub resumed: HashMap<FrameId, Value>,
    /// Of the frames of what stands in for functions of C, who has made the generator that it goes over: an index of the snapshot's callees.
    pub makers: HashMap<FrameId, u32>,
    /// Of the frames of what stands in for operators, the method that it calls: an index of the snapshot's callees.
    pub methods: HashMap<FrameId, u32>,
    /// The calls whose code shall be built next, of which one runs.
    pub begun: Vec<Begun>,
    /// The edges that lead past them, from calls of other functions.
    pub called: Vec<Incoming>,
    /// The code of callees.
    pub inlinable: &'a Inlinable<'a>,
    /// What is built.
    pub function: Function,
    /// Where instructions go.
    pub block: BlockId,
    /// What is known of the frame.
    pub state: State,
    /// The instruction of bytecode that is being built.
    pub at: Instruction,
    /// The one after it, in the same block.
    pub following: Option<Instruction>,
    /// Whether the work of that one is done.
    pub skips: bool,
    /// Whether control does not come here any more: the block has ended.
    pub ended: bool,
    /// Where the block leads to, once it has ended.
    pub outgoing: Vec<(u32, Incoming)>,
    /// Whether an edge is being made ready. There, what becomes of one local or place must not change another.
    pub on_edge: bool,
    pub(super) before: Before,
    /// What is in an object, computed before there was the object.
    pub payloads: HashMap<Value, Value>,
    /// The same, computed in the block from the object.
    pub opened: HashMap<Value, Value>,
    /// The last slice of a list, and how it was before the instruction of bytecode that has made it.
    pub sliced: Option<(Value, StateId)>,
    /// The items of tuples that are not made.
    pub virtuals: HashMap<Value, Vec<Entry>>,
    /// Sequences that were not of the class that an `UNPACK_SEQUENCE` has seen, without their guards: at the next one that takes them
    /// apart, a guard would probably fail too, and the code be made anew for each.
    pub varied: HashSet<Value>,
}

/// The state before an instruction of bytecode, which becomes one of the function's when somebody needs it.
pub enum Before {
    /// Nobody has needed it yet.
    Unused(FrameState),
    /// It is one of the function's.
    Used(StateId),
}

impl<'a> Builder<'a> {
    /// A builder of a function without blocks.
    pub fn new(
        snapshot: &'a Snapshot,
        Prepared { code, uses, .. }: &'a Prepared<'a>,
        inlinable: &'a Inlinable<'a>,
        first: Instruction,
    ) -> Self {
        let function = Function {
            name: code.body.name.clone(),
            ..Function::default()
        };
        Self {
            snapshot,
            code,
            uses,
            frame: ROOT,
            callers: Vec::new(),
            returned: Vec::new(),
            exhausted: Vec::new(),
            resumed: HashMap::new(),
            makers: HashMap::new(),
            methods: HashMap::new(),
            begun: Vec::new(),
            called: Vec::new(),
            inlinable,
            function,
            block: BlockId(0),
            state: State::default(),
            at: first,
            following: None,
            skips: false,
            ended: true,
            outgoing: Vec::new(),
            on_edge: false,
            before: Before::Unused(FrameState::default()),
            payloads: HashMap::new(),
            sliced: None,
            virtuals: HashMap::new(),
            varied: HashSet::new(),
            opened: HashMap::new(),
        }
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
        let may_raise = insn.may_raise();
        let value = self.function.add(insn, ty, self.at.opcode_at);
        self.function[value].frame = self.frame;
        self.function[value].ty = result(&self.function, self.snapshot, value);
        self.function[self.block].insns.push(value);
        if may_raise && let Some(handler) = self.handler() {
            self.try_to(handler, value);
        }
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
        self.state_at(self.at.opcode_at)
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

    /// What operands the instruction has met, if they were always of one kind.
    pub fn met(&self) -> Option<[Operand; OPERANDS]> {
        self.met_at(self.at)
    }

    /// The same of another instruction.
    pub fn met_at(&self, instruction: Instruction) -> Option<[Operand; OPERANDS]> {
        match self.code.body.operands.get(&instruction.opcode_at)?[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Whether a speculation at the instruction has not failed too often.
    pub fn may_speculate(&self, reason: Reason) -> bool {
        let failures = &self.code.body.failures;
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
}
