//! `Snapshot`: what the compiler gets to know of a code object.
use crate::{Class, Function, OPERANDS, Operand, Reason};
use std::collections::BTreeMap;

/// What the compiler gets to know of a code object, taken at one moment under the GIL. Nothing in it changes, and
/// nothing in it is read from live objects, so that a thread without the GIL can work on it.
///
/// Objects are entries of [`objects`](Self::objects). Nobody owns references to them for its sake: each lives as long as the
/// code object, or as long as a guard holds that comes before every use of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Snapshot {
    /// The code object.
    pub body: Body,
    /// The code of functions that it calls and that may be compiled as a part of it, and of those that they call in turn.
    pub inlined: Vec<Body>,
    /// For which tools the code was prepared, as the thread state's `eval_breaker` says it: machine code is true for them only.
    pub tools_version: u64,
    /// The objects that the snapshot mentions.
    pub objects: Vec<Object>,
    /// The names in constants by which calls name arguments.
    pub keywords: BTreeMap<ObjectId, Vec<String>>,
    /// The functions that are called.
    pub callees: Vec<Callee>,
    /// What stands in for functions of C that instructions have called.
    pub stand_ins: BTreeMap<Function, StandIn>,
    /// What stands in for operators that have called methods of Python.
    pub operators: BTreeMap<Wanted, OperatorStandIn>,
    /// Where machine code shall be entered.
    pub entries: Vec<Entry>,
    /// If C is to call the code with values of its own: what it passes, as arguments of the first of the callees. That call is
    /// all that the code does: it runs on no frame, and [`body`](Self::body) is [that of a call](Body::of_call).
    pub passed: Option<Vec<Passed>>,
    /// The address of the machine code's [`Running`](crate::Running).
    pub running: usize,
    /// The address of 64 bits that the code counts down, when it begins and when its loops come round, until it leaves to have
    /// better code ordered.
    pub warm: Option<usize>,
}

/// What is known of one code object, for whoever runs it. What it names by numbers are the snapshot's objects and callees.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Body {
    /// The code's qualified name.
    pub name: String,
    /// The file it comes from.
    pub file: String,
    /// Its first line.
    pub line: u32,
    /// Its instructions and caches as the evaluator has adapted them. Where an entry into machine code had been patched
    /// in, the instruction that it stands for; code with instrumented instructions is not compiled.
    pub units: Vec<Unit>,
    /// The line of each of them, if machine code is to tell its lines; 0 where there is none. Empty otherwise.
    pub lines: Vec<u32>,
    /// The code's constants.
    pub constants: Vec<ObjectId>,
    /// The names of attributes and globals.
    pub names: Vec<ObjectId>,
    /// The local variables, cells and free variables, in the order of their slots in a frame.
    pub locals: Vec<Local>,
    /// How many of them are arguments, with those that take what is left over; those are the first.
    pub arguments: u32,
    /// How many values the stack of its frames has room for.
    pub stack_size: u32,
    /// Who handles exceptions, in the order of their starts.
    pub handlers: Vec<Handler>,
    /// What the evaluator has found out, by the offset of the instruction (not of an `EXTENDED_ARG` before it). Generic
    /// instructions that have run have no entry. What is said to be unseen is left to the evaluator: who compiles code
    /// that has not run says nothing.
    pub sites: BTreeMap<u32, Site>,
    /// What the evaluator has found out one after the other at instructions on attributes and at calls, by the same offsets, if
    /// that is known. One that was specialised has what `sites` has among it.
    pub sights: BTreeMap<u32, Sights>,
    /// What operands instructions have met, the deepest in the stack first, each combination once, by the same offsets, as far
    /// as it is known: not where one has met what it is specialised for.
    pub operands: BTreeMap<u32, Vec<[Operand; OPERANDS]>>,
    /// Where earlier machine code of this code object left for the same reason too often: not to be tried again.
    pub failures: Vec<Failure>,
}

impl Body {
    /// The code of C that calls some code ([`Snapshot::passed`]), at the line where that begins. It is one instruction that
    /// returns, which never runs.
    pub fn of_call(called: &Self, returns: Unit) -> Self {
        Self {
            name: called.name.clone(),
            file: called.file.clone(),
            line: called.line,
            lines: match called.lines.is_empty() {
                true => Vec::new(),
                false => vec![called.line],
            },
            units: vec![returns],
            ..Self::default()
        }
    }
}

/// Two bytes of bytecode: an instruction, or a part of the cache of the one before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unit {
    /// The number of the instruction.
    pub opcode: u8,
    /// The low eight bits of its argument.
    pub oparg: u8,
}

/// An index into [`Snapshot::objects`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectId(pub u32);

/// An object of the running program.
#[derive(Clone, PartialEq, Debug)]
pub struct Object {
    /// Where it is. The compiler never reads there; machine code does.
    pub address: usize,
    /// Whether its reference count never changes.
    pub immortal: bool,
    /// What can be told of it without running anything.
    pub known: Known,
}

/// What can be told of an object without running anything.
#[derive(Clone, PartialEq, Debug)]
pub enum Known {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An exact `int` that fits 64 bits.
    Int(i64),
    /// An exact `float`.
    Float(f64),
    /// A built-in function whose meaning the compiler knows.
    Builtin(Builtin),
    /// Any other object of the class.
    Instance(Class),
    /// Nothing: it is there only while a guard holds, and may have gone before the snapshot was taken.
    Nothing,
}

impl Known {
    /// The object's class, if it is known.
    pub const fn class(&self) -> Option<Class> {
        Some(match self {
            Self::None => Class::None,
            Self::Bool(_) => Class::Bool,
            Self::Int(_) => Class::Int,
            Self::Float(_) => Class::Float,
            Self::Builtin(_) => Class::Other,
            Self::Instance(class) => *class,
            Self::Nothing => return None,
        })
    }
}

/// A built-in function whose meaning the compiler knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Builtin {
    /// `len`.
    Len,
    /// `isinstance`.
    IsInstance,
    /// `list.append`, as the type has it.
    ListAppend,
    /// `dict.get`, as the type has it.
    DictGet,
}

/// A slot of a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Local {
    /// The variable's name.
    pub name: String,
    /// What the slot holds.
    pub kind: LocalKind,
}

/// What a slot of a frame holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LocalKind {
    /// The value of a variable.
    Plain,
    /// The cell of a variable that inner functions use.
    Cell,
    /// The cell of a variable of an outer function.
    Free,
}

/// Who handles exceptions that instructions raise (an entry of the code's exception table). Offsets count units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    /// The first instruction.
    pub start: u32,
    /// The one after the last.
    pub end: u32,
    /// Where the handler starts.
    pub target: u32,
    /// How high it wants the stack, before what it is given.
    pub level: u32,
    /// Whether it is given the place of the exception before the exception.
    pub lasti: bool,
}

/// What the evaluator has found out at an instruction: its inline cache, decoded. Which of them is there follows from the
/// specialised instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Site {
    /// An adaptive instruction that has never run.
    Unseen,
    /// An attribute in the object itself (`LOAD_ATTR_INSTANCE_VALUE`, `_WITH_HINT`, `_SLOT`, and the same of `STORE_ATTR`).
    Attribute {
        /// The version of the owner's type.
        type_version: u32,
        /// An index into the owner's values or its dictionary's keys, or an offset in the owner.
        index: u16,
    },
    /// An attribute that the type has, or that the owner has as a type (`LOAD_ATTR_METHOD_*`, `_NONDESCRIPTOR_*`, `_CLASS`).
    TypeAttribute {
        /// The version of the type, which is the owner's or the owner itself.
        type_version: u32,
        /// The version of the keys of its instances' values, where it matters.
        keys_version: u32,
        /// What the type has.
        found: ObjectId,
    },
    /// An attribute of a module (`LOAD_ATTR_MODULE`).
    ModuleAttribute {
        /// The version of the keys of the module's dictionary.
        keys_version: u32,
        /// The index of the name among them.
        index: u16,
    },
    /// A global variable (`LOAD_GLOBAL_MODULE`, `LOAD_GLOBAL_BUILTIN`).
    Global {
        /// The version of the keys of the globals.
        module_keys_version: u16,
        /// The version of the keys of the builtins.
        builtin_keys_version: u16,
        /// The index of the name among the keys of the one or the other.
        index: u16,
        /// What the variable was bound to.
        value: Option<ObjectId>,
    },
    /// A called function or class (`CALL_*`).
    Call {
        /// Its version.
        version: u32,
        /// The function, if it is one that machine code could call: an index of [`Snapshot::callees`]. Of a class, in
        /// [`Snapshot::sights`] only, the one that makes its instances ready.
        callee: Option<u32>,
    },
    /// A function that was called with all arguments of a tuple, and no names (`CALL_FUNCTION_EX`).
    Unpacked {
        /// It, if machine code could call it: an index of [`Snapshot::callees`].
        callee: Option<u32>,
        /// How many arguments there were.
        arguments: u16,
    },
    /// A property (`LOAD_ATTR_PROPERTY`).
    Property {
        /// The version of the owner's type.
        type_version: u32,
        /// The function that computes it, which the type keeps.
        getter: ObjectId,
        /// The same, if it is one that machine code could call: an index of [`Snapshot::callees`].
        callee: Option<u32>,
    },
    /// Items that a function gives (`BINARY_SUBSCR_GETITEM`).
    Item {
        /// The version of the container's type.
        type_version: u32,
        /// Its `__getitem__`, if that is a function that machine code could call: an index of [`Snapshot::callees`].
        callee: Option<u32>,
    },
    /// An operator or a comparison whose left operand has a method of Python for it (`BINARY_OP`, `COMPARE_OP`).
    Operator {
        /// The version of the left operand's type.
        type_version: u32,
        /// What the right operand was.
        right: Right,
        /// The number of the operator, as what does the [rest](OperatorStandIn) is told it.
        number: u32,
        /// The method, which the left operand's type keeps.
        method: ObjectId,
        /// The same, if it is one that machine code could call: an index of [`Snapshot::callees`].
        callee: Option<u32>,
    },
    /// Objects that are always true (`TO_BOOL_ALWAYS_TRUE`).
    Truth {
        /// The version of their type.
        type_version: u32,
    },
}

/// What the right operand of an operator was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Right {
    /// Of this very class.
    Class(Class),
    /// Of the type with this version.
    Version(u32),
}

/// What the evaluator has found out one after the other at an instruction: each for objects of other types.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sights {
    /// The first few.
    pub seen: Vec<Sight>,
    /// Whether there were more.
    pub has_more: bool,
}

/// One of several things that the evaluator has found out at an instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sight {
    /// The number of the specialised instruction.
    pub form: u8,
    /// Its inline cache, if it is one of those that are read.
    pub site: Option<Site>,
}

/// Where machine code shall be entered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The first instruction that it runs, in units: a `RESUME`, one to which a `JUMP_BACKWARD` jumps, or the first of all for
    /// calls from machine code.
    pub offset: u32,
    /// The classes of what the locals held when the snapshot was taken; `None` where nothing was bound or nothing is
    /// known. Empty if the core does not know any.
    pub observed: Vec<Option<Class>>,
}

/// A value that C passes to machine code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Passed {
    /// A `double`, as which a float is passed.
    Float,
    /// An `int64_t`, as which an int is passed.
    Int,
    /// An object, borrowed for the time of the call.
    Object,
}

/// A Python function, as machine code calls it. Its frames begin with what its parameters are bound to: those of `names` in this
/// order, then the tuple and the dictionary of what is left over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Callee {
    /// Its qualified name, for dumps.
    pub name: String,
    /// The version of the function, which says that it has this code. Defaults, closure and globals are each function's own.
    pub version: u32,
    /// The address of the [`Target`](crate::Target) of its code, which somebody keeps as long as the machine code.
    pub target: usize,
    /// How many parameters it has to which arguments without a name are bound.
    pub parameters: u32,
    /// How many of these cannot be named.
    pub unnamed: u32,
    /// How many defaults the function had for the last of them. They are each function's own.
    pub defaults: u32,
    /// These parameters, and then those that can only be named.
    pub names: Vec<Parameter>,
    /// Whether it has a tuple of the arguments without a name that are left over.
    pub takes_rest: bool,
    /// Whether it has a dictionary of the named arguments that are left over.
    pub takes_keywords: bool,
    /// How many slots its frames have.
    pub locals: u32,
    /// The size of its frames, in words.
    pub frame_size: u32,
    /// Whether a call only makes a generator, a coroutine or an asynchronous generator.
    pub makes_generator: bool,
    /// Whether it is a [`StandIn`], whose frames nobody sees.
    pub is_stand_in: bool,
    /// Its code, if it may be compiled as a part of whoever calls it: an index of [`Snapshot::inlined`].
    pub body: Option<u32>,
}

impl Callee {
    /// Whether it can be called with so many arguments without a name, and they are all that its parameters are bound to.
    pub fn takes_exactly(&self, arguments: usize) -> bool {
        let count = self.parameters as usize;
        count == arguments && self.names.len() == count && !self.takes_rest && !self.takes_keywords
    }
}

/// A Python function that does what a function of C does which goes over what it is called with, or what an operator does. Where such a
/// call is inlined, it is this one's that is: its frame is C's for whoever looks at frames, and counts for no recursion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StandIn {
    /// The function, which lives as long as the interpreter.
    pub function: ObjectId,
    /// The same as a callee: an index of [`Snapshot::callees`].
    pub callee: u32,
}

/// What is wanted of an operator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Wanted {
    /// What it gives.
    Result,
    /// Whether that is true.
    Truth,
}

/// The bit of a `COMPARE_OP`'s argument by which it makes what it gives a truth value.
pub const COMPARE_TO_BOOL: u32 = 16;

/// What stands in for operators: `operator(method, left, right, number, rest, refusal)`, where `rest` does what there is to do after the
/// method has given `refusal`, which is `NotImplemented`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OperatorStandIn {
    /// It.
    pub stand_in: StandIn,
    /// `rest`.
    pub rest: ObjectId,
    /// `refusal`.
    pub refusal: ObjectId,
}

/// A parameter of a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// The address of that name, which lives as long as the code of the function.
    pub address: usize,
    /// If it can only be named, which entry of the dictionary of the function's defaults for such parameters had it.
    pub default: Option<u16>,
}

/// A speculation that has failed too often.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The instruction.
    pub offset: u32,
    /// Why machine code left there.
    pub reason: Reason,
}
