//! Operations on objects of any class: direct calls of the runtime's helpers, which take the operands over.
use crate::build::builder::Builder;
use crate::function::Value;
use crate::insn::Insn;
use crate::types::{Classes, Type};
use pyroxene_jit_api::{Gives, ObjectId, Operation, Reason, Takes};

/// What a helper is told besides its operands.
#[derive(Clone, Copy, Default)]
pub(super) struct Told {
    /// A name.
    pub name: Option<ObjectId>,
    /// A number.
    pub number: u32,
}

impl Told {
    /// Only a number.
    pub fn number(number: u32) -> Self {
        Self { name: None, number }
    }
}

impl Builder<'_> {
    /// The name of this index.
    pub(super) fn name(&self, index: u32) -> Option<ObjectId> {
        self.snapshot().names.get(index as usize).copied()
    }

    /// An operation on as many values of the stack as it takes, whose results it puts there; or leaves, if the instruction had
    /// never run.
    pub(super) fn operate(&mut self, operation: Operation, told: Told) {
        let Takes::Each(count) = operation.takes() else {
            unreachable!("the instruction says how many it takes");
        };
        if self.is_unseen() {
            return self.exit(Reason::Unseen);
        }
        self.operate_on(operation, &[], count, told);
    }

    /// The same with a name of the code's; has the evaluator run the instruction if that is not known.
    pub(super) fn operate_named(&mut self, operation: Operation, name: u32) {
        match self.name(name) {
            Some(name) => self.operate(
                operation,
                Told {
                    name: Some(name),
                    number: 0,
                },
            ),
            None => self.interpret(&[]),
        }
    }

    /// An operation on so many values of the stack, and on others that stay where they are.
    pub(super) fn operate_on(
        &mut self,
        operation: Operation,
        borrowed: &[Value],
        count: usize,
        told: Told,
    ) {
        let result = self.apply(operation, borrowed, count, told);
        match operation.gives() {
            Gives::Object | Gives::Truth => self.push_owned(result),
            Gives::Nothing => {}
        }
        if operation.told().place {
            let index = u32::try_from(self.state.stack.len()).expect("stacks are low");
            let ty = Type::Object(Classes::ANY);
            let second = self.emit_typed(Insn::LoadStack { index }, ty);
            self.push_owned(second);
        }
        self.check_disturbed();
    }

    /// Takes the operands of an operation off the stack and gives its result. What follows must be looked at for disturbances.
    pub(super) fn apply(
        &mut self,
        operation: Operation,
        borrowed: &[Value],
        count: usize,
        told: Told,
    ) -> Value {
        for depth in 0..count {
            self.bound(depth);
        }
        self.expose();
        let entries = self.pop_many(count);
        let mut operands = borrowed.to_vec();
        operands.extend(entries.into_iter().map(|entry| self.take(entry)));
        let state = self.raised();
        self.emit(Insn::Apply {
            operation,
            operands,
            name: told.name,
            number: told.number,
            state,
        })
    }

    /// An operation on as many values of the stack as the instruction's argument says, and `more`.
    pub(super) fn operate_on_many(&mut self, operation: Operation, count: u32) {
        self.operate_on(operation, &[], count as usize, Told::default());
    }

    /// Adds what is on the top of the stack to a container further down.
    pub(super) fn add_to(&mut self, operation: Operation, count: usize) {
        let container = self.peek(self.at.oparg as usize + count - 1).value;
        if self.ty(container).is_unboxed() {
            return self.interpret(&[]);
        }
        let state = self.before();
        let container = self.guard(container, Classes::OBJECT, state);
        self.operate_on(operation, &[container], count, Told::default());
    }

    /// `CONTAINS_OP(inverted)`.
    pub(super) fn contains_op(&mut self) {
        if self.is_unseen() {
            return self.exit(Reason::Unseen);
        }
        let mut truth = self.apply(Operation::Contains, &[], 2, Told::default());
        if self.at.oparg != 0 {
            truth = self.emit(Insn::Not { value: truth });
        }
        self.push_owned(truth);
        self.check_disturbed();
    }

    /// `STORE_GLOBAL(name)`.
    pub(super) fn store_global(&mut self) {
        let Some(name) = self.name(self.at.oparg) else {
            return self.interpret(&[]);
        };
        let globals = self.emit(Insn::Globals);
        let told = Told {
            name: Some(name),
            number: 0,
        };
        self.operate_on(Operation::SetGlobal, &[globals], 1, told);
    }

    /// `LOAD_GLOBAL` where nothing is known, or it was wrong.
    pub(super) fn load_any_global(&mut self) {
        let Some(name) = self.name(self.at.oparg >> 1) else {
            return self.interpret(&[]);
        };
        let globals = self.emit(Insn::Globals);
        let builtins = self.emit(Insn::Builtins);
        let told = Told {
            name: Some(name),
            number: 0,
        };
        let value = self.apply(Operation::GetGlobal, &[globals, builtins], 0, told);
        self.push_owned(value);
        if self.at.oparg & 1 != 0 {
            self.push_null();
        }
        self.check_disturbed();
    }

    /// `LOAD_SUPER_ATTR(name, and how super is called)` where `super` is the built-in one, as a rule.
    pub(super) fn load_super_attr(&mut self, operation: Operation) {
        let Some(name) = self.name(self.at.oparg >> 2) else {
            return self.interpret(&[]);
        };
        let told = Told {
            name: Some(name),
            number: self.at.oparg & 2,
        };
        self.operate(operation, told);
    }
}
