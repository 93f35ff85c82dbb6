//! The types of objects that the compiler knows more about than that they are objects.

/// An exact type: instances of subclasses do not count. All of them are built in, static and immutable, so that what is
/// known of an object's class stays true as long as the object lives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Class {
    /// `None` itself.
    None,
    /// `True` or `False`.
    Bool,
    /// `int`, of any size.
    Int,
    /// `float`.
    Float,
    /// `str`.
    Str,
    /// `list`.
    List,
    /// `tuple`.
    Tuple,
    /// `dict`.
    Dict,
    /// `range`.
    Range,
    /// What `iter` gives for a range whose numbers fit a C `long`.
    RangeIterator,
    /// What `iter` gives for a list.
    ListIterator,
    /// What `iter` gives for a tuple.
    TupleIterator,
    /// `enumerate`.
    Enumerate,
    /// `zip`.
    Zip,
    /// A function made by `def` or `lambda`.
    Function,
    /// A cell, which holds a variable that functions share.
    Cell,
    /// A generator, which a call of a function with `yield` makes.
    Generator,
    /// A coroutine, which a call of an `async` function makes.
    Coroutine,
    /// Anything else.
    Other,
}

impl Class {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 19] = [
        Self::None,
        Self::Bool,
        Self::Int,
        Self::Float,
        Self::Str,
        Self::List,
        Self::Tuple,
        Self::Dict,
        Self::Range,
        Self::RangeIterator,
        Self::ListIterator,
        Self::TupleIterator,
        Self::Enumerate,
        Self::Zip,
        Self::Function,
        Self::Cell,
        Self::Generator,
        Self::Coroutine,
        Self::Other,
    ];

    /// Its name in dumps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::Str => "str",
            Self::List => "list",
            Self::Tuple => "tuple",
            Self::Dict => "dict",
            Self::Range => "range",
            Self::RangeIterator => "range_iterator",
            Self::ListIterator => "list_iterator",
            Self::TupleIterator => "tuple_iterator",
            Self::Enumerate => "enumerate",
            Self::Zip => "zip",
            Self::Function => "function",
            Self::Cell => "cell",
            Self::Generator => "generator",
            Self::Coroutine => "coroutine",
            Self::Other => "other",
        }
    }

    /// The class with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// Whether nobody can see when an object of the class dies: its death runs no other code and ends no other object's
    /// life that somebody could see.
    pub const fn dies_unseen(self) -> bool {
        match self {
            Self::None
            | Self::Bool
            | Self::Int
            | Self::Float
            | Self::Str
            | Self::Range
            | Self::RangeIterator => true,
            Self::List
            | Self::Tuple
            | Self::Dict
            | Self::ListIterator
            | Self::TupleIterator
            | Self::Enumerate
            | Self::Zip
            | Self::Function
            | Self::Cell
            | Self::Generator
            | Self::Coroutine
            | Self::Other => false,
        }
    }
}
