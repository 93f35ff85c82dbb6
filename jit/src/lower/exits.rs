//! Leaving machine code: the blocks at the end of the function that write a state to the frame and give the exit's number.
use super::Lowering;
use super::emit::Likely;
use super::frame::Written;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{IntValue, PhiValue};
use pyroxene_hir::{Insn, StateId, Value};
use pyroxene_jit_api::{ExitKind, ExitRecord, Reason};
use std::collections::HashMap;

/// The exits of a function.
#[derive(Default)]
pub struct Exits<'c> {
    records: Vec<ExitRecord>,
    /// One block for each state and reason, which names the exit.
    named: HashMap<(StateId, Reason), BasicBlock<'c>>,
    /// One block for each state, which writes it to the frame; the exit's number comes with whoever goes there.
    states: HashMap<(StateId, ExitKind), (BasicBlock<'c>, PhiValue<'c>)>,
}

impl Exits<'_> {
    /// What exits there are, in the order of their numbers.
    pub fn into_records(self) -> Vec<ExitRecord> {
        self.records
    }
}

impl<'c> Lowering<'c, '_> {
    /// The block by which an instruction leaves.
    pub(super) fn exit_of(&mut self, value: Value) -> BasicBlock<'c> {
        let insn = self.insn_of(value);
        let state = insn
            .state()
            .expect("an instruction that leaves has a state");
        let reason = insn
            .reason()
            .expect("an instruction that leaves has a reason");
        self.exit(state, reason, kind_of(insn, reason))
    }

    /// The block by which code leaves in a state for a reason.
    pub(super) fn exit(
        &mut self,
        state: StateId,
        reason: Reason,
        kind: ExitKind,
    ) -> BasicBlock<'c> {
        if let Some(&block) = self.exits.named.get(&(state, reason)) {
            return block;
        }
        let number = self.number(state, reason, kind);
        let here = self.emit.here();
        let named = self.emit.block();
        self.exits.named.insert((state, reason), named);
        let (writer, phi) = match self.exits.states.get(&(state, kind)) {
            Some(&found) => found,
            None => {
                let block = self.emit.block();
                self.emit.go_to(block);
                let phi = self.emit.phi(self.emit.long());
                self.exits.states.insert((state, kind), (block, phi));
                (block, phi)
            }
        };
        self.emit.go_to(named);
        phi.add_incoming(&[(&number, named)]);
        self.emit.jump(writer);
        self.emit.go_to(here);
        named
    }

    /// A block by which code leaves after a destructor has run: it saw the locals where they belong, and may have written one.
    pub(super) fn exit_seen(&mut self, state: StateId) -> BasicBlock<'c> {
        let number = self.number(state, Reason::Disturbed, ExitKind::Resume);
        let here = self.emit.here();
        let block = self.emit.block();
        self.emit.go_to(block);
        self.write_state(state, Written::AllButLocals);
        self.leave(number);
        self.emit.go_to(here);
        block
    }

    /// A new exit, as the function gives it back.
    pub(super) fn number(
        &mut self,
        state: StateId,
        reason: Reason,
        kind: ExitKind,
    ) -> IntValue<'c> {
        let index = self.exits.records.len() as u64;
        self.exits.records.push(ExitRecord {
            offset: self.function[state].offset,
            reason,
        });
        self.emit
            .const_long((index | (kind as u64) << 32).cast_signed())
    }

    /// Leaves unless a condition holds.
    pub(super) fn require(&mut self, condition: IntValue<'c>, value: Value) {
        let exit = self.exit_of(value);
        let on = self.emit.block();
        self.emit.branch(condition, on, exit, Some(Likely::Then));
        self.emit.go_to(on);
    }

    /// Leaves if a condition holds.
    pub(super) fn refuse(&mut self, condition: IntValue<'c>, value: Value) {
        let exit = self.exit_of(value);
        let on = self.emit.block();
        self.emit
            .branch(condition, exit, on, Some(Likely::Otherwise));
        self.emit.go_to(on);
    }

    /// Writes the blocks of all exits.
    pub(super) fn write_exits(&mut self) {
        let mut states: Vec<_> = self
            .exits
            .states
            .iter()
            .map(|(&(state, kind), &found)| (state, kind, found))
            .collect();
        states.sort_by_key(|&(state, kind, _)| (state, kind));
        for (state, _, (block, phi)) in states {
            self.emit.go_to(block);
            self.write_state(state, Written::All);
            self.leave(phi.as_basic_value().into_int_value());
        }
    }
}

/// What the evaluator does after an instruction has left for a reason.
fn kind_of(insn: &Insn, reason: Reason) -> ExitKind {
    match (insn, reason) {
        // The evaluator itself runs the instruction, and raises.
        (Insn::Exit { .. }, _) => ExitKind::Resume,
        (_, Reason::Raised) => ExitKind::Error,
        _ => ExitKind::Resume,
    }
}
