//! Instructions on local variables and cells.
use crate::build::builder::Builder;
use crate::build::state::{Dirty, Entry, Holder, Local, unseen_or_null};
use crate::function::Value;
use crate::insn::Insn;
use crate::operands::FunctionPart;
use crate::types::Classes;
use pyroxene_jit_api::{Class, Known, Object, Operation, Reason};

impl Builder<'_> {
    /// `LOAD_FAST(local)`, `LOAD_FAST_CHECK(local)`: borrowed from the slot, or unboxed.
    pub(super) fn load_fast(&mut self, slot: u32) {
        let entry = self.local(slot);
        self.push(entry);
    }

    /// A local of the frame that runs.
    fn local(&mut self, slot: u32) -> Entry {
        let slot = self.state.slot(slot);
        match self.state.locals[slot as usize] {
            Local::Dirty(dirty) if dirty.known => return Entry::owned(dirty.value),
            Local::Held(entry)
                if self.ty(entry.value).is_unboxed() || self.is_virtual(entry.value) =>
            {
                return Entry::owned(entry.value);
            }
            Local::Clean(_) | Local::Dirty(_) | Local::Held(_) => {}
        }
        let state = self.before();
        let value = self.write_back(slot);
        let value = self.guard(value, Classes::OBJECT, state);
        Entry {
            value,
            holder: Holder::Local(slot),
        }
    }

    /// `LOAD_FAST_AND_CLEAR(local)`: what was in the slot, also NULL, moves to the stack.
    pub(super) fn load_fast_and_clear(&mut self) {
        let slot = self.state.slot(self.at.oparg);
        self.own_what_local_holds(slot);
        if matches!(self.state.locals[slot as usize], Local::Dirty(dirty) if dirty.stale.is_some())
        {
            self.write_back(slot);
        }
        let null = self.emit(Insn::Null);
        match self.state.locals[slot as usize] {
            Local::Held(entry) => {
                self.push(entry);
                return self.set_held(slot as usize, Entry::owned(null));
            }
            Local::Clean(value) => {
                self.emit(Insn::StoreLocal { slot, value: null });
                self.push_owned(value);
            }
            Local::Dirty(dirty) => {
                self.overwrite(slot, dirty.memory, null);
                self.push_owned(dirty.value);
            }
        }
        self.state.locals[slot as usize] = Local::Clean(null);
    }

    /// `STORE_FAST(local)`.
    pub(super) fn store_fast(&mut self) {
        self.open_for(self.at.oparg, 0);
        let entry = self.pop();
        let old = self.store_local(self.at.oparg, entry);
        self.release_values(Vec::from_iter(old));
    }

    /// `STORE_FAST_LOAD_FAST(local, local)`. The value is loaded before a destructor of the old one runs: only one that
    /// writes to the other local of this frame could tell.
    pub(super) fn store_fast_load_fast(&mut self) {
        let load = self.at.oparg & 15;
        // Its guard comes before the store. If it is the same local, it is bound by that, to what is guarded to be there.
        if load == self.at.oparg >> 4 {
            self.bound(0);
        } else {
            self.local(load);
        }
        self.open_for(self.at.oparg >> 4, 0);
        let entry = self.pop();
        let old = self.store_local(self.at.oparg >> 4, entry);
        self.load_fast(load);
        self.release_values(Vec::from_iter(old));
    }

    /// `STORE_FAST_STORE_FAST(local, local)`. Both are stored before destructors of old values run: only one that reads the
    /// second local of this frame could tell.
    pub(super) fn store_fast_store_fast(&mut self) {
        self.open_for(self.at.oparg >> 4, 0);
        self.open_for(self.at.oparg & 15, 1);
        let entry = self.pop();
        let first = self.store_local(self.at.oparg >> 4, entry);
        let entry = self.pop();
        let second = self.store_local(self.at.oparg & 15, entry);
        self.release_values(first.into_iter().chain(second).collect());
    }

    /// `DELETE_FAST(local)`.
    pub(super) fn delete_fast(&mut self) {
        let slot = self.at.oparg;
        self.local(slot);
        let null = self.emit(Insn::Null);
        let old = self.store_local(slot, Entry::owned(null));
        self.release_values(Vec::from_iter(old));
    }

    /// Opens what lies on the stack at a depth below its top, for a local that is only calculated with: its objects are never
    /// asked for, so that the number is all that the local needs.
    fn open_for(&mut self, slot: u32, depth: usize) {
        let value = self.peek(depth).value;
        let Some(ty) = self.uses.number(slot).filter(|ty| {
            !self.ty(value).is_unboxed()
                && self.classes(value).meets(ty.classes())
                && self.may_speculate(Reason::Class)
                && self.may_speculate(Reason::Overflow)
        }) else {
            return;
        };
        let state = self.before();
        self.unbox(value, ty, state);
    }

    /// The number of a value that is to be stored in a local which is only calculated with.
    fn opened_for(&mut self, slot: u32, value: Value) -> Option<Value> {
        let ty = self.uses.number(slot - self.state.slot(0))?;
        if self.ty(value).is_unboxed() || self.classes(value) != ty.classes() {
            return None;
        }
        self.known_payload(value)
    }

    /// Stores a value in a local. Gives the old object, of which the caller lets go when the state is as it is after the
    /// instruction; what dies unseen may stay in the slot instead.
    fn store_local(&mut self, slot: u32, entry: Entry) -> Option<Value> {
        let slot = self.state.slot(slot);
        // What is stored may be a tuple that is not made, of what is there.
        self.push(entry);
        self.own_what_local_holds(slot);
        let entry = self.pop();
        let entry = match self.shared_number(entry.value) {
            Some(number) => Entry::owned(number),
            None => entry,
        };
        let memory = match self.state.locals[slot as usize] {
            Local::Clean(old) => self.classes(old),
            Local::Dirty(dirty) => dirty.memory,
            Local::Held(old) => return self.store_held(slot, old, entry),
        };
        if memory.within(unseen_or_null()) {
            let number = if self.ty(entry.value).is_unboxed() {
                Some(entry.value)
            } else {
                self.opened_for(slot, entry.value)
            };
            if let Some(number) = number {
                self.state.locals[slot as usize] = Local::Dirty(Dirty {
                    value: number,
                    known: true,
                    stale: None,
                    // It may be written back where the builder does not know it, on the way to a destructor.
                    memory: memory | self.classes(number),
                });
                if number != entry.value {
                    self.release(&[entry]);
                }
                return None;
            }
        }
        let value = self.take(entry);
        let old = match self.state.locals[slot as usize] {
            Local::Clean(old) => {
                self.emit(Insn::StoreLocal { slot, value });
                Some(old)
            }
            Local::Dirty(dirty) => {
                self.overwrite(slot, dirty.memory, value);
                None
            }
            Local::Held(_) => unreachable!("that was done above"),
        };
        self.state.locals[slot as usize] = Local::Clean(value);
        old
    }

    /// The same in the frame of an inlined call, where locals are borrowed too from whoever has them.
    fn store_held(&mut self, slot: u32, old: Entry, new: Entry) -> Option<Value> {
        if let Some(number) = self.opened_for(slot, new.value) {
            self.set_held(slot as usize, Entry::owned(number));
            self.release(&[new]);
            return (old.holder == Holder::Place).then_some(old.value);
        }
        let is_same = new.holder == Holder::Local(slot);
        let holder = if is_same { old.holder } else { new.holder };
        self.set_held(
            slot as usize,
            Entry {
                value: new.value,
                holder,
            },
        );
        (!is_same && old.holder == Holder::Place).then_some(old.value)
    }

    /// The number of a constant of which there is one object only: whoever makes an object of it again gets the same.
    fn shared_number(&mut self, value: Value) -> Option<Value> {
        let object = self.constant(value)?;
        match self.snapshot.objects[object.0 as usize] {
            Object {
                immortal: true,
                known: Known::Int(_) | Known::Bool(_),
                ..
            } => self.known_payload(value),
            _ => None,
        }
    }

    /// `LOAD_DEREF(local)`.
    pub(super) fn load_deref(&mut self) {
        let cell = self.cell();
        let state = self.before();
        let value = self.emit(Insn::CellValue { cell });
        let value = self.emit(Insn::GuardBound {
            value,
            reason: Reason::Unbound,
            state,
        });
        self.push_held(value);
    }

    /// `STORE_DEREF(local)`.
    pub(super) fn store_deref(&mut self) {
        let cell = self.cell();
        let entry = self.pop();
        let value = self.take(entry);
        let old = self.emit(Insn::CellValue { cell });
        self.emit(Insn::StoreCell { cell, value });
        self.release_values(vec![old]);
    }

    /// `COPY_FREE_VARS(count)`: the cells of the closure become the last locals, which are unbound.
    pub(super) fn copy_free_vars(&mut self) {
        let locals = u32::try_from(self.state.locals.len()).expect("slots are few");
        let count = self.at.oparg.min(locals - self.state.slot(0));
        for index in 0..count {
            let slot = locals - count + index;
            let cell = self.part(FunctionPart::Cell(index), Insn::ClosureCell { index });
            if !self.state.frames.is_empty() {
                // The function, whose closure has it, is there as long as its frame.
                let holder = Holder::Code;
                self.set_held(
                    slot as usize,
                    Entry {
                        value: cell,
                        holder,
                    },
                );
                continue;
            }
            self.retain(cell);
            self.emit(Insn::StoreLocal { slot, value: cell });
            self.state.locals[slot as usize] = Local::Clean(cell);
        }
    }

    /// `MAKE_CELL(local)`: a cell of what the slot holds takes its place.
    pub(super) fn make_cell(&mut self) {
        let slot = self.state.slot(self.at.oparg);
        self.own_what_local_holds(slot);
        let value = self.write_back(slot);
        let null = self.emit(Insn::Null);
        let is_held = match self.state.locals[slot as usize] {
            Local::Held(entry) => {
                let value = self.take(entry);
                debug_assert_eq!(value, entry.value, "it was boxed");
                self.set_held(slot as usize, Entry::owned(null));
                true
            }
            Local::Clean(_) | Local::Dirty(_) => {
                self.emit(Insn::StoreLocal { slot, value: null });
                self.state.locals[slot as usize] = Local::Clean(null);
                false
            }
        };
        let state = self.raised();
        let cell = self.emit(Insn::Apply {
            operation: Operation::MakeCell,
            operands: vec![value],
            name: None,
            number: 0,
            state,
        });
        if is_held {
            return self.set_held(slot as usize, Entry::owned(cell));
        }
        self.emit(Insn::StoreLocal { slot, value: cell });
        self.state.locals[slot as usize] = Local::Clean(cell);
    }

    /// The cell in the slot that the instruction names.
    fn cell(&mut self) -> Value {
        let slot = self.state.slot(self.at.oparg);
        let state = self.before();
        let value = self.write_back(slot);
        self.guard(value, Classes::of(Class::Cell), state)
    }
}
