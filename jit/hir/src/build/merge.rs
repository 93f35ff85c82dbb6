//! What arrives in a block over several edges: which shape it has there, and how the edges bring it into that shape.
use crate::build::builder::Builder;
use crate::build::plan::{Place, Plan};
use crate::build::state::{Dirty, Entry, Holder, Local, Shape, State, unseen_or_null};
use crate::function::{BlockId, Edge, Value};
use crate::insn::Insn;
use crate::types::{Classes, Type};
use pyroxene_jit_api::{Class, Reason};

/// An edge whose end is not built yet: a block that has not ended, and the state at its end.
pub struct Incoming {
    /// The block.
    pub block: BlockId,
    /// The state.
    pub state: State,
    /// If it comes from outside, with the evaluator's frame: the classes that locals had before.
    pub observed: Option<Vec<Option<Class>>>,
}

/// How a block is arrived at.
#[derive(Clone)]
pub struct Arrival {
    /// Which block of bytecode it is.
    pub index: usize,
    /// The block.
    pub block: BlockId,
    /// The state at its start.
    pub state: State,
    locals: Vec<Shape>,
    stack: Vec<Shape>,
}

impl Arrival {
    fn shapes(&self) -> impl Iterator<Item = (Place, Shape)> + '_ {
        let locals = self.locals.iter().enumerate();
        let stack = self.stack.iter().enumerate();
        locals
            .map(|(slot, shape)| (Place::Local(slot), *shape))
            .chain(stack.map(|(index, shape)| (Place::Stack(index), *shape)))
    }
}

/// What a block wants to know of itself to choose shapes.
pub struct Target<'p> {
    /// Which block of bytecode it is.
    pub index: usize,
    /// What was learned, if it is a loop header.
    pub plan: Option<&'p Plan>,
    /// Whether it can be entered from outside.
    pub is_entry: bool,
    /// Which locals are read later, by slot.
    pub live: Vec<bool>,
    /// Which locals its loop writes, by slot.
    pub written: Vec<bool>,
}

impl Builder<'_> {
    /// Makes a block where edges meet, and leads them there; none if no edge gets there. The builder is at the block's first
    /// instruction.
    pub fn arrive(&mut self, target: &Target<'_>, edges: Vec<Incoming>) -> Option<Arrival> {
        let offset = self.at.offset;
        let locals = (0..edges[0].state.locals.len())
            .map(|slot| self.local_shape(target, slot, &edges))
            .collect();
        let stack = (0..edges[0].state.stack.len())
            .map(|index| self.stack_shape(target, index, &edges))
            .collect();
        let block = self.function.add_block(offset);
        let mut arrival = Arrival {
            index: target.index,
            block,
            state: edges[0].state.clone(),
            locals,
            stack,
        };
        let mut is_first = true;
        for edge in edges {
            self.enter(edge.block, edge.state);
            self.begin(self.at);
            if !self.lead(&arrival) {
                continue;
            }
            if is_first {
                // What is the same on all edges is as the first that arrives has it.
                arrival.state = self.state.clone();
                is_first = false;
            }
        }
        self.receive(&mut arrival);
        (!is_first).then_some(arrival)
    }

    /// Adds the parameters, and says in the state where they are.
    fn receive(&mut self, arrival: &mut Arrival) {
        let shapes: Vec<(Place, Shape)> = arrival.shapes().collect();
        for (place, shape) in shapes {
            let parameter =
                |builder: &mut Self, ty| builder.function.add_parameter(arrival.block, ty);
            match (place, shape) {
                (_, Shape::Same) => {}
                (Place::Local(slot), Shape::Object(classes)) => {
                    let value = parameter(self, Type::Object(classes));
                    arrival.state.locals[slot] = Local::Clean(value);
                }
                (Place::Local(slot), Shape::Unboxed { ty, known, flagged }) => {
                    let value = parameter(self, ty);
                    let stale = flagged.then(|| parameter(self, Type::Bool));
                    arrival.state.locals[slot] = Local::Dirty(Dirty {
                        value,
                        known,
                        stale,
                        memory: unseen_or_null(),
                    });
                }
                (Place::Stack(index), Shape::Object(classes)) => {
                    let value = parameter(self, Type::Object(classes));
                    arrival.state.stack[index] = Entry::owned(value);
                }
                (Place::Stack(index), Shape::Unboxed { ty, .. }) => {
                    let value = parameter(self, ty);
                    arrival.state.stack[index] = Entry::owned(value);
                }
            }
        }
    }

    // Shapes.

    fn local_shape(&self, target: &Target<'_>, slot: usize, edges: &[Incoming]) -> Shape {
        let place = Place::Local(slot);
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
            };
            let observed = edge.observed.as_ref().and_then(|all| *all.get(slot)?);
            if !self.can_lead(target, value, wanted, observed) {
                shape = Shape::Object(Classes::ANY);
            }
        }
        shape
    }

    fn stack_shape(&self, target: &Target<'_>, index: usize, edges: &[Incoming]) -> Shape {
        let place = Place::Stack(index);
        let planned = target.plan.and_then(|plan| plan.shape(target.index, place));
        let mut shape = planned.unwrap_or_else(|| self.join_stack(index, edges));
        for edge in edges {
            let value = edge.state.stack[index].value;
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
        let can_guard = target.plan.is_some()
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
            }
        }
        let Some(ty) = unboxed.filter(|_| !mixed) else {
            return Shape::Object(classes);
        };
        flagged |= locals.len() < edges.len();
        let clean_are_known = locals.iter().all(|local| match local {
            Local::Clean(value) => self.classes(*value) == ty.classes() && ty != Type::Int,
            Local::Dirty(_) => true,
        });
        let all_unseen = locals.iter().all(|local| match local {
            Local::Clean(value) => self.classes(*value).within(unseen_or_null()),
            Local::Dirty(_) => true,
        });
        known &= clean_are_known;
        if all_unseen && (known || !target.live[slot]) {
            Shape::Unboxed { ty, known, flagged }
        } else {
            Shape::Object(classes)
        }
    }

    fn join_stack(&self, index: usize, edges: &[Incoming]) -> Shape {
        let inside = edges.iter().any(|edge| edge.observed.is_none());
        let first = edges[0].state.stack[index];
        if first.holder != Holder::Object
            && edges.iter().all(|edge| edge.state.stack[index] == first)
        {
            return Shape::Same;
        }
        let values: Vec<Value> = edges
            .iter()
            .filter(|edge| edge.observed.is_none() || !inside)
            .map(|edge| edge.state.stack[index].value)
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
    fn classes_of_dirty(&self, dirty: Dirty) -> Classes {
        let boxed = self.classes(dirty.value);
        match dirty.stale {
            Some(_) => boxed | dirty.memory,
            None => boxed,
        }
    }

    // Edges.

    /// Ends the block with a jump to where edges meet, after bringing everything into its shape. Whether control gets there at
    /// all.
    pub fn lead(&mut self, arrival: &Arrival) -> bool {
        self.on_edge = true;
        let arrives = self.guard_edge(arrival);
        if arrives {
            let mut arguments = Vec::new();
            for (place, shape) in arrival.shapes() {
                match place {
                    Place::Local(slot) => self.lead_local(slot, shape, &mut arguments),
                    Place::Stack(index) => self.lead_stack(index, shape, &mut arguments),
                }
            }
            self.emit(Insn::Jump(Edge {
                to: arrival.block,
                arguments,
            }));
        }
        self.on_edge = false;
        arrives
    }

    /// The guards of an edge: all of them before anything is written.
    fn guard_edge(&mut self, arrival: &Arrival) -> bool {
        for (place, shape) in arrival.shapes() {
            let (value, wanted) = match (place, shape) {
                (_, Shape::Same) => continue,
                (Place::Local(slot), shape) => {
                    let value = match self.state.locals[slot] {
                        Local::Clean(value) => value,
                        Local::Dirty(dirty) => dirty.value,
                    };
                    // What is unboxed and to be an object is written back.
                    let is_unboxed = self.ty(value).is_unboxed();
                    if is_unboxed && !matches!(shape, Shape::Unboxed { known: true, .. }) {
                        continue;
                    }
                    (value, shape.wanted())
                }
                (Place::Stack(index), shape) => (self.state.stack[index].value, shape.wanted()),
            };
            if !self.classes(value).meets(wanted) {
                self.exit(Reason::LoopEntry);
                return false;
            }
            if self.ty(value).is_unboxed() {
                continue;
            }
            let state = self.before();
            let value = self.guard(value, wanted, state);
            match place {
                Place::Local(slot) => self.state.locals[slot] = Local::Clean(value),
                Place::Stack(index) => self.state.stack[index].value = value,
            }
            if let Shape::Unboxed {
                ty, known: true, ..
            } = shape
            {
                self.unbox(value, ty, state);
            }
        }
        true
    }

    fn lead_local(&mut self, slot: usize, shape: Shape, arguments: &mut Vec<Value>) {
        let slot_number = u32::try_from(slot).expect("slots are few");
        match shape {
            Shape::Same => {}
            Shape::Object(_) => {
                let value = self.write_back(slot_number);
                arguments.push(value);
            }
            Shape::Unboxed { ty, known, flagged } => {
                if let Local::Dirty(dirty) = self.state.locals[slot]
                    && (known && !dirty.known || !self.ty(dirty.value).same_representation(ty))
                {
                    self.write_back(slot_number);
                }
                let (value, stale) = match self.state.locals[slot] {
                    Local::Dirty(dirty) => {
                        let stale = dirty.stale;
                        (dirty.value, stale.unwrap_or_else(|| self.truth(true)))
                    }
                    Local::Clean(object) => {
                        let state = self.before();
                        let value = if known {
                            self.unbox(object, ty, state)
                        } else {
                            self.zero(ty)
                        };
                        (value, self.truth(false))
                    }
                };
                arguments.push(value);
                if flagged {
                    arguments.push(stale);
                }
            }
        }
    }

    fn lead_stack(&mut self, index: usize, shape: Shape, arguments: &mut Vec<Value>) {
        let entry = self.state.stack[index];
        match shape {
            Shape::Same => {}
            Shape::Object(_) => {
                let value = self.take(entry);
                self.state.stack[index] = Entry::owned(value);
                arguments.push(value);
            }
            Shape::Unboxed { ty, .. } => {
                let state = self.before();
                let value = self.unbox(entry.value, ty, state);
                self.state.stack[index] = Entry::owned(value);
                self.release(&[entry]);
                arguments.push(value);
            }
        }
    }

    fn truth(&mut self, truth: bool) -> Value {
        self.emit(Insn::Bool(truth))
    }

    /// Any value of a representation, where none is meant.
    fn zero(&mut self, ty: Type) -> Value {
        self.emit(match ty {
            Type::Float => Insn::Float(0.0),
            Type::Int => Insn::Int(0),
            Type::Bool => Insn::Bool(false),
            Type::Object(_) | Type::Nothing => Insn::Null,
        })
    }

    // Edges back.

    /// Corrects the plan where an edge back brings to a header what it does not expect. Whether there was nothing to correct.
    pub fn fits(&self, target: &Target<'_>, arrival: &Arrival, plan: &mut Plan) -> bool {
        let mut fits = true;
        for (place, shape) in arrival.shapes() {
            let corrected = match place {
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
        let is_final = plan.is_final(arrival.index, Place::Local(slot));
        let header = arrival.state.locals[slot];
        let now = self.state.locals[slot];
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
        }
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
        let now = self.state.stack[index];
        let (header_ty, ty) = (self.ty(header.value), self.ty(now.value));
        match shape {
            Shape::Same if header == now => None,
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
