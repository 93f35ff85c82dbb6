//! What can be computed now: constants, guards on what is known, boxes that are opened again.
use crate::dominators::Dominators;
use crate::function::{Edge, Function, Value};
use crate::insn::Insn;
use crate::operators::{BitOp, Comparison, FloatOp, FloatUnary, IntOp};
use crate::passes::replace::Replacements;
use crate::result::result;
use crate::types::Classes;
use pyroxene_jit_api::{Class, Known, Snapshot};

/// Computes it.
pub fn run(function: &mut Function, snapshot: &Snapshot) {
    let mut replacements = Replacements::new(function);
    for block in Dominators::new(function).order().to_vec() {
        let mut kept = Vec::new();
        for value in function[block].insns.clone() {
            replacements.apply_to(function, value);
            match simpler(function, snapshot, value) {
                Simpler::Same => kept.push(value),
                Simpler::Insn(insn) => {
                    function[value].insn = insn;
                    function[value].ty = result(function, snapshot, value);
                    kept.push(value);
                }
                Simpler::Value(other) => replacements.set(value, other),
                Simpler::Nothing => {}
            }
        }
        function[block].insns = kept;
    }
    replacements.apply(function);
}

/// What an instruction can be replaced with.
pub(super) enum Simpler {
    /// Nothing better.
    Same,
    /// Another instruction in its place.
    Insn(Insn),
    /// A value that is there already.
    Value(Value),
    /// It need not be there.
    Nothing,
}

/// What an instruction can be replaced with, by what is known of its operands.
pub(super) fn simpler(function: &Function, snapshot: &Snapshot, value: Value) -> Simpler {
    let insn = |value: Value| function.insn(value);
    let classes = |value: Value| function.ty(value).classes();
    let folded = match insn(value) {
        Insn::GuardClass {
            value: guarded,
            classes: wanted,
            ..
        } if classes(*guarded).within(*wanted) => return Simpler::Value(*guarded),
        Insn::GuardBound { value: guarded, .. } | Insn::Bound { value: guarded }
            if !classes(*guarded).may_be_null() =>
        {
            return Simpler::Value(*guarded);
        }
        Insn::GuardIs {
            value: guarded,
            object,
            ..
        } if *insn(*guarded) == Insn::Object(*object) => return Simpler::Value(*guarded),
        Insn::Guard {
            condition,
            expected,
            ..
        } if *insn(*condition) == Insn::Bool(*expected) => return Simpler::Nothing,
        Insn::Rebox { old, number, state } if *insn(*old) == Insn::Null => Some(Insn::Box {
            value: *number,
            state: *state,
        }),
        Insn::Displaced { old, .. } if *insn(*old) == Insn::Null => {
            return Simpler::Value(*old);
        }
        Insn::UnboxNumber { value: object, .. }
            if classes(*object) == Classes::of(Class::Float) =>
        {
            Some(Insn::UnboxFloat { value: *object })
        }
        Insn::IsOfClass {
            value: object,
            class,
        } => {
            let (known, class) = (classes(*object), Classes::of(*class));
            if known.within(class) {
                Some(Insn::Bool(true))
            } else if known.meets(class) {
                None
            } else {
                Some(Insn::Bool(false))
            }
        }
        Insn::UnboxFloat { value: object }
        | Insn::UnboxInt { value: object, .. }
        | Insn::UnboxBool { value: object } => match unboxed(function, snapshot, *object) {
            Some(simpler) => return simpler,
            None => None,
        },
        Insn::Select {
            condition,
            then,
            otherwise,
        } => match insn(*condition) {
            Insn::Bool(true) => return Simpler::Value(*then),
            Insn::Bool(false) => return Simpler::Value(*otherwise),
            _ => None,
        },
        Insn::Not { value: of } => match insn(*of) {
            Insn::Bool(truth) => Some(Insn::Bool(!truth)),
            Insn::Not { value: inner } => return Simpler::Value(*inner),
            _ => None,
        },
        Insn::BoolToInt { value: of } => match insn(*of) {
            Insn::Bool(truth) => Some(Insn::Int(i64::from(*truth))),
            _ => None,
        },
        Insn::IntToFloat { value: of } => match insn(*of) {
            Insn::Int(number) => Some(Insn::Float(*number as f64)),
            _ => None,
        },
        Insn::FloatUnary {
            op: FloatUnary::Negate,
            value: of,
        } => match insn(*of) {
            Insn::Float(number) => Some(Insn::Float(-number)),
            _ => None,
        },
        Insn::IntInvert { value: of } => match insn(*of) {
            Insn::Int(number) => Some(Insn::Int(!number)),
            _ => None,
        },
        Insn::IntNegate { value: of, .. } => match insn(*of) {
            Insn::Int(number) => number.checked_neg().map(Insn::Int),
            _ => None,
        },
        Insn::FloatBinary { op, left, right } => match (insn(*left), insn(*right)) {
            (Insn::Float(left), Insn::Float(right)) => float(*op, *left, *right).map(Insn::Float),
            _ => None,
        },
        Insn::FloatCompare { op, left, right } => match (insn(*left), insn(*right)) {
            (Insn::Float(left), Insn::Float(right)) => Some(Insn::Bool(compare(*op, left, right))),
            _ => None,
        },
        Insn::IntBinary {
            op, left, right, ..
        } => match (insn(*left), insn(*right)) {
            (Insn::Int(left), Insn::Int(right)) => int(*op, *left, *right).map(Insn::Int),
            _ => None,
        },
        Insn::IntBits { op, left, right } => match (insn(*left), insn(*right)) {
            (Insn::Int(left), Insn::Int(right)) => Some(Insn::Int(match op {
                BitOp::And => left & right,
                BitOp::Or => left | right,
                BitOp::Xor => left ^ right,
            })),
            _ => None,
        },
        Insn::IntCompare { op, left, right } => match (insn(*left), insn(*right)) {
            (Insn::Int(left), Insn::Int(right)) => Some(Insn::Bool(compare(*op, left, right))),
            _ => None,
        },
        Insn::IsNone { value: of } => {
            let none = Classes::of(Class::None);
            if classes(*of) == none {
                Some(Insn::Bool(true))
            } else if classes(*of).meets(none) {
                None
            } else {
                Some(Insn::Bool(false))
            }
        }
        Insn::Is { left, right } => match (insn(*left), insn(*right)) {
            _ if left == right => Some(Insn::Bool(true)),
            (Insn::Object(left), Insn::Object(right)) => Some(Insn::Bool(left == right)),
            _ if classes(*left).meets(classes(*right)) => None,
            _ => Some(Insn::Bool(false)),
        },
        Insn::Retain { value: of } if uncounted(function, snapshot, *of) => {
            return Simpler::Nothing;
        }
        Insn::Release { values, state } => {
            let counted: Vec<Value> = values
                .iter()
                .copied()
                .filter(|value| !uncounted(function, snapshot, *value))
                .collect();
            let unseen = counted
                .iter()
                .all(|value| (classes(*value) - Classes::NULL).die_unseen());
            let state = state.filter(|_| !unseen);
            if counted.is_empty() {
                return Simpler::Nothing;
            }
            Some(Insn::Release {
                values: counted,
                state,
            })
        }
        Insn::WriteBack {
            stale: Some(stale),
            slot,
            value,
            state,
        } => match insn(*stale) {
            Insn::Bool(false) => return Simpler::Nothing,
            Insn::Bool(true) => Some(Insn::WriteBack {
                stale: None,
                slot: *slot,
                value: *value,
                state: *state,
            }),
            _ => None,
        },
        Insn::Branch {
            condition,
            then,
            otherwise,
        } => match insn(*condition) {
            Insn::Bool(true) => Some(jump(then)),
            Insn::Bool(false) => Some(jump(otherwise)),
            _ => None,
        },
        _ => None,
    };
    folded.map_or(Simpler::Same, Simpler::Insn)
}

fn jump(edge: &Edge) -> Insn {
    Insn::Jump(edge.clone())
}

/// Whether there is nothing to count: NULL, or an object whose count never changes.
fn uncounted(function: &Function, snapshot: &Snapshot, value: Value) -> bool {
    let immortal = Classes::NULL | Classes::of(Class::None) | Classes::of(Class::Bool);
    match function.insn(value) {
        Insn::Object(object) => snapshot.objects[object.0 as usize].immortal,
        _ => function.ty(value).classes().within(immortal),
    }
}

/// What is in a box, if it was made here or is a constant.
fn unboxed(function: &Function, snapshot: &Snapshot, object: Value) -> Option<Simpler> {
    match function.insn(object) {
        Insn::Box { value, .. } => Some(Simpler::Value(*value)),
        Insn::Object(object) => match snapshot.objects[object.0 as usize].known {
            Known::Float(number) => Some(Simpler::Insn(Insn::Float(number))),
            Known::Int(number) => Some(Simpler::Insn(Insn::Int(number))),
            Known::Bool(truth) => Some(Simpler::Insn(Insn::Bool(truth))),
            Known::None | Known::Builtin(_) | Known::Instance(_) | Known::Nothing => None,
        },
        _ => None,
    }
}

/// An operation on floats. Not where a NaN comes out, whose sign and payload depend on the machine.
fn float(op: FloatOp, left: f64, right: f64) -> Option<f64> {
    let result = match op {
        FloatOp::Add => left + right,
        FloatOp::Subtract => left - right,
        FloatOp::Multiply => left * right,
        FloatOp::Divide => left / right,
        FloatOp::FloorDivide | FloatOp::Remainder => return None,
    };
    (!result.is_nan()).then_some(result)
}

/// An operation on ints, where it does not leave.
fn int(op: IntOp, left: i64, right: i64) -> Option<i64> {
    match op {
        IntOp::Add => left.checked_add(right),
        IntOp::Subtract => left.checked_sub(right),
        IntOp::Multiply => left.checked_mul(right),
        IntOp::FloorDivide => {
            let quotient = left.checked_div(right)?;
            let is_below = left % right != 0 && (left < 0) != (right < 0);
            Some(quotient - i64::from(is_below))
        }
        IntOp::Remainder => {
            let remainder = left.checked_rem(right)?;
            let is_other = remainder != 0 && (remainder < 0) != (right < 0);
            Some(if is_other {
                remainder + right
            } else {
                remainder
            })
        }
        IntOp::ShiftLeft => {
            let count = u32::try_from(right).ok().filter(|count| *count < 64)?;
            let shifted = left << count;
            (shifted >> count == left).then_some(shifted)
        }
        IntOp::ShiftRight => {
            let count = u32::try_from(right.min(63)).ok()?;
            Some(left >> count)
        }
    }
}

fn compare<T: PartialOrd>(op: Comparison, left: &T, right: &T) -> bool {
    match op {
        Comparison::Less => left < right,
        Comparison::LessEqual => left <= right,
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Greater => left > right,
        Comparison::GreaterEqual => left >= right,
    }
}
