//! Exceptions that are handled in machine code: from what has raised to where its handler begins. What is done on the way is
//! the core's: it takes long anyway.
use super::Lowering;
use super::emit::Likely;
use super::frame::Written;
use super::runtime::{Helper, NONE};
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{IntValue, PointerValue};
use pyroxene_bytecode::Opcode;
use pyroxene_hir::{BlockId, Edge, Insn, StateId, Value};
use pyroxene_jit_api::{Catch, ExitKind, Interpreted, Reason};

/// Where an instruction leads to if it has raised.
#[derive(Clone, Copy)]
pub enum Landing<'c> {
    /// It leaves.
    None,
    /// To a block that nothing leads to yet.
    Possible,
    /// To this block.
    Reached(BasicBlock<'c>),
}

impl<'c> Lowering<'c, '_> {
    /// Before an instruction is written: whether it leads to a handler.
    pub(super) fn prepare_landing(&mut self, block: BlockId, value: Value) {
        let insns = &self.function[block].insns;
        let is_tried = matches!(self.function.terminator(block), Some(Insn::Try { .. }))
            && insns.iter().nth_back(1) == Some(&value);
        if is_tried {
            self.landing = Landing::Possible;
        }
    }

    /// The block to which the instruction that is being written leads if it has raised, unless it leaves then.
    pub(super) fn landing(&mut self) -> Option<BasicBlock<'c>> {
        match self.landing {
            Landing::None => None,
            Landing::Possible => {
                let block = self.emit.block();
                self.landing = Landing::Reached(block);
                Some(block)
            }
            Landing::Reached(block) => Some(block),
        }
    }

    /// Leaves if an instruction has raised that does not write its state unless it has: where a handler is compiled, the frame
    /// is to hold it.
    pub(super) fn refuse_written(&mut self, raised: IntValue<'c>, by: Value, state: StateId) {
        let Some(landing) = self.landing() else {
            return self.refuse(raised, by);
        };
        let (write, on) = (self.emit.block(), self.emit.block());
        self.emit.branch(raised, write, on, Some(Likely::Otherwise));
        self.emit.go_to(write);
        self.write_state(state, Written::All);
        self.emit.jump(landing);
        self.emit.go_to(on);
    }

    /// On from an instruction that may have raised, along one of two edges.
    pub(super) fn part(&mut self, on: &Edge, raised: &Edge) {
        self.follow(on);
        if let Landing::Reached(landing) = core::mem::replace(&mut self.landing, Landing::None) {
            self.emit.go_to(landing);
            self.follow(raised);
        }
    }

    /// Makes an exception, or none for `None`, the one that is being handled, and gives the one before.
    pub(super) fn exchange_handled(&self, exception: Value) -> PointerValue<'c> {
        let layout = &self.host.layout;
        let none = self.emit.symbol(NONE);
        let innermost = self.field(self.thread(), layout.exception_info);
        let place = self.emit.at(innermost, layout.exc_value.into());
        let before = self.emit.load_pointer(place);
        let exception = self.pointer(exception);
        let is_none = self.emit.same(exception, none);
        let new = self.emit.select(is_none, self.emit.null(), exception);
        self.emit.store(place, new);
        let nothing = self.emit.is_null(before);
        self.emit.select(nothing, none, before).into_pointer_value()
    }

    /// Has the evaluator run an instruction that raises.
    pub(super) fn raise(&mut self, opcode: Opcode, state: StateId) {
        self.interpreted.push(Interpreted {
            offset: self.function[state].offset,
            opcode: opcode.number(),
        });
        self.write_state(state, Written::All);
        let left = self.run_step(u32::MAX);
        let error = 1 + ExitKind::Error as i64;
        let has_raised = self.emit.compare_with(IntPredicate::EQ, left, error);
        let (on, leaves) = (self.emit.block(), self.emit.block());
        self.emit.branch(has_raised, on, leaves, Some(Likely::Then));
        self.emit.go_to(leaves);
        self.leave_as(left, state, Reason::NotCompiled);
        self.emit.go_to(on);
    }

    /// Has the core do what is to be done before the handler begins. Leaves if the evaluator shall, because tools are to be
    /// told.
    pub(super) fn catch(&mut self, by: Value, level: u32, lasti: bool, noted: bool) {
        let handler = Catch {
            level,
            lasti,
            noted,
        };
        let handler = self.emit.int().const_int(handler.pack().into(), false);
        let caught = self
            .emit
            .ask(
                Helper::Catch,
                &[self.thread().into(), self.frame().into(), handler.into()],
            )
            .into_int_value();
        let is_left = self.emit.compare_with(IntPredicate::NE, caught, 0);
        let state = self.insn_of(by).state().expect("it leaves in a state");
        let number = self.number(state, Reason::Raised, ExitKind::Error, None);
        let (on, leaves) = (self.emit.block(), self.emit.block());
        self.emit
            .branch(is_left, leaves, on, Some(Likely::Otherwise));
        self.emit.go_to(leaves);
        self.leave(number);
        self.emit.go_to(on);
    }
}
