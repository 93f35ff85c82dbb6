//! Values that others take the place of.
use crate::function::{Function, Value};

/// Which value stands for which.
pub struct Replacements(Vec<Option<Value>>);

impl Replacements {
    /// None.
    pub fn new(function: &Function) -> Self {
        Self(vec![None; function.values.len()])
    }

    /// Lets one value stand for another.
    pub fn set(&mut self, value: Value, replacement: Value) {
        debug_assert_ne!(self.of(replacement), value);
        self.0[value.index()] = Some(replacement);
    }

    /// What stands for a value in the end.
    pub fn of(&self, mut value: Value) -> Value {
        while let Some(replacement) = self.0.get(value.index()).copied().flatten() {
            value = replacement;
        }
        value
    }

    /// Replaces the operands of one instruction.
    pub fn apply_to(&self, function: &mut Function, value: Value) {
        function[value]
            .insn
            .replace_operands(|operand| self.of(operand));
    }

    /// Replaces all uses, in states too.
    pub fn apply(&self, function: &mut Function) {
        for value in &mut function.values {
            value.insn.replace_operands(|operand| self.of(operand));
        }
        for state in &mut function.states {
            state.replace(|value| self.of(value));
        }
    }
}
