//! Properties of instructions: operands, states, reasons, edges.
use crate::effects::effects;
use crate::function::{Edge, StateId, Value};
use crate::insn::Insn;
use crate::operators::IntOp;
use pyroxene_jit_api::Reason;

/// Calls a function of one argument with each operand of an instruction: the same list for whoever reads and whoever
/// replaces them. The operands of a frame state are not among them.
macro_rules! operands {
    ($insn:expr, $f:ident, $iter:ident) => {
        match $insn {
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
            | Insn::Poll { .. }
            | Insn::GuardRoom { .. }
            | Insn::WriteFrames { .. }
            | Insn::PopFrames { .. }
            | Insn::CheckDisturbed { .. }
            | Insn::CheckReturn { .. }
            | Insn::Interpret { .. }
            | Insn::Raise { .. }
            | Insn::Catch { .. }
            | Insn::LoadReturned
            | Insn::EndResumed { .. }
            | Insn::Exit { .. } => {}
            Insn::StoreLocal { value, .. }
            | Insn::Retain { value }
            | Insn::GuardClass { value, .. }
            | Insn::GuardBound { value, .. }
            | Insn::GuardTypeVersion { value, .. }
            | Insn::GuardOwnTypeVersion { value, .. }
            | Insn::GuardInlineValues { value, .. }
            | Insn::GuardCachedKeys { value, .. }
            | Insn::GuardKeys { dict: value, .. }
            | Insn::GuardIs { value, .. }
            | Insn::Guard {
                condition: value, ..
            }
            | Insn::UnboxFloat { value }
            | Insn::UnboxInt { value, .. }
            | Insn::UnboxNumber { value, .. }
            | Insn::UnboxBool { value }
            | Insn::Box { value, .. }
            | Insn::GuardFunction { value, .. }
            | Insn::GuardArray { value, .. }
            | Insn::FloatUnary { value, .. }
            | Insn::FloatCall { value, .. }
            | Insn::FloatToInt { value, .. }
            | Insn::ArraySize { array: value }
            | Insn::IntToFloat { value }
            | Insn::IntNegate { value, .. }
            | Insn::IntInvert { value }
            | Insn::BoolToInt { value }
            | Insn::Not { value }
            | Insn::IsNone { value }
            | Insn::IsOfClass { value, .. }
            | Insn::Bound { value }
            | Insn::Size { value }
            | Insn::RangeLeft { iterator: value }
            | Insn::RangeNext { iterator: value }
            | Insn::SequenceNext { iterator: value }
            | Insn::SequenceEnd { iterator: value }
            | Insn::InlineValue { value, .. }
            | Insn::Field { value, .. }
            | Insn::HasBase { base: value, .. }
            | Insn::PairNext {
                iterator: value, ..
            }
            | Insn::PairItem {
                iterator: value, ..
            }
            | Insn::PairNumber { iterator: value }
            | Insn::ItemFunction { value }
            | Insn::ModuleDict { value, .. }
            | Insn::LoadAttribute { value, .. }
            | Insn::DictEntry { dict: value, .. }
            | Insn::CellValue { cell: value }
            | Insn::ExchangeHandled { exception: value }
            | Insn::Length { value, .. }
            | Insn::GetIterator { value, .. }
            | Insn::IteratorNext {
                iterator: value, ..
            }
            | Insn::Yield { value, .. }
            | Insn::EndGenerator { value, .. }
            | Insn::GuardGenerator {
                generator: value, ..
            }
            | Insn::GeneratorOffset { generator: value }
            | Insn::GeneratorFunction { generator: value }
            | Insn::LoadPlace {
                generator: value, ..
            }
            | Insn::Suspend {
                generator: value, ..
            }
            | Insn::ClassInit { class: value }
            | Insn::NewInstance { class: value, .. }
            | Insn::GuardCallee {
                function: value, ..
            }
            | Insn::GuardDefaults {
                function: value, ..
            }
            | Insn::FunctionDefault {
                function: value, ..
            }
            | Insn::IsCallee {
                function: value, ..
            }
            | Insn::FunctionPart {
                function: value, ..
            } => $f(value),
            Insn::WriteBack { value, stale, .. } => {
                $f(value);
                if let Some(stale) = stale {
                    $f(stale);
                }
            }
            Insn::FloatBinary { left, right, .. }
            | Insn::FloatPower { left, right, .. }
            | Insn::FloatCompare { left, right, .. }
            | Insn::IntBinary { left, right, .. }
            | Insn::IntBits { left, right, .. }
            | Insn::IntCompare { left, right, .. }
            | Insn::Is { left, right }
            | Insn::Rebox {
                old: left,
                number: right,
                ..
            }
            | Insn::Displaced {
                old: left,
                new: right,
            }
            | Insn::StrEqual { left, right }
            | Insn::StorePlace {
                generator: left,
                value: right,
                ..
            }
            | Insn::CheckIndex {
                index: left,
                size: right,
                ..
            }
            | Insn::Item {
                value: left,
                index: right,
            }
            | Insn::ArrayItem {
                array: left,
                index: right,
                ..
            }
            | Insn::StoreInlineValue {
                owner: left,
                item: right,
                ..
            }
            | Insn::StoreField {
                owner: left,
                item: right,
                ..
            }
            | Insn::StoreAttribute {
                owner: left,
                item: right,
                ..
            }
            | Insn::StoreCell {
                cell: left,
                value: right,
            }
            | Insn::ListAppend {
                list: left,
                item: right,
                ..
            }
            | Insn::Resume {
                generator: left,
                value: right,
                ..
            }
            | Insn::Send {
                receiver: left,
                value: right,
                ..
            } => {
                $f(left);
                $f(right);
            }
            Insn::Select {
                condition: list,
                then: index,
                otherwise: item,
            }
            | Insn::StoreItem { list, index, item }
            | Insn::StoreArrayItem {
                array: list,
                index,
                item,
                ..
            } => {
                $f(list);
                $f(index);
                $f(item);
            }
            Insn::ListSlice {
                list, start, stop, ..
            } => {
                $f(list);
                $f(start);
                $f(stop);
            }
            Insn::CopySlice {
                from,
                start,
                stop,
                list,
                first,
                last,
                ..
            } => {
                $f(from);
                $f(start);
                $f(stop);
                $f(list);
                $f(first);
                $f(last);
            }
            Insn::ReplaceSlice {
                list,
                start,
                stop,
                value,
                ..
            } => {
                $f(list);
                $f(start);
                $f(stop);
                $f(value);
            }
            Insn::Release { values, .. }
            | Insn::BuildTuple { items: values, .. }
            | Insn::VirtualTuple { items: values, .. }
            | Insn::BuildList { items: values, .. }
            | Insn::Apply {
                operands: values, ..
            }
            | Insn::Call {
                operands: values, ..
            } => values.$iter().for_each($f),
            Insn::CallPython {
                function: first,
                arguments: rest,
                ..
            }
            | Insn::CallClass {
                class: first,
                arguments: rest,
                ..
            }
            | Insn::Return {
                value: first,
                locals: rest,
            }
            | Insn::Give {
                value: first,
                held: rest,
            } => {
                $f(first);
                rest.$iter().for_each($f);
            }
            Insn::Jump(edge) => edge.arguments.$iter().for_each($f),
            Insn::Try { on, raised } => {
                on.arguments.$iter().for_each(&mut $f);
                raised.arguments.$iter().for_each($f);
            }
            Insn::Branch {
                condition,
                then,
                otherwise,
            } => {
                $f(condition);
                then.arguments.$iter().for_each(&mut $f);
                otherwise.arguments.$iter().for_each($f);
            }
        }
    };
}

impl Insn {
    /// Its operands, in order. Those of its state are not among them.
    pub fn operands(&self) -> Vec<Value> {
        let mut found = Vec::new();
        let mut add = |value: &Value| found.push(*value);
        operands!(self, add, iter);
        found
    }

    /// Replaces each operand. Those of its state are not among them.
    pub fn replace_operands(&mut self, mut replacement: impl FnMut(Value) -> Value) {
        let mut replace = |value: &mut Value| *value = replacement(*value);
        operands!(self, replace, iter_mut);
    }

    /// Its operands without what edges bring.
    pub fn operands_without_arguments(&self) -> Vec<Value> {
        match self {
            Self::Jump(_) | Self::Try { .. } => Vec::new(),
            Self::Branch { condition, .. } => vec![*condition],
            _ => self.operands(),
        }
    }

    /// The state in which it leaves, if it can.
    pub fn state(&self) -> Option<StateId> {
        self.clone().state_mut().copied()
    }

    /// The same, to be changed.
    pub fn state_mut(&mut self) -> Option<&mut StateId> {
        match self {
            Self::WriteBack { state, .. }
            | Self::GuardClass { state, .. }
            | Self::GuardBound { state, .. }
            | Self::GuardTypeVersion { state, .. }
            | Self::GuardOwnTypeVersion { state, .. }
            | Self::GuardInlineValues { state, .. }
            | Self::GuardCachedKeys { state, .. }
            | Self::GuardKeys { state, .. }
            | Self::GuardIs { state, .. }
            | Self::Guard { state, .. }
            | Self::GuardFunction { state, .. }
            | Self::GuardArray { state, .. }
            | Self::HasBase { state, .. }
            | Self::PairNext { state, .. }
            | Self::FloatCall { state, .. }
            | Self::FloatToInt { state, .. }
            | Self::ListSlice { state, .. }
            | Self::ReplaceSlice { state, .. }
            | Self::CopySlice { state, .. }
            | Self::GuardCallee { state, .. }
            | Self::GuardDefaults { state, .. }
            | Self::NewInstance { state, .. }
            | Self::GuardRoom { state }
            | Self::WriteFrames { state }
            | Self::Poll { state }
            | Self::CheckDisturbed { state }
            | Self::CallPython { state, .. }
            | Self::CallClass { state, .. }
            | Self::CheckReturn { state }
            | Self::UnboxInt { state, .. }
            | Self::UnboxNumber { state, .. }
            | Self::Box { state, .. }
            | Self::Rebox { state, .. }
            | Self::FloatPower { state, .. }
            | Self::IntBinary { state, .. }
            | Self::IntNegate { state, .. }
            | Self::CheckIndex { state, .. }
            | Self::ModuleDict { state, .. }
            | Self::Length { state, .. }
            | Self::GetIterator { state, .. }
            | Self::IteratorNext { state, .. }
            | Self::BuildTuple { state, .. }
            | Self::BuildList { state, .. }
            | Self::ListAppend { state, .. }
            | Self::LoadAttribute { state, .. }
            | Self::StoreAttribute { state, .. }
            | Self::Apply { state, .. }
            | Self::Call { state, .. }
            | Self::Interpret { state, .. }
            | Self::Raise { state, .. }
            | Self::Catch { state, .. }
            | Self::Resume { state, .. }
            | Self::Send { state, .. }
            | Self::Yield { state, .. }
            | Self::EndGenerator { state, .. }
            | Self::GuardGenerator { state, .. }
            | Self::EndResumed { state }
            | Self::Exit { state, .. } => Some(state),
            Self::Release { state, .. } => state.as_mut(),
            Self::Parameter
            | Self::Object(_)
            | Self::Null
            | Self::Float(_)
            | Self::Int(_)
            | Self::Bool(_)
            | Self::LoadLocal { .. }
            | Self::StoreLocal { .. }
            | Self::LoadStack { .. }
            | Self::LoadPassed { .. }
            | Self::LoadCalled
            | Self::ClosureCell { .. }
            | Self::Globals
            | Self::Builtins
            | Self::FunctionPart { .. }
            | Self::ClassInit { .. }
            | Self::PopFrames { .. }
            | Self::Retain { .. }
            | Self::VirtualTuple { .. }
            | Self::UnboxFloat { .. }
            | Self::UnboxBool { .. }
            | Self::FloatBinary { .. }
            | Self::FloatUnary { .. }
            | Self::ArraySize { .. }
            | Self::ArrayItem { .. }
            | Self::StoreArrayItem { .. }
            | Self::FloatCompare { .. }
            | Self::IntToFloat { .. }
            | Self::IntBits { .. }
            | Self::IntInvert { .. }
            | Self::IntCompare { .. }
            | Self::BoolToInt { .. }
            | Self::Not { .. }
            | Self::IsNone { .. }
            | Self::IsOfClass { .. }
            | Self::Bound { .. }
            | Self::Is { .. }
            | Self::Displaced { .. }
            | Self::Select { .. }
            | Self::Size { .. }
            | Self::Item { .. }
            | Self::StoreItem { .. }
            | Self::StrEqual { .. }
            | Self::RangeLeft { .. }
            | Self::RangeNext { .. }
            | Self::SequenceNext { .. }
            | Self::SequenceEnd { .. }
            | Self::InlineValue { .. }
            | Self::StoreInlineValue { .. }
            | Self::Field { .. }
            | Self::ItemFunction { .. }
            | Self::FunctionDefault { .. }
            | Self::IsCallee { .. }
            | Self::PairItem { .. }
            | Self::PairNumber { .. }
            | Self::StoreField { .. }
            | Self::DictEntry { .. }
            | Self::CellValue { .. }
            | Self::ExchangeHandled { .. }
            | Self::StoreCell { .. }
            | Self::LoadReturned
            | Self::GeneratorOffset { .. }
            | Self::GeneratorFunction { .. }
            | Self::LoadPlace { .. }
            | Self::StorePlace { .. }
            | Self::Suspend { .. }
            | Self::Jump(_)
            | Self::Branch { .. }
            | Self::Try { .. }
            | Self::Return { .. }
            | Self::Give { .. } => None,
        }
    }

    /// Why it leaves, if it can.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::GuardBound { reason, .. }
            | Self::Guard { reason, .. }
            | Self::Exit { reason, .. } => Some(*reason),
            Self::GuardClass { .. }
            | Self::ModuleDict { .. }
            | Self::HasBase { .. }
            | Self::ReplaceSlice { .. }
            | Self::CopySlice { .. } => Some(Reason::Class),
            Self::GuardTypeVersion { .. }
            | Self::GuardOwnTypeVersion { .. }
            | Self::GuardArray { .. } => Some(Reason::TypeVersion),
            Self::LoadAttribute { .. }
            | Self::StoreAttribute { .. }
            | Self::PairNext { .. }
            | Self::UnboxNumber { .. } => Some(Reason::Types),
            Self::GuardInlineValues { .. } => Some(Reason::InlineValues),
            Self::GuardCachedKeys { .. } | Self::GuardKeys { .. } => Some(Reason::KeysVersion),
            Self::GuardIs { .. }
            | Self::GuardFunction { .. }
            | Self::GuardCallee { .. }
            | Self::GuardGenerator { .. }
            | Self::GuardDefaults { .. } => Some(Reason::Identity),
            Self::CallPython { .. }
            | Self::CallClass { .. }
            | Self::NewInstance { .. }
            | Self::GuardRoom { .. } => Some(Reason::Call),
            Self::CheckReturn { .. } => Some(Reason::Return),
            Self::Resume { .. } | Self::Yield { .. } | Self::EndGenerator { .. } => {
                Some(Reason::Generator)
            }
            Self::Poll { .. } => Some(Reason::EvalBreaker),
            Self::CheckDisturbed { .. } => Some(Reason::Disturbed),
            Self::Release { state, .. } => state.map(|_| Reason::Disturbed),
            Self::UnboxInt { .. } | Self::IntNegate { .. } => Some(Reason::Overflow),
            Self::IntBinary { op, .. } => Some(match op {
                IntOp::Add | IntOp::Subtract | IntOp::Multiply => Reason::Overflow,
                IntOp::FloorDivide | IntOp::Remainder | IntOp::ShiftLeft | IntOp::ShiftRight => {
                    Reason::Domain
                }
            }),
            Self::FloatPower { .. } | Self::FloatCall { .. } | Self::FloatToInt { .. } => {
                Some(Reason::Domain)
            }
            Self::CheckIndex { .. } => Some(Reason::Index),
            Self::WriteBack { .. }
            | Self::Box { .. }
            | Self::ListSlice { .. }
            | Self::Rebox { .. }
            | Self::Length { .. }
            | Self::GetIterator { .. }
            | Self::IteratorNext { .. }
            | Self::BuildTuple { .. }
            | Self::BuildList { .. }
            | Self::ListAppend { .. }
            | Self::Apply { .. }
            | Self::Call { .. }
            | Self::Catch { .. }
            | Self::Send { .. } => Some(Reason::Raised),
            Self::Interpret { .. } | Self::Raise { .. } => Some(Reason::NotCompiled),
            Self::Parameter
            | Self::Object(_)
            | Self::Null
            | Self::Float(_)
            | Self::Int(_)
            | Self::Bool(_)
            | Self::LoadLocal { .. }
            | Self::StoreLocal { .. }
            | Self::LoadStack { .. }
            | Self::LoadPassed { .. }
            | Self::LoadCalled
            | Self::ClosureCell { .. }
            | Self::Globals
            | Self::Builtins
            | Self::FunctionPart { .. }
            | Self::ClassInit { .. }
            | Self::WriteFrames { .. }
            | Self::PopFrames { .. }
            | Self::Retain { .. }
            | Self::UnboxFloat { .. }
            | Self::UnboxBool { .. }
            | Self::FloatBinary { .. }
            | Self::FloatUnary { .. }
            | Self::ArraySize { .. }
            | Self::ArrayItem { .. }
            | Self::StoreArrayItem { .. }
            | Self::FloatCompare { .. }
            | Self::IntToFloat { .. }
            | Self::IntBits { .. }
            | Self::IntInvert { .. }
            | Self::IntCompare { .. }
            | Self::BoolToInt { .. }
            | Self::Not { .. }
            | Self::IsNone { .. }
            | Self::IsOfClass { .. }
            | Self::Bound { .. }
            | Self::Is { .. }
            | Self::Displaced { .. }
            | Self::Select { .. }
            | Self::Size { .. }
            | Self::Item { .. }
            | Self::StoreItem { .. }
            | Self::StrEqual { .. }
            | Self::RangeLeft { .. }
            | Self::RangeNext { .. }
            | Self::SequenceNext { .. }
            | Self::SequenceEnd { .. }
            | Self::InlineValue { .. }
            | Self::StoreInlineValue { .. }
            | Self::Field { .. }
            | Self::ItemFunction { .. }
            | Self::FunctionDefault { .. }
            | Self::IsCallee { .. }
            | Self::PairItem { .. }
            | Self::PairNumber { .. }
            | Self::StoreField { .. }
            | Self::DictEntry { .. }
            | Self::CellValue { .. }
            | Self::ExchangeHandled { .. }
            | Self::StoreCell { .. }
            | Self::LoadReturned
            | Self::GeneratorOffset { .. }
            | Self::GeneratorFunction { .. }
            | Self::LoadPlace { .. }
            | Self::StorePlace { .. }
            | Self::Suspend { .. }
            | Self::EndResumed { .. }
            | Self::Jump(_)
            | Self::Branch { .. }
            | Self::Try { .. }
            | Self::VirtualTuple { .. }
            | Self::Return { .. }
            | Self::Give { .. } => None,
        }
    }

    /// Whether it may take its exit before it has done anything, though it has no reason: its state is how things are before it,
    /// and the evaluator does all of the instruction itself.
    pub fn leaves_at_will(&self) -> bool {
        let Some(reason) = self.reason() else {
            return false;
        };
        match reason {
            // It leaves in any case, or after an object has died.
            _ if matches!(self, Self::Exit { .. } | Self::Release { .. }) => false,
            Reason::Return
            | Reason::EvalBreaker
            | Reason::Disturbed
            | Reason::Cold
            | Reason::Unseen
            | Reason::Class
            | Reason::Unbound
            | Reason::Overflow
            | Reason::Domain
            | Reason::Index
            | Reason::TypeVersion
            | Reason::Types
            | Reason::KeysVersion
            | Reason::InlineValues
            | Reason::Identity
            | Reason::LoopEntry => true,
            // What it runs has left or has raised, or the evaluator is to run it.
            Reason::Call
            | Reason::Generator
            | Reason::Raised
            | Reason::Warm
            | Reason::NotCompiled => false,
        }
    }

    /// Whether it may raise for another reason than that there is no memory: [`Try`](Self::Try) may come after it.
    pub fn may_raise(&self) -> bool {
        match self {
            Self::Interpret { .. } | Self::CallPython { .. } | Self::Resume { .. } => true,
            Self::Catch { .. } => false,
            _ => self.reason() == Some(Reason::Raised) && effects(self).runs_any,
        }
    }

    /// Whether the frame holds its state when it has raised, and so does the stack there.
    pub fn writes_state(&self) -> bool {
        matches!(
            self,
            Self::Interpret { .. }
                | Self::CallPython { .. }
                | Self::Call { .. }
                | Self::Resume { .. }
                | Self::Raise { .. }
        )
    }

    /// Whether it ends a block.
    pub fn ends_block(&self) -> bool {
        matches!(
            self,
            Self::Jump(_)
                | Self::Branch { .. }
                | Self::Try { .. }
                | Self::Return { .. }
                | Self::Give { .. }
                | Self::Yield { .. }
                | Self::EndGenerator { .. }
                | Self::Exit { .. }
        )
    }

    /// The edges that leave from it.
    pub fn edges(&self) -> Vec<&Edge> {
        match self {
            Self::Jump(edge) => vec![edge],
            Self::Branch {
                then, otherwise, ..
            }
            | Self::Try {
                on: then,
                raised: otherwise,
            } => vec![then, otherwise],
            _ => Vec::new(),
        }
    }

    /// The same, to be changed.
    pub fn edges_mut(&mut self) -> Vec<&mut Edge> {
        match self {
            Self::Jump(edge) => vec![edge],
            Self::Branch {
                then, otherwise, ..
            }
            | Self::Try {
                on: then,
                raised: otherwise,
            } => vec![then, otherwise],
            _ => Vec::new(),
        }
    }
}
