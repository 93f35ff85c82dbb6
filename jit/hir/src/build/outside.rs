//! What other code needs to find while it runs, and what it may have changed.
use crate::build::builder::Builder;
use crate::build::code::Instruction;
use crate::build::state::{Entry, Level, Local, State};
use crate::function::Value;
use crate::insn::Insn;
use crate::types::{Classes, Type};
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{COMPARE_TO_BOOL, Class};

impl Builder<'_> {
    /// Before other code runs: all that it can see is in the frames, with all references that it can count.
    pub fn expose(&mut self) {
        self.make_objects(self.state.bottom());
        self.write_frames();
    }

    /// The same, with an object for each place of the stack: the frame shall hold the stack meanwhile.
    pub fn expose_whole(&mut self) {
        self.make_objects(self.state.stack.len());
        self.write_frames();
    }

    /// The same for an instruction that consumes so many values of the stack: takes them off, as objects with references.
    pub fn expose_but(&mut self, count: usize) -> Vec<Value> {
        self.make_objects(self.state.bottom());
        let entries = self.pop_many(count).into_iter();
        let operands = entries.map(|entry| self.take(entry)).collect();
        self.write_frames();
        operands
    }

    /// Makes objects of all locals, and of so many places of the stacks, each with a reference. That may fail, so it comes before
    /// frames are made.
    fn make_objects(&mut self, places: usize) {
        self.materialise_all();
        for slot in 0..self.state.locals.len() {
            let local = self.state.locals[slot];
            let object = self.write_back(u32::try_from(slot).expect("slots are few"));
            if let Local::Held(entry) = local
                && entry.value != object
            {
                self.share_held(entry.value, object, places);
            }
        }
        self.own_all();
        for index in 0..places {
            let entry = self.state.stack[index];
            let value = self.take(entry);
            self.state.stack[index] = Entry::owned(value);
        }
    }

    /// Other locals of inlined calls that have a number, and so many places of the stacks, share the object that was made of it.
    pub(super) fn share_held(&mut self, number: Value, object: Value, places: usize) {
        let State { stack, locals, .. } = &mut self.state;
        let held = locals.iter_mut().filter_map(Local::held_mut);
        let mut shared = 0;
        for entry in stack[..places].iter_mut().chain(held) {
            if entry.value == number {
                *entry = Entry::owned(object);
                shared += 1;
            }
        }
        for _ in 0..shared {
            self.retain(object);
        }
    }

    /// Makes the frames of inlined calls in memory, as they are now.
    fn write_frames(&mut self) {
        let is_right = |level: &Level| level.pushed && level.written;
        if self.state.frames.is_empty()
            || self.state.written && self.state.frames.iter().all(is_right)
        {
            return;
        }
        let state = self.state_at(self.at.opcode_at);
        self.emit(Insn::WriteFrames { state });
        self.state.written = true;
        for level in &mut self.state.frames {
            level.pushed = true;
            level.written = true;
        }
    }

    /// Has the evaluator run the instruction, and reloads the locals that it writes.
    pub fn interpret(&mut self, written: &[u32]) {
        let Instruction {
            opcode,
            oparg,
            next,
            ..
        } = self.at;
        // There is an effect, or the depths would not have been found.
        let (popped, pushed) = self.at.effect().unwrap_or_default();
        self.expose_whole();
        let state = self.state_at(self.at.offset);
        self.emit(Insn::Interpret {
            opcode,
            oparg,
            next,
            state,
        });
        let rest = self.state.height() - popped as usize;
        self.state.stack.truncate(self.state.bottom() + rest);
        for place in 0..pushed {
            let index = u32::try_from(rest).expect("stacks are low") + place;
            let ty = Type::Object(pushed_classes(opcode.generic(), oparg, place));
            let value = self.emit_typed(Insn::LoadStack { index }, ty);
            self.push_owned(value);
        }
        for &slot in written {
            let ty = Type::Object(Classes::ANY);
            let value = self.emit_typed(Insn::LoadLocal { slot }, ty);
            let slot = self.state.slot(slot) as usize;
            self.state.locals[slot] = match self.state.locals[slot] {
                Local::Held(_) => Local::Held(Entry::owned(value)),
                Local::Clean(_) | Local::Dirty(_) => Local::Clean(value),
            };
        }
        self.check_disturbed();
    }

    /// After other code ran and the state is again as it is after the instruction of bytecode.
    pub fn check_disturbed(&mut self) {
        let state = self.state_at(self.at.next);
        self.emit(Insn::CheckDisturbed { state });
    }
}

/// Whether what an instruction raises may be what was raised before: then the evaluator has noted it when it has run that.
pub fn raises_again(instruction: Instruction) -> bool {
    match instruction.opcode {
        Opcode::RERAISE => true,
        Opcode::RAISE_VARARGS => instruction.oparg == 0,
        _ => false,
    }
}

/// Of what classes a value is that the evaluator puts on the stack, the first being the lowest.
fn pushed_classes(generic: Opcode, oparg: u32, place: u32) -> Classes {
    match generic {
        Opcode::CONTAINS_OP | Opcode::TO_BOOL | Opcode::UNARY_NOT => Classes::of(Class::Bool),
        // Below it the exception stays.
        Opcode::CHECK_EXC_MATCH if place == 1 => Classes::of(Class::Bool),
        Opcode::COMPARE_OP if oparg & COMPARE_TO_BOOL != 0 => Classes::of(Class::Bool),
        Opcode::BUILD_MAP | Opcode::BUILD_CONST_KEY_MAP => Classes::of(Class::Dict),
        // Whether there is something above the attribute or variable is for a call to find out.
        Opcode::LOAD_ATTR | Opcode::LOAD_SUPER_ATTR if place == 1 => Classes::ANY,
        Opcode::LOAD_GLOBAL if place == 1 => Classes::NULL,
        _ => Classes::OBJECT,
    }
}
