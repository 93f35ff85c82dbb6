//! Arithmetic. What is known of the operands decides; then what the evaluator has seen; what neither tells is left to the
//! evaluator's own instruction.
use crate::build::builder::Builder;
use crate::build::instructions::operations::Told;
use crate::build::state::Local;
use crate::function::{StateId, Value};
use crate::insn::Insn;
use crate::operators::{BitOp, Comparison, FloatOp, FloatUnary, IntOp};
use crate::types::{Classes, Type};
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Class, Known, Operand, Operation, Reason, Refusal, Wanted};

/// The operators of `BINARY_OP`, in the order of its argument; those that assign in place follow in the same order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    And,
    FloorDivide,
    ShiftLeft,
    MatrixMultiply,
    Multiply,
    Remainder,
    Or,
    Power,
    ShiftRight,
    Subtract,
    TrueDivide,
    Xor,
}

const OPERATORS: [Operator; 13] = [
    Operator::Add,
    Operator::And,
    Operator::FloorDivide,
    Operator::ShiftLeft,
    Operator::MatrixMultiply,
    Operator::Multiply,
    Operator::Remainder,
    Operator::Or,
    Operator::Power,
    Operator::ShiftRight,
    Operator::Subtract,
    Operator::TrueDivide,
    Operator::Xor,
];

/// Ints up to this, and down to its negative, are floats without rounding.
const EXACT: i64 = 1 << 53;

impl Builder<'_> {
    /// `BINARY_OP(operator)`.
    pub(super) fn binary_op(&mut self) {
        let number = self.at.oparg as usize;
        let operator = OPERATORS.get(number % OPERATORS.len()).copied();
        let operands = operator
            .filter(|_| self.may_speculate(Reason::Overflow) && self.may_speculate(Reason::Domain))
            .and_then(|operator| self.operand_types(operator));
        let (Some(operator), Some((left, right))) = (operator, operands) else {
            if let Some(operator) = operator
                && self.float_and_number(operator)
            {
                return;
            }
            if self.operator_of_class(Wanted::Result) {
                return;
            }
            return self.operate(Operation::Binary, Told::number(self.at.oparg));
        };
        let state = self.before();
        let left = self.unbox(self.peek(1).value, left, state);
        let right = self.unbox(self.peek(0).value, right, state);
        let result = self.numbers(operator, left, right, state);
        let operands = self.pop_many(2);
        self.push_owned(result);
        self.release(&operands);
    }

    /// An operation on numbers of which one is a float, and the other one sometimes a float and sometimes an int, if it is such an
    /// operation; whether it is. The result is a float.
    fn float_and_number(&mut self, operator: Operator) -> bool {
        if !self.takes_numbers(operator) {
            return false;
        }
        let [left, right] = [1, 0].map(|depth| self.peek(depth).value);
        let are_floats = [1, 0].map(|depth| self.is_probably_float(depth));
        let may_be_floats = [left, right].iter().all(|value| {
            !self.ty(*value).is_unboxed() && self.classes(*value).meets(Type::Float.classes())
        });
        let state = self.before();
        let (left, right) = match are_floats {
            [true, false] if self.may_be_number(right) => {
                let left = self.unbox(left, Type::Float, state);
                (left, self.unbox_number(right, false, state))
            }
            [false, true] if self.may_be_number(left) => {
                let left = self.unbox_number(left, false, state);
                (left, self.unbox(right, Type::Float, state))
            }
            [false, false] if may_be_floats => {
                let [left, right] =
                    [left, right].map(|value| self.guard(value, Classes::OBJECT, state));
                let is_float = [left, right].map(|value| {
                    self.emit(Insn::IsOfClass {
                        value,
                        class: Class::Float,
                    })
                });
                let yes = self.emit(Insn::Bool(true));
                let is_one_float = self.emit(Insn::Select {
                    condition: is_float[0],
                    then: yes,
                    otherwise: is_float[1],
                });
                self.expect(is_one_float, true, Reason::Types, state);
                let left = self.unbox_number(left, false, state);
                (left, self.unbox_number(right, false, state))
            }
            _ => return false,
        };
        let result = self.floats(operator, left, right, state);
        let operands = self.pop_many(2);
        self.push_owned(result);
        self.release(&operands);
        true
    }

    /// What may be a float or an int as a float; exact, or the nearest one.
    pub(super) fn unbox_number(&mut self, value: Value, exact: bool, state: StateId) -> Value {
        let value = self.guard(value, Classes::OBJECT, state);
        self.emit(Insn::UnboxNumber {
            value,
            exact,
            state,
        })
    }

    /// Whether the operator gives a float as soon as one operand is one, and rounds the other one to a float, and what the
    /// instruction has met is of use for that.
    fn takes_numbers(&self, operator: Operator) -> bool {
        let rounds = matches!(
            operator,
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::TrueDivide
        );
        rounds && self.may_speculate(Reason::Domain) && self.has_met_numbers()
    }

    /// Whether what the instruction has met were numbers, floats among them, but not only such as one guard tells from all
    /// others.
    pub(super) fn has_met_numbers(&self) -> bool {
        if !self.may_speculate(Reason::Types) {
            return false;
        }
        let Some(met) = self.code.body.operands.get(&self.at.opcode_at) else {
            return self.is_float_form() && !self.may_speculate(Reason::Class);
        };
        let are_numbers = met.iter().all(|each| {
            each[..2]
                .iter()
                .all(|operand| matches!(number_met(*operand), Some(Type::Float | Type::Int)))
        });
        let is_float = |operand: &Operand| *operand == Operand::Class(Class::Float);
        let had_float = met.iter().any(|each| each[..2].iter().any(is_float));
        let had_several = met.len() > 1 || !self.may_speculate(Reason::Class);
        are_numbers && had_float && had_several
    }

    /// Whether the instruction is specialised for floats.
    fn is_float_form(&self) -> bool {
        matches!(
            self.at.opcode,
            Opcode::BINARY_OP_ADD_FLOAT
                | Opcode::BINARY_OP_MULTIPLY_FLOAT
                | Opcode::BINARY_OP_SUBTRACT_FLOAT
                | Opcode::COMPARE_OP_FLOAT
        )
    }

    /// Whether what lies at a depth below the top, one of two operands, is a float, or the instruction has met nothing but floats
    /// there; if that was no float once, what was met says which operand that was.
    fn is_probably_float(&self, depth: usize) -> bool {
        let classes = self.classes(self.peek(depth).value);
        if let Some(known) = number(classes) {
            return known == Type::Float;
        }
        let Some(met) = self.code.body.operands.get(&self.at.opcode_at) else {
            return false;
        };
        let is_told = met.len() > 1 || self.may_speculate(Reason::Class);
        let float = Operand::Class(Class::Float);
        is_told
            && classes.meets(Type::Float.classes())
            && met.iter().all(|each| each[1 - depth] == float)
    }

    /// Whether an object can be a float or an int.
    pub(super) fn may_be_number(&self, value: Value) -> bool {
        let numbers = Type::Float.classes() | Type::Int.classes();
        !self.ty(value).is_unboxed() && self.classes(value).meets(numbers)
    }

    /// As what to take the operands, if there is fast arithmetic for them.
    fn operand_types(&self, operator: Operator) -> Option<(Type, Type)> {
        let known = [self.peek(1), self.peek(0)].map(|entry| number(self.classes(entry.value)));
        let guess = self.guess(operator, known);
        let types = match (known, guess) {
            ([Some(left), Some(right)], _) => (left, right),
            ([left, right], Some((left_guess, right_guess))) => {
                let can_be = |depth: usize, ty: Type| {
                    self.classes(self.peek(depth).value).meets(ty.classes())
                };
                let (left, right) = (left.unwrap_or(left_guess), right.unwrap_or(right_guess));
                if !self.may_speculate(Reason::Class) || !can_be(1, left) || !can_be(0, right) {
                    return None;
                }
                (left, right)
            }
            (_, None) => return None,
        };
        let any_float = types.0 == Type::Float || types.1 == Type::Float;
        let both_bool = types == (Type::Bool, Type::Bool);
        let fast = match operator {
            Operator::Add | Operator::Subtract | Operator::Multiply => true,
            Operator::TrueDivide | Operator::FloorDivide | Operator::Remainder => true,
            Operator::Power => any_float || self.is_square(),
            Operator::ShiftLeft | Operator::ShiftRight => !any_float,
            // Of two bools these are a bool.
            Operator::And | Operator::Or | Operator::Xor => !any_float && !both_bool,
            Operator::MatrixMultiply => false,
        };
        fast.then_some(types)
    }

    /// Whether the second operand is the constant 2.
    fn is_square(&self) -> bool {
        let exponent = self.constant(self.peek(0).value);
        exponent.is_some_and(|it| self.snapshot.objects[it.0 as usize].known == Known::Int(2))
    }

    /// As what the operands are probably meant, by what the evaluator has seen.
    fn guess(&self, operator: Operator, known: [Option<Type>; 2]) -> Option<(Type, Type)> {
        let is_int = |known: &Option<Type>| known.is_some_and(|it| it != Type::Float);
        if self.takes_numbers(operator) && !known.iter().any(is_int) {
            return None;
        }
        match self.at.opcode {
            Opcode::BINARY_OP_ADD_FLOAT
            | Opcode::BINARY_OP_MULTIPLY_FLOAT
            | Opcode::BINARY_OP_SUBTRACT_FLOAT => return Some((Type::Float, Type::Float)),
            Opcode::BINARY_OP_ADD_INT
            | Opcode::BINARY_OP_MULTIPLY_INT
            | Opcode::BINARY_OP_SUBTRACT_INT => return Some((Type::Int, Type::Int)),
            Opcode::BINARY_OP => {}
            _ => return None,
        }
        if self.is_unseen() {
            return None;
        }
        if let Some([left, right, _]) = self.met() {
            return Some((number_met(left)?, number_met(right)?));
        }
        // There is no specialised form for these operators, or there would have been one for two floats or two ints.
        let other = |known: Type| match (operator, known) {
            (Operator::Add | Operator::Subtract | Operator::Multiply, Type::Float) => {
                Some(Type::Int)
            }
            (Operator::Add | Operator::Subtract | Operator::Multiply, Type::Int) => {
                Some(Type::Float)
            }
            (_, Type::Float) => Some(Type::Float),
            (_, Type::Int) => Some(Type::Int),
            (_, Type::Bool | Type::Object(_) | Type::Nothing) => None,
        };
        match known {
            [Some(left), None] => Some((left, other(left)?)),
            [None, Some(right)] => Some((other(right)?, right)),
            [Some(_), Some(_)] | [None, None] => None,
        }
    }

    /// An operation on unboxed numbers.
    fn numbers(&mut self, operator: Operator, left: Value, right: Value, state: StateId) -> Value {
        let any_float = self.ty(left) == Type::Float || self.ty(right) == Type::Float;
        if any_float || operator == Operator::TrueDivide {
            let (left, right) = if any_float {
                (self.number_as_float(left), self.number_as_float(right))
            } else {
                (
                    self.exact_float(left, state),
                    self.exact_float(right, state),
                )
            };
            return self.floats(operator, left, right, state);
        }
        let (left, right) = (self.number_as_int(left), self.number_as_int(right));
        let insn = |op| Insn::IntBinary {
            op,
            left,
            right,
            state,
        };
        let bits = |op| Insn::IntBits { op, left, right };
        let insn = match operator {
            Operator::Add => insn(IntOp::Add),
            Operator::Subtract => insn(IntOp::Subtract),
            Operator::Multiply => insn(IntOp::Multiply),
            Operator::FloorDivide => insn(IntOp::FloorDivide),
            Operator::Remainder => insn(IntOp::Remainder),
            Operator::ShiftLeft => insn(IntOp::ShiftLeft),
            Operator::ShiftRight => insn(IntOp::ShiftRight),
            Operator::And => bits(BitOp::And),
            Operator::Or => bits(BitOp::Or),
            Operator::Xor => bits(BitOp::Xor),
            // The only power that is fast: two.
            Operator::Power => Insn::IntBinary {
                op: IntOp::Multiply,
                left,
                right: left,
                state,
            },
            Operator::MatrixMultiply | Operator::TrueDivide => {
                unreachable!("not a fast operation on ints")
            }
        };
        self.emit(insn)
    }

    fn floats(&mut self, operator: Operator, left: Value, right: Value, state: StateId) -> Value {
        let op = match operator {
            Operator::Add => FloatOp::Add,
            Operator::Subtract => FloatOp::Subtract,
            Operator::Multiply => FloatOp::Multiply,
            Operator::TrueDivide => FloatOp::Divide,
            Operator::FloorDivide => FloatOp::FloorDivide,
            Operator::Remainder => FloatOp::Remainder,
            Operator::Power => return self.emit(Insn::FloatPower { left, right, state }),
            Operator::And
            | Operator::Or
            | Operator::Xor
            | Operator::ShiftLeft
            | Operator::ShiftRight
            | Operator::MatrixMultiply => unreachable!("not a fast operation on floats"),
        };
        if matches!(
            op,
            FloatOp::Divide | FloatOp::FloorDivide | FloatOp::Remainder
        ) {
            let zero = self.emit(Insn::Float(0.0));
            let is_zero = self.emit(Insn::FloatCompare {
                op: Comparison::Equal,
                left: right,
                right: zero,
            });
            self.expect(is_zero, false, Reason::Domain, state);
        }
        self.emit(Insn::FloatBinary { op, left, right })
    }

    /// Leaves unless a condition is as expected.
    pub(super) fn expect(
        &mut self,
        condition: Value,
        expected: bool,
        reason: Reason,
        state: StateId,
    ) {
        self.emit(Insn::Guard {
            condition,
            expected,
            reason,
            state,
        });
    }

    /// A truth value as a number.
    pub(super) fn number_as_int(&mut self, value: Value) -> Value {
        match self.ty(value) {
            Type::Bool => self.emit(Insn::BoolToInt { value }),
            Type::Int | Type::Float | Type::Object(_) | Type::Nothing => value,
        }
    }

    /// A number as the nearest float.
    pub(super) fn number_as_float(&mut self, value: Value) -> Value {
        let value = self.number_as_int(value);
        match self.ty(value) {
            Type::Int => self.emit(Insn::IntToFloat { value }),
            Type::Float | Type::Bool | Type::Object(_) | Type::Nothing => value,
        }
    }

    /// A number as the same float. Leaves if there is none.
    pub(super) fn exact_float(&mut self, value: Value, state: StateId) -> Value {
        let value = self.number_as_int(value);
        if self.ty(value) == Type::Int {
            for (op, bound) in [
                (Comparison::LessEqual, EXACT),
                (Comparison::GreaterEqual, -EXACT),
            ] {
                let right = self.emit(Insn::Int(bound));
                let holds = self.emit(Insn::IntCompare {
                    op,
                    left: value,
                    right,
                });
                self.expect(holds, true, Reason::Domain, state);
            }
        }
        self.number_as_float(value)
    }

    /// `BINARY_OP_INPLACE_ADD_UNICODE`, which does the work of the `STORE_FAST` after it too.
    pub(super) fn inplace_add_unicode(&mut self) -> Result<(), Refusal> {
        let store = self.code.at(self.at.also.unwrap_or(self.at.next))?;
        let text = Classes::of(Class::Str);
        let [left, right] = [1, 0].map(|depth| self.peek(depth).value);
        let slot = self.state.slot(store.oparg);
        let is_local = match self.state.locals[slot as usize] {
            Local::Clean(local) => self.underlying(local) == self.underlying(left),
            Local::Dirty(_) | Local::Held(_) => false,
        };
        let can_be = is_local
            && self.may_speculate(Reason::Class)
            && [left, right]
                .iter()
                .all(|value| self.classes(*value).meets(text));
        if can_be {
            self.append_to_local(store.oparg);
        } else {
            self.interpret(&[store.oparg]);
        }
        Ok(())
    }

    /// Appends one string to another, of which a local has a reference: it gives that up, so that the string need not be
    /// copied if nobody else has it.
    fn append_to_local(&mut self, slot: u32) {
        let text = Classes::of(Class::Str);
        let state = self.before();
        self.guard(self.peek(1).value, text, state);
        self.guard(self.peek(0).value, text, state);
        let right = self.pop();
        let right = self.take(right);
        let left = self.pop();
        self.own_what_local_holds(slot);
        let null = self.emit(Insn::Null);
        self.emit(Insn::StoreLocal { slot, value: null });
        self.state.locals[slot as usize] = Local::Clean(null);
        // The local has one of its own.
        self.release(&[left]);
        let state = self.raised();
        let joined = self.emit(Insn::Apply {
            operation: Operation::AppendText,
            operands: vec![left.value, right],
            name: None,
            number: 0,
            state,
        });
        self.emit(Insn::StoreLocal {
            slot,
            value: joined,
        });
        self.state.locals[slot as usize] = Local::Clean(joined);
    }

    /// `UNARY_NEGATIVE`.
    pub(super) fn unary_negative(&mut self) {
        match number(self.classes(self.peek(0).value)) {
            Some(Type::Float) => self.unary(Type::Float, |value, _| Insn::FloatUnary {
                op: FloatUnary::Negate,
                value,
            }),
            Some(Type::Int) => {
                self.unary(Type::Int, |value, state| Insn::IntNegate { value, state });
            }
            _ => self.operate(Operation::Negative, Told::default()),
        }
    }

    /// `UNARY_INVERT`.
    pub(super) fn unary_invert(&mut self) {
        match number(self.classes(self.peek(0).value)) {
            Some(Type::Int) => self.unary(Type::Int, |value, _| Insn::IntInvert { value }),
            _ => self.operate(Operation::Invert, Told::default()),
        }
    }

    /// `UNARY_NOT`: of a bool.
    pub(super) fn unary_not(&mut self) {
        self.unary(Type::Bool, |value, _| Insn::Not { value });
    }

    fn unary(&mut self, ty: Type, insn: impl FnOnce(Value, StateId) -> Insn) {
        let state = self.before();
        let value = self.unbox(self.peek(0).value, ty, state);
        let result = self.emit(insn(value, state));
        let entry = self.pop();
        self.push_owned(result);
        self.release(&[entry]);
    }
}

/// How a number that was met is represented.
pub(super) fn number_met(operand: Operand) -> Option<Type> {
    match operand {
        Operand::Class(class) => number(Classes::of(class)),
        Operand::Array { .. } | Operand::Function { .. } => None,
    }
}

/// How a number of the classes is represented, if it is one.
pub(super) fn number(classes: Classes) -> Option<Type> {
    match classes.single()? {
        Class::Float => Some(Type::Float),
        Class::Int => Some(Type::Int),
        Class::Bool => Some(Type::Bool),
        _ => None,
    }
}
