//! The stack before each instruction of some code, as far as it can be told without running it: every way through the code
//! is followed, and the kinds of entries noted. Reads the code's instructions and its table of handlers.
use super::lines::filled;
use super::stack::{Entry, Stack};
use crate::bytecode::{Opcode, handlers};
use crate::ffi;
use crate::monitoring::code::{Code, Instruction};
use crate::object::{Borrowed, Raised};
use core::ffi::c_int;

/// The stack before each instruction.
pub(super) struct Marks(Vec<Stack>);

impl Marks {
    /// Finds them out (frameobject.c `mark_stacks`). Errors: no memory.
    pub(super) fn of(code: Borrowed<'_, ffi::PyCodeObject>) -> Result<Self, Raised> {
        // One more than there are instructions: the place behind the last.
        let mut marks = Self(filled(Stack::Unreachable, code.unit_count() + 1)?);
        marks.set(0, Stack::EMPTY);
        // A jump backwards, or a handler, may lead to what was passed over as unreachable.
        while marks.follow_instructions(Code::of(code)) | marks.follow_handlers(code) {}
        Ok(marks)
    }

    /// The stack before the instruction at an index.
    pub(super) fn before(&self, index: usize) -> Stack {
        self.0.get(index).copied().unwrap_or(Stack::Unreachable)
    }

    fn set(&mut self, index: usize, stack: Stack) {
        if let Some(place) = self.0.get_mut(index) {
            *place = stack;
        }
    }

    /// Follows the instructions from the first to the last; true when one that was passed over before has been reached.
    fn follow_instructions(&mut self, code: Code<'_>) -> bool {
        let mut again = false;
        let mut next = 0;
        while let Some(instruction) = code.extended(next) {
            let before = self.before(next);
            // Prefixes do nothing to the stack.
            (next + 1..=instruction.index).for_each(|index| self.set(index, before));
            next = instruction.next;
            if before == Stack::Unreachable {
                continue;
            }
            let after = effect(instruction, before);
            if let Some(target) = instruction.jump_target() {
                again |= target < instruction.index && self.before(target) == Stack::Unreachable;
                self.set(target, after);
            }
            if goes_on(instruction) {
                self.set(next, after);
            }
        }
        again
    }

    /// Follows the handlers of exceptions; true when one has been reached for the first time.
    fn follow_handlers(&mut self, code: Borrowed<'_, ffi::PyCodeObject>) -> bool {
        let mut again = false;
        for (guarded, handler) in handlers::entries(code) {
            let before = self.before(guarded.start);
            if before == Stack::Unreachable || self.before(handler.target) != Stack::Unreachable {
                continue;
            }
            let mut stack = before.cut_to(handler.level as u32);
            if handler.lasti {
                stack = stack.push(Entry::Instruction);
            }
            self.set(handler.target, stack.push(Entry::Exception));
            again = true;
        }
        again
    }
}

/// Whether the next instruction may follow.
fn goes_on(instruction: Instruction) -> bool {
    !matches!(
        instruction.opcode,
        Opcode::JUMP_FORWARD
            | Opcode::JUMP_BACKWARD
            | Opcode::JUMP_BACKWARD_NO_INTERRUPT
            | Opcode::RETURN_VALUE
            | Opcode::RETURN_CONST
            | Opcode::RAISE_VARARGS
            | Opcode::RERAISE
    )
}

/// What an instruction makes of a stack, be it that it jumps or not. What it pushes is any object, but for these few.
fn effect(instruction: Instruction, stack: Stack) -> Stack {
    let Instruction {
        opcode, argument, ..
    } = instruction;
    let adds_null = |stack: Stack| match argument & 1 {
        0 => stack,
        _ => stack.push(Entry::Null),
    };
    match opcode {
        Opcode::GET_ITER | Opcode::GET_AITER => stack.pop().push(Entry::Iterator),
        Opcode::PUSH_EXC_INFO => stack.push(Entry::Exception),
        Opcode::PUSH_NULL => stack.push(Entry::Null),
        Opcode::LOAD_GLOBAL => adds_null(stack.push(Entry::Object)),
        Opcode::LOAD_ATTR if argument & 1 == 0 => stack,
        Opcode::LOAD_ATTR => adds_null(stack.pop().push(Entry::Object)),
        Opcode::SWAP => stack.swap(argument),
        Opcode::COPY => match stack.peek(argument) {
            Some(entry) => stack.push(entry),
            None => stack,
        },
        _ => {
            // SAFETY: two numbers; the function reads tables.
            let delta = unsafe {
                ffi::PyCompile_OpcodeStackEffect(opcode.number().into(), argument as c_int)
            };
            let popped = (delta..0).fold(stack, |stack, _| stack.pop());
            (0..delta).fold(popped, |stack, _| stack.push(Entry::Object))
        }
    }
}
