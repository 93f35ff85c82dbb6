//! The operators of instructions on floats, ints and truth values.

/// An operation on two floats that cannot fail.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FloatOp {
    /// `a + b`.
    Add,
    /// `a - b`.
    Subtract,
    /// `a * b`.
    Multiply,
    /// `a / b`; the divisor is not zero.
    Divide,
    /// `a // b` as Python's floats have it; the divisor is not zero.
    FloorDivide,
    /// `a % b` as Python's floats have it, with the sign of the divisor, which is not zero.
    Remainder,
}

/// An operation on two ints, which leaves where the result does not fit 64 bits or Python would raise.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IntOp {
    /// `a + b`.
    Add,
    /// `a - b`.
    Subtract,
    /// `a * b`.
    Multiply,
    /// `a // b`, rounded down. Leaves if `b` is zero.
    FloorDivide,
    /// `a % b`, with the sign of the divisor. Leaves if `b` is zero.
    Remainder,
    /// `a << b`. Leaves if `b` is negative.
    ShiftLeft,
    /// `a >> b`. Leaves if `b` is negative; a `b` of 64 and more gives 0 or -1.
    ShiftRight,
}

/// An operation on the bits of two ints.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BitOp {
    /// `a & b`.
    And,
    /// `a | b`.
    Or,
    /// `a ^ b`.
    Xor,
}

/// A comparison. Of floats, all but `NotEqual` are false if a NaN takes part.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Comparison {
    /// `a < b`.
    Less,
    /// `a <= b`.
    LessEqual,
    /// `a == b`.
    Equal,
    /// `a != b`.
    NotEqual,
    /// `a > b`.
    Greater,
    /// `a >= b`.
    GreaterEqual,
}

/// An operation on one float that cannot fail.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FloatUnary {
    /// `-a`.
    Negate,
    /// The absolute value.
    Absolute,
    /// The greatest whole number that is not greater.
    Floor,
    /// The least whole number that is not less.
    Ceil,
    /// The nearest whole number, the even one of two.
    Round,
}

/// A function of C on one float, which leaves where the result is not finite: where it is, Python's is the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FloatFunction {
    /// The square root.
    Sqrt,
    /// The sine.
    Sin,
    /// The cosine.
    Cos,
    /// The tangent.
    Tan,
    /// The arc sine.
    Asin,
    /// The arc cosine.
    Acos,
    /// The arc tangent.
    Atan,
    /// The power of e.
    Exp,
    /// The natural logarithm.
    Log,
}
