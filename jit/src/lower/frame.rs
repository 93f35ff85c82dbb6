//! The evaluator's frame: its locals, its value stack, and the state that other code may see there.
use super::Lowering;
use super::runtime::{FALSE, Helper, TRUE};
use inkwell::values::{BasicValueEnum, IntValue, PointerValue};
use pyroxene_hir::function::{Pending, ROOT};
use pyroxene_hir::{StateId, Type, Value};

/// What of a state is written to the frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// For the evaluator, which runs an instruction there: all of it.
    All,
    /// For other code that may look at locals while machine code goes on.
    Locals,
}

impl<'c> Lowering<'c, '_> {
    /// The thread state.
    pub(super) fn thread(&self) -> PointerValue<'c> {
        self.emit.pointer_argument(0)
    }

    /// The frame that the code was entered with.
    pub(super) fn root(&self) -> PointerValue<'c> {
        self.emit.pointer_argument(1)
    }

    /// The frame of the instruction that is being written. That of an inlined call is in memory when it is needed.
    pub(super) fn frame(&self) -> PointerValue<'c> {
        self.frame.unwrap_or_else(|| self.root())
    }

    /// Begins with an instruction: finds out which frame runs it.
    pub(super) fn run_on(&mut self, value: Value) {
        let frame = self.function[value].frame;
        self.running = frame;
        // While a call is made, the thread runs others.
        self.frame =
            (frame != ROOT).then(|| self.field(self.thread(), self.host.layout.thread_frame));
        let state = self.insn_of(value).state();
        let inlined = state.and_then(|state| self.function[state].inlined.last());
        self.is_in_memory = frame == ROOT || inlined.is_some_and(|inlined| inlined.pushed);
    }

    /// The slot of a local.
    pub(super) fn slot(&self, slot: u32) -> PointerValue<'c> {
        let offset = i64::from(self.host.layout.frame_locals) + i64::from(slot) * 8;
        self.emit.at(self.frame(), offset)
    }

    /// A place of the value stack.
    pub(super) fn stack_place(&self, index: u32) -> PointerValue<'c> {
        self.slot(self.locals() + index)
    }

    /// How many locals the frame has.
    pub(super) fn locals(&self) -> u32 {
        self.locals_of(self.running) as u32
    }

    /// Says in the frame at which instruction it stands.
    pub(super) fn stand_at(&self, offset: u32) {
        if !self.is_in_memory {
            // Nobody looks: it would be written first.
            return;
        }
        let layout = &self.host.layout;
        let code = self.field(self.frame(), layout.frame_executable);
        let instruction = self
            .emit
            .at(code, i64::from(layout.code_units) + i64::from(offset) * 2);
        let place = self
            .emit
            .at(self.frame(), self.host.layout.frame_instruction.into());
        self.emit.store(place, instruction);
    }

    /// Writes a state to the frame.
    pub(super) fn write_state(&mut self, state: StateId, written: Written) {
        let state = &self.function[state];
        let pending = state.pending.iter().map(|pending| pending.value);
        let stack = state.top_stack().iter().map(|entry| entry.value);
        let unboxed: Vec<Value> = match written {
            Written::All => pending.chain(stack).collect(),
            Written::Locals => pending.collect(),
        };
        // What occurs more than once becomes one object.
        let mut shared: Vec<(Value, PointerValue<'c>)> = Vec::new();
        for (index, &value) in unboxed.iter().enumerate() {
            if self.function.ty(value).is_unboxed()
                && unboxed[index + 1..].contains(&value)
                && !unboxed[..index].contains(&value)
            {
                shared.push((value, self.boxed_for_exit(value)));
            }
        }
        for pending in &state.pending {
            let object = shared
                .iter()
                .find(|(value, _)| *value == pending.value)
                .map(|&(_, object)| object);
            self.write_pending(pending, object);
        }
        if written != Written::Locals {
            for (index, entry) in state.top_stack().iter().enumerate() {
                let object = match shared.iter().find(|(value, _)| *value == entry.value) {
                    Some(&(_, object)) => {
                        self.emit.run(Helper::Retain, &[object.into()]);
                        object
                    }
                    None if self.function.ty(entry.value).is_unboxed() => {
                        self.boxed_for_exit(entry.value)
                    }
                    None => {
                        let object = self.pointer(entry.value);
                        if !entry.owned {
                            self.emit.run(Helper::Retain, &[object.into()]);
                        }
                        object
                    }
                };
                self.emit.store(self.stack_place(index as u32), object);
            }
            let height = self.locals() as usize + state.top_stack().len();
            let place = self
                .emit
                .at(self.frame(), self.host.layout.frame_stack_top.into());
            self.emit
                .store(place, self.emit.int().const_int(height as u64, false));
            self.stand_at(state.offset);
        }
        for (_, object) in shared {
            self.emit.run(Helper::Release, &[object.into()]);
        }
    }

    /// Makes the slot of a local right, with an object or with the value itself.
    fn write_pending(&mut self, pending: &Pending, object: Option<PointerValue<'c>>) {
        let after = pending.stale.map(|stale| {
            let (write, after) = (self.emit.block(), self.emit.block());
            self.emit.branch(self.int(stale), write, after, None);
            self.emit.go_to(write);
            after
        });
        match object {
            Some(object) => {
                let place = self.slot(pending.slot);
                self.emit
                    .run(Helper::WriteObject, &[place.into(), object.into()]);
            }
            None => {
                // Without memory, it leaves an exception, which whoever called the code finds.
                self.write_local(pending.slot, pending.value);
            }
        }
        if let Some(after) = after {
            self.emit.jump(after);
            self.emit.go_to(after);
        }
    }

    /// Puts an unboxed value into the slot of a local, and lets go of what was there. Gives a number that is negative if
    /// there was no memory, or nothing if none was wanted.
    pub(super) fn write_local(&mut self, slot: u32, value: Value) -> Option<IntValue<'c>> {
        let place = self.slot(slot).into();
        let number = self.value(value);
        match self.function.ty(value) {
            Type::Float => Some(
                self.emit
                    .ask(Helper::WriteFloat, &[place, number])
                    .into_int_value(),
            ),
            Type::Int => Some(
                self.emit
                    .ask(Helper::WriteInt, &[place, number])
                    .into_int_value(),
            ),
            Type::Bool => {
                let object = self.truth_object(number.into_int_value()).into();
                self.emit.run(Helper::WriteObject, &[place, object]);
                None
            }
            Type::Object(_) | Type::Nothing => unreachable!("only unboxed values are pending"),
        }
    }

    /// A new object of an unboxed value, or `None` where there is no memory.
    fn boxed_for_exit(&mut self, value: Value) -> PointerValue<'c> {
        let number: BasicValueEnum<'c> = self.value(value);
        match self.function.ty(value) {
            Type::Float => self
                .emit
                .ask(Helper::ExitFloat, &[number])
                .into_pointer_value(),
            Type::Int => self
                .emit
                .ask(Helper::ExitInt, &[number])
                .into_pointer_value(),
            Type::Bool => self.truth_object(number.into_int_value()),
            Type::Object(_) | Type::Nothing => unreachable!("only unboxed values are boxed"),
        }
    }

    /// `True` or `False`, which are immortal.
    pub(super) fn truth_object(&self, truth: IntValue<'c>) -> PointerValue<'c> {
        self.emit
            .select(truth, self.emit.symbol(TRUE), self.emit.symbol(FALSE))
            .into_pointer_value()
    }
}
