//! The stack before each instruction of some code, as far as it can be told without running it: every way through the code
//! is followed, and the kinds of entries noted. Reads the code's instructions and its table of handlers.
use super::lines::filled;
use super::stack::{Entry, Stack};
use crate::bytecode::original;
use crate::ffi;
use crate::field;
use crate::object::{Borrowed, Owned, Raised};
use core::ffi::c_int;

/// The stack before each instruction.
pub(super) struct Marks(Vec<Stack>);

impl Marks {
    /// Finds them out (frameobject.c `mark_stacks`). Errors: no memory.
    pub(super) fn of(code: Borrowed<'_, ffi::PyCodeObject>) -> Result<Self, Raised> {
        // SAFETY: the code is alive; the result is a new bytes object, or NULL with an exception set.
        let units: Owned<ffi::PyBytesObject> =
            unsafe { Owned::from_c(ffi::_PyCode_GetCode(code.as_ptr()).cast())? };
        // One more than there are instructions: the place behind the last.
        let mut marks = Self(filled(Stack::Unreachable, code.unit_count() + 1)?);
        marks.set(0, Stack::EMPTY);
        // A jump backwards, or a handler, may lead to what was passed over as unreachable.
        while marks.follow_instructions(code, units.borrow()) | marks.follow_handlers(code) {}
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
    fn follow_instructions(
        &mut self,
        code: Borrowed<'_, ffi::PyCodeObject>,
        units: Borrowed<'_, ffi::PyBytesObject>,
    ) -> bool {
        let mut again = false;
        let mut next = 0;
        while let Some(instruction) = Instruction::at(code, units, next) {
            let before = self.before(next);
            // Prefixes do nothing to the stack.
            (next + 1..=instruction.index).for_each(|index| self.set(index, before));
            next = instruction.next;
            if before == Stack::Unreachable {
                continue;
            }
            let after = instruction.effect(before);
            if let Some(target) = instruction.target() {
                again |= target < instruction.index && self.before(target) == Stack::Unreachable;
                self.set(target, after);
            }
            if instruction.goes_on() {
                self.set(next, after);
            }
        }
        again
    }

    /// Follows the handlers of exceptions; true when one has been reached for the first time.
    fn follow_handlers(&mut self, code: Borrowed<'_, ffi::PyCodeObject>) -> bool {
        let mut again = false;
        for handler in handlers(code) {
            let before = self.before(handler.guarded);
            if before == Stack::Unreachable || self.before(handler.place) != Stack::Unreachable {
                continue;
            }
            let mut stack = before.cut_to(handler.height);
            if handler.wants_instruction {
                stack = stack.push(Entry::Instruction);
            }
            self.set(handler.place, stack.push(Entry::Exception));
            again = true;
        }
        again
    }
}

/// An instruction with its prefixes.
struct Instruction {
    opcode: u32,
    operand: usize,
    /// Where it stands, behind its prefixes.
    index: usize,
    /// Where the next one stands, behind its inline cache.
    next: usize,
}

impl Instruction {
    /// The instruction that starts at an index, prefixes first; `None` behind the end.
    fn at(
        code: Borrowed<'_, ffi::PyCodeObject>,
        units: Borrowed<'_, ffi::PyBytesObject>,
        start: usize,
    ) -> Option<Self> {
        let mut index = start;
        let mut operand = 0;
        loop {
            let &[_, low] = units.content().as_chunks::<2>().0.get(index)?;
            operand = operand << 8 | usize::from(low);
            // SAFETY: the code is alive, and as long as its bytes; the table has an entry for each opcode.
            let (opcode, cache) = unsafe {
                let mut opcode =
                    ffi::_Py_GetBaseOpcode(code.as_ptr(), index as c_int).cast_unsigned();
                if opcode == ffi::ENTER_EXECUTOR {
                    opcode = original(code, index).opcode.generic().number().into();
                }
                (opcode, ffi::_PyOpcode_Caches[opcode as usize])
            };
            if opcode != ffi::EXTENDED_ARG {
                let next = index + 1 + usize::from(cache);
                return Some(Self {
                    opcode,
                    operand,
                    index,
                    next,
                });
            }
            index += 1;
        }
    }

    /// Where it may jump to.
    fn target(&self) -> Option<usize> {
        match self.opcode {
            ffi::POP_JUMP_IF_FALSE
            | ffi::POP_JUMP_IF_TRUE
            | ffi::POP_JUMP_IF_NONE
            | ffi::POP_JUMP_IF_NOT_NONE
            | ffi::SEND
            | ffi::FOR_ITER
            | ffi::JUMP_FORWARD => Some(self.next + self.operand),
            ffi::JUMP_BACKWARD | ffi::JUMP_BACKWARD_NO_INTERRUPT => {
                self.next.checked_sub(self.operand)
            }
            _ => None,
        }
    }

    /// Whether the next instruction may follow.
    fn goes_on(&self) -> bool {
        !matches!(
            self.opcode,
            ffi::JUMP_FORWARD
                | ffi::JUMP_BACKWARD
                | ffi::JUMP_BACKWARD_NO_INTERRUPT
                | ffi::RETURN_VALUE
                | ffi::RETURN_CONST
                | ffi::RAISE_VARARGS
                | ffi::RERAISE
        )
    }

    /// What it makes of a stack, be it that it jumps or not. What it pushes is any object, but for these few.
    fn effect(&self, stack: Stack) -> Stack {
        let adds_null = |stack: Stack| match self.operand & 1 {
            0 => stack,
            _ => stack.push(Entry::Null),
        };
        match self.opcode {
            ffi::GET_ITER | ffi::GET_AITER => stack.pop().push(Entry::Iterator),
            ffi::PUSH_EXC_INFO => stack.push(Entry::Exception),
            ffi::PUSH_NULL => stack.push(Entry::Null),
            ffi::LOAD_GLOBAL => adds_null(stack.push(Entry::Object)),
            ffi::LOAD_ATTR if self.operand & 1 == 0 => stack,
            ffi::LOAD_ATTR => adds_null(stack.pop().push(Entry::Object)),
            ffi::SWAP => stack.swap(self.operand),
            ffi::COPY => match stack.peek(self.operand) {
                Some(entry) => stack.push(entry),
                None => stack,
            },
            _ => {
                let (opcode, operand) = (self.opcode.cast_signed(), self.operand as c_int);
                // SAFETY: two numbers; the function reads tables.
                let delta = unsafe { ffi::PyCompile_OpcodeStackEffect(opcode, operand) };
                let popped = (delta..0).fold(stack, |stack, _| stack.pop());
                (0..delta).fold(popped, |stack, _| stack.push(Entry::Object))
            }
        }
    }
}

/// An entry of the table of handlers.
struct Handler {
    /// Where the guarded instructions start.
    guarded: usize,
    /// Where the handler stands.
    place: usize,
    /// The height to which the stack is cut down.
    height: u32,
    /// Whether the place of the instruction that raised is pushed before the exception.
    wants_instruction: bool,
}

/// The handlers of some code. Each is four numbers: where the guarded instructions start, how many units they take, where
/// the handler stands, and twice the height with a bit for whether it wants the instruction.
fn handlers(code: Borrowed<'_, ffi::PyCodeObject>) -> impl Iterator<Item = Handler> {
    // SAFETY: a code object holds its table as bytes.
    let table: Borrowed<'_, ffi::PyBytesObject> =
        unsafe { Borrowed::from_raw_unchecked(field!(code.co_exceptiontable).cast()) };
    let mut bytes = table.content().iter();
    // A number is six bits a byte, the highest first, and a bit in each that says whether another byte follows; the bit
    // above marks the start of an entry (pycore_code.h `parse_varint`).
    let mut number = move || {
        let mut number = 0;
        loop {
            let byte = bytes.next()?;
            number = number << 6 | usize::from(byte & 0x3f);
            if byte & 0x40 == 0 {
                return Some(number);
            }
        }
    };
    core::iter::from_fn(move || {
        let (guarded, _size, place, depth) = (number()?, number()?, number()?, number()?);
        Some(Handler {
            guarded,
            place,
            height: (depth >> 1) as u32,
            wants_instruction: depth & 1 != 0,
        })
    })
}
