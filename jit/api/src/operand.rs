//! `Operand`: what is known of an operand that an instruction has met, where the instruction has no form of its own for it.
use crate::Class;

/// An operand that an instruction has met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// An object of the class.
    Class(Class),
    /// An `array.array` of the standard library.
    Array {
        /// The version of the type.
        version: u32,
        /// What it holds.
        items: Items,
    },
    /// A function whose meaning the compiler knows.
    Function {
        /// Which.
        function: Function,
        /// The address by which it is known: of the `PyMethodDef` of a function of C, which stays loaded; or of a type.
        address: usize,
    },
}

impl Operand {
    /// The function that it is, if the compiler knows its meaning.
    pub const fn function(&self) -> Option<Function> {
        match self {
            Self::Function { function, .. } => Some(*function),
            Self::Class(_) | Self::Array { .. } => None,
        }
    }
}

/// What an `array.array` holds: one for each of its type codes that hold numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Items {
    /// `b`: 8 bits with a sign.
    SignedChar,
    /// `B`: 8 bits.
    UnsignedChar,
    /// `h`: 16 bits with a sign.
    Short,
    /// `H`: 16 bits.
    UnsignedShort,
    /// `i`: 32 bits with a sign.
    Int,
    /// `I`: 32 bits.
    UnsignedInt,
    /// `l`: 64 bits with a sign.
    Long,
    /// `q`: the same.
    LongLong,
    /// `f`: 32 bits.
    Float,
    /// `d`: 64 bits.
    Double,
}

impl Items {
    /// All of them that machine code can handle. Numbers of 64 bits without a sign are not among them.
    pub const ALL: [Self; 10] = [
        Self::SignedChar,
        Self::UnsignedChar,
        Self::Short,
        Self::UnsignedShort,
        Self::Int,
        Self::UnsignedInt,
        Self::Long,
        Self::LongLong,
        Self::Float,
        Self::Double,
    ];

    /// The type code, as `array.array` has it.
    pub const fn code(self) -> u8 {
        match self {
            Self::SignedChar => b'b',
            Self::UnsignedChar => b'B',
            Self::Short => b'h',
            Self::UnsignedShort => b'H',
            Self::Int => b'i',
            Self::UnsignedInt => b'I',
            Self::Long => b'l',
            Self::LongLong => b'q',
            Self::Float => b'f',
            Self::Double => b'd',
        }
    }

    /// The items of a type code.
    pub fn of(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|items| items.code() == code)
    }

    /// How many bits an item has.
    pub const fn bits(self) -> u32 {
        match self {
            Self::SignedChar | Self::UnsignedChar => 8,
            Self::Short | Self::UnsignedShort => 16,
            Self::Int | Self::UnsignedInt | Self::Float => 32,
            Self::Long | Self::LongLong | Self::Double => 64,
        }
    }

    /// Whether items are floats.
    pub const fn are_floats(self) -> bool {
        matches!(self, Self::Float | Self::Double)
    }

    /// The least and the greatest number that an item can be; nothing of floats.
    pub const fn range(self) -> Option<(i64, i64)> {
        Some(match self {
            Self::SignedChar => (i8::MIN as i64, i8::MAX as i64),
            Self::UnsignedChar => (0, u8::MAX as i64),
            Self::Short => (i16::MIN as i64, i16::MAX as i64),
            Self::UnsignedShort => (0, u16::MAX as i64),
            Self::Int => (i32::MIN as i64, i32::MAX as i64),
            Self::UnsignedInt => (0, u32::MAX as i64),
            Self::Long | Self::LongLong => (i64::MIN, i64::MAX),
            Self::Float | Self::Double => return None,
        })
    }
}

macro_rules! functions {
    ($($(#[doc = $doc:literal])* $function:ident = $module:literal $name:literal;)*) => {
        /// A function whose meaning the compiler knows: called with one number, or with two, or with what it goes over.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Function {
            $($(#[doc = $doc])* $function,)*
        }

        impl Function {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$function,)*];

            /// The module that has it, and its name there.
            pub const fn name(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$function => ($module, $name),)*
                }
            }
        }
    };
}

functions! {
    /// `abs`.
    Absolute = "builtins" "abs";
    /// `float`, which is a type.
    Float = "builtins" "float";
    /// `int`, which is a type.
    Int = "builtins" "int";
    /// `round`.
    Round = "builtins" "round";
    /// `min`, of two.
    Min = "builtins" "min";
    /// `max`, of two.
    Max = "builtins" "max";
    /// The square root.
    Sqrt = "math" "sqrt";
    /// The sine.
    Sin = "math" "sin";
    /// The cosine.
    Cos = "math" "cos";
    /// The tangent.
    Tan = "math" "tan";
    /// The arc sine.
    Asin = "math" "asin";
    /// The arc cosine.
    Acos = "math" "acos";
    /// The arc tangent.
    Atan = "math" "atan";
    /// The power of e.
    Exp = "math" "exp";
    /// The natural logarithm.
    Log = "math" "log";
    /// The absolute value, as a float.
    Fabs = "math" "fabs";
    /// The greatest int that is not greater.
    Floor = "math" "floor";
    /// The least int that is not less.
    Ceil = "math" "ceil";
    /// `all`.
    All = "builtins" "all";
    /// `any`.
    Any = "builtins" "any";
    /// `set`, which is a type.
    Set = "builtins" "set";
    /// `tuple`, which is a type.
    Tuple = "builtins" "tuple";
}

impl Function {
    /// Whether it is a type.
    pub const fn is_type(self) -> bool {
        matches!(self, Self::Float | Self::Int | Self::Set | Self::Tuple)
    }

    /// Whether it goes over what it is called with, so that a [`StandIn`](crate::StandIn) can do it.
    pub const fn goes_over(self) -> bool {
        matches!(self, Self::All | Self::Any | Self::Set | Self::Tuple)
    }
}

/// How many operands of an instruction are looked at, from the deepest in the stack on.
pub const OPERANDS: usize = 3;
