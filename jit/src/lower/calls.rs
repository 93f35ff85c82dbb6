//! Calls of helpers that may raise or run any code, and instructions that the evaluator runs.
use super::Lowering;
use super::emit::Likely;
use super::frame::Written;
use super::runtime::Helper;
use inkwell::IntPredicate;
use inkwell::values::{BasicValueEnum, IntValue, PointerValue};
use pyroxene_bytecode::Opcode;
use pyroxene_hir::{StateId, Value};
use pyroxene_jit_api::{ExitKind, Interpreted, Reason};

impl<'c> Lowering<'c, '_> {
    pub(super) fn str_equal(&self, left: Value, right: Value) -> IntValue<'c> {
        let equal = self
            .emit
            .ask(Helper::StrEqual, &[self.value(left), self.value(right)])
            .into_int_value();
        self.emit.compare_with(IntPredicate::NE, equal, 0)
    }

    pub(super) fn length(&mut self, by: Value, object: Value) -> IntValue<'c> {
        self.stand_at(self.function[by].origin);
        let length = self
            .emit
            .ask(Helper::Length, &[self.value(object)])
            .into_int_value();
        let failed = self.emit.compare_with(IntPredicate::SLT, length, 0);
        self.refuse(failed, by);
        length
    }

    pub(super) fn get_iterator(&mut self, by: Value, object: Value) -> PointerValue<'c> {
        self.stand_at(self.function[by].origin);
        let iterator = self
            .emit
            .ask(Helper::Iterator, &[self.value(object)])
            .into_pointer_value();
        let failed = self.emit.is_null(iterator);
        self.refuse(failed, by);
        iterator
    }

    /// The next of an iterator; NULL at its end, which is told from an error by asking for the exception.
    pub(super) fn iterator_next(&mut self, by: Value, iterator: Value) -> PointerValue<'c> {
        self.stand_at(self.function[by].origin);
        let next = self
            .emit
            .ask(Helper::IteratorNext, &[self.value(iterator)])
            .into_pointer_value();
        self.unless_raised(by, next);
        next
    }

    /// Leaves if what may be NULL at an end is that because of an exception.
    pub(super) fn unless_raised(&mut self, by: Value, result: PointerValue<'c>) {
        let (none, end) = (self.emit.block(), self.emit.block());
        self.emit.branch(
            self.emit.is_null(result),
            none,
            end,
            Some(Likely::Otherwise),
        );
        self.emit.go_to(none);
        let exception = self.field(self.thread(), self.host.layout.current_exception);
        let nothing = self.emit.is_null(exception);
        self.require(nothing, by);
        self.emit.jump(end);
        self.emit.go_to(end);
    }

    /// A tuple or a list of values, whose references it takes over.
    pub(super) fn build_sequence(
        &mut self,
        by: Value,
        helper: Helper,
        items: &[Value],
    ) -> BasicValueEnum<'c> {
        let room = self.emit.room(items.len() as u32);
        for (index, &item) in items.iter().enumerate() {
            let place = self.emit.at(room, index as i64 * 8);
            self.emit.store(place, self.value(item));
        }
        let count = self.emit.const_long(items.len() as i64);
        let built = self
            .emit
            .ask(helper, &[room.into(), count.into()])
            .into_pointer_value();
        let failed = self.emit.is_null(built);
        self.refuse(failed, by);
        built.into()
    }

    pub(super) fn list_append(&mut self, by: Value, list: Value, item: Value) {
        let failed = self
            .emit
            .ask(Helper::ListAppend, &[self.value(list), self.value(item)])
            .into_int_value();
        let failed = self.emit.compare_with(IntPredicate::NE, failed, 0);
        self.refuse(failed, by);
    }

    /// Has the evaluator run an instruction; leaves if it does not stand before `next` afterwards.
    pub(super) fn interpret(&mut self, opcode: Opcode, next: u32, state: StateId) {
        self.interpreted.push(Interpreted {
            offset: self.function[state].offset,
            opcode: opcode.number(),
        });
        self.write_state(state, Written::All);
        self.step(state, next, Reason::NotCompiled);
    }

    /// Has the evaluator run the instruction at which the frame stands, which is as it wants it. Leaves if it does not stand
    /// before `next` afterwards, for the reason given.
    pub(super) fn step(&mut self, state: StateId, next: u32, reason: Reason) {
        let left = self.run_step(next);
        self.leave_unless_done(left, state, reason);
    }

    /// Has the evaluator run the instruction at which the frame stands; what the core says of it.
    pub(super) fn run_step(&mut self, next: u32) -> IntValue<'c> {
        let next = self.emit.int().const_int(u64::from(next), false);
        self.emit
            .ask(
                Helper::Step,
                &[self.thread().into(), self.frame().into(), next.into()],
            )
            .into_int_value()
    }

    /// Goes on if the core says 0; otherwise it gives 1 + an [`ExitKind`], and the code leaves, or goes to the handler.
    pub(super) fn leave_unless_done(&mut self, left: IntValue<'c>, state: StateId, reason: Reason) {
        let done = self.emit.compare_with(IntPredicate::EQ, left, 0);
        let (on, not_done) = (self.emit.block(), self.emit.block());
        self.emit.branch(done, on, not_done, Some(Likely::Then));
        self.emit.go_to(not_done);
        if let Some(landing) = self.landing() {
            let error = 1 + ExitKind::Error as i64;
            let has_raised = self.emit.compare_with(IntPredicate::EQ, left, error);
            let leaves = self.emit.block();
            self.emit.branch(has_raised, landing, leaves, None);
            self.emit.go_to(leaves);
        }
        self.leave_as(left, state, reason);
        self.emit.go_to(on);
    }

    /// Leaves after the core has said 1 + an [`ExitKind`]: what it left in the frame is right as it is.
    pub(super) fn leave_as(&mut self, left: IntValue<'c>, state: StateId, reason: Reason) {
        let number = self.number(state, reason, ExitKind::Resume, None);
        let long = self.emit.long();
        let left = self
            .emit
            .build(|builder| builder.build_int_z_extend(left, long, ""));
        let one = self.emit.const_long(1);
        let kind = self
            .emit
            .build(|builder| builder.build_int_sub(left, one, ""));
        let has_raised = self
            .emit
            .compare_with(IntPredicate::EQ, kind, ExitKind::Error as i64);
        let distance = self.emit.const_long(32);
        let kind = self
            .emit
            .build(|builder| builder.build_left_shift(kind, distance, ""));
        let resumed = self
            .emit
            .build(|builder| builder.build_or(number, kind, ""));
        let raised = self.number(state, Reason::Raised, ExitKind::Error, None);
        let exit = self.emit.select(has_raised, raised, resumed);
        self.leave(exit.into_int_value());
    }
}
