//! What is known of values: how they are represented, and of which classes an object can be.
use core::fmt;
use core::ops::{BitAnd, BitOr, Sub};
use pyroxene_jit_api::Class;

/// A set of what an object's class can be, with one more member: that there is no object (a NULL, in an unbound local or
/// where the stack has an empty place).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Classes(u32);

/// The member that says that there is no object.
const NULL_BIT: u32 = 1 << Class::ALL.len();

const _: () = assert!(Class::ALL.len() < 32);

impl Classes {
    /// No member: a value that cannot be.
    pub const EMPTY: Self = Self(0);
    /// There is no object.
    pub const NULL: Self = Self(NULL_BIT);
    /// Some object.
    pub const OBJECT: Self = Self(NULL_BIT - 1);
    /// Anything.
    pub const ANY: Self = Self(NULL_BIT | (NULL_BIT - 1));

    /// The set of one class.
    pub const fn of(class: Class) -> Self {
        Self(1 << class as u32)
    }

    /// The members of both.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all members are in the other set too.
    pub const fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether the sets have members in common.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there may be no object.
    pub const fn may_be_null(self) -> bool {
        self.0 & NULL_BIT != 0
    }

    /// Whether all members are the class, and there is an object.
    pub fn is(self, class: Class) -> bool {
        self == Self::of(class)
    }

    /// The class, if there is just one and there is an object.
    pub fn single(self) -> Option<Class> {
        Class::ALL.into_iter().find(|class| self.is(*class))
    }

    /// Whether nobody can see when such an object dies ([`Class::dies_unseen`]).
    pub fn die_unseen(self) -> bool {
        Class::ALL
            .into_iter()
            .all(|class| class.dies_unseen() || !self.meets(Self::of(class)))
    }
}

impl BitOr for Classes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl BitAnd for Classes {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Sub for Classes {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl fmt::Display for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let objects = *self - Self::NULL;
        if objects == Self::OBJECT {
            f.write_str("object")?;
        } else {
            let mut separator = "";
            for class in Class::ALL {
                if self.meets(Self::of(class)) {
                    write!(f, "{separator}{}", class.name())?;
                    separator = "|";
                }
            }
        }
        match (self.may_be_null(), objects == Self::EMPTY) {
            (true, true) => f.write_str("null"),
            (true, false) => f.write_str("?"),
            (false, true) => f.write_str("never"),
            (false, false) => Ok(()),
        }
    }
}

impl fmt::Debug for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A value's representation in machine code, and what is known of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    /// A pointer to an object of one of the classes, or NULL if the set says so.
    Object(Classes),
    /// The number of an exact `float`, 64 bits.
    Float,
    /// The number of an exact `int`, 64 bits with a sign.
    Int,
    /// A truth value: that of an exact `bool`, or of a comparison; one bit.
    Bool,
    /// The instruction has no result.
    Nothing,
}

impl Type {
    /// The object of the class.
    pub const fn object(class: Class) -> Self {
        Self::Object(Classes::of(class))
    }

    /// Whether it is a number or a truth value by itself, without an object.
    pub const fn is_unboxed(self) -> bool {
        match self {
            Self::Float | Self::Int | Self::Bool => true,
            Self::Object(_) | Self::Nothing => false,
        }
    }

    /// What classes an object made of the value can have; of an object, those it has.
    pub const fn classes(self) -> Classes {
        match self {
            Self::Object(classes) => classes,
            Self::Float => Classes::of(Class::Float),
            Self::Int => Classes::of(Class::Int),
            Self::Bool => Classes::of(Class::Bool),
            Self::Nothing => Classes::EMPTY,
        }
    }

    /// Whether both have the same representation.
    pub const fn same_representation(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Object(_), Self::Object(_))
                | (Self::Float, Self::Float)
                | (Self::Int, Self::Int)
                | (Self::Bool, Self::Bool)
                | (Self::Nothing, Self::Nothing)
        )
    }

    /// Whether a value of this type can stand where one of the other is wanted.
    pub const fn within(self, other: Self) -> bool {
        match (self, other) {
            (Self::Object(narrow), Self::Object(wide)) => narrow.within(wide),
            _ => self.same_representation(other),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(classes) => write!(f, "{classes}"),
            Self::Float => f.write_str("f64"),
            Self::Int => f.write_str("i64"),
            Self::Bool => f.write_str("i1"),
            Self::Nothing => f.write_str("()"),
        }
    }
}
