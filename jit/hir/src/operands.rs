//! What instructions are told besides values: how attributes are found, how functions are called, what of them is wanted.
use pyroxene_jit_api::ObjectId;

/// How an attribute of the instances of a type is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attribute {
    /// Among the inline values, if the instance keeps its attributes in them.
    Inline {
        /// Which.
        index: u16,
    },
    /// In the object at this place (`__slots__`).
    Slot {
        /// In bytes from its start.
        offset: u16,
    },
    /// In the instance's dictionary, if its keys are all strings and this one has the name.
    Hint {
        /// Which entry.
        index: u16,
        /// The name.
        name: ObjectId,
    },
    /// In the type, if nothing of the instance hides it: where that keeps its attributes in inline values, the keys of these,
    /// which the type keeps, have the version; where it does not, its dictionary does not have the name.
    Shared {
        /// The version.
        keys: u32,
        /// What the type has.
        found: ObjectId,
        /// The name.
        name: ObjectId,
    },
    /// In the type, whose instances have no attributes of their own.
    Type {
        /// What the type has.
        found: ObjectId,
    },
    /// In the type, if the instance has no dictionary yet.
    Lazy {
        /// Where the address of that lies, in bytes from three words before the instance.
        distance: u16,
        /// What the type has.
        found: ObjectId,
    },
}

/// One of the types that a place has met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Case {
    /// The version of the type, not 0.
    pub version: u32,
    /// How the attribute is found.
    pub attribute: Attribute,
}

/// How a call of an object gives its arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Given {
    /// As they are (`CALL`).
    Placed,
    /// The last of them with the names in this constant (`CALL_KW`).
    Named(ObjectId),
    /// As the items of an iterable, and perhaps those of a dictionary (`CALL_FUNCTION_EX`). In the place of `self` is NULL.
    Unpacked,
}

/// What calls a Python function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallForm {
    /// `CALL`, of the function.
    Function,
    /// `CALL`, of a bound method of it, whose receiver comes before the arguments.
    Method,
    /// `CALL_KW`, of the function; the last arguments have the names in this constant.
    Keywords(ObjectId),
    /// `CALL_FUNCTION_EX`, of the function, with a tuple that has so many arguments, as a rule, and perhaps with a dictionary of named
    /// ones, which is empty, as a rule.
    Unpacked {
        /// How many.
        arguments: u16,
    },
    /// `LOAD_ATTR`, of a property of what is called: if that is of the type with the version, the function is this object, and its
    /// argument is what is called. There are no others.
    Property {
        /// The version.
        version: u32,
        /// The function.
        getter: ObjectId,
    },
    /// `BINARY_SUBSCR`, of what is called: if that is of the type with the version, the function is its `__getitem__`, and its first
    /// argument is what is called.
    Item {
        /// The version.
        version: u32,
    },
}

impl CallForm {
    /// The names of the last arguments.
    pub fn names(self) -> Option<ObjectId> {
        match self {
            Self::Keywords(names) => Some(names),
            Self::Function
            | Self::Method
            | Self::Unpacked { .. }
            | Self::Property { .. }
            | Self::Item { .. } => None,
        }
    }

    /// Whether the type of what is called has the function, of which it is the first argument.
    pub fn is_of_type(self) -> bool {
        match self {
            Self::Function | Self::Method | Self::Keywords(_) | Self::Unpacked { .. } => false,
            Self::Property { .. } | Self::Item { .. } => true,
        }
    }
}

/// What a function has that never changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FunctionPart {
    /// The dictionary of its globals.
    Globals,
    /// The dictionary of its builtins, where it is one.
    Builtins,
    /// A cell of its closure.
    Cell(u32),
}
