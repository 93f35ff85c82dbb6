//! Leaving by chance, for tests (`Host::chance`): wherever code may leave at will, it counts down, and leaves when that comes
//! to 0, whether it has a reason or not.
use super::Lowering;
use super::emit::Likely;
use super::runtime::CHANCE;
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::IntValue;
use pyroxene_hir::Value;

/// One in how many calls the evaluator makes; a power of two.
const CALLS: i64 = 8;

impl<'c> Lowering<'c, '_> {
    /// Before an instruction that may leave at will: takes its exit by chance.
    pub(super) fn leave_by_chance(&mut self, value: Value) {
        if self.is_left_to_chance() && self.insn_of(value).leaves_at_will() {
            let exit = self.exit_of(value);
            self.go_by_chance(exit);
        }
    }

    /// Takes an exit by chance where nothing has to have happened for that.
    pub(super) fn go_by_chance(&mut self, exit: BasicBlock<'c>) {
        if !self.is_left_to_chance() {
            return;
        }
        let place = self.emit.symbol(CHANCE);
        let left = self.emit.load_int(self.emit.long(), place);
        let one = self.emit.const_long(1);
        let left = self
            .emit
            .build(|builder| builder.build_int_sub(left, one, ""));
        self.emit.store(place, left);
        let is_over = self.emit.compare_with(IntPredicate::EQ, left, 0);
        let on = self.emit.block();
        self.emit.branch(is_over, exit, on, Some(Likely::Otherwise));
        self.emit.go_to(on);
    }

    /// Whether chance wants machine code to be called, not the evaluator: nothing if that is not left to it.
    pub(super) fn calls_by_chance(&mut self) -> Option<IntValue<'c>> {
        if !self.is_left_to_chance() {
            return None;
        }
        // What is left of the countdown is random enough, and a call must not end it: not every one leaves.
        let place = self.emit.symbol(CHANCE);
        let left = self.emit.load_int(self.emit.long(), place);
        let mask = self.emit.const_long(CALLS - 1);
        let bits = self.emit.build(|builder| builder.build_and(left, mask, ""));
        Some(self.emit.compare_with(IntPredicate::NE, bits, 0))
    }

    fn is_left_to_chance(&self) -> bool {
        !self.host.chance.is_null()
    }
}
