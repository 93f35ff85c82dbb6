//! Instructions that move values of the stack.
use crate::build::builder::Builder;
use crate::build::state::{Entry, Holder};
use crate::insn::Insn;
use pyroxene_jit_api::Refusal;

impl Builder<'_> {
    /// `POP_TOP`, `END_FOR`.
    pub(super) fn pop_top(&mut self) {
        let entry = self.pop();
        self.release(&[entry]);
    }

    /// `PUSH_NULL`.
    pub(super) fn push_null(&mut self) {
        let null = self.emit(Insn::Null);
        self.push_owned(null);
    }

    /// `COPY(depth)`. The copy of what the stack owns has a reference too; the copy of what it borrows is borrowed.
    pub(super) fn copy(&mut self) {
        let entry = self.peek(self.at.oparg as usize - 1);
        if entry.holder == Holder::Place {
            self.retain(entry.value);
        }
        self.push(entry);
    }

    /// `SWAP(depth)`.
    pub(super) fn swap(&mut self) {
        let top = self.state.stack.len() - 1;
        self.state.stack.swap(top, top + 1 - self.at.oparg as usize);
    }

    /// `LOAD_CONST(constant)`.
    pub(super) fn load_const(&mut self) -> Result<(), Refusal> {
        let constants = &self.code.body.constants;
        let object = *constants
            .get(self.at.oparg as usize)
            .ok_or(Refusal::Malformed {
                offset: self.at.offset,
            })?;
        self.push_object(object);
        Ok(())
    }

    /// Takes several values off the stack, the highest last.
    pub(in crate::build) fn pop_many(&mut self, count: usize) -> Vec<Entry> {
        let rest = self.state.stack.len() - count;
        self.state.stack.split_off(rest)
    }
}
