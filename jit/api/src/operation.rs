//! `Operation`: what machine code has the runtime do by one call, with operands in registers: what it has no code of its own
//! for, because the operands can be of any class.

/// What a helper gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gives {
    /// A new reference, or NULL with an exception.
    Object,
    /// 1 or 0, or -1 with an exception.
    Truth,
    /// 0, or -1 with an exception.
    Nothing,
}

/// What a helper takes over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// So many objects, each an argument.
    Each(usize),
    /// Any number: the address of the first, and how many.
    Many,
}

/// What a helper is told besides objects, in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// A name, which the code object keeps.
    pub name: bool,
    /// A number of 32 bits.
    pub number: bool,
    /// The address of a place of the value stack, where it puts what it gives besides its result, references or NULL: the place
    /// above that of the result, or the result's if it has none.
    pub place: bool,
}

impl Told {
    /// Nothing.
    const NOTHING: Self = Self {
        name: false,
        number: false,
        place: false,
    };

    /// The name too.
    const fn name(self) -> Self {
        Self { name: true, ..self }
    }

    /// The number too.
    const fn number(self) -> Self {
        Self {
            number: true,
            ..self
        }
    }

    /// The place too.
    const fn place(self) -> Self {
        Self {
            place: true,
            ..self
        }
    }
}

macro_rules! operations {
    ($($(#[doc = $doc:literal])* $operation:ident = $name:literal
        ($borrows:literal, $takes:expr $(, $told:ident)*) -> $gives:ident;)*) => {
        /// What machine code has the runtime do. A helper is an `extern "C"` function whose arguments are the objects that it
        /// borrows, those that it takes over (also where it fails), and what it is told. Each may run any code.
        ///
        /// Operands stand in the order in which they lie on the value stack, the deepest first.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Operation {
            $($(#[doc = $doc])* $operation,)*
        }

        impl Operation {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$operation,)*];

            /// Its name in dumps, and with `operation.` before it that of its helper's symbol.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$operation => $name,)*
                }
            }

            /// How many objects it looks at that stay the caller's.
            pub const fn borrows(self) -> usize {
                match self {
                    $(Self::$operation => $borrows,)*
                }
            }

            /// What it takes over.
            pub const fn takes(self) -> Takes {
                match self {
                    $(Self::$operation => $takes,)*
                }
            }

            /// What it is told.
            pub const fn told(self) -> Told {
                match self {
                    $(Self::$operation => Told::NOTHING$(.$told())*,)*
                }
            }

            /// What it gives.
            pub const fn gives(self) -> Gives {
                match self {
                    $(Self::$operation => Gives::$gives,)*
                }
            }
        }
    };
}

use Takes::{Each, Many};

operations! {
    /// `owner.name`.
    GetAttribute = "get_attribute" (0, Each(1), name) -> Object;
    /// The method `owner.name` and, as second, the owner; or the attribute and NULL where it is neither a method of the type nor one of
    /// the class itself.
    GetMethod = "get_method" (0, Each(1), name, place) -> Object;
    /// `super(class, self).name`, of `super`, the class and self, or of what is in the place of `super`; the number is not 0 if
    /// it is called with these arguments, and 0 if it is called with none.
    GetSuperAttribute = "get_super_attribute" (0, Each(3), name, number) -> Object;
    /// The same as a method, and self as second; or an attribute and NULL.
    GetSuperMethod = "get_super_method" (0, Each(3), name, number, place) -> Object;
    /// `owner.name = value`, of the value and the owner.
    SetAttribute = "set_attribute" (0, Each(2), name) -> Nothing;
    /// The same, where the attribute is probably in the owner's dictionary, in the entry of this number. The type of the owner
    /// says nothing of it.
    SetAttributeByHint = "set_attribute_by_hint" (0, Each(2), name, number) -> Nothing;
    /// `del owner.name`.
    DeleteAttribute = "delete_attribute" (0, Each(1), name) -> Nothing;
    /// A global variable, or else a built-in, of the two dictionaries.
    GetGlobal = "get_global" (2, Each(0), name) -> Object;
    /// Binds a global variable, in the dictionary.
    SetGlobal = "set_global" (1, Each(1), name) -> Nothing;
    /// An operator with two operands; the number is the argument of `BINARY_OP`.
    Binary = "binary" (0, Each(2), number) -> Object;
    /// A comparison; the number is C's for it.
    Compare = "compare" (0, Each(2), number) -> Object;
    /// Whether a comparison gives something true.
    CompareTruth = "compare_truth" (0, Each(2), number) -> Truth;
    /// `item in container`.
    Contains = "contains" (0, Each(2)) -> Truth;
    /// `bool(value)`.
    Truth = "truth" (0, Each(1)) -> Truth;
    /// `-value`.
    Negative = "negative" (0, Each(1)) -> Object;
    /// `~value`.
    Invert = "invert" (0, Each(1)) -> Object;
    /// `isinstance(object, class)`.
    IsInstance = "is_instance" (0, Each(2)) -> Truth;
    /// `container[key]`.
    GetItem = "get_item" (0, Each(2)) -> Object;
    /// `container[key] = value`, of the value, the container and the key.
    SetItem = "set_item" (0, Each(3)) -> Nothing;
    /// `del container[key]`.
    DeleteItem = "delete_item" (0, Each(2)) -> Nothing;
    /// `container[start:stop]`.
    GetSlice = "get_slice" (0, Each(3)) -> Object;
    /// `container[start:stop] = value`, of the value, the container, and the two bounds.
    SetSlice = "set_slice" (0, Each(4)) -> Nothing;
    /// A slice of two or three bounds.
    Slice = "slice" (0, Many) -> Object;
    /// A dictionary of keys and values in turn.
    Map = "map" (0, Many) -> Object;
    /// A dictionary of values, and of a tuple of their keys after them.
    ConstKeyMap = "const_key_map" (0, Many) -> Object;
    /// A set.
    Set = "set" (0, Many) -> Object;
    /// One string of many.
    Join = "join" (0, Many) -> Object;
    /// A value as an f-string shows it.
    Format = "format" (0, Each(1)) -> Object;
    /// The same with a format.
    FormatWith = "format_with" (0, Each(2)) -> Object;
    /// `str`, `repr` or `ascii` of a value; the number is the argument of `CONVERT_VALUE`.
    Convert = "convert" (0, Each(1), number) -> Object;
    /// What `await` iterates over for a value; the number is the argument of `GET_AWAITABLE`.
    GetAwaitable = "get_awaitable" (0, Each(1), number) -> Object;
    /// `list.append(list, item)`, of the list and the item.
    ListAppend = "list_append" (0, Each(2)) -> Nothing;
    /// Adds to a set.
    SetAdd = "set_add" (1, Each(1)) -> Nothing;
    /// Adds all of an iterable to a set.
    SetUpdate = "set_update" (1, Each(1)) -> Nothing;
    /// Adds all of an iterable to a list.
    ListExtend = "list_extend" (1, Each(1)) -> Nothing;
    /// Adds a key and its value to a dictionary.
    MapAdd = "map_add" (1, Each(2)) -> Nothing;
    /// Adds all of a mapping to a dictionary.
    MapUpdate = "map_update" (1, Each(1)) -> Nothing;
    /// Whether `except` of a class or a tuple of classes catches the exception.
    Catches = "catches" (1, Each(1)) -> Truth;
    /// The `__exit__` of a context manager and, as second, what its `__enter__` gives.
    EnterContext = "enter_context" (0, Each(1), place) -> Object;
    /// What a context manager's `__exit__` says of an exception.
    ExitContext = "exit_context" (2, Each(0)) -> Object;
    /// The `__aexit__` of an asynchronous context manager and, as second, what its `__aenter__` gives.
    EnterAsyncContext = "enter_async_context" (0, Each(1), place) -> Object;
    /// What is left of an exception group and, as second, what `except*` of a class or a tuple of classes catches of it, of the
    /// group and that.
    SplitGroup = "split_group" (0, Each(2), place) -> Object;
    /// The built-in class `AssertionError`.
    AssertionError = "assertion_error" (0, Each(0)) -> Object;
    /// Whether an exception says that a generator has ended, or, if the number is not 0, an asynchronous one.
    TellsOfEnd = "tells_of_end" (1, Each(0), number) -> Truth;
    /// `None` and, as second, the value of a `StopIteration`.
    StopValue = "stop_value" (1, Each(0), place) -> Object;
    /// The asynchronous iterator of a value.
    AsyncIterator = "async_iterator" (0, Each(1)) -> Object;
    /// What gives the next value of an asynchronous iterator when it is awaited.
    AsyncNext = "async_next" (1, Each(0)) -> Object;
    /// What `yield from` iterates over for a value.
    YieldFromIterator = "yield_from_iterator" (0, Each(1)) -> Object;
    /// As many items as the number says, all that an iterable has, the first on top.
    Unpack = "unpack" (0, Each(1), number, place) -> Nothing;
    /// The same around a list of what is left over; the number is the argument of `UNPACK_EX`.
    UnpackAround = "unpack_around" (0, Each(1), number, place) -> Nothing;
    /// A function of code, with these globals.
    MakeFunction = "make_function" (1, Each(1)) -> Object;
    /// The function, the second of two, with the first as one of its attributes; the number is the argument of
    /// `SET_FUNCTION_ATTRIBUTE`.
    SetFunctionAttribute = "set_function_attribute" (0, Each(2), number) -> Object;
    /// A new cell that holds the object, or nothing for NULL.
    MakeCell = "make_cell" (0, Each(1)) -> Object;
    /// What is in the cell in the local of this number, after looking for its name in a namespace.
    NameOrCell = "name_or_cell" (0, Each(1), number) -> Object;
    /// Empties the cell in the local of this number.
    DeleteCell = "delete_cell" (0, Each(0), number) -> Nothing;
    /// The function of the number of `CALL_INTRINSIC_1`.
    Intrinsic = "intrinsic" (0, Each(1), number) -> Object;
    /// The function of the number of `CALL_INTRINSIC_2`.
    IntrinsicOfTwo = "intrinsic_of_two" (0, Each(2), number) -> Object;
    /// Adds all of a mapping to a dictionary of keyword arguments, no name twice, of the dictionary and what is to be called.
    MergeKeywords = "merge_keywords" (2, Each(1)) -> Nothing;
    /// A module, of the level of a relative import and the names that are wanted of it.
    ImportName = "import_name" (0, Each(2), name) -> Object;
    /// What a module has under a name, for `from … import`.
    ImportFrom = "import_from" (1, Each(0), name) -> Object;
    /// A variable of the frame's namespace, a global one, or a built-in.
    GetName = "get_name" (0, Each(0), name) -> Object;
    /// A variable of a namespace, a global one, or a built-in.
    NameOrGlobal = "name_or_global" (0, Each(1), name) -> Object;
    /// Binds in the frame's namespace.
    SetName = "set_name" (0, Each(1), name) -> Nothing;
    /// Unbinds in the frame's namespace.
    DeleteName = "delete_name" (0, Each(0), name) -> Nothing;
    /// Unbinds a global variable, in the dictionary.
    DeleteGlobal = "delete_global" (1, Each(0), name) -> Nothing;
    /// The frame's namespace.
    Namespace = "namespace" (0, Each(0)) -> Object;
    /// Sees to it that the frame's namespace has `__annotations__`.
    SetUpAnnotations = "set_up_annotations" (0, Each(0)) -> Nothing;
    /// What makes classes, of the built-ins.
    ClassBuilder = "class_builder" (1, Each(0)) -> Object;
    /// Whether a subject is a mapping.
    IsMapping = "is_mapping" (1, Each(0)) -> Truth;
    /// Whether a subject is a sequence.
    IsSequence = "is_sequence" (1, Each(0)) -> Truth;
    /// A tuple of the values that a mapping has under the keys of a tuple, or `None`.
    MatchKeys = "match_keys" (2, Each(0)) -> Object;
    /// A tuple of attributes of a subject, or `None`, of the subject, a class, and a tuple of names; the number says how many
    /// the class names in order.
    MatchClass = "match_class" (0, Each(3), number) -> Object;
    /// One string of two exact ones. If nobody else has the first, it may become the result.
    AppendText = "append_text" (0, Each(2)) -> Object;
    /// `dict.get(map, key)` of an exact dictionary.
    DictGet = "dict_get" (0, Each(2)) -> Object;
    /// The same with a default.
    DictGetOr = "dict_get_or" (0, Each(3)) -> Object;
}
