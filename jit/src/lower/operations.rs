//! Operations on objects of any class, and calls of what is no Python function: direct calls of the runtime's helpers.
use super::Lowering;
use super::emit::Likely;
use super::frame::Written;
use super::placed::Placed;
use super::runtime::{Helper, METHOD};
use inkwell::IntPredicate;
use inkwell::values::{BasicValueEnum, PointerValue};
use pyroxene_hir::operands::Given;
use pyroxene_hir::{StateId, Value};
use pyroxene_jit_api::{Class, Gives, ObjectId, Operation, Takes};

impl<'c> Lowering<'c, '_> {
    /// Has the helper of an operation do it; leaves if it has raised.
    pub(super) fn apply(
        &mut self,
        by: Value,
        operation: Operation,
        operands: &[Value],
        name: Option<ObjectId>,
        number: u32,
    ) -> Option<BasicValueEnum<'c>> {
        self.stand_at(self.function[by].origin);
        let (borrowed, taken) = operands.split_at(operation.borrows());
        let mut arguments: Vec<BasicValueEnum<'c>> = borrowed
            .iter()
            .map(|&operand| self.value(operand))
            .collect();
        match operation.takes() {
            Takes::Each(_) => arguments.extend(taken.iter().map(|&operand| self.value(operand))),
            Takes::Many => {
                let room = self.emit.room(taken.len() as u32);
                for (index, &operand) in taken.iter().enumerate() {
                    let place = self.emit.at(room, index as i64 * 8);
                    self.emit.store(place, self.value(operand));
                }
                arguments.push(room.into());
                arguments.push(self.emit.const_long(taken.len() as i64).into());
            }
        }
        let told = operation.told();
        if told.name {
            let name = name.expect("an operation that is told a name has one");
            arguments.push(self.object(name).into());
        }
        if told.number {
            arguments.push(self.emit.int().const_int(u64::from(number), false).into());
        }
        if told.place {
            let state = self.insn_of(by).state().expect("an operation may raise");
            let height = self.function[state].top_stack().len() as u32;
            let first = match operation.gives() {
                Gives::Object | Gives::Truth => height + 1,
                Gives::Nothing => height,
            };
            arguments.push(self.stack_place(first).into());
        }
        let given = self.emit.operate(operation, &arguments);
        match operation.gives() {
            Gives::Object => {
                let failed = self.emit.is_null(given.into_pointer_value());
                self.refuse(failed, by);
                Some(given)
            }
            Gives::Truth => {
                let answer = given.into_int_value();
                let failed = self.emit.compare_with(IntPredicate::SLT, answer, 0);
                self.refuse(failed, by);
                let truth = self.emit.compare_with(IntPredicate::NE, answer, 0);
                Some(truth.into())
            }
            Gives::Nothing => {
                let failed = self
                    .emit
                    .compare_with(IntPredicate::SLT, given.into_int_value(), 0);
                self.refuse(failed, by);
                None
            }
        }
    }

    /// Calls an object. The operands are put where the evaluator wants them, which makes the call if it would run a frame.
    pub(super) fn call_object(
        &mut self,
        by: Value,
        operands: &[Value],
        given: Given,
        next: u32,
        state: StateId,
    ) -> PointerValue<'c> {
        let bottom = self.function[state].top_stack().len() as u32;
        for (index, &operand) in (bottom..).zip(operands) {
            self.emit
                .store(self.stack_place(index), self.pointer(operand));
        }
        let (slow, fast, end) = (self.emit.block(), self.emit.block(), self.emit.block());
        let other = self.emit.block();
        let class = self.class_of(self.pointer(operands[0]));
        let function = super::runtime::class_symbol(Class::Function).expect("it has a name");
        let is_function = self.emit.same(class, self.emit.symbol(function));
        self.emit
            .branch(is_function, slow, other, Some(Likely::Otherwise));
        self.emit.go_to(other);
        match given {
            Given::Placed | Given::Named(_) => {
                let is_method = self.emit.same(class, self.emit.symbol(METHOD));
                self.emit
                    .branch(is_method, slow, fast, Some(Likely::Otherwise));
            }
            Given::Unpacked => self.emit.jump(fast),
        }

        self.emit.go_to(fast);
        self.stand_at(self.function[by].origin);
        let count = operands.len() as u64 - 2;
        let count = self.emit.int().const_int(count, false).into();
        let place = self.stack_place(bottom).into();
        let called = match given {
            Given::Placed => self.emit.ask(Helper::Call, &[place, count]),
            Given::Named(names) => {
                let names = self.object(names).into();
                self.emit.ask(Helper::CallNamed, &[place, count, names])
            }
            Given::Unpacked => self.emit.ask(Helper::CallUnpacked, &[place, count]),
        };
        let called = called.into_pointer_value();
        let failed = self.emit.is_null(called);
        self.refuse_written(failed, by, state);
        let called_from = self.emit.here();
        self.emit.jump(end);

        self.emit.go_to(slow);
        self.write_state(state, Written::All);
        let evaluated = self.call_placed(Placed {
            operands: operands.len() as u32,
            given,
            next,
            state,
        });
        let evaluated_from = self.emit.here();
        self.emit.jump(end);

        self.emit.go_to(end);
        let result = self.emit.phi(self.emit.pointer());
        result.add_incoming(&[(&called, called_from), (&evaluated, evaluated_from)]);
        result.as_basic_value().into_pointer_value()
    }
}
