//! What the builder knows of the frames at a place: where each local and each value of the stack is.
use crate::build::plan::Place;
use crate::function::{FrameId, FrameState, InlinedState, Pending, StackEntry, Value};
use crate::types::{Classes, Type};
use pyroxene_jit_api::Class;

/// What the builder knows of the frame, and of those of the inlined calls that run.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct State {
    /// The locals of all frames, by slot, those of the first frame first.
    pub locals: Vec<Local>,
    /// The value stacks of all frames, from the bottom of the first.
    pub stack: Vec<Entry>,
    /// The frames of inlined calls, from the outermost.
    pub frames: Vec<Level>,
    /// Whether the first frame is in memory as it has to be below another.
    pub written: bool,
}

/// The frame of an inlined call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level {
    /// Which it is.
    pub frame: FrameId,
    /// The function that was called.
    pub function: Entry,
    /// Where its locals begin among those of all frames.
    pub first_local: usize,
    /// Where its value stack begins.
    pub bottom: usize,
    /// Whether it is in memory ([`InlinedState::pushed`]).
    pub pushed: bool,
    /// Whether it is right there ([`InlinedState::written`]).
    pub written: bool,
}

/// Where the value of a local is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Local {
    /// In its slot, which owns a reference to it: an object or NULL.
    Clean(Value),
    /// Nowhere as an object.
    Dirty(Dirty),
    /// Of an inlined call, whose frame has no slots: like a place of the stack.
    Held(Entry),
}

/// A local whose value is unboxed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dirty {
    /// The value, which is meant where the slot is stale, and otherwise too if it is `known`.
    pub value: Value,
    /// Whether `value` is right also where the slot is not stale.
    pub known: bool,
    /// A truth value: whether the slot holds something older. Without one it does.
    pub stale: Option<Value>,
    /// Of what classes the slot's content can be, stale or not.
    pub memory: Classes,
}

/// A place of the value stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The value.
    pub value: Value,
    /// Who keeps it alive.
    pub holder: Holder,
}

/// Who keeps a value of the stack alive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// The place itself: it owns a reference. Or nobody needs to, because it is unboxed or NULL.
    Place,
    /// The slot of a local, until something else is stored there or other code runs.
    Local(u32),
    /// An object that it was read from, until memory is written or other code runs.
    Object,
    /// Something that outlives the frame: the code, whose constant it is; the function, whose cell. Or what is looked at before the
    /// value is used, as a class is that has a function: where other code runs, the place gets a reference of its own, or who
    /// shows the frames of inlined calls to others sees to it that the value does not die with what was taken for them.
    Code,
}

impl Entry {
    /// A value whose reference the stack owns, or an unboxed one.
    pub fn owned(value: Value) -> Self {
        Self {
            value,
            holder: Holder::Place,
        }
    }

    fn of_stack(self) -> StackEntry {
        StackEntry {
            value: self.value,
            owned: self.holder == Holder::Place,
        }
    }
}

impl State {
    /// What the evaluator needs to go on at an instruction.
    pub fn frame_state(&self, offset: u32) -> FrameState {
        let pending = self.locals.iter().enumerate().filter_map(|(slot, local)| {
            let Local::Dirty(dirty) = local else {
                return None;
            };
            Some(Pending {
                slot: u32::try_from(slot).expect("slots are few"),
                value: dirty.value,
                stale: dirty.stale,
            })
        });
        let inlined = self.frames.iter().enumerate().map(|(index, level)| {
            let next = self.frames.get(index + 1);
            let end = next.map_or(self.locals.len(), |next| next.first_local);
            let held = self.locals[level.first_local..end].iter();
            InlinedState {
                frame: level.frame,
                function: level.function.of_stack(),
                locals: held.map(|local| local.held().of_stack()).collect(),
                bottom: u32::try_from(level.bottom).expect("stacks are low"),
                pushed: level.pushed,
                written: level.written,
            }
        });
        FrameState {
            offset,
            pending: pending.collect(),
            stack: self.stack.iter().map(|entry| entry.of_stack()).collect(),
            inlined: inlined.collect(),
            written: self.written,
        }
    }

    /// What is in a place, if that is not the slot of a local.
    pub fn place(&self, place: Place) -> Option<Entry> {
        match place {
            Place::Stack(index) => Some(self.stack[index]),
            Place::Local(slot) => match self.locals[slot] {
                Local::Held(entry) => Some(entry),
                Local::Clean(_) | Local::Dirty(_) => None,
            },
        }
    }

    /// How high the stack of the innermost frame is.
    pub fn height(&self) -> usize {
        self.stack.len() - self.bottom()
    }

    /// Where the stack of the innermost frame begins.
    pub fn bottom(&self) -> usize {
        self.frames.last().map_or(0, |level| level.bottom)
    }

    /// Which of all locals is one of the innermost frame's.
    pub fn slot(&self, slot: u32) -> u32 {
        let first = self.frames.last().map_or(0, |level| level.first_local);
        slot + u32::try_from(first).expect("slots are few")
    }

    /// All that is not in a slot: the places of the stack, and the functions and locals of inlined calls.
    pub fn entries_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        let held = self.locals.iter_mut().filter_map(Local::held_mut);
        let functions = self.frames.iter_mut().map(|level| &mut level.function);
        self.stack.iter_mut().chain(held).chain(functions)
    }

    /// Puts another value in the place of one, which is the same with more known of it.
    pub fn refine(&mut self, value: Value, refined: Value) {
        for local in &mut self.locals {
            if *local == Local::Clean(value) {
                *local = Local::Clean(refined);
            }
        }
        // Of a function that was called all is known, and it has to be the same where ways meet.
        let held = self.locals.iter_mut().filter_map(Local::held_mut);
        for entry in self.stack.iter_mut().chain(held) {
            if entry.value == value {
                entry.value = refined;
            }
        }
    }
}

impl Local {
    /// What the frame of an inlined call holds, to change it; nothing of a local of the first frame.
    pub fn held_mut(&mut self) -> Option<&mut Entry> {
        match self {
            Self::Held(entry) => Some(entry),
            Self::Clean(_) | Self::Dirty(_) => None,
        }
    }

    /// What the frame of an inlined call holds.
    ///
    /// # Panics
    /// If it is a local of another frame.
    pub fn held(self) -> Entry {
        match self {
            Self::Held(entry) => entry,
            Self::Clean(_) | Self::Dirty(_) => unreachable!("inlined calls have no slots"),
        }
    }
}

/// How a local or a place of the stack arrives in a block that several edges lead to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// As it is: all edges bring the same.
    Same,
    /// As an object of these classes: in its slot, or owned by the stack.
    Object(Classes),
    /// Unboxed.
    Unboxed {
        /// Its representation.
        ty: Type,
        /// Of a local: [`Dirty::known`].
        known: bool,
        /// Of a local: whether there is a truth value that says whether the slot is stale.
        flagged: bool,
    },
}

impl Shape {
    /// The classes that an object must have to be brought into the shape.
    pub fn wanted(self) -> Classes {
        match self {
            Self::Same => Classes::ANY,
            Self::Object(classes) => classes,
            Self::Unboxed {
                ty, known: true, ..
            } => ty.classes(),
            Self::Unboxed { known: false, .. } => unseen_or_null(),
        }
    }
}

/// What dies unseen, and NULL: what the slot of a local that is unboxed at a loop header may hold.
pub fn unseen_or_null() -> Classes {
    Class::ALL
        .into_iter()
        .filter(|class| class.dies_unseen())
        .fold(Classes::NULL, |all, class| all | Classes::of(class))
}
