//! What becomes of each instruction of bytecode: one decision for each opcode, in files by family.
//!
//! A rule for all of them: first the guards, while the stack is still as it was before the instruction; then what it does.
mod arithmetic;
mod arrays;
mod attributes;
mod callees;
mod calls;
mod comparison;
mod containers;
mod exceptions;
mod functions;
mod generators;
mod globals;
mod inlined;
mod iteration;
mod jumps;
mod locals;
mod operations;
mod operators;
mod resumed;
mod slices;
mod stack;
mod stand_ins;

use crate::build::builder::Builder;
use operations::Told;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Operation, Refusal};

impl Builder<'_> {
    /// Builds the instruction that was begun.
    pub fn instruction(&mut self) -> Result<(), Refusal> {
        if let Some(reason) = self.at.leaves() {
            self.exit(reason);
            return Ok(());
        }
        self.prepare();
        match self.at.opcode {
            Opcode::NOP => {}
            // C does not look there.
            Opcode::RESUME | Opcode::RESUME_CHECK if self.methods.contains_key(&self.frame) => {}
            Opcode::RESUME | Opcode::RESUME_CHECK => self.poll(),

            Opcode::POP_TOP | Opcode::END_FOR => self.pop_top(),
            Opcode::PUSH_NULL => self.push_null(),
            Opcode::COPY => self.copy(),
            Opcode::SWAP => self.swap(),
            Opcode::LOAD_CONST => self.load_const()?,

            Opcode::LOAD_FAST | Opcode::LOAD_FAST_CHECK => self.load_fast(self.at.oparg),
            Opcode::LOAD_FAST_LOAD_FAST => {
                self.load_fast(self.at.oparg >> 4);
                self.load_fast(self.at.oparg & 15);
            }
            Opcode::LOAD_FAST_AND_CLEAR => self.load_fast_and_clear(),
            Opcode::STORE_FAST => self.store_fast(),
            Opcode::STORE_FAST_LOAD_FAST => self.store_fast_load_fast(),
            Opcode::STORE_FAST_STORE_FAST => self.store_fast_store_fast(),
            Opcode::DELETE_FAST => self.delete_fast(),
            Opcode::LOAD_DEREF => self.load_deref(),
            Opcode::STORE_DEREF => self.store_deref(),
            Opcode::COPY_FREE_VARS => self.copy_free_vars(),

            Opcode::BINARY_OP
            | Opcode::BINARY_OP_ADD_FLOAT
            | Opcode::BINARY_OP_ADD_INT
            | Opcode::BINARY_OP_ADD_UNICODE
            | Opcode::BINARY_OP_MULTIPLY_FLOAT
            | Opcode::BINARY_OP_MULTIPLY_INT
            | Opcode::BINARY_OP_SUBTRACT_FLOAT
            | Opcode::BINARY_OP_SUBTRACT_INT => self.binary_op(),
            Opcode::BINARY_OP_INPLACE_ADD_UNICODE => self.inplace_add_unicode()?,
            Opcode::UNARY_NEGATIVE => self.unary_negative(),
            Opcode::UNARY_INVERT => self.unary_invert(),
            Opcode::UNARY_NOT => self.unary_not(),

            Opcode::COMPARE_OP
            | Opcode::COMPARE_OP_FLOAT
            | Opcode::COMPARE_OP_INT
            | Opcode::COMPARE_OP_STR => self.compare_op(),
            Opcode::IS_OP => self.is_op(),
            Opcode::TO_BOOL
            | Opcode::TO_BOOL_ALWAYS_TRUE
            | Opcode::TO_BOOL_BOOL
            | Opcode::TO_BOOL_INT
            | Opcode::TO_BOOL_LIST
            | Opcode::TO_BOOL_NONE
            | Opcode::TO_BOOL_STR => self.truth_value(),

            Opcode::JUMP_FORWARD => self.jump_forward()?,
            Opcode::JUMP_BACKWARD => self.jump_backward(true)?,
            Opcode::JUMP_BACKWARD_NO_INTERRUPT => self.jump_backward(false)?,
            Opcode::POP_JUMP_IF_TRUE => self.pop_jump_if(true)?,
            Opcode::POP_JUMP_IF_FALSE => self.pop_jump_if(false)?,
            Opcode::POP_JUMP_IF_NONE => self.pop_jump_if_none(true)?,
            Opcode::POP_JUMP_IF_NOT_NONE => self.pop_jump_if_none(false)?,

            Opcode::GET_ITER => self.get_iter(),
            Opcode::FOR_ITER
            | Opcode::FOR_ITER_GEN
            | Opcode::FOR_ITER_LIST
            | Opcode::FOR_ITER_RANGE
            | Opcode::FOR_ITER_TUPLE => self.for_iter()?,
            Opcode::SEND | Opcode::SEND_GEN => self.send()?,
            Opcode::END_SEND => self.end_send(),
            Opcode::YIELD_VALUE => self.yield_value(),

            Opcode::BINARY_SUBSCR
            | Opcode::BINARY_SUBSCR_DICT
            | Opcode::BINARY_SUBSCR_LIST_INT
            | Opcode::BINARY_SUBSCR_STR_INT
            | Opcode::BINARY_SUBSCR_TUPLE_INT => self.binary_subscr(),
            Opcode::STORE_SUBSCR
            | Opcode::STORE_SUBSCR_DICT
            | Opcode::STORE_SUBSCR_LIST_INT => self.store_subscr(),
            Opcode::UNPACK_SEQUENCE
            | Opcode::UNPACK_SEQUENCE_LIST
            | Opcode::UNPACK_SEQUENCE_TUPLE
            | Opcode::UNPACK_SEQUENCE_TWO_TUPLE => self.unpack_sequence(),
            Opcode::BUILD_TUPLE => self.build_tuple(),
            Opcode::BUILD_LIST => self.build_list(),
            Opcode::LIST_APPEND => self.list_append(),
            Opcode::GET_LEN => self.get_len(),

            Opcode::LOAD_GLOBAL | Opcode::LOAD_GLOBAL_BUILTIN | Opcode::LOAD_GLOBAL_MODULE => {
                self.load_global();
            }
            Opcode::LOAD_ATTR
            | Opcode::LOAD_ATTR_CLASS
            | Opcode::LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN
            | Opcode::LOAD_ATTR_INSTANCE_VALUE
            | Opcode::LOAD_ATTR_METHOD_LAZY_DICT
            | Opcode::LOAD_ATTR_METHOD_NO_DICT
            | Opcode::LOAD_ATTR_METHOD_WITH_VALUES
            | Opcode::LOAD_ATTR_MODULE
            | Opcode::LOAD_ATTR_NONDESCRIPTOR_NO_DICT
            | Opcode::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
            | Opcode::LOAD_ATTR_PROPERTY
            | Opcode::LOAD_ATTR_SLOT
            | Opcode::LOAD_ATTR_WITH_HINT => self.load_attr(),
            Opcode::STORE_ATTR
            | Opcode::STORE_ATTR_INSTANCE_VALUE
            | Opcode::STORE_ATTR_SLOT
            | Opcode::STORE_ATTR_WITH_HINT => self.store_attr(),

            Opcode::CALL_PY_EXACT_ARGS | Opcode::CALL_PY_GENERAL => self.call_python(),
            Opcode::RETURN_VALUE => self.return_value(),
            Opcode::RETURN_CONST => self.return_const()?,
            Opcode::CALL_LEN => self.call_len(),
            Opcode::CALL_LIST_APPEND => self.call_list_append(),
            Opcode::CALL_ISINSTANCE => self.call_isinstance(),
            Opcode::CALL
            | Opcode::CALL_ALLOC_AND_ENTER_INIT
            | Opcode::CALL_BUILTIN_CLASS
            | Opcode::CALL_BUILTIN_FAST
            | Opcode::CALL_BUILTIN_FAST_WITH_KEYWORDS
            | Opcode::CALL_BUILTIN_O
            | Opcode::CALL_METHOD_DESCRIPTOR_FAST
            | Opcode::CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS
            | Opcode::CALL_METHOD_DESCRIPTOR_NOARGS
            | Opcode::CALL_METHOD_DESCRIPTOR_O
            | Opcode::CALL_NON_PY_GENERAL
            | Opcode::CALL_STR_1
            | Opcode::CALL_TUPLE_1
            | Opcode::CALL_TYPE_1 => self.call_object(),
            Opcode::CONTAINS_OP | Opcode::CONTAINS_OP_DICT | Opcode::CONTAINS_OP_SET => {
                self.contains_op();
            }
            Opcode::BINARY_SUBSCR_GETITEM => self.get_item_of_function(),
            Opcode::CALL_BOUND_METHOD_EXACT_ARGS | Opcode::CALL_BOUND_METHOD_GENERAL => {
                self.call_method();
            }
            Opcode::CALL_KW => self.call_keywords(),

            Opcode::BINARY_SLICE => self.binary_slice(),
            Opcode::LOAD_SUPER_ATTR
            | Opcode::LOAD_SUPER_ATTR_ATTR
            | Opcode::LOAD_SUPER_ATTR_METHOD => self.load_super_attr(),
            Opcode::STORE_SLICE => self.store_slice(),
            Opcode::DELETE_SUBSCR => self.operate(Operation::DeleteItem, Told::default()),
            Opcode::DELETE_ATTR => self.operate_named(Operation::DeleteAttribute, self.at.oparg),
            Opcode::STORE_GLOBAL => self.store_global(),
            Opcode::BUILD_SLICE => self.build_slice(),
            Opcode::BUILD_MAP => self.operate_on_many(Operation::Map, self.at.oparg * 2),
            Opcode::BUILD_CONST_KEY_MAP => {
                self.operate_on_many(Operation::ConstKeyMap, self.at.oparg + 1);
            }
            Opcode::BUILD_SET => self.operate_on_many(Operation::Set, self.at.oparg),
            Opcode::BUILD_STRING => self.operate_on_many(Operation::Join, self.at.oparg),
            Opcode::FORMAT_SIMPLE => self.operate(Operation::Format, Told::default()),
            Opcode::FORMAT_WITH_SPEC => self.operate(Operation::FormatWith, Told::default()),
            Opcode::CONVERT_VALUE => {
                self.operate(Operation::Convert, Told::number(self.at.oparg));
            }
            Opcode::GET_AWAITABLE => {
                self.operate(Operation::GetAwaitable, Told::number(self.at.oparg));
            }
            Opcode::SET_ADD => self.add_to(Operation::SetAdd, 1),
            Opcode::SET_UPDATE => self.add_to(Operation::SetUpdate, 1),
            Opcode::LIST_EXTEND => self.add_to(Operation::ListExtend, 1),
            Opcode::MAP_ADD => self.add_to(Operation::MapAdd, 2),
            Opcode::DICT_UPDATE => self.add_to(Operation::MapUpdate, 1),

            Opcode::DICT_MERGE => self.dict_merge(),
            Opcode::CALL_INTRINSIC_1 => {
                self.operate(Operation::Intrinsic, Told::number(self.at.oparg));
            }
            Opcode::CALL_INTRINSIC_2 => {
                self.operate(Operation::IntrinsicOfTwo, Told::number(self.at.oparg));
            }
            Opcode::MAKE_FUNCTION => self.make_function(),
            Opcode::SET_FUNCTION_ATTRIBUTE => self.set_function_attribute(),
            Opcode::MAKE_CELL => self.make_cell(),
            Opcode::DELETE_DEREF => {
                self.operate(Operation::DeleteCell, Told::number(self.at.oparg));
            }
            Opcode::LOAD_FROM_DICT_OR_DEREF => {
                self.operate(Operation::NameOrCell, Told::number(self.at.oparg));
            }
            Opcode::IMPORT_NAME => self.operate_named(Operation::ImportName, self.at.oparg),
            Opcode::IMPORT_FROM => self.import_from(),
            Opcode::LOAD_NAME => self.operate_named(Operation::GetName, self.at.oparg),
            Opcode::LOAD_FROM_DICT_OR_GLOBALS => {
                self.operate_named(Operation::NameOrGlobal, self.at.oparg);
            }
            Opcode::STORE_NAME => self.operate_named(Operation::SetName, self.at.oparg),
            Opcode::DELETE_NAME => self.operate_named(Operation::DeleteName, self.at.oparg),
            Opcode::DELETE_GLOBAL => self.delete_global(),
            Opcode::LOAD_LOCALS => self.operate(Operation::Namespace, Told::default()),
            Opcode::SETUP_ANNOTATIONS => {
                self.operate(Operation::SetUpAnnotations, Told::default());
            }
            Opcode::LOAD_BUILD_CLASS => self.load_build_class(),
            Opcode::GET_AITER => self.operate(Operation::AsyncIterator, Told::default()),
            Opcode::GET_ANEXT => self.look_at(Operation::AsyncNext, 1),
            Opcode::GET_YIELD_FROM_ITER => self.yield_from_iterator(),
            Opcode::END_ASYNC_FOR => self.end_async_for(),
            Opcode::CLEANUP_THROW => self.cleanup_throw(),
            Opcode::MATCH_MAPPING => self.look_at(Operation::IsMapping, 1),
            Opcode::MATCH_SEQUENCE => self.look_at(Operation::IsSequence, 1),
            Opcode::MATCH_KEYS => self.look_at(Operation::MatchKeys, 2),
            Opcode::MATCH_CLASS => {
                self.operate(Operation::MatchClass, Told::number(self.at.oparg));
            }
            Opcode::UNPACK_EX => self.unpack_ex(),

            Opcode::CALL_FUNCTION_EX => self.call_unpacked(),
            // Only the code between a class and its `__init__` has it.
            Opcode::EXIT_INIT_CHECK => self.interpret(&[]),

            Opcode::RAISE_VARARGS | Opcode::RERAISE => self.raise(),
            Opcode::PUSH_EXC_INFO => self.push_exc_info(),
            Opcode::POP_EXCEPT => self.pop_except(),
            Opcode::CHECK_EXC_MATCH => self.check_exc_match(),
            Opcode::CHECK_EG_MATCH => self.operate(Operation::SplitGroup, Told::default()),
            Opcode::LOAD_ASSERTION_ERROR => {
                self.operate(Operation::AssertionError, Told::default());
            }
            Opcode::BEFORE_WITH => self.operate(Operation::EnterContext, Told::default()),
            Opcode::BEFORE_ASYNC_WITH => {
                self.operate(Operation::EnterAsyncContext, Told::default());
            }
            Opcode::WITH_EXCEPT_START => self.with_except_start(),

            // Compiled code never goes past these (`Instruction::leaves`).
            Opcode::CACHE
            | Opcode::ENTER_EXECUTOR
            | Opcode::EXTENDED_ARG
            | Opcode::INSTRUMENTED_CALL
            | Opcode::INSTRUMENTED_CALL_FUNCTION_EX
            | Opcode::INSTRUMENTED_CALL_KW
            | Opcode::INSTRUMENTED_END_FOR
            | Opcode::INSTRUMENTED_END_SEND
            | Opcode::INSTRUMENTED_FOR_ITER
            | Opcode::INSTRUMENTED_INSTRUCTION
            | Opcode::INSTRUMENTED_JUMP_BACKWARD
            | Opcode::INSTRUMENTED_JUMP_FORWARD
            | Opcode::INSTRUMENTED_LINE
            | Opcode::INSTRUMENTED_LOAD_SUPER_ATTR
            | Opcode::INSTRUMENTED_POP_JUMP_IF_FALSE
            | Opcode::INSTRUMENTED_POP_JUMP_IF_NONE
            | Opcode::INSTRUMENTED_POP_JUMP_IF_NOT_NONE
            | Opcode::INSTRUMENTED_POP_JUMP_IF_TRUE
            | Opcode::INSTRUMENTED_RESUME
            | Opcode::INSTRUMENTED_RETURN_CONST
            | Opcode::INSTRUMENTED_RETURN_VALUE
            | Opcode::INSTRUMENTED_YIELD_VALUE
            | Opcode::INTERPRETER_EXIT
            | Opcode::RESERVED
            | Opcode::RETURN_GENERATOR
            // No instructions have these numbers.
            | Opcode(119..=148 | 223..=235 | 255) => unreachable!("compiled code leaves before"),
        }
        Ok(())
    }
}
