//! What edges that lead back to a loop header tell of the shapes there.
use crate::build::builder::Builder;
use crate::build::merge::{Arrival, Target};
use crate::build::plan::{Place, Plan};
use crate::build::state::{Entry, Local, Shape, unseen_or_null};
use crate::function::Value;
use crate::insn::Insn;
use crate::types::{Classes, Type};
use pyroxene_jit_api::Reason;

impl Builder<'_> {
    /// Corrects the plan where an edge back brings to a header what it does not expect. Whether there was nothing to correct.
    pub fn fits(&self, target: &Target<'_>, arrival: &Arrival, plan: &mut Plan) -> bool {
        let mut fits = true;
        // What is made for one place is made for all that have it.
        let made: Vec<Value> = arrival
            .shapes()
            .filter(|(_, shape)| *shape != Shape::Same)
            .filter_map(|(place, _)| Some(self.state.place(place)?.value))
            .filter(|value| self.is_virtual(*value))
            .collect();
        for (place, shape) in arrival.shapes() {
            let held = self.state.place(place).map(|entry| entry.value);
            let corrected = match place {
                _ if shape == Shape::Same
                    && let Some(value) = held.filter(|value| made.contains(value)) =>
                {
                    Some(Shape::Object(self.classes(value)))
                }
                Place::Local(slot) => self.correct_local(target, arrival, slot, shape, plan),
                Place::Stack(index) => self.correct_stack(arrival, index, shape, plan),
            };
            if let Some(corrected) = corrected {
                plan.correct(arrival.index, place, corrected);
                fits = false;
            }
        }
        fits
    }

    fn correct_local(
        &self,
        target: &Target<'_>,
        arrival: &Arrival,
        slot: usize,
        shape: Shape,
        plan: &Plan,
    ) -> Option<Shape> {
        let place = Place::Local(slot);
        let is_final = plan.is_final(arrival.index, place);
        let header = arrival.state.locals[slot];
        let now = self.state.locals[slot];
        if let (Local::Held(header), Local::Held(now)) = (header, now) {
            return self.correct_entry(shape, header, now, is_final);
        }
        match (shape, header, now) {
            // It was boxed only because the slot could hold something whose death is seen.
            (Shape::Object(_), Local::Clean(_), Local::Clean(value))
                if !is_final && let Insn::Box { value, .. } = self.function.insn(value) =>
            {
                Some(Shape::Unboxed {
                    ty: self.ty(*value),
                    known: target.live[slot],
                    flagged: true,
                })
            }
            // It is an object for the same reason only.
            (Shape::Same | Shape::Object(_), Local::Clean(header), Local::Clean(value))
                if !is_final
                    && self.underlying(header) != self.underlying(value)
                    && let Some(ty) = self.only_number(slot, value) =>
            {
                Some(Shape::Unboxed {
                    ty,
                    known: target.live[slot],
                    flagged: true,
                })
            }
            (_, Local::Clean(header), Local::Clean(value)) => {
                let is_same = self.underlying(header) == self.underlying(value);
                self.correct_object(shape, header, value, is_same, is_final)
            }
            (Shape::Object(classes), Local::Clean(_), Local::Dirty(dirty)) => {
                let ty = self.ty(dirty.value);
                if !is_final && (dirty.known || !target.live[slot]) {
                    return Some(Shape::Unboxed {
                        ty,
                        known: target.live[slot],
                        flagged: true,
                    });
                }
                let brought = self.classes_of_dirty(dirty);
                let fits = brought.within(classes);
                (!fits).then_some(Shape::Object(classes | brought))
            }
            (_, Local::Clean(_), Local::Dirty(dirty)) => Some(Shape::Unboxed {
                ty: self.ty(dirty.value),
                known: target.live[slot],
                flagged: true,
            }),
            (Shape::Same, Local::Dirty(header), Local::Dirty(dirty)) => (header != dirty)
                .then_some(Shape::Unboxed {
                    ty: self.ty(header.value),
                    known: header.known,
                    flagged: header.stale.is_some() || dirty.stale.is_some(),
                }),
            // It was written back for the sake of a call: better once, before the loop.
            (Shape::Same, Local::Dirty(header), Local::Clean(value)) => Some(Shape::Object(
                self.classes(value) | self.classes(header.value),
            )),
            (Shape::Unboxed { ty, known, flagged }, _, Local::Dirty(dirty)) => {
                let brought = self.ty(dirty.value);
                if !brought.same_representation(ty) || known && !dirty.known {
                    let classes = ty.classes() | brought.classes() | dirty.memory;
                    return Some(Shape::Object(classes));
                }
                let unseen = dirty.memory.within(unseen_or_null());
                if !unseen {
                    return Some(Shape::Object(Classes::ANY));
                }
                (dirty.stale.is_some() && !flagged).then_some(Shape::Unboxed {
                    ty,
                    known,
                    flagged: true,
                })
            }
            (Shape::Unboxed { ty, known, flagged }, _, Local::Clean(value)) => {
                let classes = self.classes(value);
                let is_known = classes == ty.classes();
                let fits = if known {
                    is_known
                } else {
                    classes.within(unseen_or_null())
                };
                if !fits {
                    return Some(Shape::Object(classes | ty.classes()));
                }
                (!flagged).then_some(Shape::Unboxed {
                    ty,
                    known,
                    flagged: true,
                })
            }
            (Shape::Object(_), Local::Dirty(_), _) => {
                unreachable!("a local that arrives as an object is clean")
            }
            (_, Local::Held(_), _) | (_, _, Local::Held(_)) => {
                unreachable!("a slot is one on all edges")
            }
        }
    }

    /// As what number an object is stored in a local that is only calculated with.
    fn only_number(&self, slot: usize, value: Value) -> Option<Type> {
        // What a caller has is not written in loops of an inlined call.
        let own = u32::try_from(slot)
            .expect("slots are few")
            .checked_sub(self.state.slot(0))?;
        let ty = self.uses.number(own)?;
        let fits = ty != Type::Int || self.may_speculate(Reason::Overflow);
        (fits && self.classes(value) == ty.classes()).then_some(ty)
    }

    fn correct_stack(
        &self,
        arrival: &Arrival,
        index: usize,
        shape: Shape,
        plan: &Plan,
    ) -> Option<Shape> {
        let is_final = plan.is_final(arrival.index, Place::Stack(index));
        let header = arrival.state.stack[index];
        self.correct_entry(shape, header, self.state.stack[index], is_final)
    }

    /// The same of what is in no slot.
    fn correct_entry(
        &self,
        shape: Shape,
        header: Entry,
        now: Entry,
        is_final: bool,
    ) -> Option<Shape> {
        let (header_ty, ty) = (self.ty(header.value), self.ty(now.value));
        match shape {
            Shape::Same if header == now => None,
            // What the iterations bring decides: what comes from before the loop is unboxed there.
            Shape::Same | Shape::Object(_)
                if !is_final
                    && (ty == Type::Float
                        || ty == Type::Int && self.may_speculate(Reason::Overflow))
                    && header_ty.classes().meets(ty.classes())
                    && !header_ty.classes().may_be_null()
                    && !header_ty.is_unboxed() =>
            {
                Some(Shape::Unboxed {
                    ty,
                    known: true,
                    flagged: false,
                })
            }
            Shape::Same | Shape::Object(_) if !header_ty.is_unboxed() && !ty.is_unboxed() => {
                let is_same = self.underlying(header.value) == self.underlying(now.value);
                let corrected =
                    self.correct_object(shape, header.value, now.value, is_same, is_final);
                let holder_differs = shape == Shape::Same && header.holder != now.holder;
                corrected
                    .or(holder_differs.then_some(Shape::Object(header_ty.classes() | ty.classes())))
            }
            Shape::Object(classes) => {
                let fits = ty.classes().within(classes);
                (!fits).then_some(Shape::Object(classes | ty.classes()))
            }
            Shape::Unboxed { ty: wanted, .. } if ty.same_representation(wanted) => None,
            Shape::Same if ty.is_unboxed() && ty.same_representation(header_ty) => {
                Some(Shape::Unboxed {
                    ty,
                    known: true,
                    flagged: false,
                })
            }
            Shape::Same | Shape::Unboxed { .. } => {
                Some(Shape::Object(header_ty.classes() | ty.classes()))
            }
        }
    }

    /// The same for an object that meets an object. If it is the same one and an iteration has found out more of it, that is
    /// wanted from the start.
    fn correct_object(
        &self,
        shape: Shape,
        header: Value,
        value: Value,
        is_same: bool,
        is_final: bool,
    ) -> Option<Shape> {
        let (known, found) = (self.classes(header), self.classes(value));
        if is_same {
            let narrower = found.within(known) && found != known && !is_final;
            return narrower.then_some(Shape::Object(found));
        }
        match shape {
            Shape::Object(classes) => {
                (!found.within(classes)).then_some(Shape::Object(classes | found))
            }
            Shape::Same | Shape::Unboxed { .. } => Some(Shape::Object(known | found)),
        }
    }
}
