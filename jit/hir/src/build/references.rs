//! References while code is built: who owns them, who takes them over, when they are let go of; and locals that are not in
//! their slots.
//!
//! References are lazy: what is loaded onto the stack is borrowed from where it was, and gets a reference of its own when
//! that place is overwritten, when something takes it over, or when other code could look.
use crate::build::builder::Builder;
use crate::build::state::{Entry, Holder, Local};
use crate::function::{ROOT, Value};
use crate::insn::Insn;
use crate::types::{Classes, Type};
use pyroxene_jit_api::{Class, ObjectId};

impl Builder<'_> {
    /// Gives what is not in a slot references of its own, where it has none and this is wanted.
    fn own(&mut self, wanted: impl Fn(Holder) -> bool) {
        let mut owned = Vec::new();
        for entry in self.state.entries_mut() {
            if entry.holder != Holder::Place && wanted(entry.holder) {
                entry.holder = Holder::Place;
                owned.push(entry.value);
            }
        }
        for value in owned {
            self.retain(value);
        }
        self.own_items(wanted);
    }

    /// Gives each place of the stack a reference of its own, and what inlined calls have.
    pub fn own_all(&mut self) {
        self.own(|_| true);
    }

    /// The same for those that are held by objects.
    pub fn own_what_objects_hold(&mut self) {
        self.own(|holder| holder == Holder::Object);
    }

    /// The same for those that are held by a local.
    pub fn own_what_local_holds(&mut self, slot: u32) {
        self.own(|holder| holder == Holder::Local(slot));
    }

    /// Takes a reference.
    pub fn retain(&mut self, value: Value) {
        if self.is_counted(value) && !self.is_virtual(value) {
            self.emit(Insn::Retain { value });
        }
    }

    /// Whether there is anything to count.
    pub fn is_counted(&self, value: Value) -> bool {
        let immortal = |object: ObjectId| self.snapshot.objects[object.0 as usize].immortal;
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
        if self.is_virtual(entry.value) {
            return self.take_virtual(entry.value);
        }
        if entry.holder != Holder::Place {
            self.retain(entry.value);
        }
        entry.value
    }

    /// An object of an unboxed value, with a reference. If a local has the value, its slot gets the object too, so that
    /// they are the same.
    fn take_boxed(&mut self, value: Value) -> Value {
        if let Some(slot) = self.local_of(value).filter(|_| !self.on_edge) {
            let object = self.write_back(u32::try_from(slot).expect("slots are few"));
            self.retain(object);
            return object;
        }
        let state = self.before();
        let object = self.emit(Insn::Box { value, state });
        self.payloads.insert(object, value);
        object
    }

    /// An object, with a reference, of what lies on the stack at a depth below its top: for a place in an object that holds
    /// `old`, which is about to be overwritten by an instruction with so many operands. And what is to be released for it.
    pub fn replace(&mut self, old: Value, depth: usize, operands: usize) -> (Value, Value) {
        let entry = self.peek(depth);
        if !matches!(self.ty(entry.value), Type::Float | Type::Int)
            || self.local_of(entry.value).is_some()
        {
            return (self.take(entry), old);
        }
        // Whoever else has what is there counts.
        let operands = self.pop_many(operands);
        self.own_what_objects_hold();
        self.state.stack.extend(operands);
        let state = self.raised();
        let new = self.emit(Insn::Rebox {
            old,
            number: entry.value,
            state,
        });
        self.payloads.insert(new, entry.value);
        (new, self.emit(Insn::Displaced { old, new }))
    }

    /// The local that has an unboxed value, and no object of it.
    fn local_of(&self, value: Value) -> Option<usize> {
        self.state.locals.iter().position(|local| {
            matches!(local, Local::Dirty(dirty) if dirty.value == value && dirty.stale.is_none())
        })
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
        let values: Vec<Value> = self
            .released(values)
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
            self.materialise_all();
            // Where calls are inlined, the look that others take gets references of its own.
            if self.state.frames.is_empty() {
                self.own_all();
            } else {
                self.own_what_objects_hold();
            }
            Some(self.state_at(self.at.next))
        };
        self.emit(Insn::Release { values, state });
    }

    /// Makes the slot of a local right; gives what is in it.
    pub fn write_back(&mut self, slot: u32) -> Value {
        let dirty = match self.state.locals[slot as usize] {
            Local::Clean(value) => return value,
            Local::Dirty(dirty) => dirty,
            Local::Held(entry) if self.ty(entry.value).is_unboxed() => {
                let object = self.take_boxed(entry.value);
                self.set_held(slot as usize, Entry::owned(object));
                return object;
            }
            Local::Held(entry) if self.is_virtual(entry.value) => {
                return self.materialise(entry.value);
            }
            Local::Held(entry) => return entry.value,
        };
        let state = self.before();
        let write_back = Insn::WriteBack {
            slot,
            value: dirty.value,
            stale: dirty.stale,
            state,
        };
        self.emit_on_slot(write_back, Type::Nothing);
        let boxed = self.classes(dirty.value);
        let classes = if dirty.stale.is_some() {
            boxed | dirty.memory
        } else {
            boxed
        };
        let object = self.emit_on_slot(Insn::LoadLocal { slot }, Type::Object(classes));
        if dirty.known && classes == boxed {
            self.payloads.insert(object, dirty.value);
        }
        self.state.locals[slot as usize] = Local::Clean(object);
        if dirty.stale.is_none() && !self.on_edge {
            self.share_box(dirty.value, object, slot);
        }
        object
    }

    /// Adds an instruction on a slot: only the first frame has slots, which stands at its call if an inlined one runs.
    fn emit_on_slot(&mut self, insn: Insn, ty: Type) -> Value {
        let value = self.emit_typed(insn, ty);
        if let Some(outermost) = self.callers.first() {
            self.function[value].origin = outermost.call();
            self.function[value].frame = ROOT;
        }
        value
    }

    /// Puts something into a local of an inlined call.
    pub fn set_held(&mut self, slot: usize, entry: Entry) {
        self.state.locals[slot] = Local::Held(entry);
        let mut levels = self.state.frames.iter_mut().rev();
        if let Some(level) = levels.find(|level| level.first_local <= slot) {
            level.written = false;
        }
    }

    /// Whoever else has an unboxed value shares the object that was made of it.
    fn share_box(&mut self, value: Value, object: Value, slot: u32) {
        for entry in self.state.entries_mut() {
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
        let old = self.emit_on_slot(Insn::LoadLocal { slot }, Type::Object(memory));
        self.emit_on_slot(Insn::StoreLocal { slot, value }, Type::Nothing);
        if self.is_counted(old) {
            self.emit(Insn::Release {
                values: vec![old],
                state: None,
            });
        }
    }
}
