//! Code that C calls with values of its own: it runs on no frame, and gives numbers as they are.
use super::Lowering;
use super::python::RETURNED;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{BasicValueEnum, PointerValue};
use pyroxene_hir::{StateId, Type, Value};
use pyroxene_jit_api::{ExitKind, Passed, Reason};

/// What the code gives with a float.
const FLOAT: i64 = (ExitKind::Float as i64) << 32;

/// What the code gives with an int.
const INT: i64 = (ExitKind::Int as i64) << 32;

impl<'c> Lowering<'c, '_> {
    /// Whether C calls the code with values of its own.
    pub(super) fn is_passed(&self) -> bool {
        self.snapshot.passed.is_some()
    }

    /// The function that C calls.
    pub(super) fn called(&self) -> PointerValue<'c> {
        self.emit.pointer_argument(5)
    }

    /// One of the values.
    pub(super) fn load_passed(&self, index: u32) -> BasicValueEnum<'c> {
        let passed = self.snapshot.passed.iter().flatten().nth(index as usize);
        let place = self
            .emit
            .at(self.emit.pointer_argument(4), i64::from(index) * 8);
        match passed.expect("so many are passed") {
            Passed::Float => self.emit.load_float(place).into(),
            Passed::Int => self.emit.load_int(self.emit.long(), place).into(),
            Passed::Object => self.emit.load_pointer(place).into(),
        }
    }

    /// Returns to C, and lets go of what the frame has held, as [`return_from`](Self::return_from) does.
    pub(super) fn give_to_c(&mut self, value: Value, held: &[Value]) {
        for &held in held {
            self.drop_value(held);
        }
        let (kind, payload) = match self.function.ty(value) {
            Type::Float => {
                let bits = self.emit.float_bits(self.float(value));
                (FLOAT, self.emit.as_pointer(bits))
            }
            Type::Int => (INT, self.emit.as_pointer(self.int(value))),
            Type::Bool => (RETURNED, self.truth_object(self.int(value))),
            Type::Object(_) => (RETURNED, self.pointer(value)),
            Type::Nothing => unreachable!("a function gives a value"),
        };
        let kind = self.emit.const_long(kind);
        self.give(kind, payload);
    }

    /// Writes the block by which the code tells C that it could not begin with the function.
    pub(super) fn write_unable(&mut self, block: BasicBlock<'c>, state: StateId, reason: Reason) {
        let here = self.emit.here();
        self.emit.go_to(block);
        let number = self.number(state, reason, ExitKind::Unable, None);
        self.leave(number);
        self.emit.go_to(here);
    }
}
