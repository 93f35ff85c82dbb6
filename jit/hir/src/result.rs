//! The types of results and operands: what an instruction gives for what it gets, and what it must get.
use crate::function::{Function, Value};
use crate::insn::Insn;
use crate::operands::FunctionPart;
use crate::types::{Classes, Type};
use pyroxene_jit_api::{Class, Gives, Items, ObjectId, Operation, Passed, Snapshot};

/// A list or a tuple.
const SEQUENCE: Type = Type::Object(pair(Class::List, Class::Tuple));

/// Their iterators.
const SEQUENCE_ITERATOR: Type = Type::Object(pair(Class::ListIterator, Class::TupleIterator));

/// What is resumed.
const GENERATOR: Type = Type::Object(pair(Class::Generator, Class::Coroutine));

/// An object, or none.
const ANY: Type = Type::Object(Classes::ANY);

/// An object.
const OBJECT: Type = Type::Object(Classes::OBJECT);

const fn pair(one: Class, other: Class) -> Classes {
    Classes::of(one).or(Classes::of(other))
}

/// The type of what an instruction gives, from the types of its operands. Of a parameter, which has none, it is the one that
/// it was made with.
pub fn result(function: &Function, snapshot: &Snapshot, value: Value) -> Type {
    let classes = |object: ObjectId| match snapshot.objects[object.0 as usize].known.class() {
        Some(class) => Classes::of(class),
        None => Classes::OBJECT,
    };
    let narrowed = |operand: Value, to: Classes| Type::Object(function.ty(operand).classes() & to);
    match function.insn(value) {
        Insn::Parameter => function.ty(value),
        Insn::Object(object) => Type::Object(classes(*object)),
        Insn::Null => Type::Object(Classes::NULL),
        Insn::Float(_)
        | Insn::UnboxFloat { .. }
        | Insn::UnboxNumber { .. }
        | Insn::FloatBinary { .. }
        | Insn::FloatPower { .. }
        | Insn::FloatUnary { .. }
        | Insn::FloatCall { .. }
        | Insn::IntToFloat { .. } => Type::Float,
        Insn::Int(_)
        | Insn::UnboxInt { .. }
        | Insn::IntBinary { .. }
        | Insn::IntBits { .. }
        | Insn::IntNegate { .. }
        | Insn::IntInvert { .. }
        | Insn::BoolToInt { .. }
        | Insn::Size { .. }
        | Insn::ArraySize { .. }
        | Insn::FloatToInt { .. }
        | Insn::CheckIndex { .. }
        | Insn::RangeLeft { .. }
        | Insn::RangeNext { .. }
        | Insn::Length { .. } => Type::Int,
        Insn::Select {
            then, otherwise, ..
        } => match function.ty(*then) {
            Type::Object(classes) => Type::Object(classes | function.ty(*otherwise).classes()),
            ty @ (Type::Float | Type::Int | Type::Bool | Type::Nothing) => ty,
        },
        Insn::ArrayItem { items, .. } => number_in(*items),
        Insn::Bool(_)
        | Insn::UnboxBool { .. }
        | Insn::FloatCompare { .. }
        | Insn::IntCompare { .. }
        | Insn::Not { .. }
        | Insn::IsNone { .. }
        | Insn::IsOfClass { .. }
        | Insn::Is { .. }
        | Insn::HasBase { .. }
        | Insn::PairNext { .. }
        | Insn::StrEqual { .. }
        | Insn::IsCallee { .. } => Type::Bool,
        // What a slot or the stack holds may be known to whoever put it there.
        Insn::LoadLocal { .. } | Insn::LoadStack { .. } => match function.ty(value) {
            known @ Type::Object(_) => known,
            Type::Float | Type::Int | Type::Bool | Type::Nothing => ANY,
        },
        Insn::LoadPassed { index } => {
            let passed = snapshot.passed.as_ref();
            match passed.and_then(|passed| passed.get(*index as usize)) {
                Some(Passed::Float) => Type::Float,
                Some(Passed::Int) => Type::Int,
                Some(Passed::Object) => OBJECT,
                None => Type::Nothing,
            }
        }
        Insn::LoadCalled => Type::object(Class::Function),
        Insn::ClosureCell { .. } => Type::object(Class::Cell),
        Insn::Globals => Type::object(Class::Dict),
        Insn::Builtins => OBJECT,
        Insn::FunctionPart { part, .. } => match part {
            FunctionPart::Globals => Type::object(Class::Dict),
            FunctionPart::Builtins => OBJECT,
            FunctionPart::Cell(_) => Type::object(Class::Cell),
        },
        Insn::GuardClass { value, classes, .. } => narrowed(*value, *classes),
        Insn::GuardBound { value, .. } | Insn::Bound { value } => narrowed(*value, Classes::OBJECT),
        Insn::GuardIs { value, object, .. } => narrowed(*value, classes(*object)),
        Insn::Box { value, .. } => Type::Object(function.ty(*value).classes()),
        Insn::Rebox { number, .. } => Type::Object(function.ty(*number).classes()),
        Insn::Displaced { old, .. } => Type::Object(function.ty(*old).classes() | Classes::NULL),
        Insn::Item { .. }
        | Insn::FunctionDefault { .. }
        | Insn::CallPython { .. }
        | Insn::CallClass { .. }
        | Insn::Call { .. }
        | Insn::LoadReturned
        | Insn::ExchangeHandled { .. }
        | Insn::LoadAttribute { .. } => OBJECT,
        Insn::ClassInit { .. } => Type::object(Class::Function),
        Insn::NewInstance { .. } => Type::object(Class::Other),
        Insn::Apply { operation, .. } => given(*operation),
        Insn::SequenceNext { .. }
        | Insn::InlineValue { .. }
        | Insn::Field { .. }
        | Insn::DictEntry { .. }
        | Insn::CellValue { .. }
        | Insn::SequenceEnd { .. }
        | Insn::StoreAttribute { .. }
        | Insn::IteratorNext { .. }
        | Insn::Resume { .. }
        | Insn::LoadPlace { .. }
        | Insn::Send { .. } => ANY,
        Insn::ModuleDict { .. } => Type::object(Class::Dict),
        Insn::GetIterator { value, .. } => match function.ty(*value).classes().single() {
            Some(Class::List) => Type::object(Class::ListIterator),
            Some(Class::Tuple) => Type::object(Class::TupleIterator),
            _ => OBJECT,
        },
        Insn::ItemFunction { .. } | Insn::GeneratorFunction { .. } => Type::object(Class::Function),
        Insn::GeneratorOffset { .. } => Type::Int,
        Insn::PairItem { .. } => OBJECT,
        Insn::PairNumber { .. } => Type::Int,
        Insn::BuildTuple { .. } | Insn::VirtualTuple { .. } => Type::object(Class::Tuple),
        Insn::BuildList { .. } | Insn::ListSlice { .. } => Type::object(Class::List),
        Insn::StoreLocal { .. }
        | Insn::WriteBack { .. }
        | Insn::Retain { .. }
        | Insn::Release { .. }
        | Insn::GuardTypeVersion { .. }
        | Insn::GuardOwnTypeVersion { .. }
        | Insn::GuardInlineValues { .. }
        | Insn::GuardCachedKeys { .. }
        | Insn::GuardKeys { .. }
        | Insn::Guard { .. }
        | Insn::GuardFunction { .. }
        | Insn::GuardArray { .. }
        | Insn::StoreArrayItem { .. }
        | Insn::ReplaceSlice { .. }
        | Insn::CopySlice { .. }
        | Insn::GuardCallee { .. }
        | Insn::GuardDefaults { .. }
        | Insn::GuardRoom { .. }
        | Insn::WriteFrames { .. }
        | Insn::PopFrames { .. }
        | Insn::Poll { .. }
        | Insn::CheckDisturbed { .. }
        | Insn::CheckReturn { .. }
        | Insn::StoreItem { .. }
        | Insn::StoreInlineValue { .. }
        | Insn::StoreField { .. }
        | Insn::StoreCell { .. }
        | Insn::ListAppend { .. }
        | Insn::Interpret { .. }
        | Insn::Raise { .. }
        | Insn::Catch { .. }
        | Insn::Jump(_)
        | Insn::Branch { .. }
        | Insn::Try { .. }
        | Insn::Return { .. }
        | Insn::Give { .. }
        | Insn::Yield { .. }
        | Insn::EndGenerator { .. }
        | Insn::GuardGenerator { .. }
        | Insn::StorePlace { .. }
        | Insn::Suspend { .. }
        | Insn::EndResumed { .. }
        | Insn::Exit { .. } => Type::Nothing,
    }
}

/// The type of an array's items.
fn number_in(items: Items) -> Type {
    if items.are_floats() {
        Type::Float
    } else {
        Type::Int
    }
}

/// The type of what an operation gives.
fn given(operation: Operation) -> Type {
    match operation.gives() {
        Gives::Nothing => Type::Nothing,
        Gives::Truth => Type::Bool,
        Gives::Object => match operation {
            Operation::Map | Operation::ConstKeyMap => Type::object(Class::Dict),
            Operation::Join | Operation::AppendText => Type::object(Class::Str),
            Operation::MakeFunction | Operation::SetFunctionAttribute => {
                Type::object(Class::Function)
            }
            Operation::MakeCell => Type::object(Class::Cell),
            _ => OBJECT,
        },
    }
}

/// What each operand must be, in the order of [`Insn::operands`]. Where any unboxed value may stand, it is not said here
/// (`None`); arguments of edges must fit the parameters.
pub fn expected(insn: &Insn) -> Vec<Option<Type>> {
    let bound = Some(OBJECT);
    let any = Some(ANY);
    let class = |class| Some(Type::object(class));
    match insn {
        Insn::Parameter
        | Insn::Object(_)
        | Insn::Null
        | Insn::Float(_)
        | Insn::Int(_)
        | Insn::Bool(_)
        | Insn::LoadLocal { .. }
        | Insn::LoadStack { .. }
        | Insn::LoadPassed { .. }
        | Insn::LoadCalled
        | Insn::ClosureCell { .. }
        | Insn::Globals
        | Insn::Builtins
        | Insn::GuardRoom { .. }
        | Insn::WriteFrames { .. }
        | Insn::PopFrames { .. }
        | Insn::Poll { .. }
        | Insn::CheckDisturbed { .. }
        | Insn::CheckReturn { .. }
        | Insn::Interpret { .. }
        | Insn::Raise { .. }
        | Insn::Catch { .. }
        | Insn::LoadReturned
        | Insn::EndResumed { .. }
        | Insn::Exit { .. } => vec![],
        Insn::StoreLocal { .. }
        | Insn::Retain { .. }
        | Insn::GuardClass { .. }
        | Insn::GuardBound { .. }
        | Insn::GuardIs { .. }
        | Insn::Bound { .. }
        | Insn::IsNone { .. } => vec![any],
        Insn::Is { .. } | Insn::Displaced { .. } => vec![any, any],
        Insn::Rebox { .. } => vec![any, None],
        Insn::WriteBack { stale, .. } => match stale {
            Some(_) => vec![None, Some(Type::Bool)],
            None => vec![None],
        },
        Insn::Box { .. } => vec![None],
        Insn::Release { values, .. } => vec![any; values.len()],
        Insn::CallPython { arguments, .. } | Insn::CallClass { arguments, .. } => {
            vec![bound; 1 + arguments.len()]
        }
        Insn::Return { locals, .. } => {
            let mut types = vec![bound];
            types.resize(1 + locals.len(), any);
            types
        }
        Insn::Give { held, .. } => {
            let mut types = vec![None];
            types.resize(1 + held.len(), any);
            types
        }
        Insn::VirtualTuple { items, .. } => vec![None; items.len()],
        Insn::BuildTuple { items, .. } | Insn::BuildList { items, .. } => vec![bound; items.len()],
        // What a cell is made of may be unbound.
        Insn::Apply {
            operation: Operation::MakeCell,
            ..
        } => vec![any],
        Insn::Apply { operands, .. } => vec![bound; operands.len()],
        Insn::Call { operands, .. } => {
            let mut types = vec![bound; operands.len()];
            types[1] = any;
            types
        }
        Insn::GuardTypeVersion { .. }
        | Insn::GuardFunction { .. }
        | Insn::GuardArray { .. }
        | Insn::GuardOwnTypeVersion { .. }
        | Insn::GuardInlineValues { .. }
        | Insn::GuardCachedKeys { .. }
        | Insn::ClassInit { .. }
        | Insn::NewInstance { .. }
        | Insn::InlineValue { .. }
        | Insn::ItemFunction { .. }
        | Insn::PairNext { .. }
        | Insn::PairItem { .. }
        | Insn::PairNumber { .. }
        | Insn::HasBase { .. }
        | Insn::Field { .. }
        | Insn::ModuleDict { .. }
        | Insn::LoadAttribute { .. }
        | Insn::Length { .. }
        | Insn::GetIterator { .. }
        | Insn::IteratorNext { .. }
        | Insn::Yield { .. }
        | Insn::EndGenerator { .. }
        | Insn::ExchangeHandled { .. } => vec![bound],
        Insn::Resume { .. } => vec![Some(GENERATOR), any],
        Insn::GuardGenerator { .. }
        | Insn::GeneratorOffset { .. }
        | Insn::GeneratorFunction { .. }
        | Insn::LoadPlace { .. }
        | Insn::Suspend { .. } => vec![class(Class::Generator)],
        Insn::StorePlace { .. } => vec![class(Class::Generator), any],
        Insn::Send { .. } => vec![bound, bound],
        Insn::GuardKeys { check, .. } => {
            vec![if *check { bound } else { class(Class::Dict) }]
        }
        Insn::DictEntry { .. } => vec![bound],
        Insn::Guard { .. } | Insn::Not { .. } | Insn::BoolToInt { .. } => vec![Some(Type::Bool)],
        Insn::UnboxFloat { .. } => vec![class(Class::Float)],
        Insn::UnboxInt { .. } => vec![class(Class::Int)],
        Insn::UnboxBool { .. } => vec![class(Class::Bool)],
        Insn::FloatBinary { .. } | Insn::FloatPower { .. } | Insn::FloatCompare { .. } => {
            vec![Some(Type::Float); 2]
        }
        Insn::FloatUnary { .. } | Insn::FloatCall { .. } | Insn::FloatToInt { .. } => {
            vec![Some(Type::Float)]
        }
        Insn::ListSlice { .. } => vec![class(Class::List), Some(Type::Int), Some(Type::Int)],
        Insn::CopySlice { .. } => {
            let (list, int) = (class(Class::List), Some(Type::Int));
            vec![list, int, int, list, int, int]
        }
        Insn::ReplaceSlice { .. } => vec![
            class(Class::List),
            Some(Type::Int),
            Some(Type::Int),
            class(Class::List),
        ],
        Insn::UnboxNumber { .. } | Insn::IsOfClass { .. } | Insn::ArraySize { .. } => vec![bound],
        Insn::Select { .. } => vec![Some(Type::Bool), None, None],
        Insn::ArrayItem { .. } => vec![bound, Some(Type::Int)],
        Insn::StoreArrayItem { items, .. } => {
            vec![bound, Some(Type::Int), Some(number_in(*items))]
        }
        Insn::IntToFloat { .. } | Insn::IntNegate { .. } | Insn::IntInvert { .. } => {
            vec![Some(Type::Int)]
        }
        Insn::IntBinary { .. }
        | Insn::IntBits { .. }
        | Insn::IntCompare { .. }
        | Insn::CheckIndex { .. } => vec![Some(Type::Int); 2],
        Insn::Size { .. } => vec![Some(SEQUENCE)],
        Insn::Item { .. } => vec![Some(SEQUENCE), Some(Type::Int)],
        Insn::StoreItem { .. } => vec![class(Class::List), Some(Type::Int), bound],
        Insn::StrEqual { .. } => vec![class(Class::Str); 2],
        Insn::RangeLeft { .. } | Insn::RangeNext { .. } => vec![class(Class::RangeIterator)],
        Insn::SequenceNext { .. } | Insn::SequenceEnd { .. } => vec![Some(SEQUENCE_ITERATOR)],
        Insn::StoreInlineValue { .. } | Insn::StoreField { .. } | Insn::StoreAttribute { .. } => {
            vec![bound, bound]
        }
        Insn::CellValue { .. } => vec![class(Class::Cell)],
        Insn::GuardCallee { .. }
        | Insn::GuardDefaults { .. }
        | Insn::FunctionDefault { .. }
        | Insn::IsCallee { .. }
        | Insn::FunctionPart { .. } => vec![class(Class::Function)],
        Insn::StoreCell { .. } => vec![class(Class::Cell), any],
        Insn::ListAppend { .. } => vec![class(Class::List), bound],
        Insn::Jump(edge) => vec![None; edge.arguments.len()],
        Insn::Try { on, raised } => vec![None; on.arguments.len() + raised.arguments.len()],
        Insn::Branch {
            then, otherwise, ..
        } => {
            let mut types = vec![Some(Type::Bool)];
            types.resize(1 + then.arguments.len() + otherwise.arguments.len(), None);
            types
        }
    }
}
