//! What the builder knows of the frame at a place: where each local and each value of the stack is.
use crate::function::{FrameState, Pending, StackEntry, Value};
use crate::types::{Classes, Type};
use pyroxene_jit_api::Class;

/// What the builder knows of the frame.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    /// The locals, by slot.
    pub locals: Vec<Local>,
    /// The value stack, from its bottom.
    pub stack: Vec<Entry>,
}

/// Where the value of a local is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Local {
    /// In its slot, which owns a reference to it: an object or NULL.
    Clean(Value),
    /// Nowhere as an object.
    Dirty(Dirty),
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
    /// The code's constants.
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
        let stack = self.stack.iter().map(|entry| StackEntry {
            value: entry.value,
            owned: entry.holder == Holder::Place,
        });
        FrameState {
            offset,
            pending: pending.collect(),
            stack: stack.collect(),
        }
    }

    /// Puts another value in the place of one, which is the same with more known of it.
    pub fn refine(&mut self, value: Value, refined: Value) {
        for local in &mut self.locals {
            if *local == Local::Clean(value) {
                *local = Local::Clean(refined);
            }
        }
        for entry in &mut self.stack {
            if entry.value == value {
                entry.value = refined;
            }
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
