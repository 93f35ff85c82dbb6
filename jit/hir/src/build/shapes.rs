//! Which shape locals and places of the stack have where several edges meet.
use crate::build::builder::Builder;
use crate::build::merge::{Incoming, Target};
use crate::build::plan::Place;
use crate::build::state::{Dirty, Entry, Holder, Local, Shape, State, unseen_or_null};
use crate::function::Value;
use crate::types::{Classes, Type};
use pyroxene_jit_api::{Class, Reason};

impl Builder<'_> {
    /// The shape of a local at a block.
    pub fn local_shape(&self, target: &Target<'_>, slot: usize, edges: &[Incoming]) -> Shape {
        let place = Place::Local(slot);
        if matches!(edges[0].state.locals[slot], Local::Held(_)) {
            return self.entry_shape(target, place, edges, |state| state.locals[slot].held());
        }
        let planned = target.plan.and_then(|plan| plan.shape(target.index, place));
        let mut shape = planned.unwrap_or_else(|| {
            let joined = self.join_locals(target, slot, edges);
            let Shape::Same = joined else {
                return joined;
            };
            if target.plan.is_none() || !target.written[slot] {
                return joined;
            }
            match edges[0].state.locals[slot] {
                Local::Clean(value) => Shape::Object(self.classes(value)),
                Local::Dirty(dirty) => Shape::Unboxed {
                    ty: self.ty(dirty.value),
                    known: dirty.known,
                    flagged: dirty.stale.is_some(),
                },
                Local::Held(_) => unreachable!("that was decided above"),
            }
        });
        for edge in edges {
            let (value, wanted) = match (edge.state.locals[slot], shape) {
                (_, Shape::Same) => continue,
                (Local::Clean(value), _) => (value, shape.wanted()),
                // It is written back.
                (Local::Dirty(dirty), Shape::Object(classes)) => {
                    if !self.classes_of_dirty(dirty).within(classes) {
                        shape = Shape::Object(Classes::ANY);
                    }
                    continue;
                }
                (Local::Dirty(dirty), Shape::Unboxed { known: true, .. }) if !dirty.known => {
                    shape = Shape::Object(Classes::ANY);
                    continue;
                }
                (Local::Dirty(dirty), Shape::Unboxed { known: true, .. }) => {
                    (dirty.value, shape.wanted())
                }
                (Local::Dirty(_), Shape::Unboxed { known: false, .. }) => continue,
                (Local::Held(_), _) => unreachable!("a slot is one on all edges"),
            };
            let observed = edge.observed.as_ref().and_then(|all| *all.get(slot)?);
            if !self.can_lead(target, value, wanted, observed) {
                shape = Shape::Object(Classes::ANY);
            }
        }
        shape
    }

    /// The shape of a place of the stack at a block.
    pub fn stack_shape(&self, target: &Target<'_>, index: usize, edges: &[Incoming]) -> Shape {
        self.entry_shape(target, Place::Stack(index), edges, |state| {
            state.stack[index]
        })
    }

    /// The shape of what is in no slot.
    fn entry_shape(
        &self,
        target: &Target<'_>,
        place: Place,
        edges: &[Incoming],
        entry: impl Fn(&State) -> Entry,
    ) -> Shape {
        let planned = target.plan.and_then(|plan| plan.shape(target.index, place));
        let mut shape = planned.unwrap_or_else(|| self.join_entries(edges, &entry));
        for edge in edges {
            let value = entry(&edge.state).value;
            if !self.can_lead(target, value, shape.wanted(), None) {
                shape = Shape::Object(Classes::ANY);
            }
        }
        shape
    }

    /// Whether an edge can bring a value that is an object of these classes: because it is, or with a guard.
    fn can_lead(
        &self,
        target: &Target<'_>,
        value: Value,
        wanted: Classes,
        observed: Option<Class>,
    ) -> bool {
        let classes = self.classes(value);
        if classes.within(wanted) {
            return true;
        }
        let other = Classes::of(Class::Other);
        let can_guard = (target.plan.is_some() || target.is_resumed)
            && (Classes::OBJECT.within(wanted) || !wanted.meets(other))
            && observed.is_none_or(|class| wanted.meets(Classes::of(class)));
        // What cannot be leaves at the header; the next iteration enters there, with what the evaluator made meanwhile.
        let reason = if classes.meets(wanted) {
            Reason::Class
        } else {
            Reason::LoopEntry
        };
        can_guard && self.may_speculate(reason) && (classes.meets(wanted) || target.is_entry)
    }

    /// The shape of a local in which several edges meet; what comes from outside decides only if there is nothing else.
    fn join_locals(&self, target: &Target<'_>, slot: usize, edges: &[Incoming]) -> Shape {
        let inside = edges.iter().any(|edge| edge.observed.is_none());
        let locals: Vec<Local> = edges
            .iter()
            .filter(|edge| edge.observed.is_none() || !inside)
            .map(|edge| edge.state.locals[slot])
            .collect();
        if edges
            .iter()
            .all(|edge| edge.state.locals[slot] == locals[0])
        {
            return Shape::Same;
        }
        let mut classes = Classes::EMPTY;
        let mut unboxed: Option<Type> = None;
        let mut mixed = false;
        let (mut known, mut flagged) = (true, false);
        for local in &locals {
            match local {
                Local::Clean(value) => {
                    classes = classes | self.classes(*value);
                    flagged = true;
                }
                Local::Dirty(dirty) => {
                    let ty = self.ty(dirty.value);
                    mixed |= unboxed.is_some_and(|other| !other.same_representation(ty));
                    unboxed = Some(ty);
                    known &= dirty.known;
                    flagged |= dirty.stale.is_some();
                    classes = classes | ty.classes();
                    if dirty.stale.is_some() {
                        classes = classes | dirty.memory;
                    }
                }
                Local::Held(_) => unreachable!("it has a slot"),
            }
        }
        let Some(ty) = unboxed.filter(|_| !mixed) else {
            return Shape::Object(classes);
        };
        flagged |= locals.len() < edges.len();
        let clean_are_known = locals.iter().all(|local| match local {
            Local::Clean(value) => self.classes(*value) == ty.classes() && ty != Type::Int,
            Local::Dirty(_) | Local::Held(_) => true,
        });
        let all_unseen = locals.iter().all(|local| match local {
            Local::Clean(value) => self.classes(*value).within(unseen_or_null()),
            Local::Dirty(_) | Local::Held(_) => true,
        });
        if all_unseen && target.is_resumed {
            known &= locals.iter().all(|local| match local {
                Local::Clean(value) => self.can_lead(target, *value, ty.classes(), None),
                Local::Dirty(_) | Local::Held(_) => true,
            });
            return Shape::Unboxed { ty, known, flagged };
        }
        known &= clean_are_known;
        if all_unseen && (known || !target.live[slot]) {
            Shape::Unboxed { ty, known, flagged }
        } else {
            Shape::Object(classes)
        }
    }

    fn join_entries(&self, edges: &[Incoming], entry: &impl Fn(&State) -> Entry) -> Shape {
        let inside = edges.iter().any(|edge| edge.observed.is_none());
        let first = entry(&edges[0].state);
        if first.holder != Holder::Object && edges.iter().all(|edge| entry(&edge.state) == first) {
            return Shape::Same;
        }
        let values: Vec<Value> = edges
            .iter()
            .filter(|edge| edge.observed.is_none() || !inside)
            .map(|edge| entry(&edge.state).value)
            .collect();
        let ty = self.ty(values[0]);
        if ty.is_unboxed() && values.iter().all(|value| self.ty(*value) == ty) {
            return Shape::Unboxed {
                ty,
                known: true,
                flagged: false,
            };
        }
        let classes = values.iter().map(|value| self.classes(*value));
        Shape::Object(classes.fold(Classes::EMPTY, |all, more| all | more))
    }

    /// The classes that a local's slot can hold after it is written back.
    pub fn classes_of_dirty(&self, dirty: Dirty) -> Classes {
        let boxed = self.classes(dirty.value);
        match dirty.stale {
            Some(_) => boxed | dirty.memory,
            None => boxed,
        }
    }
}
