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
        self.code.body.names.get(index as usize).copied()
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
            self.push_placed(1, Classes::ANY);
        }
        self.check_disturbed();
    }

    /// Puts what a helper has written there onto the stack.
    fn push_placed(&mut self, count: u32, classes: Classes) {
        for _ in 0..count {
            let index = u32::try_from(self.state.height()).expect("stacks are low");
            let value = self.emit_typed(Insn::LoadStack { index }, Type::Object(classes));
            self.push_owned(value);
        }
    }

    /// An operation that looks at so many values of the stack, which stay there.
    pub(super) fn look_at(&mut self, operation: Operation, count: usize) {
        let Some(values) = self.objects(count) else {
            return self.interpret(&[]);
        };
        self.operate_on(operation, &values, 0, Told::default());
    }

    /// So many objects on the top of the stack, the deepest first, which an operation may borrow: unboxed ones are none.
    fn objects(&mut self, count: usize) -> Option<Vec<Value>> {
        let depths = (0..count).rev();
        let values: Vec<Value> = depths.map(|depth| self.bound(depth)).collect();
        let are_objects = values.iter().all(|value| !self.ty(*value).is_unboxed());
        are_objects.then_some(values)
    }

    /// `UNPACK_SEQUENCE(count)` of anything.
    pub(super) fn unpack_any(&mut self) {
        if self.is_unseen() {
            return self.exit(Reason::Unseen);
        }
        self.unpack(Operation::Unpack, self.at.oparg);
    }

    /// `UNPACK_EX(before, after)`.
    pub(super) fn unpack_ex(&mut self) {
        let count = (self.at.oparg & 0xff) + 1 + (self.at.oparg >> 8);
        self.unpack(Operation::UnpackAround, count);
    }

    fn unpack(&mut self, operation: Operation, count: u32) {
        self.apply(operation, &[], 1, Told::number(self.at.oparg));
        self.push_placed(count, Classes::OBJECT);
        self.check_disturbed();
    }

    /// `DICT_MERGE(depth)`.
    pub(super) fn dict_merge(&mut self) {
        // Below the dict lie the positional arguments, NULL, and what is called.
        let depth = self.at.oparg as usize;
        let [callable, map] = [depth + 3, depth].map(|depth| self.peek(depth).value);
        if self.ty(callable).is_unboxed() || self.ty(map).is_unboxed() {
            return self.interpret(&[]);
        }
        let state = self.before();
        let [map, callable] =
            [map, callable].map(|value| self.guard(value, Classes::OBJECT, state));
        self.operate_on(
            Operation::MergeKeywords,
            &[map, callable],
            1,
            Told::default(),
        );
    }

    /// `MAKE_FUNCTION`.
    pub(super) fn make_function(&mut self) {
        let globals = self.globals();
        self.operate_on(Operation::MakeFunction, &[globals], 1, Told::default());
    }

    /// `SET_FUNCTION_ATTRIBUTE(which)`. It runs no other code.
    pub(super) fn set_function_attribute(&mut self) {
        self.bound(1);
        self.bound(0);
        let entries = self.pop_many(2);
        let operands = entries.into_iter().map(|entry| self.take(entry)).collect();
        let state = self.raised();
        let function = self.emit(Insn::Apply {
            operation: Operation::SetFunctionAttribute,
            operands,
            name: None,
            number: self.at.oparg,
            state,
        });
        self.push_owned(function);
    }

    /// `IMPORT_FROM(name)`.
    pub(super) fn import_from(&mut self) {
        let (Some(name), Some(module)) = (self.name(self.at.oparg), self.objects(1)) else {
            return self.interpret(&[]);
        };
        let told = Told {
            name: Some(name),
            number: 0,
        };
        self.operate_on(Operation::ImportFrom, &module, 0, told);
    }

    /// `DELETE_GLOBAL(name)`.
    pub(super) fn delete_global(&mut self) {
        self.operate_on_global(Operation::DeleteGlobal, 0);
    }

    /// `LOAD_BUILD_CLASS`.
    pub(super) fn load_build_class(&mut self) {
        let builtins = self.builtins();
        self.operate_on(Operation::ClassBuilder, &[builtins], 0, Told::default());
    }

    /// `END_ASYNC_FOR`.
    pub(super) fn end_async_for(&mut self) {
        if self.expect_end(1) {
            let entries = self.pop_many(2);
            self.release(&entries);
        }
    }

    /// `CLEANUP_THROW`.
    pub(super) fn cleanup_throw(&mut self) {
        if self.expect_end(0) {
            let stop = self.peek(0).value;
            self.operate_on(Operation::StopValue, &[stop], 0, Told::default());
            let given = self.pop_many(2);
            let entries = self.pop_many(3);
            self.state.stack.extend(given);
            self.release(&entries);
        }
    }

    /// Leaves unless the exception on top tells of the end of a generator, an asynchronous one if the number is not 0: the
    /// evaluator raises it again. False if nothing is to be done after that.
    fn expect_end(&mut self, number: u32) -> bool {
        let Some(exception) = self.objects(1) else {
            self.interpret(&[]);
            return false;
        };
        let ends = self.apply(Operation::TellsOfEnd, &exception, 0, Told::number(number));
        let state = self.state_at(self.at.offset);
        self.expect(ends, true, Reason::Generator, state);
        true
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
        let consumed = self.expose_but(count);
        let operands = borrowed.iter().copied().chain(consumed).collect();
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
        self.operate_on_global(Operation::SetGlobal, 1);
    }

    /// An operation on the global variable that the instruction names, and on so many values of the stack.
    fn operate_on_global(&mut self, operation: Operation, count: usize) {
        let Some(name) = self.name(self.at.oparg) else {
            return self.interpret(&[]);
        };
        let globals = self.globals();
        let told = Told {
            name: Some(name),
            number: 0,
        };
        self.operate_on(operation, &[globals], count, told);
    }

    /// `LOAD_GLOBAL` where nothing is known, or it was wrong.
    pub(super) fn load_any_global(&mut self) {
        let Some(name) = self.name(self.at.oparg >> 1) else {
            return self.interpret(&[]);
        };
        let globals = self.globals();
        let builtins = self.builtins();
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

    /// `LOAD_SUPER_ATTR(name, and how super is called)`.
    pub(super) fn load_super_attr(&mut self) {
        let operation = match self.at.oparg & 1 {
            0 => Operation::GetSuperAttribute,
            _ => Operation::GetSuperMethod,
        };
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
