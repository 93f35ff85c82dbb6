//! Which part of the lowering writes which instruction: the one match over all of them.
use super::Lowering;
use super::frame::Written;
use super::generators::Resumption;
use super::python::Call;
use inkwell::values::BasicValueEnum;
use pyroxene_hir::operands::CallForm;
use pyroxene_hir::{Insn, Value};
use pyroxene_jit_api::ExitKind;

impl<'c> Lowering<'c, '_> {
    /// Writes an instruction, and gives what it computes.
    pub(super) fn insn(&mut self, value: Value) -> Option<BasicValueEnum<'c>> {
        let function = self.function;
        match function.insn(value) {
            Insn::Parameter => self.values[value.index()],
            Insn::Object(object) => Some(self.object(*object).into()),
            Insn::Null => Some(self.emit.null().into()),
            Insn::Float(number) => Some(self.emit.float().const_float(*number).into()),
            Insn::Int(number) => Some(self.emit.const_long(*number).into()),
            Insn::Bool(truth) => Some(self.emit.bit().const_int(u64::from(*truth), false).into()),

            Insn::LoadLocal { slot } => Some(self.emit.load_pointer(self.slot(*slot)).into()),
            Insn::StoreLocal { slot, value } => {
                self.emit.store(self.slot(*slot), self.pointer(*value));
                None
            }
            Insn::WriteBack {
                slot,
                value: local,
                stale,
                ..
            } => {
                self.write_back(value, *slot, *local, *stale);
                None
            }
            Insn::LoadStack { index } => {
                Some(self.emit.load_pointer(self.stack_place(*index)).into())
            }
            Insn::LoadPassed { index } => Some(self.load_passed(*index)),
            Insn::LoadCalled => Some(self.called().into()),
            Insn::ClosureCell { index } => {
                let layout = self.host.layout;
                let function = self.field(self.frame(), layout.frame_function);
                let closure = self.field(function, layout.function_closure);
                let cell = self.field(closure, layout.tuple_items + index * 8);
                Some(cell.into())
            }
            Insn::Globals => Some(
                self.field(self.frame(), self.host.layout.frame_globals)
                    .into(),
            ),
            Insn::Builtins => Some(
                self.field(self.frame(), self.host.layout.frame_builtins)
                    .into(),
            ),

            Insn::ItemFunction { value: object } => {
                let class = self.class_of(self.pointer(*object));
                Some(self.field(class, self.host.layout.type_get_item).into())
            }
            Insn::FunctionPart {
                function: of, part, ..
            } => Some(self.function_part(*of, *part).into()),
            Insn::WriteFrames { state } => {
                self.write_frames(*state);
                None
            }
            Insn::PopFrames { count, last } => {
                self.pop_frames(*count, *last);
                None
            }

            Insn::Retain { value: object } => {
                self.retain(*object);
                None
            }
            Insn::Release { values, state } => {
                self.release(value, values, *state);
                None
            }

            Insn::GuardClass {
                value: object,
                classes,
                ..
            } => {
                self.guard_class(value, *object, *classes);
                Some(self.value(*object))
            }
            Insn::GuardBound { value: object, .. } => {
                let null = self.emit.is_null(self.pointer(*object));
                self.refuse(null, value);
                Some(self.value(*object))
            }
            Insn::GuardTypeVersion {
                value: object,
                version,
                ..
            } => {
                let class = self.class_of(self.pointer(*object));
                self.guard_type_version(value, class, *version);
                None
            }
            Insn::GuardOwnTypeVersion {
                value: object,
                version,
                ..
            } => {
                self.guard_is_type(value, *object);
                self.guard_type_version(value, self.pointer(*object), *version);
                None
            }
            Insn::GuardInlineValues {
                value: object,
                no_dict,
                ..
            } => {
                self.guard_inline_values(value, *object, *no_dict);
                None
            }
            Insn::GuardCachedKeys {
                value: object,
                version,
                ..
            } => {
                self.guard_cached_keys(value, *object, *version);
                None
            }
            Insn::GuardKeys {
                dict,
                version,
                check,
                ..
            } => {
                self.guard_keys(value, *dict, *version, *check);
                None
            }
            Insn::GuardIs {
                value: object,
                object: expected,
                ..
            } => {
                let expected = self.object(*expected);
                let same = self.emit.same(self.pointer(*object), expected);
                self.require(same, value);
                Some(self.value(*object))
            }
            Insn::GuardCallee {
                function: called,
                callee,
                ..
            } => {
                self.guard_callee(value, *called, *callee);
                None
            }
            Insn::GuardDefaults {
                function: called,
                count,
                ..
            } => {
                self.guard_defaults(value, *called, *count);
                None
            }
            Insn::FunctionDefault {
                function: called,
                index,
            } => Some(self.function_default(*called, *index).into()),
            Insn::IsCallee {
                function: called,
                callee,
            } => Some(self.is_callee(*called, *callee).into()),
            Insn::ClassInit { class } => {
                let class = self.pointer(*class);
                Some(self.field(class, self.host.layout.type_init).into())
            }
            Insn::NewInstance { class, takes, .. } => {
                Some(self.new_instance(*class, *takes, value).into())
            }
            Insn::GuardRoom { .. } => {
                self.guard_room(value);
                None
            }
            Insn::Guard {
                condition,
                expected,
                ..
            } => {
                let condition = self.int(*condition);
                if *expected {
                    self.require(condition, value);
                } else {
                    self.refuse(condition, value);
                }
                None
            }
            Insn::GuardFunction {
                value: callable,
                function: known,
                address,
                ..
            } => {
                self.guard_function(value, *callable, *known, *address);
                None
            }
            Insn::GuardArray {
                value: array,
                version,
                items,
                ..
            } => {
                self.guard_array(value, *array, *version, *items);
                None
            }
            Insn::CallPython {
                callee,
                others,
                function,
                arguments,
                has_receiver,
                form,
                next,
                state,
            } => {
                let call = Call {
                    callee: *callee,
                    others,
                    function: *function,
                    arguments,
                    has_receiver: *has_receiver,
                    form: *form,
                    next: *next,
                    state: *state,
                };
                Some(self.call_python(&call).into())
            }
            Insn::Resume {
                generator,
                value: sent,
                end,
                again,
                state,
            } => {
                let resumption = Resumption {
                    generator: *generator,
                    value: *sent,
                    end: *end,
                    again: *again,
                    state: *state,
                };
                Some(self.resume(&resumption).into())
            }
            Insn::Send {
                receiver,
                value: sent,
                ..
            } => Some(self.send(value, *receiver, *sent).into()),
            Insn::LoadReturned => Some(self.load_returned().into()),
            Insn::Yield {
                value: yielded,
                delegates,
                state,
            } => {
                self.pause(*yielded, *delegates, *state);
                None
            }
            Insn::EndGenerator {
                value: returned,
                state,
            } => {
                self.end_generator(*returned, *state);
                None
            }
            Insn::GuardGenerator {
                generator, callee, ..
            } => {
                self.guard_generator(value, *generator, *callee);
                None
            }
            Insn::GeneratorOffset { generator } => Some(self.generator_offset(*generator).into()),
            Insn::GeneratorFunction { generator } => {
                Some(self.generator_function(*generator).into())
            }
            Insn::LoadPlace { generator, index } => {
                let place = self.place_of_generator(*generator, *index);
                Some(self.emit.load_pointer(place).into())
            }
            Insn::StorePlace {
                generator,
                index,
                value: stored,
            } => {
                let place = self.place_of_generator(*generator, *index);
                self.emit.store(place, self.pointer(*stored));
                None
            }
            Insn::Suspend {
                generator,
                offset,
                height,
            } => {
                self.suspend(*generator, *offset, *height);
                None
            }
            Insn::EndResumed { state } => {
                self.end_resumed(*state);
                None
            }
            Insn::CallClass {
                version,
                callee,
                class,
                arguments,
                next,
                state,
            } => {
                let call = Call {
                    callee: *callee,
                    others: &[],
                    function: *class,
                    arguments,
                    has_receiver: false,
                    form: CallForm::Function,
                    next: *next,
                    state: *state,
                };
                Some(self.call_class(&call, *version).into())
            }
            Insn::CheckReturn { state } => {
                self.check_return(*state);
                None
            }
            Insn::Return {
                value: result,
                locals,
            } => {
                self.return_from(*result, locals);
                None
            }
            Insn::Give {
                value: result,
                held,
            } => {
                self.give_to_c(*result, held);
                None
            }
            Insn::Poll { .. } => {
                self.poll(value);
                None
            }
            Insn::CheckDisturbed { state } => {
                let exit = self.exit_of(value);
                if let Some(ours) = self.frames_are_ours(*state) {
                    self.go_on_if(ours, exit);
                }
                self.leave_if_disturbed(exit);
                None
            }

            Insn::UnboxFloat { value: object } => Some(self.unbox_float(*object)),
            Insn::UnboxInt { value: object, .. } => Some(self.unbox_int(value, *object)),
            Insn::UnboxNumber {
                value: object,
                exact,
                ..
            } => Some(self.unbox_number(value, *object, *exact).into()),
            Insn::UnboxBool { value: object } => Some(self.unbox_bool(*object)),
            Insn::Box { value: number, .. } => Some(self.make_box(value, *number)),

            Insn::Rebox { old, number, .. } => Some(self.rebox(value, *old, *number).into()),
            Insn::Displaced { old, new } => {
                if self.lets_go(*old, self.function.ty(*new)) {
                    return Some(self.emit.null().into());
                }
                let (old, new) = (self.pointer(*old), self.pointer(*new));
                let same = self.emit.same(old, new);
                Some(self.emit.select(same, self.emit.null(), old))
            }

            Insn::FloatBinary { op, left, right } => {
                Some(self.float_binary(*op, *left, *right).into())
            }
            Insn::FloatPower { left, right, .. } => {
                Some(self.float_power(value, *left, *right).into())
            }
            Insn::Select {
                condition,
                then,
                otherwise,
            } => {
                let (then, otherwise) = (self.value(*then), self.value(*otherwise));
                Some(self.emit.select(self.int(*condition), then, otherwise))
            }
            Insn::FloatUnary { op, value: number } => Some(self.float_unary(*op, *number).into()),
            Insn::FloatCall {
                function: called,
                value: number,
                ..
            } => Some(self.call_float(value, *called, *number).into()),
            Insn::FloatToInt { value: number, .. } => {
                Some(self.float_to_int(value, *number).into())
            }
            Insn::FloatCompare { op, left, right } => {
                Some(self.float_compare(*op, *left, *right).into())
            }
            Insn::IntToFloat { value: number } => {
                let number = self.int(*number);
                let ty = self.emit.float();
                Some(
                    self.emit
                        .build(|builder| builder.build_signed_int_to_float(number, ty, ""))
                        .into(),
                )
            }
            Insn::IntBinary {
                op, left, right, ..
            } => Some(self.int_binary(value, *op, *left, *right).into()),
            Insn::IntBits { op, left, right } => Some(self.int_bits(*op, *left, *right).into()),
            Insn::IntNegate { value: number, .. } => Some(self.int_negate(value, *number).into()),
            Insn::IntInvert { value: number } => {
                let number = self.int(*number);
                Some(
                    self.emit
                        .build(|builder| builder.build_not(number, ""))
                        .into(),
                )
            }
            Insn::IntCompare { op, left, right } => {
                Some(self.int_compare(*op, *left, *right).into())
            }
            Insn::BoolToInt { value: truth } => {
                let (truth, ty) = (self.int(*truth), self.emit.long());
                Some(
                    self.emit
                        .build(|builder| builder.build_int_z_extend(truth, ty, ""))
                        .into(),
                )
            }
            Insn::Not { value: truth } => {
                let truth = self.int(*truth);
                Some(
                    self.emit
                        .build(|builder| builder.build_not(truth, ""))
                        .into(),
                )
            }
            Insn::Bound { value: object } => Some(self.value(*object)),
            Insn::IsNone { value: object } => {
                let none = self.emit.symbol(super::runtime::NONE);
                Some(self.emit.same(self.pointer(*object), none).into())
            }
            Insn::IsOfClass {
                value: object,
                class,
            } => Some(self.is_class(self.pointer(*object), *class).into()),
            Insn::Is { left, right } => Some(
                self.emit
                    .same(self.pointer(*left), self.pointer(*right))
                    .into(),
            ),

            Insn::Size { value: sequence } => Some(
                self.long_field(self.pointer(*sequence), self.host.layout.size)
                    .into(),
            ),
            Insn::CheckIndex { index, size, .. } => {
                Some(self.check_index(value, *index, *size).into())
            }
            Insn::Item {
                value: sequence,
                index,
            } => {
                let place = self.item_place(*sequence, self.int(*index));
                Some(self.emit.load_pointer(place).into())
            }
            Insn::StoreItem { list, index, item } => {
                let place = self.item_place(*list, self.int(*index));
                self.emit.store(place, self.pointer(*item));
                None
            }
            Insn::ListSlice {
                list,
                start,
                stop,
                step,
                ..
            } => Some(self.list_slice(value, *list, (*start, *stop), *step).into()),
            Insn::CopySlice { step, .. } => {
                self.copy_slice(value, *step);
                None
            }
            Insn::ReplaceSlice {
                list,
                start,
                stop,
                value: items,
                ..
            } => {
                self.replace_slice(value, *list, (*start, *stop), *items);
                None
            }
            Insn::ArraySize { array } => Some(
                self.long_field(self.pointer(*array), self.host.layout.size)
                    .into(),
            ),
            Insn::ArrayItem {
                array,
                index,
                items,
            } => Some(self.array_item(*array, *index, *items)),
            Insn::StoreArrayItem {
                array,
                index,
                item,
                items,
            } => {
                self.store_array_item(*array, *index, *item, *items);
                None
            }
            Insn::HasBase { class, base, .. } => Some(self.has_base(value, *class, *base).into()),
            Insn::StrEqual { left, right } => Some(self.str_equal(*left, *right).into()),
            Insn::RangeLeft { iterator } => Some(
                self.long_field(self.pointer(*iterator), self.host.layout.range_iterator_len)
                    .into(),
            ),
            Insn::RangeNext { iterator } => Some(self.range_next(*iterator).into()),
            Insn::SequenceNext { iterator } => Some(self.sequence_next(*iterator)),
            Insn::SequenceEnd { iterator } => Some(self.sequence_end(*iterator).into()),
            Insn::PairNext {
                class, iterator, ..
            } => Some(self.pair_next(value, *class, *iterator).into()),
            Insn::PairItem {
                class,
                iterator,
                index,
            } => Some(self.pair_item(*class, *iterator, *index).into()),
            Insn::PairNumber { iterator } => Some(self.pair_number(*iterator).into()),
            Insn::InlineValue {
                value: owner,
                index,
            } => {
                let values = self.inline_values(*owner);
                let place = self.inline_value(values, *index);
                Some(self.emit.load_pointer(place).into())
            }
            Insn::StoreInlineValue { owner, index, item } => {
                self.store_inline_value(*owner, *index, *item);
                None
            }
            Insn::Field {
                value: owner,
                offset,
            } => Some(self.field(self.pointer(*owner), u32::from(*offset)).into()),
            Insn::StoreField {
                owner,
                offset,
                item,
            } => {
                let place = self.emit.at(self.pointer(*owner), i64::from(*offset));
                self.emit.store(place, self.pointer(*item));
                None
            }
            Insn::ModuleDict { value: module, .. } => Some(self.module_dict(value, *module).into()),
            Insn::DictEntry { dict, index } => Some(self.dict_entry(*dict, *index).into()),
            Insn::CellValue { cell } => Some(
                self.field(self.pointer(*cell), self.host.layout.cell_value)
                    .into(),
            ),
            Insn::StoreCell { cell, value } => {
                let place = self
                    .emit
                    .at(self.pointer(*cell), self.host.layout.cell_value.into());
                self.emit.store(place, self.pointer(*value));
                None
            }

            Insn::Length { value: object, .. } => Some(self.length(value, *object).into()),
            Insn::GetIterator { value: object, .. } => {
                Some(self.get_iterator(value, *object).into())
            }
            Insn::IteratorNext { iterator, .. } => {
                Some(self.iterator_next(value, *iterator).into())
            }
            // Only states have it.
            Insn::VirtualTuple { .. } => None,
            Insn::BuildTuple { items, .. } => {
                Some(self.build_sequence(value, super::runtime::Helper::Tuple, items))
            }
            Insn::BuildList { items, .. } => {
                Some(self.build_sequence(value, super::runtime::Helper::List, items))
            }
            Insn::ListAppend { list, item, .. } => {
                self.list_append(value, *list, *item);
                None
            }
            Insn::LoadAttribute {
                value: owner,
                cases,
                ..
            } => Some(self.load_attribute(value, *owner, cases).into()),
            Insn::StoreAttribute {
                owner, cases, item, ..
            } => Some(self.store_attribute(value, *owner, cases, *item).into()),
            Insn::Apply {
                operation,
                operands,
                name,
                number,
                ..
            } => self.apply(value, *operation, operands, *name, *number),
            Insn::Call {
                operands,
                given,
                next,
                state,
            } => Some(
                self.call_object(value, operands, *given, *next, *state)
                    .into(),
            ),
            Insn::Interpret {
                opcode,
                next,
                state,
                ..
            } => {
                self.interpret(*opcode, *next, *state);
                None
            }

            Insn::Raise { opcode, state, .. } => {
                self.raise(*opcode, *state);
                None
            }
            Insn::Catch {
                level,
                lasti,
                noted,
                written,
                state,
            } => {
                if !written {
                    self.write_state(*state, Written::All);
                }
                self.catch(value, *level, *lasti, *noted);
                None
            }

            Insn::ExchangeHandled { exception } => Some(self.exchange_handled(*exception).into()),

            Insn::Try { on, raised } => {
                self.part(on, raised);
                None
            }
            Insn::Jump(edge) => {
                self.follow(edge);
                None
            }
            Insn::Branch {
                condition,
                then,
                otherwise,
            } => {
                self.fork(*condition, then, otherwise);
                None
            }
            Insn::Exit { reason, state } => {
                let exit = self.exit(*state, *reason, ExitKind::Resume);
                self.emit.jump(exit);
                None
            }
        }
    }
}
