//! What arrives in a block over several edges: which shape it has there, and how the edges bring it into that shape.
use crate::build::builder::Builder;
use crate::build::plan::{Header, Place, Plan};
use crate::build::state::{Dirty, Entry, Holder, Local, Shape, State, unseen_or_null};
use crate::function::{BlockId, Edge, Value};
use crate::insn::Insn;
use crate::types::Type;
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
    pub index: Header,
    /// The block.
    pub block: BlockId,
    /// The state at its start.
    pub state: State,
    locals: Vec<Shape>,
    stack: Vec<Shape>,
    /// Of each inlined call that runs, whether its frame owns the function.
    functions: Vec<bool>,
}

impl Arrival {
    /// The shapes of all locals and places of the stack.
    pub fn shapes(&self) -> impl Iterator<Item = (Place, Shape)> + '_ {
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
    pub index: Header,
    /// What was learned, if it is a loop header.
    pub plan: Option<&'p Plan>,
    /// Whether it can be entered from outside.
    pub is_entry: bool,
    /// Whether edges that come round in the loop meet others there that seldom come: those of a generator that goes on and of one
    /// that begins. What the others bring is converted with a guard.
    pub is_resumed: bool,
    /// Which locals are read later, by slot.
    pub live: Vec<bool>,
    /// Which locals its loop writes, by slot.
    pub written: Vec<bool>,
}

impl Builder<'_> {
    /// Makes a block where edges meet, and leads them there; none if no edge gets there. The builder is at the block's first
    /// instruction.
    pub fn arrive(&mut self, target: &Target<'_>, mut edges: Vec<Incoming>) -> Option<Arrival> {
        let offset = self.at.offset;
        self.settle_virtuals(target, &mut edges);
        let locals = (0..edges[0].state.locals.len())
            .map(|slot| self.local_shape(target, slot, &edges))
            .collect();
        let stack = (0..edges[0].state.stack.len())
            .map(|index| self.stack_shape(target, index, &edges))
            .collect();
        let functions = (0..edges[0].state.frames.len())
            .map(|level| {
                let holder = |edge: &Incoming| edge.state.frames[level].function.holder;
                let first = holder(&edges[0]);
                // What edges that lead back bring is not known yet.
                target.plan.is_some()
                    || first == Holder::Place
                    || edges.iter().any(|edge| holder(edge) != first)
            })
            .collect();
        let block = self.function.add_block(offset);
        let mut arrival = Arrival {
            index: target.index,
            block,
            state: edges[0].state.clone(),
            locals,
            stack,
            functions,
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
                    arrival.state.locals[slot] = match arrival.state.locals[slot] {
                        Local::Held(_) => Local::Held(Entry::owned(value)),
                        Local::Clean(_) | Local::Dirty(_) => Local::Clean(value),
                    };
                }
                (Place::Local(slot), Shape::Unboxed { ty, known, flagged }) => {
                    let value = parameter(self, ty);
                    if let Local::Held(entry) = &mut arrival.state.locals[slot] {
                        *entry = Entry::owned(value);
                        continue;
                    }
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

    /// Ends the block with a jump to where edges meet, after bringing everything into its shape. Whether control gets there at
    /// all.
    pub fn lead(&mut self, arrival: &Arrival) -> bool {
        // Edges agree in which frames are in memory: none.
        if self.pop_frames() {
            self.begin(self.at);
        }
        for (place, shape) in arrival.shapes() {
            let value = self.state.place(place).map(|entry| entry.value);
            if shape != Shape::Same
                && let Some(value) = value.filter(|value| self.is_virtual(*value))
            {
                self.materialise(value);
                self.begin(self.at);
            }
        }
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
            for (level, &is_owned) in arrival.functions.iter().enumerate() {
                let function = self.state.frames[level].function;
                if is_owned && function.holder != Holder::Place {
                    self.retain(function.value);
                    self.state.frames[level].function.holder = Holder::Place;
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
                        Local::Held(entry) => entry.value,
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
                Place::Local(slot) => match &mut self.state.locals[slot] {
                    Local::Held(entry) => entry.value = value,
                    local => *local = Local::Clean(value),
                },
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
        if let Local::Held(entry) = self.state.locals[slot] {
            let entry = self.lead_entry(entry, shape, arguments);
            self.state.locals[slot] = Local::Held(entry);
            return;
        }
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
                    Local::Held(_) => unreachable!("that was done above"),
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
        self.state.stack[index] = self.lead_entry(entry, shape, arguments);
    }

    /// What is in no slot, brought into its shape.
    fn lead_entry(&mut self, entry: Entry, shape: Shape, arguments: &mut Vec<Value>) -> Entry {
        match shape {
            Shape::Same => entry,
            Shape::Object(_) => {
                let value = self.take(entry);
                arguments.push(value);
                Entry::owned(value)
            }
            Shape::Unboxed { ty, .. } => {
                let state = self.before();
                let value = self.unbox(entry.value, ty, state);
                self.release(&[entry]);
                arguments.push(value);
                Entry::owned(value)
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
}
