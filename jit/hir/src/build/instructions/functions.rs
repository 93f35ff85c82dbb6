//! Calls of functions of C whose meaning is known: they become operations on numbers.
use crate::build::builder::Builder;
use crate::build::instructions::arithmetic::{number, number_met};
use crate::build::state::Entry;
use crate::function::{StateId, Value};
use crate::insn::Insn;
use crate::operators::{BitOp, Comparison, FloatFunction, FloatUnary, IntOp};
use crate::types::{Classes, Type};
use pyroxene_jit_api::{Function, Operand, Reason};

/// What the guards of such a call say when they fail.
const GUARDS: [Reason; 4] = [
    Reason::Identity,
    Reason::Class,
    Reason::Domain,
    Reason::Overflow,
];

impl Builder<'_> {
    /// `CALL(1)` of such a function with a number, if it is one; whether it is.
    pub(super) fn call_function(&mut self) -> bool {
        let Some([Operand::Function { function, address }, _, argument]) = self.met() else {
            return false;
        };
        if matches!(function, Function::Min | Function::Max) {
            return self.at.oparg == 2 && self.extreme(function, address, argument);
        }
        if self.at.oparg != 1
            || function.goes_over()
            || !GUARDS.iter().all(|&reason| self.may_speculate(reason))
        {
            return false;
        }
        let (callable, value) = (self.peek(2).value, self.peek(0).value);
        let classes = self.classes(value);
        let can_be = |ty: &Type| classes.meets(ty.classes());
        let ty = number(classes).or_else(|| number_met(argument).filter(can_be));
        let is_free = self.classes(self.peek(1).value) == Classes::NULL;
        let can_call =
            self.classes(callable).meets(Classes::OBJECT) && !self.ty(callable).is_unboxed();
        let Some(ty) = ty.filter(|ty| is_free && can_call && takes(function, *ty)) else {
            return false;
        };
        let state = self.before();
        self.guard_function(callable, function, address, state);
        let number = self.unbox(value, ty, state);
        let operands = if is_itself(function, ty) {
            // The result is the argument itself.
            let argument = self.pop();
            let others = self.pop_many(2);
            self.push(argument);
            others
        } else {
            let result = self.function_of(function, number, state);
            let operands = self.pop_many(3);
            self.push_owned(result);
            operands
        };
        self.release(&operands);
        true
    }

    pub(super) fn guard_function(
        &mut self,
        callable: Value,
        function: Function,
        address: usize,
        state: StateId,
    ) {
        let value = self.guard(callable, Classes::OBJECT, state);
        self.emit(Insn::GuardFunction {
            value,
            function,
            address,
            state,
        });
    }

    /// `CALL(2)` of `min` or `max` with two numbers of a class, if it is one; whether it is. What it gives is one of the two:
    /// the object, if there is one of either.
    fn extreme(&mut self, function: Function, address: usize, met: Operand) -> bool {
        let callable = self.peek(3).value;
        let [first, second] = [1, 0].map(|depth| self.classes(self.peek(depth).value));
        let can_be = |ty: &Type| first.meets(ty.classes()) && second.meets(ty.classes());
        let known = number(first).or(number(second)).or(number_met(met));
        let is_free = self.classes(self.peek(2).value) == Classes::NULL;
        let can_call =
            self.classes(callable).meets(Classes::OBJECT) && !self.ty(callable).is_unboxed();
        let Some(ty) = known.filter(|ty| {
            is_free
                && can_call
                && *ty != Type::Bool
                && can_be(ty)
                && GUARDS.iter().all(|&reason| self.may_speculate(reason))
        }) else {
            return false;
        };
        let state = self.before();
        self.guard_function(callable, function, address, state);
        let left = self.unbox(self.peek(0).value, ty, state);
        let right = self.unbox(self.peek(1).value, ty, state);
        let op = match function {
            Function::Max => Comparison::Greater,
            _ => Comparison::Less,
        };
        // The second, if it is more extreme than the first.
        let condition = if ty == Type::Float {
            self.emit(Insn::FloatCompare { op, left, right })
        } else {
            self.emit(Insn::IntCompare { op, left, right })
        };
        let number = self.emit(Insn::Select {
            condition,
            then: left,
            otherwise: right,
        });
        let are_unboxed = [0, 1].map(|depth| self.ty(self.peek(depth).value).is_unboxed());
        if are_unboxed == [true, true] {
            let operands = self.pop_many(4);
            self.push_owned(number);
            self.release(&operands);
            return true;
        }
        for depth in [1, 0] {
            if are_unboxed[depth] {
                let object = self.take(self.peek(depth));
                let place = self.state.stack.len() - 1 - depth;
                self.state.stack[place] = Entry::owned(object);
            }
        }
        let object = self.emit(Insn::Select {
            condition,
            then: self.peek(0).value,
            otherwise: self.peek(1).value,
        });
        self.retain(object);
        self.payloads.insert(object, number);
        let operands = self.pop_many(4);
        self.push_owned(object);
        self.release(&operands);
        true
    }

    fn function_of(&mut self, function: Function, number: Value, state: StateId) -> Value {
        let number = self.number_as_int(number);
        let is_int = self.ty(number) == Type::Int;
        let called = match function {
            Function::Absolute if is_int => return self.absolute(number, state),
            Function::Int if is_int => return number,
            Function::Int => {
                return self.emit(Insn::FloatToInt {
                    value: number,
                    state,
                });
            }
            Function::Float => return self.number_as_float(number),
            Function::Absolute | Function::Fabs => {
                return self.float_unary(FloatUnary::Absolute, number);
            }
            Function::Floor | Function::Ceil | Function::Round => {
                let op = match function {
                    Function::Floor => FloatUnary::Floor,
                    Function::Ceil => FloatUnary::Ceil,
                    _ => FloatUnary::Round,
                };
                let value = self.float_unary(op, number);
                return self.emit(Insn::FloatToInt { value, state });
            }
            Function::Min
            | Function::Max
            | Function::All
            | Function::Any
            | Function::Set
            | Function::Tuple => unreachable!("they do not take one number"),
            Function::Sqrt => FloatFunction::Sqrt,
            Function::Sin => FloatFunction::Sin,
            Function::Cos => FloatFunction::Cos,
            Function::Tan => FloatFunction::Tan,
            Function::Asin => FloatFunction::Asin,
            Function::Acos => FloatFunction::Acos,
            Function::Atan => FloatFunction::Atan,
            Function::Exp => FloatFunction::Exp,
            Function::Log => FloatFunction::Log,
        };
        let value = self.number_as_float(number);
        self.emit(Insn::FloatCall {
            function: called,
            value,
            state,
        })
    }

    fn float_unary(&mut self, op: FloatUnary, number: Value) -> Value {
        let value = self.number_as_float(number);
        self.emit(Insn::FloatUnary { op, value })
    }

    /// The absolute value of an int: where its sign bits are ones, all bits are turned and one is added.
    fn absolute(&mut self, number: Value, state: StateId) -> Value {
        let distance = self.emit(Insn::Int(63));
        let sign = self.emit(Insn::IntBinary {
            op: IntOp::ShiftRight,
            left: number,
            right: distance,
            state,
        });
        let turned = self.emit(Insn::IntBits {
            op: BitOp::Xor,
            left: number,
            right: sign,
        });
        self.emit(Insn::IntBinary {
            op: IntOp::Subtract,
            left: turned,
            right: sign,
            state,
        })
    }
}

/// Whether the function gives the very argument.
fn is_itself(function: Function, ty: Type) -> bool {
    match function {
        Function::Float => ty == Type::Float,
        Function::Int | Function::Floor | Function::Ceil | Function::Round => ty == Type::Int,
        Function::Absolute
        | Function::All
        | Function::Any
        | Function::Set
        | Function::Tuple
        | Function::Min
        | Function::Max
        | Function::Sqrt
        | Function::Sin
        | Function::Cos
        | Function::Tan
        | Function::Asin
        | Function::Acos
        | Function::Atan
        | Function::Exp
        | Function::Log
        | Function::Fabs => false,
    }
}

/// Whether what the function does with such a number is known.
fn takes(function: Function, ty: Type) -> bool {
    match function {
        // Of ints they have their own ways, for those that no float is.
        Function::Log => ty == Type::Float,
        // These ask the int, which gives itself.
        Function::Floor | Function::Ceil | Function::Round => ty != Type::Bool,
        Function::Min
        | Function::Max
        | Function::All
        | Function::Any
        | Function::Set
        | Function::Tuple => false,
        Function::Absolute
        | Function::Float
        | Function::Int
        | Function::Sqrt
        | Function::Sin
        | Function::Cos
        | Function::Tan
        | Function::Asin
        | Function::Acos
        | Function::Atan
        | Function::Exp
        | Function::Fabs => true,
    }
}
