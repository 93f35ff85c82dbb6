//! `Function`: blocks of instructions in SSA form, and the states of the frame in which the evaluator can go on.
use crate::insn::Insn;
use crate::types::Type;
use core::fmt;
use core::ops::{Index, IndexMut};
use pyroxene_jit_api::{Body, Snapshot};

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// As an index.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

numbers! {
    /// An instruction, which is also the value that it computes.
    Value = "v";
    /// A block.
    BlockId = "bb";
    /// A state of the frame.
    StateId = "s";
    /// A frame: the one that the code runs on, or that of an inlined call.
    FrameId = "f";
}

/// The frame that the code runs on. The others are those of inlined calls.
pub const ROOT: FrameId = FrameId(0);

/// Code of one code object, and of functions whose calls are inlined.
#[derive(Clone, Debug, Default)]
pub struct Function {
    /// The code's qualified name.
    pub name: String,
    /// The frames of inlined calls: of the first, the number is 1.
    pub frames: Vec<InlinedFrame>,
    /// Where it is entered, in the order of the snapshot's entries.
    pub entries: Vec<EntryPoint>,
    /// Its blocks. Those that nothing leads to have no instructions.
    pub blocks: Vec<Block>,
    /// All instructions, also those that are in no block any more.
    pub values: Vec<ValueData>,
    /// The states that instructions refer to.
    pub states: Vec<FrameState>,
}

/// The frame of an inlined call. There is none in memory until other code could look for it
/// ([`Insn::WriteFrames`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InlinedFrame {
    /// The frame of the caller.
    pub parent: FrameId,
    /// What is called.
    pub called: Called,
    /// The instruction of the caller that calls it, in units.
    pub call: u32,
    /// The one after that.
    pub next: u32,
}

/// What runs on the frame of an inlined call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Called {
    /// A function.
    Function {
        /// It, an index of the snapshot's callees.
        callee: u32,
        /// Its code, an index of the snapshot's inlined bodies.
        body: u32,
    },
    /// What gives a new instance, which is on its stack, in the place of what `__init__` returns (CPython's `_Py_InitCleanup`):
    /// the frame between that of a function that calls a class and that of `__init__`. It has no function and no locals.
    Class,
    /// A generator that a `for` loop resumes, which is on the loop's stack just below that of this frame. The frame lies in it.
    Generator {
        /// The function that has made it, an index of the snapshot's callees.
        callee: u32,
        /// Its code, an index of the snapshot's inlined bodies.
        body: u32,
    },
}

impl Called {
    /// Its code, an index of the snapshot's inlined bodies; nothing if there is none of ours.
    pub fn body(self) -> Option<u32> {
        match self {
            Self::Function { body, .. } | Self::Generator { body, .. } => Some(body),
            Self::Class => None,
        }
    }
}

/// Where a function is entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EntryPoint {
    /// The first instruction of bytecode that it runs, in units.
    pub offset: u32,
    /// The block. It has no parameters, and no edge leads to it.
    pub block: BlockId,
}

/// Instructions that run one after the other.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// What edges to the block hand over, as values ([`Insn::Parameter`]).
    pub parameters: Vec<Value>,
    /// The instructions; the last of them and no other ends the block.
    pub insns: Vec<Value>,
    /// The bytecode at which it starts, in units.
    pub offset: u32,
}

/// An instruction in its place.
#[derive(Clone, Debug)]
pub struct ValueData {
    /// What it does.
    pub insn: Insn,
    /// What it gives.
    pub ty: Type,
    /// The instruction of bytecode it comes from, in units. Where other code can run meanwhile, this is what the frame
    /// says it stands at.
    pub origin: u32,
    /// The frame that runs it.
    pub frame: FrameId,
}

/// An edge from a block to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edge {
    /// Where it leads to.
    pub to: BlockId,
    /// What becomes of the block's parameters.
    pub arguments: Vec<Value>,
}

/// What the frame must hold so that the evaluator can go on.
///
/// Two kinds of instructions refer to one. A guard says where the evaluator *resumes*: at `offset`, as if it had come there
/// by itself. A call says what to leave when it has *raised*: `offset` is the instruction that has, and the stack is what it
/// leaves for whoever looks for the handler.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FrameState {
    /// The instruction of bytecode, in units.
    pub offset: u32,
    /// The locals whose slots do not hold what they should, in the order of their slots. All other slots are right.
    pub pending: Vec<Pending>,
    /// The value stacks of all frames, from the bottom of the first one's.
    pub stack: Vec<StackEntry>,
    /// The frames of inlined calls that run, from the outermost. The last one's stands at `offset`.
    pub inlined: Vec<InlinedState>,
    /// Whether the frame that calls the first of them is in memory as it has to be below another.
    pub written: bool,
}

/// How the frame of an inlined call has to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InlinedState {
    /// Which it is.
    pub frame: FrameId,
    /// The function that was called.
    pub function: StackEntry,
    /// All its locals.
    pub locals: Vec<StackEntry>,
    /// Where its value stack begins in [`FrameState::stack`].
    pub bottom: u32,
    /// Whether it is in memory, and the thread knows it.
    pub pushed: bool,
    /// If it is in memory: whether its locals are there as they have to be, and if it has called another one, all of it.
    pub written: bool,
}

/// A local whose value is not in its slot.
///
/// The slot holds something older, whose death nobody can see, or NULL. To write it back is to make an object of the value,
/// to put this into the slot, and to release what was there. If what was there is a float with a count of one, it may be
/// overwritten instead. A value that occurs several times in a state becomes one object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pending {
    /// The local.
    pub slot: u32,
    /// Its value, unboxed.
    pub value: Value,
    /// A truth value that says whether the slot is out of date; without one it is.
    pub stale: Option<Value>,
}

/// A place of the value stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StackEntry {
    /// The value; of any representation.
    pub value: Value,
    /// Whether the place holds a reference to the object. If not, one is taken when it is written to the frame. Of what is
    /// unboxed, it is true: the object that is made then belongs to the stack.
    pub owned: bool,
}

impl FrameState {
    /// All values that are to be written somewhere.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        let pending = self.pending.iter().flat_map(|pending| {
            let stale = pending.stale.into_iter();
            stale.chain([pending.value])
        });
        pending.chain(self.entries().map(|entry| entry.value))
    }

    /// The places of all stacks, and the functions and locals of inlined calls.
    pub fn entries(&self) -> impl Iterator<Item = &StackEntry> {
        let inlined = self.inlined.iter();
        let inlined = inlined.flat_map(|inlined| inlined.locals.iter().chain([&inlined.function]));
        self.stack.iter().chain(inlined)
    }

    /// The value stack of the innermost frame.
    pub fn top_stack(&self) -> &[StackEntry] {
        let bottom = self.inlined.last().map_or(0, |inlined| inlined.bottom);
        &self.stack[bottom as usize..]
    }

    /// Lets others take the place of values.
    pub fn replace(&mut self, replacement: impl Fn(Value) -> Value) {
        for pending in &mut self.pending {
            pending.value = replacement(pending.value);
            pending.stale = pending.stale.map(&replacement);
        }
        for entry in &mut self.stack {
            entry.value = replacement(entry.value);
        }
        for inlined in &mut self.inlined {
            let function = core::iter::once(&mut inlined.function);
            for entry in inlined.locals.iter_mut().chain(function) {
                entry.value = replacement(entry.value);
            }
        }
    }
}

impl Function {
    /// The frame of an inlined call; nothing of the one that the code runs on.
    pub fn inlined(&self, frame: FrameId) -> Option<&InlinedFrame> {
        self.frames.get(frame.index().checked_sub(1)?)
    }

    /// The code that runs on a frame, of those of a snapshot; nothing if there is none of ours.
    pub fn body<'s>(&self, frame: FrameId, snapshot: &'s Snapshot) -> Option<&'s Body> {
        match self.inlined(frame).map(|inlined| inlined.called) {
            None => (frame == ROOT).then_some(&snapshot.body),
            Some(called) => snapshot.inlined.get(called.body()? as usize),
        }
    }

    /// Adds an instruction that is not in a block yet.
    pub fn add(&mut self, insn: Insn, ty: Type, origin: u32) -> Value {
        let value = Value(u32::try_from(self.values.len()).expect("fewer than 2^32 instructions"));
        self.values.push(ValueData {
            insn,
            ty,
            origin,
            frame: ROOT,
        });
        value
    }

    /// Adds an empty block.
    pub fn add_block(&mut self, offset: u32) -> BlockId {
        let block = BlockId(u32::try_from(self.blocks.len()).expect("fewer than 2^32 blocks"));
        self.blocks.push(Block {
            offset,
            ..Block::default()
        });
        block
    }

    /// Adds a parameter to a block. The edges that lead to it need an argument more.
    pub fn add_parameter(&mut self, block: BlockId, ty: Type) -> Value {
        let origin = self[block].offset;
        let value = self.add(Insn::Parameter, ty, origin);
        self[block].parameters.push(value);
        value
    }

    /// Adds a state.
    pub fn add_state(&mut self, state: FrameState) -> StateId {
        let id = StateId(u32::try_from(self.states.len()).expect("fewer than 2^32 states"));
        self.states.push(state);
        id
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> Type {
        self[value].ty
    }

    /// The instruction behind a value.
    pub fn insn(&self, value: Value) -> &Insn {
        &self[value].insn
    }

    /// The blocks, by number.
    pub fn block_ids(&self) -> impl Iterator<Item = BlockId> + use<> {
        (0..u32::try_from(self.blocks.len()).expect("fewer than 2^32 blocks")).map(BlockId)
    }

    /// How a block ends.
    pub fn terminator(&self, block: BlockId) -> Option<&Insn> {
        let last = self[block].insns.last()?;
        Some(self.insn(*last))
    }

    /// How many values all states refer to that instructions can leave in.
    pub fn values_of_exits(&self) -> usize {
        let insns = self.blocks.iter().flat_map(|block| &block.insns);
        let mut states: Vec<StateId> = insns
            .filter_map(|&value| self.insn(value).state())
            .collect();
        states.sort_unstable();
        states.dedup();
        states
            .iter()
            .map(|&state| self[state].values().count())
            .sum()
    }

    /// The edges that leave a block.
    pub fn edges(&self, block: BlockId) -> Vec<&Edge> {
        self.terminator(block).map(Insn::edges).unwrap_or_default()
    }
}

macro_rules! indexed {
    ($($number:ident => $field:ident: $data:ty;)*) => {$(
        impl Index<$number> for Function {
            type Output = $data;

            fn index(&self, number: $number) -> &$data {
                &self.$field[number.index()]
            }
        }

        impl IndexMut<$number> for Function {
            fn index_mut(&mut self, number: $number) -> &mut $data {
                &mut self.$field[number.index()]
            }
        }
    )*};
}

indexed! {
    Value => values: ValueData;
    BlockId => blocks: Block;
    StateId => states: FrameState;
}
