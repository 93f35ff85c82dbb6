//! Which function runs which instruction: the one list of them, and the two `match`es that it becomes, for the loop and for
//! a single step.
//!
//! LLVM copies the jump of the `match` to the end of each arm (the build raises its limits for that), so that each
//! instruction has an indirect jump of its own for the processor to predict.

/// The end of an instruction, as a comment in the assembly. LLVM cannot merge the ends of two instructions then, which
/// would leave one jump for all of them.
macro_rules! end_of {
    ($name:ident) => {
        // SAFETY: it is a comment.
        unsafe {
            core::arch::asm!(
                concat!("# ", stringify!($name)),
                options(nomem, nostack, preserves_flags)
            );
        }
    };
}

/// The `match` of the loop for a list of instructions: runs them until one leaves the straight way, and gives why.
macro_rules! looped {
    ($machine:ident, $($name:ident => $module:ident::$function:ident,)*) => {
        'dispatch: loop {
            match $machine.opcode() {
                $($crate::bytecode::Opcode::$name => {
                    $machine.begin(const { $crate::bytecode::Opcode::$name.caches() });
                    match $crate::eval::instructions::$module::$function(&mut $machine) {
                        Ok(()) => {
                            $machine.fetch();
                            $crate::eval::table::end_of!($name);
                        }
                        Err(Leave::Again) => {}
                        Err(leave) => break 'dispatch leave,
                    }
                })*
                // Before it begins: it looks from where the frame came.
                $crate::bytecode::Opcode::INSTRUMENTED_LINE => {
                    match $crate::eval::instructions::instrumentation::instrumented_line(&mut $machine) {
                        Ok(()) => $machine.fetch(),
                        Err(Leave::Again) => {}
                        Err(leave) => break 'dispatch leave,
                    }
                }
                // All other bytes, one by one: a range would be compared with before the jump.
                unused @ $crate::bytecode::Opcode(
                    119 | 120 | 121 | 122 | 123 | 124 | 125 | 126 | 127 | 128 | 129 | 130 | 131 | 132 | 133 | 134 |
                    135 | 136 | 137 | 138 | 139 | 140 | 141 | 142 | 143 | 144 | 145 | 146 | 147 | 148 | 223 | 224 |
                    225 | 226 | 227 | 228 | 229 | 230 | 231 | 232 | 233 | 234 | 235 | 255
                ) => {
                    let frame = $machine.frame();
                    // SAFETY: the frame is alive, and runs.
                    let raised = unsafe { $crate::eval::errors::unknown_opcode(frame, unused.number()) };
                    break 'dispatch Leave::from(raised);
                }
            }
        }
    };
}

/// The `match` of a single step: runs one instruction, and gives why it left the straight way if it did. What tells tools is
/// never run so, nor what enters machine code.
macro_rules! stepped {
    ($machine:ident, $($name:ident => $module:ident::$function:ident,)*) => {
        'dispatch: loop {
            match $machine.opcode() {
                $($crate::bytecode::Opcode::$name => {
                    $machine.begin(const { $crate::bytecode::Opcode::$name.caches() });
                    match $crate::eval::instructions::$module::$function($machine) {
                        Ok(()) => break 'dispatch None,
                        Err(Leave::Again) => {}
                        Err(leave) => break 'dispatch Some(leave),
                    }
                })*
                unused => {
                    let frame = $machine.frame();
                    // SAFETY: the frame is alive, and runs.
                    let raised = unsafe { $crate::eval::errors::unknown_opcode(frame, unused.number()) };
                    break 'dispatch Some(Leave::from(raised));
                }
            }
        }
    };
}

/// The list of instructions, given to one of the two.
macro_rules! dispatch {
    ($how:ident, $machine:ident) => {
        $crate::eval::table::$how! { $machine,
            // Constants, local variables, the order of the stack.
            COPY => load_store::copy,
            SWAP => load_store::swap,
            POP_TOP => load_store::pop_top,
            LOAD_CONST => load_store::load_const,
            LOAD_FAST => load_store::load_fast,
            LOAD_FAST_CHECK => load_store::load_fast_check,
            LOAD_FAST_LOAD_FAST => load_store::load_fast_load_fast,
            LOAD_FAST_AND_CLEAR => load_store::load_fast_and_clear,
            STORE_FAST => load_store::store_fast,
            STORE_FAST_LOAD_FAST => load_store::store_fast_load_fast,
            STORE_FAST_STORE_FAST => load_store::store_fast_store_fast,
            DELETE_FAST => load_store::delete_fast,
            // Cells.
            LOAD_DEREF => cell::load_deref,
            STORE_DEREF => cell::store_deref,
            DELETE_DEREF => cell::delete_deref,
            LOAD_FROM_DICT_OR_DEREF => cell::load_from_dict_or_deref,
            // Operators.
            UNARY_NEGATIVE => arithmetic::unary_negative,
            UNARY_INVERT => arithmetic::unary_invert,
            BINARY_OP => arithmetic::binary_op,
            BINARY_OP_ADD_INT => arithmetic::binary_op_add_int,
            BINARY_OP_SUBTRACT_INT => arithmetic::binary_op_subtract_int,
            BINARY_OP_MULTIPLY_INT => arithmetic::binary_op_multiply_int,
            BINARY_OP_ADD_FLOAT => arithmetic::binary_op_add_float,
            BINARY_OP_SUBTRACT_FLOAT => arithmetic::binary_op_subtract_float,
            BINARY_OP_MULTIPLY_FLOAT => arithmetic::binary_op_multiply_float,
            BINARY_OP_ADD_UNICODE => arithmetic::binary_op_add_unicode,
            BINARY_OP_INPLACE_ADD_UNICODE => arithmetic::binary_op_inplace_add_unicode,
            // Comparisons.
            COMPARE_OP => compare::compare_op,
            COMPARE_OP_FLOAT => compare::compare_op_float,
            COMPARE_OP_INT => compare::compare_op_int,
            COMPARE_OP_STR => compare::compare_op_str,
            IS_OP => compare::is_op,
            CONTAINS_OP => compare::contains_op,
            CONTAINS_OP_SET => compare::contains_op_set,
            CONTAINS_OP_DICT => compare::contains_op_dict,
            // Truth.
            UNARY_NOT => truth::unary_not,
            TO_BOOL => truth::to_bool,
            TO_BOOL_BOOL => truth::to_bool_bool,
            TO_BOOL_INT => truth::to_bool_int,
            TO_BOOL_LIST => truth::to_bool_list,
            TO_BOOL_NONE => truth::to_bool_none,
            TO_BOOL_STR => truth::to_bool_str,
            TO_BOOL_ALWAYS_TRUE => truth::to_bool_always_true,
            // Jumps.
            JUMP_FORWARD => jump::jump_forward,
            JUMP_BACKWARD => jump::jump_backward,
            JUMP_BACKWARD_NO_INTERRUPT => jump::jump_backward_no_interrupt,
            POP_JUMP_IF_FALSE => jump::pop_jump_if_false,
            POP_JUMP_IF_TRUE => jump::pop_jump_if_true,
            POP_JUMP_IF_NONE => jump::pop_jump_if_none,
            POP_JUMP_IF_NOT_NONE => jump::pop_jump_if_not_none,
            // Displays and comprehensions.
            BUILD_TUPLE => container::build_tuple,
            BUILD_LIST => container::build_list,
            BUILD_SET => container::build_set,
            BUILD_MAP => container::build_map,
            BUILD_CONST_KEY_MAP => container::build_const_key_map,
            BUILD_SLICE => container::build_slice,
            LIST_APPEND => container::list_append,
            SET_ADD => container::set_add,
            MAP_ADD => container::map_add,
            LIST_EXTEND => container::list_extend,
            SET_UPDATE => container::set_update,
            DICT_UPDATE => container::dict_update,
            DICT_MERGE => container::dict_merge,
            // Subscripts.
            BINARY_SUBSCR => subscript::binary_subscr,
            BINARY_SUBSCR_LIST_INT => subscript::binary_subscr_list_int,
            BINARY_SUBSCR_TUPLE_INT => subscript::binary_subscr_tuple_int,
            BINARY_SUBSCR_STR_INT => subscript::binary_subscr_str_int,
            BINARY_SUBSCR_DICT => subscript::binary_subscr_dict,
            BINARY_SLICE => subscript::binary_slice,
            STORE_SLICE => subscript::store_slice,
            STORE_SUBSCR => subscript::store_subscr,
            STORE_SUBSCR_LIST_INT => subscript::store_subscr_list_int,
            STORE_SUBSCR_DICT => subscript::store_subscr_dict,
            DELETE_SUBSCR => subscript::delete_subscr,
            // Unpacking.
            UNPACK_SEQUENCE => unpack::unpack_sequence,
            UNPACK_SEQUENCE_TWO_TUPLE => unpack::unpack_sequence_two_tuple,
            UNPACK_SEQUENCE_TUPLE => unpack::unpack_sequence_tuple,
            UNPACK_SEQUENCE_LIST => unpack::unpack_sequence_list,
            UNPACK_EX => unpack::unpack_ex,
            // f-strings.
            CONVERT_VALUE => format::convert_value,
            FORMAT_SIMPLE => format::format_simple,
            FORMAT_WITH_SPEC => format::format_with_spec,
            BUILD_STRING => format::build_string,
            // Attributes.
            LOAD_ATTR => attribute::load_attr,
            LOAD_ATTR_INSTANCE_VALUE => attribute::load_attr_instance_value,
            LOAD_ATTR_MODULE => attribute::load_attr_module,
            LOAD_ATTR_WITH_HINT => attribute::load_attr_with_hint,
            LOAD_ATTR_SLOT => attribute::load_attr_slot,
            LOAD_ATTR_CLASS => attribute::load_attr_class,
            LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES => attribute::load_attr_nondescriptor_with_values,
            LOAD_ATTR_NONDESCRIPTOR_NO_DICT => attribute::load_attr_nondescriptor_no_dict,
            LOAD_ATTR_METHOD_WITH_VALUES => attribute::load_attr_method_with_values,
            LOAD_ATTR_METHOD_NO_DICT => attribute::load_attr_method_no_dict,
            LOAD_ATTR_METHOD_LAZY_DICT => attribute::load_attr_method_lazy_dict,
            DELETE_ATTR => attribute::delete_attr,
            STORE_ATTR => store_attribute::store_attr,
            STORE_ATTR_INSTANCE_VALUE => store_attribute::store_attr_instance_value,
            STORE_ATTR_SLOT => store_attribute::store_attr_slot,
            STORE_ATTR_WITH_HINT => store_attribute::store_attr_with_hint,
            LOAD_SUPER_ATTR => super_attribute::load_super_attr,
            LOAD_SUPER_ATTR_ATTR => super_attribute::load_super_attr_attr,
            LOAD_SUPER_ATTR_METHOD => super_attribute::load_super_attr_method,
            INSTRUMENTED_LOAD_SUPER_ATTR => super_attribute::instrumented_load_super_attr,
            // Names.
            LOAD_GLOBAL => global::load_global,
            LOAD_GLOBAL_MODULE => global::load_global_module,
            LOAD_GLOBAL_BUILTIN => global::load_global_builtin,
            STORE_GLOBAL => global::store_global,
            DELETE_GLOBAL => global::delete_global,
            LOAD_BUILD_CLASS => name::load_build_class,
            LOAD_LOCALS => name::load_locals,
            LOAD_NAME => name::load_name,
            LOAD_FROM_DICT_OR_GLOBALS => name::load_from_dict_or_globals,
            STORE_NAME => name::store_name,
            DELETE_NAME => name::delete_name,
            SETUP_ANNOTATIONS => name::setup_annotations,
            // Calls.
            PUSH_NULL => call::push_null,
            CALL => call::call,
            CALL_KW => call::call_kw,
            CALL_FUNCTION_EX => call::call_function_ex,
            CALL_NON_PY_GENERAL => call::call_non_py_general,
            CALL_PY_EXACT_ARGS => call_python::call_py_exact_args,
            CALL_PY_GENERAL => call_python::call_py_general,
            CALL_BOUND_METHOD_EXACT_ARGS => call_python::call_bound_method_exact_args,
            CALL_BOUND_METHOD_GENERAL => call_python::call_bound_method_general,
            CALL_ALLOC_AND_ENTER_INIT => call_python::call_alloc_and_enter_init,
            EXIT_INIT_CHECK => call_python::exit_init_check,
            BINARY_SUBSCR_GETITEM => call_python::binary_subscr_getitem,
            LOAD_ATTR_PROPERTY => call_python::load_attr_property,
            LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN => call_python::load_attr_getattribute_overridden,
            CALL_TYPE_1 => call_builtin::call_type_1,
            CALL_STR_1 => call_builtin::call_str_1,
            CALL_TUPLE_1 => call_builtin::call_tuple_1,
            CALL_BUILTIN_CLASS => call_builtin::call_builtin_class,
            CALL_BUILTIN_O => call_builtin::call_builtin_o,
            CALL_BUILTIN_FAST => call_builtin::call_builtin_fast,
            CALL_BUILTIN_FAST_WITH_KEYWORDS => call_builtin::call_builtin_fast_with_keywords,
            CALL_LEN => call_builtin::call_len,
            CALL_ISINSTANCE => call_builtin::call_isinstance,
            CALL_LIST_APPEND => call_builtin::call_list_append,
            CALL_METHOD_DESCRIPTOR_NOARGS => call_method::call_method_descriptor_noargs,
            CALL_METHOD_DESCRIPTOR_O => call_method::call_method_descriptor_o,
            CALL_METHOD_DESCRIPTOR_FAST => call_method::call_method_descriptor_fast,
            CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS => call_method::call_method_descriptor_fast_with_keywords,
            CALL_INTRINSIC_1 => intrinsic::call_intrinsic_1,
            CALL_INTRINSIC_2 => intrinsic::call_intrinsic_2,
            // Functions.
            MAKE_FUNCTION => function::make_function,
            SET_FUNCTION_ATTRIBUTE => function::set_function_attribute,
            MAKE_CELL => function::make_cell,
            COPY_FREE_VARS => function::copy_free_vars,
            RESUME => function::resume,
            RESUME_CHECK => function::resume_check,
            RETURN_VALUE => function::return_value,
            RETURN_CONST => function::return_const,
            INTERPRETER_EXIT => function::interpreter_exit,
            // Generators and coroutines.
            RETURN_GENERATOR => generator::return_generator,
            YIELD_VALUE => generator::yield_value,
            SEND => generator::send,
            SEND_GEN => generator::send_gen,
            END_SEND => generator::end_send,
            GET_YIELD_FROM_ITER => generator::get_yield_from_iter,
            CLEANUP_THROW => generator::cleanup_throw,
            GET_AWAITABLE => coroutine::get_awaitable,
            GET_AITER => coroutine::get_aiter,
            GET_ANEXT => coroutine::get_anext,
            END_ASYNC_FOR => coroutine::end_async_for,
            // Iteration.
            GET_ITER => iteration::get_iter,
            FOR_ITER => iteration::for_iter,
            FOR_ITER_LIST => iteration::for_iter_list,
            FOR_ITER_TUPLE => iteration::for_iter_tuple,
            FOR_ITER_RANGE => iteration::for_iter_range,
            FOR_ITER_GEN => iteration::for_iter_gen,
            END_FOR => iteration::end_for,
            // Exceptions, `with`.
            PUSH_EXC_INFO => exception::push_exc_info,
            POP_EXCEPT => exception::pop_except,
            RAISE_VARARGS => exception::raise_varargs,
            RERAISE => exception::reraise,
            CHECK_EXC_MATCH => exception::check_exc_match,
            CHECK_EG_MATCH => exception::check_eg_match,
            LOAD_ASSERTION_ERROR => exception::load_assertion_error,
            BEFORE_WITH => with::before_with,
            BEFORE_ASYNC_WITH => with::before_async_with,
            WITH_EXCEPT_START => with::with_except_start,
            // `match`.
            MATCH_MAPPING => matching::match_mapping,
            MATCH_SEQUENCE => matching::match_sequence,
            MATCH_KEYS => matching::match_keys,
            MATCH_CLASS => matching::match_class,
            GET_LEN => matching::get_len,
            // `import`.
            IMPORT_NAME => import::import_name,
            IMPORT_FROM => import::import_from,
            // What tells tools; `INSTRUMENTED_LINE` is below.
            INSTRUMENTED_INSTRUCTION => instrumentation::instrumented_instruction,
            INSTRUMENTED_RESUME => instrumentation::instrumented_resume,
            INSTRUMENTED_RETURN_VALUE => instrumentation::instrumented_return_value,
            INSTRUMENTED_RETURN_CONST => instrumentation::instrumented_return_const,
            INSTRUMENTED_YIELD_VALUE => instrumentation::instrumented_yield_value,
            INSTRUMENTED_FOR_ITER => instrumentation::instrumented_for_iter,
            INSTRUMENTED_END_FOR => instrumentation::instrumented_end_for,
            INSTRUMENTED_END_SEND => instrumentation::instrumented_end_send,
            INSTRUMENTED_CALL => instrumented_call::instrumented_call,
            INSTRUMENTED_CALL_KW => instrumented_call::instrumented_call_kw,
            INSTRUMENTED_CALL_FUNCTION_EX => instrumented_call::instrumented_call_function_ex,
            INSTRUMENTED_JUMP_FORWARD => instrumented_jump::instrumented_jump_forward,
            INSTRUMENTED_JUMP_BACKWARD => instrumented_jump::instrumented_jump_backward,
            INSTRUMENTED_POP_JUMP_IF_TRUE => instrumented_jump::instrumented_pop_jump_if_true,
            INSTRUMENTED_POP_JUMP_IF_FALSE => instrumented_jump::instrumented_pop_jump_if_false,
            INSTRUMENTED_POP_JUMP_IF_NONE => instrumented_jump::instrumented_pop_jump_if_none,
            INSTRUMENTED_POP_JUMP_IF_NOT_NONE => instrumented_jump::instrumented_pop_jump_if_not_none,
            // What does nothing, or must not be run.
            NOP => special::nop,
            EXTENDED_ARG => special::extended_arg,
            CACHE => special::cache,
            RESERVED => special::reserved,
            ENTER_EXECUTOR => executor::enter_executor,
        }
    };
}

pub(super) use {dispatch, end_of, looped, stepped};
