//! The printed form of HIR. It does not change from run to run: tests compare it.
use crate::function::{BlockId, Edge, FrameId, FrameState, Function, ROOT, StackEntry, Value};
use crate::insn::Insn;
use crate::operands::{Attribute, CallForm, Case, Given};
use crate::operators::{BitOp, Comparison, FloatFunction, FloatOp, FloatUnary, IntOp};
use crate::types::Type;
use core::fmt::{self, Write as _};
use pyroxene_jit_api::{Known, ObjectId, Snapshot};

/// Prints a function.
pub fn print(function: &Function, snapshot: &Snapshot) -> String {
    let mut text = String::new();
    let printer = Printer { function, snapshot };
    printer
        .function(&mut text)
        .expect("writing to a string does not fail");
    text
}

struct Printer<'a> {
    function: &'a Function,
    snapshot: &'a Snapshot,
}

impl Printer<'_> {
    fn function(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "fn {}", self.function.name)?;
        for entry in &self.function.entries {
            writeln!(text, "  entry {} at {}", entry.block, entry.offset)?;
        }
        for block in self.function.block_ids() {
            if !self.function[block].insns.is_empty() {
                self.block(text, block)?;
            }
        }
        Ok(())
    }

    fn block(&self, text: &mut String, id: BlockId) -> fmt::Result {
        let block = &self.function[id];
        let parameters: Vec<String> = block
            .parameters
            .iter()
            .map(|parameter| format!("{parameter}: {}", self.function.ty(*parameter)))
            .collect();
        writeln!(text, "{id}({}): @{}", parameters.join(", "), block.offset)?;
        for &value in &block.insns {
            write!(text, "  ")?;
            if self.function.ty(value) != Type::Nothing {
                write!(text, "{value}: {} = ", self.function.ty(value))?;
            }
            self.insn(text, value)?;
            writeln!(text)?;
        }
        Ok(())
    }

    fn insn(&self, text: &mut String, value: Value) -> fmt::Result {
        let insn = self.function.insn(value);
        text.write_str(name(insn))?;
        self.details(text, insn, self.function[value].frame)?;
        match insn {
            Insn::Jump(edge) => write!(text, " {}", Target(edge))?,
            Insn::VirtualTuple { items, owned } => {
                for (&value, &owned) in items.iter().zip(owned) {
                    write!(text, " {}", place(&StackEntry { value, owned }))?;
                }
            }
            Insn::Try { on, raised } => write!(text, " {}, {}", Target(on), Target(raised))?,
            Insn::Branch {
                condition,
                then,
                otherwise,
            } => write!(
                text,
                " {condition}, {}, {}",
                Target(then),
                Target(otherwise)
            )?,
            _ => {
                let operands: Vec<String> = insn.operands().iter().map(Value::to_string).collect();
                if !operands.is_empty() {
                    write!(text, " {}", operands.join(", "))?;
                }
            }
        }
        if let Some(state) = insn.state() {
            let reason = insn.reason().map_or("", |reason| reason.name());
            write!(text, " else {reason} {}", State(&self.function[state]))?;
        }
        Ok(())
    }

    /// What an instruction says besides its operands.
    fn details(&self, text: &mut String, insn: &Insn, frame: FrameId) -> fmt::Result {
        match insn {
            Insn::Object(object) => write!(text, " {}", self.object(*object)),
            Insn::Float(number) => write!(text, " {number:?}"),
            Insn::Int(number) => write!(text, " {number}"),
            Insn::Bool(truth) => write!(text, " {truth}"),
            Insn::LoadLocal { slot }
            | Insn::StoreLocal { slot, .. }
            | Insn::WriteBack { slot, .. } => match self.snapshot.body.locals.get(*slot as usize) {
                Some(local) if frame == ROOT => write!(text, " {}", local.name),
                _ => write!(text, " {slot} of {frame}"),
            },
            Insn::LoadStack { index }
            | Insn::LoadPassed { index }
            | Insn::ClosureCell { index } => write!(text, " {index}"),
            Insn::GuardClass { classes, .. } => write!(text, " {classes}"),
            Insn::CallClass {
                version, callee, ..
            } => {
                let name = &self.snapshot.callees[*callee as usize].name;
                write!(text, " {version} {name}")
            }
            Insn::Call { given, .. } => match given {
                Given::Placed => Ok(()),
                Given::Named(names) => write!(text, " by {}", self.object(*names)),
                Given::Unpacked => write!(text, " unpacked"),
            },
            Insn::CallPython {
                callee,
                others,
                form,
                ..
            } => {
                let all = core::iter::once(callee).chain(others);
                let names: Vec<&str> = all
                    .map(|&callee| self.snapshot.callees[callee as usize].name.as_str())
                    .collect();
                write!(text, " {}", names.join("|"))?;
                match form {
                    CallForm::Function => Ok(()),
                    CallForm::Method => write!(text, " of method"),
                    CallForm::Keywords(names) => write!(text, " by {}", self.object(*names)),
                    CallForm::Unpacked { arguments } => write!(text, " unpacked {arguments}"),
                    CallForm::Property { version, getter } => {
                        write!(text, " property {version}:{}", self.object(*getter))
                    }
                    CallForm::Item { version } => write!(text, " item {version}"),
                }
            }
            Insn::GuardDefaults { count, .. } => write!(text, " {count}"),
            Insn::FunctionDefault { index, .. } => write!(text, " {index}"),
            Insn::GuardCallee { callee, .. }
            | Insn::GuardGenerator { callee, .. }
            | Insn::IsCallee { callee, .. } => {
                write!(text, " {}", self.snapshot.callees[*callee as usize].name)
            }
            Insn::PairNext { class, .. } => write!(text, " {}", class.name()),
            Insn::PairItem { class, index, .. } => write!(text, " {} {index}", class.name()),
            Insn::UnboxNumber { exact: true, .. } => write!(text, " exact"),
            Insn::HasBase { class, .. } => write!(text, " {}", class.name()),
            Insn::IsOfClass { class, .. } => write!(text, " {}", class.name()),
            Insn::FunctionPart { part, .. } => write!(text, " {part:?}"),
            Insn::LoadPlace { index, .. } | Insn::StorePlace { index, .. } => {
                write!(text, " {index}")
            }
            Insn::Suspend { offset, .. } => write!(text, " at {offset}"),
            Insn::PopFrames { count, .. } => write!(text, " {count}"),
            Insn::Resume { end, .. } => write!(text, " end {end}"),
            Insn::Yield {
                delegates: true, ..
            } => write!(text, " delegates"),
            Insn::GuardTypeVersion { version, .. }
            | Insn::GuardOwnTypeVersion { version, .. }
            | Insn::NewInstance { version, .. }
            | Insn::GuardCachedKeys { version, .. } => write!(text, " {version}"),
            Insn::GuardKeys { version, check, .. } => {
                write!(text, " {version}{}", if *check { " dict" } else { "" })
            }
            Insn::GuardInlineValues { no_dict: true, .. } => write!(text, " no_dict"),
            Insn::GuardFunction { function, .. } => {
                let (module, name) = function.name();
                write!(text, " {module}.{name}")
            }
            Insn::GuardArray { version, items, .. } => {
                write!(text, " {version} {}", char::from(items.code()))
            }
            Insn::ListSlice { step, .. } | Insn::CopySlice { step, .. } => write!(text, " {step}"),
            Insn::ArrayItem { items, .. } | Insn::StoreArrayItem { items, .. } => {
                write!(text, " {}", char::from(items.code()))
            }
            Insn::GuardIs { object, .. } => write!(text, " {}", self.object(*object)),
            Insn::Guard { expected, .. } => write!(text, " {expected}"),
            Insn::InlineValue { index, .. }
            | Insn::StoreInlineValue { index, .. }
            | Insn::DictEntry { index, .. } => write!(text, " {index}"),
            Insn::Field { offset, .. } | Insn::StoreField { offset, .. } => {
                write!(text, " {offset}")
            }
            Insn::LoadAttribute { cases, .. } | Insn::StoreAttribute { cases, .. } => {
                for Case { version, attribute } in cases {
                    write!(text, " {version}:{}", self.attribute(*attribute))?;
                }
                Ok(())
            }
            Insn::Apply {
                operation,
                name,
                number,
                ..
            } => {
                write!(text, " {}", operation.name())?;
                if let Some(name) = name {
                    write!(text, " {}", self.object(*name))?;
                }
                if operation.told().number {
                    write!(text, " {number}")?;
                }
                Ok(())
            }
            Insn::Interpret {
                opcode,
                oparg,
                next,
                ..
            } => write!(text, " {opcode:?} {oparg} to {next}"),
            Insn::Raise { opcode, oparg, .. } => write!(text, " {opcode:?} {oparg}"),
            Insn::Catch {
                level,
                lasti,
                noted,
                written,
                ..
            } => {
                let mut flag = |name, is_set| match is_set {
                    true => write!(text, " {name}"),
                    false => Ok(()),
                };
                flag("lasti", *lasti)?;
                flag("noted", *noted)?;
                flag("written", *written)?;
                write!(text, " {level}")
            }
            _ => Ok(()),
        }
    }

    fn attribute(&self, attribute: Attribute) -> String {
        match attribute {
            Attribute::Inline { index } => format!("inline {index}"),
            Attribute::Slot { offset } => format!("slot {offset}"),
            Attribute::Hint { index, name } => format!("hint {index} {}", self.object(name)),
            Attribute::Shared { keys, found, .. } => {
                format!("shared {keys} {}", self.object(found))
            }
            Attribute::Type { found } => format!("type {}", self.object(found)),
            Attribute::Lazy { distance, found } => {
                format!("lazy {distance} {}", self.object(found))
            }
        }
    }

    fn object(&self, object: ObjectId) -> String {
        let known = match &self.snapshot.objects[object.0 as usize].known {
            Known::None => "none".to_owned(),
            Known::Bool(truth) => truth.to_string(),
            Known::Int(number) => number.to_string(),
            Known::Float(number) => format!("{number:?}"),
            Known::Builtin(builtin) => format!("{builtin:?}"),
            Known::Instance(class) => class.name().to_owned(),
            Known::Nothing => "?".to_owned(),
        };
        format!("#{}({known})", object.0)
    }
}

/// An edge.
struct Target<'a>(&'a Edge);

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<String> = self.0.arguments.iter().map(Value::to_string).collect();
        write!(f, "{}({})", self.0.to, arguments.join(", "))
    }
}

/// A state: where the evaluator goes on, what is pending, the stack. A borrowed place of the stack has an ampersand.
/// What a place has, with a sign where it does not own it.
fn place(entry: &StackEntry) -> String {
    let sign = if entry.owned { "" } else { "&" };
    format!("{sign}{}", entry.value)
}

struct State<'a>(&'a FrameState);

impl fmt::Display for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0.offset)?;
        if !self.0.pending.is_empty() {
            let pending: Vec<String> = self
                .0
                .pending
                .iter()
                .map(|pending| {
                    let stale = pending.stale.map(|stale| format!("?{stale}"));
                    format!(
                        "{}={}{}",
                        pending.slot,
                        pending.value,
                        stale.unwrap_or_default()
                    )
                })
                .collect();
            write!(f, " {{{}}}", pending.join(" "))?;
        }
        let places = |entries: &[StackEntry]| {
            let places: Vec<String> = entries.iter().map(place).collect();
            places.join(" ")
        };
        let FrameState {
            stack,
            inlined,
            written,
            ..
        } = self.0;
        let end = |index: usize| {
            inlined
                .get(index)
                .map_or(stack.len(), |next| next.bottom as usize)
        };
        let sign = |written: bool| if written { "!" } else { "" };
        write!(f, " {}[{}]", sign(*written), places(&stack[..end(0)]))?;
        for (index, frame) in inlined.iter().enumerate() {
            write!(
                f,
                " > {}{}{}({}) {{{}}} [{}]",
                if frame.pushed { "*" } else { "" },
                sign(frame.written),
                frame.frame,
                place(&frame.function),
                places(&frame.locals),
                places(&stack[frame.bottom as usize..end(index + 1)])
            )?;
        }
        Ok(())
    }
}

/// The name of an instruction in the printed form.
pub fn name(insn: &Insn) -> &'static str {
    match insn {
        Insn::Parameter => "parameter",
        Insn::Object(_) => "object",
        Insn::Null => "null",
        Insn::Float(_) => "float",
        Insn::Int(_) => "int",
        Insn::Bool(_) => "bool",
        Insn::LoadLocal { .. } => "load_local",
        Insn::StoreLocal { .. } => "store_local",
        Insn::WriteBack { .. } => "write_back",
        Insn::LoadStack { .. } => "load_stack",
        Insn::LoadPassed { .. } => "load_passed",
        Insn::LoadCalled => "load_called",
        Insn::ClosureCell { .. } => "closure_cell",
        Insn::Globals => "globals",
        Insn::Builtins => "builtins",
        Insn::FunctionPart { .. } => "function_part",
        Insn::WriteFrames { .. } => "write_frames",
        Insn::PopFrames { .. } => "pop_frames",
        Insn::GuardCallee { .. } => "guard_callee",
        Insn::GuardDefaults { .. } => "guard_defaults",
        Insn::FunctionDefault { .. } => "function_default",
        Insn::IsCallee { .. } => "is_callee",
        Insn::ClassInit { .. } => "class_init",
        Insn::NewInstance { .. } => "new_instance",
        Insn::GuardRoom { .. } => "guard_room",
        Insn::Retain { .. } => "retain",
        Insn::Release { .. } => "release",
        Insn::GuardClass { .. } => "guard_class",
        Insn::GuardBound { .. } => "guard_bound",
        Insn::GuardTypeVersion { .. } => "guard_type_version",
        Insn::GuardOwnTypeVersion { .. } => "guard_own_type_version",
        Insn::GuardInlineValues { .. } => "guard_inline_values",
        Insn::GuardCachedKeys { .. } => "guard_cached_keys",
        Insn::GuardKeys { .. } => "guard_keys",
        Insn::GuardIs { .. } => "guard_is",
        Insn::Guard { .. } => "guard",
        Insn::Bound { .. } => "bound",
        Insn::Poll { .. } => "poll",
        Insn::CheckDisturbed { .. } => "check_disturbed",
        Insn::UnboxFloat { .. } => "unbox_float",
        Insn::UnboxInt { .. } => "unbox_int",
        Insn::UnboxNumber { .. } => "unbox_number",
        Insn::UnboxBool { .. } => "unbox_bool",
        Insn::Box { .. } => "box",
        Insn::Rebox { .. } => "rebox",
        Insn::Displaced { .. } => "displaced",
        Insn::FloatBinary { op, .. } => match op {
            FloatOp::Add => "float_add",
            FloatOp::Subtract => "float_subtract",
            FloatOp::Multiply => "float_multiply",
            FloatOp::Divide => "float_divide",
            FloatOp::FloorDivide => "float_floor_divide",
            FloatOp::Remainder => "float_remainder",
        },
        Insn::FloatPower { .. } => "float_power",
        Insn::FloatUnary { op, .. } => match op {
            FloatUnary::Negate => "float_negate",
            FloatUnary::Absolute => "float_absolute",
            FloatUnary::Floor => "float_floor",
            FloatUnary::Ceil => "float_ceil",
            FloatUnary::Round => "float_round",
        },
        Insn::FloatCall { function, .. } => match function {
            FloatFunction::Sqrt => "float_sqrt",
            FloatFunction::Sin => "float_sin",
            FloatFunction::Cos => "float_cos",
            FloatFunction::Tan => "float_tan",
            FloatFunction::Asin => "float_asin",
            FloatFunction::Acos => "float_acos",
            FloatFunction::Atan => "float_atan",
            FloatFunction::Exp => "float_exp",
            FloatFunction::Log => "float_log",
        },
        Insn::FloatToInt { .. } => "float_to_int",
        Insn::Select { .. } => "select",
        Insn::GuardFunction { .. } => "guard_function",
        Insn::GuardArray { .. } => "guard_array",
        Insn::ListSlice { .. } => "list_slice",
        Insn::ReplaceSlice { .. } => "replace_slice",
        Insn::CopySlice { .. } => "copy_slice",
        Insn::ArraySize { .. } => "array_size",
        Insn::ArrayItem { .. } => "array_item",
        Insn::StoreArrayItem { .. } => "store_array_item",
        Insn::FloatCompare { op, .. } => match op {
            Comparison::Less => "float_less",
            Comparison::LessEqual => "float_less_equal",
            Comparison::Equal => "float_equal",
            Comparison::NotEqual => "float_not_equal",
            Comparison::Greater => "float_greater",
            Comparison::GreaterEqual => "float_greater_equal",
        },
        Insn::IntToFloat { .. } => "int_to_float",
        Insn::IntBinary { op, .. } => match op {
            IntOp::Add => "int_add",
            IntOp::Subtract => "int_subtract",
            IntOp::Multiply => "int_multiply",
            IntOp::FloorDivide => "int_floor_divide",
            IntOp::Remainder => "int_remainder",
            IntOp::ShiftLeft => "int_shift_left",
            IntOp::ShiftRight => "int_shift_right",
        },
        Insn::IntBits { op, .. } => match op {
            BitOp::And => "int_and",
            BitOp::Or => "int_or",
            BitOp::Xor => "int_xor",
        },
        Insn::IntNegate { .. } => "int_negate",
        Insn::IntInvert { .. } => "int_invert",
        Insn::IntCompare { op, .. } => match op {
            Comparison::Less => "int_less",
            Comparison::LessEqual => "int_less_equal",
            Comparison::Equal => "int_equal",
            Comparison::NotEqual => "int_not_equal",
            Comparison::Greater => "int_greater",
            Comparison::GreaterEqual => "int_greater_equal",
        },
        Insn::BoolToInt { .. } => "bool_to_int",
        Insn::Not { .. } => "not",
        Insn::IsNone { .. } => "is_none",
        Insn::IsOfClass { .. } => "is_of_class",
        Insn::Is { .. } => "is",
        Insn::Size { .. } => "size",
        Insn::CheckIndex { .. } => "check_index",
        Insn::Item { .. } => "item",
        Insn::StoreItem { .. } => "store_item",
        Insn::HasBase { .. } => "has_base",
        Insn::PairNext { .. } => "pair_next",
        Insn::PairItem { .. } => "pair_item",
        Insn::PairNumber { .. } => "pair_number",
        Insn::StrEqual { .. } => "str_equal",
        Insn::RangeLeft { .. } => "range_left",
        Insn::RangeNext { .. } => "range_next",
        Insn::SequenceNext { .. } => "sequence_next",
        Insn::SequenceEnd { .. } => "sequence_end",
        Insn::InlineValue { .. } => "inline_value",
        Insn::StoreInlineValue { .. } => "store_inline_value",
        Insn::Field { .. } => "field",
        Insn::StoreField { .. } => "store_field",
        Insn::ModuleDict { .. } => "module_dict",
        Insn::DictEntry { .. } => "dict_entry",
        Insn::CellValue { .. } => "cell_value",
        Insn::StoreCell { .. } => "store_cell",
        Insn::Length { .. } => "length",
        Insn::GetIterator { .. } => "get_iterator",
        Insn::IteratorNext { .. } => "iterator_next",
        Insn::BuildTuple { .. } => "build_tuple",
        Insn::ItemFunction { .. } => "item_function",
        Insn::VirtualTuple { .. } => "virtual_tuple",
        Insn::BuildList { .. } => "build_list",
        Insn::ListAppend { .. } => "list_append",
        Insn::CallPython { .. } => "call_python",
        Insn::CallClass { .. } => "call_class",
        Insn::CheckReturn { .. } => "check_return",
        Insn::LoadAttribute { .. } => "load_attribute",
        Insn::StoreAttribute { .. } => "store_attribute",
        Insn::Apply { .. } => "apply",
        Insn::Call { .. } => "call",
        Insn::Resume { .. } => "resume",
        Insn::Send { .. } => "send",
        Insn::LoadReturned => "load_returned",
        Insn::Yield { .. } => "yield",
        Insn::EndGenerator { .. } => "end_generator",
        Insn::GuardGenerator { .. } => "guard_generator",
        Insn::GeneratorOffset { .. } => "generator_offset",
        Insn::GeneratorFunction { .. } => "generator_function",
        Insn::LoadPlace { .. } => "load_place",
        Insn::StorePlace { .. } => "store_place",
        Insn::Suspend { .. } => "suspend",
        Insn::EndResumed { .. } => "end_resumed",
        Insn::Interpret { .. } => "interpret",
        Insn::Raise { .. } => "raise",
        Insn::Catch { .. } => "catch",
        Insn::Try { .. } => "try",
        Insn::ExchangeHandled { .. } => "exchange_handled",
        Insn::Jump(_) => "jump",
        Insn::Branch { .. } => "branch",
        Insn::Return { .. } => "return",
        Insn::Give { .. } => "give",
        Insn::Exit { .. } => "exit",
    }
}
