//! Comparisons, identity, truth.
use crate::build::builder::Builder;
use crate::build::instructions::arithmetic::{number, number_met};
use crate::build::instructions::operations::Told;
use crate::function::{StateId, Value};
use crate::insn::Insn;
use crate::operators::Comparison;
use crate::types::{Classes, Type};
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{COMPARE_TO_BOOL, Class, Known, Operation, Reason, Site, Wanted};

/// The comparisons of `COMPARE_OP`, in the order of its argument's high bits.
const COMPARISONS: [Comparison; 6] = [
    Comparison::Less,
    Comparison::LessEqual,
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Greater,
    Comparison::GreaterEqual,
];

const STR: Classes = Classes::of(Class::Str);

impl Builder<'_> {
    /// `COMPARE_OP(comparison)`.
    pub(super) fn compare_op(&mut self) {
        let op = COMPARISONS.get(self.at.oparg as usize >> 5).copied();
        let Some(op) = op else {
            return self.interpret(&[]);
        };
        let state = self.before();
        let (left, right) = (self.peek(1).value, self.peek(0).value);
        let may = self.may_speculate(Reason::Domain) && self.may_speculate(Reason::Overflow);
        let types = self.compared_types().filter(|_| may);
        let result = if let Some((left_type, right_type)) = types {
            let left = self.unbox(left, left_type, state);
            let right = self.unbox(right, right_type, state);
            self.compare_numbers(op, left, right, state)
        } else if let Some([left, right]) = self.compared_as_floats(left, right, state) {
            self.emit(Insn::FloatCompare { op, left, right })
        } else if self.at.opcode == Opcode::COMPARE_OP_STR
            && matches!(op, Comparison::Equal | Comparison::NotEqual)
            && [left, right]
                .iter()
                .all(|&value| self.classes(value).meets(STR))
            && self.may_speculate(Reason::Class)
        {
            let left = self.guard(left, STR, state);
            let right = self.guard(right, STR, state);
            let equal = self.emit(Insn::StrEqual { left, right });
            match op {
                Comparison::NotEqual => self.emit(Insn::Not { value: equal }),
                _ => equal,
            }
        } else {
            let (operation, wanted) = match self.at.oparg & COMPARE_TO_BOOL != 0 {
                true => (Operation::CompareTruth, Wanted::Truth),
                false => (Operation::Compare, Wanted::Result),
            };
            if self.operator_of_class(wanted) {
                return;
            }
            return self.operate(operation, Told::number(self.at.oparg >> 5));
        };
        let operands = self.pop_many(2);
        self.push_owned(result);
        self.release(&operands);
    }

    /// Operands that were sometimes floats and sometimes ints, as floats that are the same numbers.
    fn compared_as_floats(
        &mut self,
        left: Value,
        right: Value,
        state: StateId,
    ) -> Option<[Value; 2]> {
        let are_numbers = [left, right]
            .iter()
            .all(|value| self.ty(*value).is_unboxed() || self.may_be_number(*value));
        let may = are_numbers && self.may_speculate(Reason::Domain) && self.has_met_numbers();
        may.then(|| {
            [left, right].map(|value| {
                if self.ty(value).is_unboxed() {
                    self.exact_float(value, state)
                } else {
                    self.unbox_number(value, true, state)
                }
            })
        })
    }

    /// As what numbers to take the operands, if they are numbers.
    fn compared_types(&self) -> Option<(Type, Type)> {
        let known = [self.peek(1), self.peek(0)].map(|entry| number(self.classes(entry.value)));
        if let [Some(left), Some(right)] = known {
            return Some((left, right));
        }
        if self.has_met_numbers() {
            return None;
        }
        let seen = match self.at.opcode {
            Opcode::COMPARE_OP_FLOAT => [Type::Float; 2],
            Opcode::COMPARE_OP_INT => [Type::Int; 2],
            // There is no form for a float and an int.
            Opcode::COMPARE_OP if !self.is_unseen() => match self.met()? {
                [left, right, _] => [number_met(left)?, number_met(right)?],
            },
            _ => return None,
        };
        let can_be = |depth: usize| {
            let classes = self.classes(self.peek(depth).value);
            known[1 - depth].is_some() || classes.meets(seen[1 - depth].classes())
        };
        let may = self.may_speculate(Reason::Class) && can_be(1) && can_be(0);
        may.then(|| (known[0].unwrap_or(seen[0]), known[1].unwrap_or(seen[1])))
    }

    fn compare_numbers(
        &mut self,
        op: Comparison,
        left: Value,
        right: Value,
        state: StateId,
    ) -> Value {
        if self.ty(left) == Type::Float || self.ty(right) == Type::Float {
            // Python compares a float with an int as they are, without rounding.
            let left = self.exact_float(left, state);
            let right = self.exact_float(right, state);
            self.emit(Insn::FloatCompare { op, left, right })
        } else {
            let (left, right) = (self.number_as_int(left), self.number_as_int(right));
            self.emit(Insn::IntCompare { op, left, right })
        }
    }

    /// `IS_OP(inverted)`.
    pub(super) fn is_op(&mut self) {
        let (left, right) = (self.peek(1).value, self.peek(0).value);
        let unboxed = self.ty(left).is_unboxed() || self.ty(right).is_unboxed();
        let result = if left == right {
            self.emit(Insn::Bool(true))
        } else if self.is_the_none(right) {
            self.is_none(left)
        } else if self.is_the_none(left) {
            self.is_none(right)
        } else if unboxed && !self.classes(left).meets(self.classes(right)) {
            self.emit(Insn::Bool(false))
        } else if unboxed {
            // Whether two numbers are one object depends on what the evaluator makes of them.
            return self.interpret(&[]);
        } else {
            self.emit(Insn::Is { left, right })
        };
        let result = if self.at.oparg != 0 {
            self.emit(Insn::Not { value: result })
        } else {
            result
        };
        let operands = self.pop_many(2);
        self.push_owned(result);
        self.release(&operands);
    }

    fn is_the_none(&self, value: Value) -> bool {
        self.constant(value)
            .is_some_and(|object| self.snapshot.objects[object.0 as usize].known == Known::None)
    }

    /// `TO_BOOL`.
    pub(super) fn truth_value(&mut self) {
        let value = self.peek(0).value;
        let state = self.before();
        let seen = match self.at.opcode {
            Opcode::TO_BOOL_BOOL => Some(Class::Bool),
            Opcode::TO_BOOL_INT => Some(Class::Int),
            Opcode::TO_BOOL_LIST => Some(Class::List),
            Opcode::TO_BOOL_NONE => Some(Class::None),
            _ => None,
        };
        let seen = seen.filter(|class| {
            self.may_speculate(Reason::Class) && self.classes(value).meets(Classes::of(*class))
        });
        let known = self.classes(value).single().filter(|class| {
            // Nothing is known of the others' truth.
            matches!(
                class,
                Class::Bool | Class::Int | Class::Float | Class::None | Class::List | Class::Tuple
            )
        });
        let truth = match (known.or(seen), self.code.site(self.at)) {
            (Some(class), _) => self.truth_of(value, class, state),
            (None, Some(&Site::Truth { type_version }))
                if self.at.opcode == Opcode::TO_BOOL_ALWAYS_TRUE
                    && self.may_speculate(Reason::TypeVersion) =>
            {
                let value = self.guard(value, Classes::OBJECT, state);
                self.emit(Insn::GuardTypeVersion {
                    value,
                    version: type_version,
                    state,
                });
                self.emit(Insn::Bool(true))
            }
            _ => return self.operate(Operation::Truth, Told::default()),
        };
        let entry = self.pop();
        self.push_owned(truth);
        self.release(&[entry]);
    }

    /// Whether an object of the class is true.
    fn truth_of(&mut self, value: Value, class: Class, state: StateId) -> Value {
        match class {
            Class::Bool => self.unbox(value, Type::Bool, state),
            Class::Int => {
                let left = self.unbox(value, Type::Int, state);
                let right = self.emit(Insn::Int(0));
                self.emit(Insn::IntCompare {
                    op: Comparison::NotEqual,
                    left,
                    right,
                })
            }
            Class::Float => {
                let left = self.unbox(value, Type::Float, state);
                let right = self.emit(Insn::Float(0.0));
                self.emit(Insn::FloatCompare {
                    op: Comparison::NotEqual,
                    left,
                    right,
                })
            }
            Class::None => {
                self.guard(value, Classes::of(class), state);
                self.emit(Insn::Bool(false))
            }
            _ => {
                let value = self.guard(value, Classes::of(class), state);
                let left = self.emit(Insn::Size { value });
                let right = self.emit(Insn::Int(0));
                self.emit(Insn::IntCompare {
                    op: Comparison::NotEqual,
                    left,
                    right,
                })
            }
        }
    }
}
