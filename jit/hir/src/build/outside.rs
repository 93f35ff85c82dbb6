//! What other code needs to find while it runs, and what it may have changed.
use crate::build::builder::Builder;
use crate::build::code::Instruction;
use crate::build::state::{Entry, Level, Local};
use crate::insn::Insn;
use crate::types::{Classes, Type};
use core::ops::Range;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::Class;

impl Builder<'_> {
    /// Before other code runs: all that it can see is in the frames, with all references that it can count.
    pub fn expose(&mut self) {
        self.materialise_all();
        for slot in 0..self.state.locals.len() {
            self.write_back(u32::try_from(slot).expect("slots are few"));
        }
        self.own_all();
        self.write_frames();
    }

    /// Makes the frames of inlined calls in memory, as they are now.
    fn write_frames(&mut self) {
        let bottom = self.state.bottom();
        let is_right = |level: &Level| level.pushed && level.written;
        if self.state.frames.is_empty()
            || self.state.written && self.state.frames.iter().all(is_right)
        {
            return;
        }
        self.box_stack(0..bottom);
        let state = self.state_at(self.at.opcode_at);
        self.emit(Insn::WriteFrames { state });
        self.state.written = true;
        for level in &mut self.state.frames {
            level.pushed = true;
            level.written = true;
        }
    }

    /// Gives places of the stack an object each, with a reference.
    fn box_stack(&mut self, places: Range<usize>) {
        for index in places {
            let entry = self.state.stack[index];
            let value = self.take(entry);
            self.state.stack[index] = Entry::owned(value);
        }
    }

    /// The same, with an object for each place of the stack: the frame shall hold the stack meanwhile.
    pub fn expose_whole(&mut self) {
        self.expose();
        self.box_stack(self.state.bottom()..self.state.stack.len());
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

/// In the argument of `COMPARE_OP`: that it gives a bool whatever the operands say.
pub const COMPARE_TO_BOOL: u32 = 16;
