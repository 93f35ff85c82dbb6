//! What machine code refers to outside itself: helpers, type objects and singletons, each a symbol that the linker resolves
//! from what the [`Host`] says.
use pyroxene_jit_api::{Class, Helpers, Host, Operation, Singletons, Types};

/// How a value is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pass {
    /// An address.
    Pointer,
    /// 64 bits.
    Long,
    /// 32 bits.
    Int,
    /// 8 bits.
    Byte,
    /// A double.
    Float,
    /// How machine code ended, as it gives it itself.
    Exit,
    /// How machine code is entered.
    Entrance,
}

macro_rules! helpers {
    ($($name:ident = $field:ident($($argument:ident),*) $(-> $result:ident)?;)*) => {
        /// A helper of the runtime; [`Helpers`] says what each does.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Helper {
            $(#[doc = concat!("`", stringify!($field), "`.")] $name,)*
        }

        impl Helper {
            /// Its symbol.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("helper.", stringify!($field)),)*
                }
            }

            /// What it takes.
            pub const fn arguments(self) -> &'static [Pass] {
                match self {
                    $(Self::$name => &[$(Pass::$argument),*],)*
                }
            }

            /// What it gives.
            pub const fn result(self) -> Option<Pass> {
                match self {
                    $(Self::$name => helpers!(@result $($result)?),)*
                }
            }
        }

        /// The address of each helper.
        fn helper_addresses(helpers: &Helpers) -> Vec<(&'static str, usize)> {
            let Helpers { $($field),* } = *helpers;
            vec![$((Helper::$name.name(), $field as *const () as usize)),*]
        }
    };
    (@result) => { None };
    (@result $result:ident) => { Some(Pass::$result) };
}

helpers! {
    Deallocate = deallocate(Pointer);
    DeallocateSeen = deallocate_seen(Pointer, Pointer, Int, Long) -> Byte;
    DeallocateInlined = deallocate_inlined(Pointer, Long, Pointer, Long, Pointer, Long, Int) -> Byte;
    Float = float(Float) -> Pointer;
    Int = int(Long) -> Pointer;
    ReboxInt = rebox_int(Pointer, Long) -> Pointer;
    IntValue = int_value(Pointer, Pointer) -> Int;
    Power = power(Float, Float) -> Float;
    Sin = sin(Float) -> Float;
    Cos = cos(Float) -> Float;
    Tan = tan(Float) -> Float;
    Asin = asin(Float) -> Float;
    Acos = acos(Float) -> Float;
    Atan = atan(Float) -> Float;
    Exp = exp(Float) -> Float;
    Log = log(Float) -> Float;
    FloorDivide = floor_divide(Float, Float) -> Float;
    Remainder = remainder(Float, Float) -> Float;
    Lacks = lacks(Pointer, Pointer) -> Int;
    Length = length(Pointer) -> Long;
    IteratorNext = iterator_next(Pointer) -> Pointer;
    Iterator = iterator(Pointer) -> Pointer;
    Tuple = tuple(Pointer, Long) -> Pointer;
    ListSlice = list_slice(Pointer, Long, Long, Long) -> Pointer;
    ReplaceSlice = replace_slice(Pointer, Long, Long, Pointer) -> Int;
    PairNext = pair_next(Pointer) -> Int;
    CopySlice = copy_slice(Pointer, Long, Long, Long, Pointer, Long, Long) -> Int;
    List = list(Pointer, Long) -> Pointer;
    ListAppend = list_append(Pointer, Pointer) -> Int;
    StrEqual = str_equal(Pointer, Pointer) -> Int;
    Step = step(Pointer, Pointer, Int) -> Int;
    Catch = catch(Pointer, Pointer, Int) -> Int;
    CalleeLeft = callee_left(Pointer, Pointer, Pointer) -> Int;
    ReturnFrom = return_from(Pointer, Pointer) -> Pointer;
    BeginCall = begin_call(Pointer, Pointer, Pointer, Int, Pointer, Long) -> Entrance;
    BeginCallUnpacked = begin_call_unpacked(Pointer, Pointer, Pointer, Int, Long) -> Entrance;
    BeginResumption = begin_resumption(Pointer, Pointer, Pointer, Pointer, Long) -> Entrance;
    Resume = resume(Pointer, Pointer, Pointer, Pointer, Long) -> Exit;
    Generator = generator(Pointer, Pointer, Pointer, Int) -> Pointer;
    EndGenerator = end_generator(Pointer, Pointer);
    Send = send(Pointer, Pointer, Pointer, Pointer) -> Pointer;
    Retain = retain(Pointer);
    Release = release(Pointer);
    WriteFloat = write_float(Pointer, Float) -> Int;
    WriteInt = write_int(Pointer, Long) -> Int;
    WriteObject = write_object(Pointer, Pointer);
    ExitFloat = exit_float(Float) -> Pointer;
    ExitInt = exit_int(Long) -> Pointer;
    Disturbed = disturbed(Pointer, Long) -> Byte;
    DisturbedPassed = disturbed_passed(Pointer, Pointer, Long) -> Byte;
    Call = call(Pointer, Int) -> Pointer;
    CallNamed = call_named(Pointer, Int, Pointer) -> Pointer;
    CallUnpacked = call_unpacked(Pointer, Int) -> Pointer;
    NewInstance = new_instance(Pointer) -> Pointer;
    BeginInstance = begin_instance(Pointer, Pointer, Pointer) -> Pointer;
    EndInstance = end_instance(Pointer, Pointer, Pointer) -> Pointer;
}

/// `None`.
pub const NONE: &str = "object.none";
/// `True`.
pub const TRUE: &str = "object.true";
/// `False`.
pub const FALSE: &str = "object.false";
/// The code of the frame between that of who calls a class and that of its `__init__`.
pub const INIT_CLEANUP: &str = "object.init_cleanup";
/// The first of the shared ints.
pub const SMALL_INTS: &str = "object.small_ints";
/// `types.ModuleType`.
pub const MODULE: &str = "type.module";
/// `types.MethodType`.
pub const METHOD: &str = "type.method";
/// `types.BuiltinFunctionType`.
pub const C_FUNCTION: &str = "type.c_function";
/// `object`.
pub const OBJECT: &str = "type.object";
/// `type`.
pub const METATYPE: &str = "type.type";
/// What the symbols of operations begin with; their names follow.
pub const OPERATION: &str = "operation.";
/// [`Host::frame_evaluator`].
pub const FRAME_EVALUATOR: &str = "host.frame_evaluator";
/// [`Host::dict_versions`].
pub const DICT_VERSIONS: &str = "host.dict_versions";
/// [`Host::exit_values`].
pub const EXIT_VALUES: &str = "host.exit_values";
/// [`Host::alarm`].
pub const ALARM: &str = "host.alarm";

/// [`Host::chance`].
pub const CHANCE: &str = "host.chance";

/// The symbol of a class; `Other` is none.
pub const fn class_symbol(class: Class) -> Option<&'static str> {
    Some(match class {
        Class::None => "type.none",
        Class::Bool => "type.bool",
        Class::Int => "type.int",
        Class::Float => "type.float",
        Class::Str => "type.str",
        Class::List => "type.list",
        Class::Tuple => "type.tuple",
        Class::Dict => "type.dict",
        Class::Range => "type.range",
        Class::RangeIterator => "type.range_iterator",
        Class::ListIterator => "type.list_iterator",
        Class::TupleIterator => "type.tuple_iterator",
        Class::Enumerate => "type.enumerate",
        Class::Zip => "type.zip",
        Class::Function => "type.function",
        Class::Cell => "type.cell",
        Class::Generator => "type.generator",
        Class::Coroutine => "type.coroutine",
        Class::Other => return None,
    })
}

/// The address of a symbol of this module.
pub fn address(host: &Host, symbol: &str) -> Option<usize> {
    if let Some(class) = Class::ALL
        .into_iter()
        .find(|&class| class_symbol(class) == Some(symbol))
    {
        return type_address(&host.types, class);
    }
    let Singletons {
        none,
        r#true,
        r#false,
        small_ints,
        init_cleanup,
    } = host.singletons;
    match symbol {
        NONE => Some(none.addr()),
        TRUE => Some(r#true.addr()),
        FALSE => Some(r#false.addr()),
        SMALL_INTS => Some(small_ints.addr()),
        INIT_CLEANUP => Some(init_cleanup.addr()),
        MODULE => Some(host.types.module.addr()),
        METHOD => Some(host.types.method.addr()),
        C_FUNCTION => Some(host.types.c_function.addr()),
        OBJECT => Some(host.types.object.addr()),
        METATYPE => Some(host.types.metatype.addr()),
        FRAME_EVALUATOR => Some(host.frame_evaluator.addr()),
        DICT_VERSIONS => Some(host.dict_versions.addr()),
        EXIT_VALUES => Some(host.exit_values.addr()),
        ALARM => Some(host.alarm.addr()),
        CHANCE => Some(host.chance.addr()),
        _ if symbol.starts_with(OPERATION) => Operation::ALL
            .iter()
            .find(|operation| symbol.strip_prefix(OPERATION) == Some(operation.name()))
            .map(|&operation| host.operations[operation as usize].addr()),
        _ => helper_addresses(&host.helpers)
            .into_iter()
            .find_map(|(name, address)| (name == symbol).then_some(address)),
    }
}

fn type_address(types: &Types, class: Class) -> Option<usize> {
    let found = match class {
        Class::None => types.none,
        Class::Bool => types.bool,
        Class::Int => types.int,
        Class::Float => types.float,
        Class::Str => types.str,
        Class::List => types.list,
        Class::Tuple => types.tuple,
        Class::Dict => types.dict,
        Class::Range => types.range,
        Class::RangeIterator => types.range_iterator,
        Class::ListIterator => types.list_iterator,
        Class::TupleIterator => types.tuple_iterator,
        Class::Enumerate => types.enumerate,
        Class::Zip => types.zip,
        Class::Function => types.function,
        Class::Cell => types.cell,
        Class::Generator => types.generator,
        Class::Coroutine => types.coroutine,
        Class::Other => return None,
    };
    Some(found.addr())
}
