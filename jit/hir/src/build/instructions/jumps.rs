//! Jumps.
use crate::build::builder::Builder;
use crate::build::code::Flow;
use crate::function::Value;
use crate::insn::Insn;
use crate::types::Type;
use pyroxene_jit_api::Refusal;

impl Builder<'_> {
    /// `RESUME`: looks what is asked of the evaluator.
    pub(super) fn poll(&mut self) {
        let state = self.before();
        self.emit(Insn::Poll { state });
    }

    /// Where the instruction jumps to.
    pub(super) fn target(&self) -> Result<u32, Refusal> {
        match self.at.flow()? {
            Flow::Jump(target) | Flow::Branch(target) => Ok(target),
            Flow::Next | Flow::End => Err(Refusal::Malformed {
                offset: self.at.offset,
            }),
        }
    }

    /// `JUMP_FORWARD`.
    pub(super) fn jump_forward(&mut self) -> Result<(), Refusal> {
        let target = self.target()?;
        self.go_on(target);
        Ok(())
    }

    /// `JUMP_BACKWARD`, `JUMP_BACKWARD_NO_INTERRUPT`.
    pub(super) fn jump_backward(&mut self, polls: bool) -> Result<(), Refusal> {
        if polls {
            self.poll();
        }
        self.jump_forward()
    }

    /// `POP_JUMP_IF_TRUE`, `POP_JUMP_IF_FALSE`: of a bool.
    pub(super) fn pop_jump_if(&mut self, jumps_if: bool) -> Result<(), Refusal> {
        let target = self.target()?;
        let next = self.at.next;
        let state = self.before();
        let condition = self.unbox(self.peek(0).value, Type::Bool, state);
        self.pop();
        let (then, otherwise) = if jumps_if {
            (target, next)
        } else {
            (next, target)
        };
        self.branch(condition, (then, |_| {}), (otherwise, |_| {}));
        Ok(())
    }

    /// `POP_JUMP_IF_NONE`, `POP_JUMP_IF_NOT_NONE`.
    pub(super) fn pop_jump_if_none(&mut self, jumps_if: bool) -> Result<(), Refusal> {
        let target = self.target()?;
        let next = self.at.next;
        let entry = self.pop();
        let condition = self.is_none(entry.value);
        let (then, otherwise) = if jumps_if {
            (target, next)
        } else {
            (next, target)
        };
        // None itself is not counted.
        let release = move |builder: &mut Self| builder.release(&[entry]);
        self.branch(condition, (then, |_| {}), (otherwise, release));
        Ok(())
    }

    /// Whether a value is `None`.
    pub(super) fn is_none(&mut self, value: Value) -> Value {
        if self.ty(value).is_unboxed() {
            self.emit(Insn::Bool(false))
        } else {
            self.emit(Insn::IsNone { value })
        }
    }
}
