//! What instructions do besides giving a result.
use crate::insn::Insn;
use crate::operands::{Attribute, Case};
use crate::operators::IntOp;
use core::ops::BitOr;

/// Parts of memory, as far as one can be written without the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory(u16);

impl Memory {
    /// None.
    pub const NONE: Self = Self(0);
    /// The frame's locals.
    pub const LOCALS: Self = Self(1);
    /// The frame's value stack.
    pub const STACK: Self = Self(1 << 1);
    /// Reference counts.
    pub const COUNTS: Self = Self(1 << 2);
    /// Items of lists.
    pub const ITEMS: Self = Self(1 << 3);
    /// Attributes in instances.
    pub const ATTRIBUTES: Self = Self(1 << 4);
    /// Cells.
    pub const CELLS: Self = Self(1 << 5);
    /// Iterators' positions.
    pub const ITERATORS: Self = Self(1 << 6);
    /// Types, dictionaries and their versions: what only other code changes.
    pub const VERSIONS: Self = Self(1 << 7);
    /// What the evaluator is asked to do, and whether something was disturbed: changes at any time.
    pub const REQUESTS: Self = Self(1 << 8);
    /// The exception that is being handled.
    pub const HANDLED: Self = Self(1 << 9);
    /// How many items lists have.
    pub const SIZES: Self = Self(1 << 10);
    /// Numbers in arrays.
    pub const ARRAYS: Self = Self(1 << 11);
    /// Values in dictionaries.
    pub const ENTRIES: Self = Self(1 << 12);
    /// All of it.
    pub const ALL: Self = Self((1 << 13) - 1);

    /// Whether the sets have members in common.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Memory {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What an instruction does besides giving a result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effects {
    /// What its result depends on, besides its operands.
    pub reads: Memory,
    /// What it changes.
    pub writes: Memory,
    /// Whether it may run any code: Python's, or an extension's.
    pub runs_any: bool,
    /// Whether it must stay although nobody uses its result.
    pub stays: bool,
    /// Whether it gives a new object each time.
    pub allocates: bool,
}

/// Only its result, of its operands only.
const PURE: Effects = Effects {
    reads: Memory::NONE,
    writes: Memory::NONE,
    runs_any: false,
    stays: false,
    allocates: false,
};

/// It leaves if something is not so, and must, because what follows relies on it.
const GUARD: Effects = Effects {
    stays: true,
    ..PURE
};

/// Anything can happen.
const ANY: Effects = Effects {
    reads: Memory::ALL,
    writes: Memory::ALL,
    runs_any: true,
    stays: true,
    allocates: true,
};

/// A new object.
const ALLOCATES: Effects = Effects {
    allocates: true,
    ..PURE
};

const fn reads(reads: Memory) -> Effects {
    Effects { reads, ..PURE }
}

const fn guards(reads: Memory) -> Effects {
    Effects { reads, ..GUARD }
}

const fn writes(writes: Memory) -> Effects {
    Effects {
        writes,
        stays: true,
        ..PURE
    }
}

/// What an instruction does besides giving a result.
pub fn effects(insn: &Insn) -> Effects {
    match insn {
        Insn::Object(_)
        | Insn::Null
        | Insn::Float(_)
        | Insn::Int(_)
        | Insn::Bool(_)
        | Insn::UnboxFloat { .. }
        | Insn::UnboxInt { .. }
        | Insn::UnboxNumber { .. }
        | Insn::UnboxBool { .. }
        | Insn::FloatBinary { .. }
        | Insn::FloatUnary { .. }
        | Insn::FloatCompare { .. }
        | Insn::IntToFloat { .. }
        | Insn::IntBits { .. }
        | Insn::IntNegate { .. }
        | Insn::IntInvert { .. }
        | Insn::IntCompare { .. }
        | Insn::BoolToInt { .. }
        | Insn::Not { .. }
        | Insn::IsNone { .. }
        | Insn::IsOfClass { .. }
        | Insn::Bound { .. }
        | Insn::Is { .. }
        | Insn::Displaced { .. }
        | Insn::Select { .. }
        | Insn::StrEqual { .. }
        | Insn::LoadPassed { .. }
        | Insn::LoadCalled
        | Insn::ClosureCell { .. }
        | Insn::Globals
        | Insn::Builtins
        | Insn::FunctionPart { .. } => PURE,
        Insn::IntBinary { op, .. } => match op {
            IntOp::Add | IntOp::Subtract | IntOp::Multiply => PURE,
            // Where these leave, the evaluator raises.
            IntOp::FloorDivide | IntOp::Remainder | IntOp::ShiftLeft | IntOp::ShiftRight => GUARD,
        },
        // Where these leave, the evaluator raises, if at all.
        Insn::FloatPower { .. } | Insn::FloatCall { .. } | Insn::FloatToInt { .. } => GUARD,
        Insn::Parameter => GUARD,
        Insn::GuardClass { .. }
        | Insn::GuardBound { .. }
        | Insn::GuardIs { .. }
        | Insn::GuardFunction { .. }
        | Insn::Guard { .. }
        | Insn::CheckIndex { .. } => GUARD,
        Insn::GuardTypeVersion { .. }
        | Insn::GuardOwnTypeVersion { .. }
        | Insn::GuardInlineValues { .. }
        | Insn::GuardCachedKeys { .. }
        | Insn::GuardKeys { .. }
        | Insn::GuardArray { .. }
        | Insn::HasBase { .. }
        | Insn::GuardCallee { .. }
        | Insn::GuardDefaults { .. }
        | Insn::ModuleDict { .. } => guards(Memory::VERSIONS),
        // What is seen there changes at each step of the generator.
        Insn::GuardGenerator { .. } => guards(Memory::VERSIONS | Memory::STACK),
        Insn::GeneratorOffset { .. } | Insn::GeneratorFunction { .. } => reads(Memory::STACK),
        Insn::StorePlace { .. } | Insn::Suspend { .. } => writes(Memory::STACK),
        Insn::Poll { .. }
        | Insn::GuardRoom { .. }
        | Insn::CheckDisturbed { .. }
        | Insn::CheckReturn { .. } => guards(Memory::REQUESTS),
        Insn::WriteFrames { .. } | Insn::PopFrames { .. } => writes(Memory::LOCALS | Memory::STACK),
        Insn::LoadLocal { .. } => reads(Memory::LOCALS),
        Insn::StoreLocal { .. } => writes(Memory::LOCALS),
        Insn::WriteBack { .. } => writes(Memory::LOCALS | Memory::COUNTS),
        // It moves a reference: once only.
        Insn::LoadStack { .. } | Insn::LoadPlace { .. } | Insn::LoadReturned => Effects {
            stays: true,
            ..reads(Memory::STACK)
        },
        Insn::Retain { .. } => writes(Memory::COUNTS),
        Insn::Release { state, .. } => match state {
            Some(_) => ANY,
            None => writes(Memory::COUNTS),
        },
        Insn::Box { .. } | Insn::VirtualTuple { .. } => ALLOCATES,
        Insn::ClassInit { .. } => reads(Memory::VERSIONS),
        // What it overwrites, nobody can have read who still needs it.
        Insn::Rebox { .. } => Effects {
            reads: Memory::COUNTS,
            allocates: true,
            ..writes(Memory::NONE)
        },
        Insn::BuildTuple { .. } | Insn::BuildList { .. } | Insn::NewInstance { .. } => Effects {
            stays: true,
            ..ALLOCATES
        },
        Insn::LoadAttribute { .. } => guards(Memory::VERSIONS | Memory::ATTRIBUTES),
        Insn::StoreAttribute { cases, .. } => {
            // The dictionary of an instance may be that of a module.
            let is_entry = |case: &Case| matches!(case.attribute, Attribute::Hint { .. });
            let written = match cases.iter().any(is_entry) {
                true => Memory::ATTRIBUTES | Memory::ENTRIES,
                false => Memory::ATTRIBUTES,
            };
            Effects {
                reads: Memory::VERSIONS,
                ..writes(written)
            }
        }
        Insn::Size { .. } | Insn::ArraySize { .. } => reads(Memory::SIZES),
        Insn::ArrayItem { .. } => reads(Memory::ARRAYS),
        Insn::StoreArrayItem { .. } => writes(Memory::ARRAYS),
        Insn::Item { .. } => reads(Memory::ITEMS),
        Insn::StoreItem { .. } => writes(Memory::ITEMS),
        Insn::ListSlice { .. } => Effects {
            stays: true,
            allocates: true,
            ..reads(Memory::ITEMS | Memory::SIZES)
        },
        Insn::ReplaceSlice { .. } | Insn::CopySlice { .. } => {
            writes(Memory::ITEMS | Memory::SIZES | Memory::COUNTS)
        }
        Insn::ListAppend { .. } => writes(Memory::ITEMS | Memory::SIZES),
        Insn::RangeLeft { .. } => reads(Memory::ITERATORS),
        Insn::RangeNext { .. } | Insn::SequenceNext { .. } | Insn::SequenceEnd { .. } => Effects {
            reads: Memory::ITERATORS | Memory::ITEMS | Memory::SIZES,
            ..writes(Memory::ITERATORS)
        },
        Insn::PairNext { .. } => Effects {
            reads: Memory::ITERATORS | Memory::ITEMS | Memory::SIZES,
            ..writes(Memory::ITERATORS | Memory::ITEMS | Memory::COUNTS)
        },
        Insn::PairItem { .. } => reads(Memory::ITEMS),
        Insn::PairNumber { .. } => reads(Memory::ITERATORS),
        Insn::InlineValue { .. } | Insn::Field { .. } => reads(Memory::ATTRIBUTES),
        Insn::StoreInlineValue { .. } | Insn::StoreField { .. } => writes(Memory::ATTRIBUTES),
        Insn::DictEntry { .. } => reads(Memory::VERSIONS | Memory::ENTRIES),
        Insn::ItemFunction { .. } | Insn::FunctionDefault { .. } | Insn::IsCallee { .. } => {
            reads(Memory::VERSIONS)
        }
        Insn::ExchangeHandled { .. } => writes(Memory::HANDLED),
        Insn::CellValue { .. } => reads(Memory::CELLS),
        Insn::StoreCell { .. } => writes(Memory::CELLS),
        Insn::Length { .. }
        | Insn::GetIterator { .. }
        | Insn::IteratorNext { .. }
        | Insn::CallPython { .. }
        | Insn::CallClass { .. }
        | Insn::Apply { .. }
        | Insn::Call { .. }
        | Insn::Resume { .. }
        | Insn::Send { .. }
        | Insn::Yield { .. }
        | Insn::EndGenerator { .. }
        | Insn::EndResumed { .. }
        | Insn::Interpret { .. }
        | Insn::Raise { .. }
        | Insn::Catch { .. }
        | Insn::Return { .. }
        | Insn::Give { .. } => ANY,
        Insn::Jump(_) | Insn::Branch { .. } | Insn::Try { .. } | Insn::Exit { .. } => GUARD,
    }
}
