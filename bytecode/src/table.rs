//! The set of instructions of CPython 3.13.5: one table. Constants only.
//!
//! A row is a name, its number, how many entries of inline cache follow the instruction (where any do), of which generic
//! instruction it is a specialisation or which it runs when it has told tools of it (whose caches it shares), and what it
//! does to the value stack: how many values it pops and how many it pushes, of the argument `oparg` where they depend on it.
use crate::Opcode;

/// What a row sets, by the number of the instruction.
struct Rows {
    names: [Option<&'static str>; 256],
    caches: [u8; 256],
    generic: [Opcode; 256],
    twins: [Option<Opcode>; 256],
    twin_of: [Option<Opcode>; 256],
}

macro_rules! instructions {
    ($oparg:ident; $(
        $name:ident = $number:literal
        $(, caches $caches:literal)? $(, of $generic:ident)? $(, tells $told:ident)?
        $(: $popped:expr => $pushed:expr)?;
    )*) => {
        impl Opcode {
            $(
                #[doc = concat!("`", stringify!($name), "`.")]
                pub const $name: Self = Self($number);
            )*

            /// How many values the instruction takes from the stack, if upstream says
            /// (pycore_opcode_metadata.h `_PyOpcode_num_popped`). What is said of instrumented instructions is true
            /// only of those that do not hand over to the instruction in whose place they stand.
            pub const fn popped(self, $oparg: u32) -> Option<u32> {
                match self {
                    $($(Self::$name => Some($popped),)?)*
                    _ => None,
                }
            }

            /// How many values the instruction puts on the stack when it does not jump, as [`popped`](Self::popped)
            /// (pycore_opcode_metadata.h `_PyOpcode_num_pushed`).
            pub const fn pushed(self, $oparg: u32) -> Option<u32> {
                match self {
                    $($(Self::$name => Some($pushed),)?)*
                    _ => None,
                }
            }
        }

        const ROWS: Rows = {
            let mut rows = Rows {
                names: [None; 256],
                caches: [0; 256],
                generic: [Opcode::CACHE; 256],
                twins: [None; 256],
                twin_of: [None; 256],
            };
            $(
                rows.names[$number] = Some(stringify!($name));
                rows.generic[$number] = Opcode::$name;
                $(rows.generic[$number] = Opcode::$generic;)?
                $(rows.caches[$number] = $caches;)?
                $(
                    rows.twins[Opcode::$told.number() as usize] = Some(Opcode::$name);
                    rows.twin_of[$number] = Some(Opcode::$told);
                )?
            )*
            let mut number = 0;
            while number < 256 {
                let shared = match rows.twin_of[number] {
                    Some(told) => told,
                    None => rows.generic[number],
                };
                rows.caches[number] = rows.caches[shared.number() as usize];
                number += 1;
            }
            rows
        };
    };
}

/// The names.
pub static NAMES: [Option<&'static str>; 256] = ROWS.names;

/// The entries of inline cache.
pub static CACHES: [u8; 256] = ROWS.caches;

/// The generic instructions.
pub static GENERIC: [Opcode; 256] = ROWS.generic;

/// The instrumented instructions, at the numbers of those of which they tell.
pub static TWINS: [Option<Opcode>; 256] = ROWS.twins;

/// The instructions of which instrumented ones tell.
pub static TWIN_OF: [Option<Opcode>; 256] = ROWS.twin_of;

instructions! { oparg;
    CACHE = 0: 0 => 0;
    BEFORE_ASYNC_WITH = 1: 1 => 2;
    BEFORE_WITH = 2: 1 => 2;
    BINARY_OP_INPLACE_ADD_UNICODE = 3, of BINARY_OP: 2 => 0;
    BINARY_SLICE = 4: 3 => 1;
    BINARY_SUBSCR = 5, caches 1: 2 => 1;
    CHECK_EG_MATCH = 6: 2 => 2;
    CHECK_EXC_MATCH = 7: 2 => 2;
    CLEANUP_THROW = 8: 3 => 2;
    DELETE_SUBSCR = 9: 2 => 0;
    END_ASYNC_FOR = 10: 2 => 0;
    END_FOR = 11: 1 => 0;
    END_SEND = 12: 2 => 1;
    EXIT_INIT_CHECK = 13: 1 => 0;
    FORMAT_SIMPLE = 14: 1 => 1;
    FORMAT_WITH_SPEC = 15: 2 => 1;
    GET_AITER = 16: 1 => 1;
    RESERVED = 17: 0 => 0;
    GET_ANEXT = 18: 1 => 2;
    GET_ITER = 19: 1 => 1;
    GET_LEN = 20: 1 => 2;
    GET_YIELD_FROM_ITER = 21: 1 => 1;
    INTERPRETER_EXIT = 22: 1 => 0;
    LOAD_ASSERTION_ERROR = 23: 0 => 1;
    LOAD_BUILD_CLASS = 24: 0 => 1;
    LOAD_LOCALS = 25: 0 => 1;
    MAKE_FUNCTION = 26: 1 => 1;
    MATCH_KEYS = 27: 2 => 3;
    MATCH_MAPPING = 28: 1 => 2;
    MATCH_SEQUENCE = 29: 1 => 2;
    NOP = 30: 0 => 0;
    POP_EXCEPT = 31: 1 => 0;
    POP_TOP = 32: 1 => 0;
    PUSH_EXC_INFO = 33: 1 => 2;
    PUSH_NULL = 34: 0 => 1;
    RETURN_GENERATOR = 35: 0 => 1;
    RETURN_VALUE = 36: 1 => 0;
    SETUP_ANNOTATIONS = 37: 0 => 0;
    STORE_SLICE = 38: 4 => 0;
    STORE_SUBSCR = 39, caches 1: 3 => 0;
    TO_BOOL = 40, caches 3: 1 => 1;
    UNARY_INVERT = 41: 1 => 1;
    UNARY_NEGATIVE = 42: 1 => 1;
    UNARY_NOT = 43: 1 => 1;
    WITH_EXCEPT_START = 44: 4 => 5;
    BINARY_OP = 45, caches 1: 2 => 1;
    BUILD_CONST_KEY_MAP = 46: 1 + oparg => 1;
    BUILD_LIST = 47: oparg => 1;
    BUILD_MAP = 48: 2 * oparg => 1;
    BUILD_SET = 49: oparg => 1;
    BUILD_SLICE = 50: 2 + (oparg == 3) as u32 => 1;
    BUILD_STRING = 51: oparg => 1;
    BUILD_TUPLE = 52: oparg => 1;
    CALL = 53, caches 3: 2 + oparg => 1;
    CALL_FUNCTION_EX = 54: 3 + (oparg & 1) => 1;
    CALL_INTRINSIC_1 = 55: 1 => 1;
    CALL_INTRINSIC_2 = 56: 2 => 1;
    CALL_KW = 57: 3 + oparg => 1;
    COMPARE_OP = 58, caches 1: 2 => 1;
    CONTAINS_OP = 59, caches 1: 2 => 1;
    CONVERT_VALUE = 60: 1 => 1;
    COPY = 61: oparg => 1 + oparg;
    COPY_FREE_VARS = 62: 0 => 0;
    DELETE_ATTR = 63: 1 => 0;
    DELETE_DEREF = 64: 0 => 0;
    DELETE_FAST = 65: 0 => 0;
    DELETE_GLOBAL = 66: 0 => 0;
    DELETE_NAME = 67: 0 => 0;
    DICT_MERGE = 68: 4 + oparg => 3 + oparg;
    DICT_UPDATE = 69: 1 + oparg => oparg;
    ENTER_EXECUTOR = 70: 0 => 0;
    EXTENDED_ARG = 71: 0 => 0;
    FOR_ITER = 72, caches 1: 1 => 2;
    GET_AWAITABLE = 73: 1 => 1;
    IMPORT_FROM = 74: 1 => 2;
    IMPORT_NAME = 75: 2 => 1;
    IS_OP = 76: 2 => 1;
    JUMP_BACKWARD = 77, caches 1: 0 => 0;
    JUMP_BACKWARD_NO_INTERRUPT = 78: 0 => 0;
    JUMP_FORWARD = 79: 0 => 0;
    LIST_APPEND = 80: 1 + oparg => oparg;
    LIST_EXTEND = 81: 1 + oparg => oparg;
    LOAD_ATTR = 82, caches 9: 1 => 1 + (oparg & 1);
    LOAD_CONST = 83: 0 => 1;
    LOAD_DEREF = 84: 0 => 1;
    LOAD_FAST = 85: 0 => 1;
    LOAD_FAST_AND_CLEAR = 86: 0 => 1;
    LOAD_FAST_CHECK = 87: 0 => 1;
    LOAD_FAST_LOAD_FAST = 88: 0 => 2;
    LOAD_FROM_DICT_OR_DEREF = 89: 1 => 1;
    LOAD_FROM_DICT_OR_GLOBALS = 90: 1 => 1;
    LOAD_GLOBAL = 91, caches 4: 0 => 1 + (oparg & 1);
    LOAD_NAME = 92: 0 => 1;
    LOAD_SUPER_ATTR = 93, caches 1: 3 => 1 + (oparg & 1);
    MAKE_CELL = 94: 0 => 0;
    MAP_ADD = 95: 2 + oparg => oparg;
    MATCH_CLASS = 96: 3 => 1;
    POP_JUMP_IF_FALSE = 97, caches 1: 1 => 0;
    POP_JUMP_IF_NONE = 98, caches 1: 1 => 0;
    POP_JUMP_IF_NOT_NONE = 99, caches 1: 1 => 0;
    POP_JUMP_IF_TRUE = 100, caches 1: 1 => 0;
    RAISE_VARARGS = 101: oparg => 0;
    RERAISE = 102: 1 + oparg => oparg;
    RETURN_CONST = 103: 0 => 0;
    SEND = 104, caches 1: 2 => 2;
    SET_ADD = 105: 1 + oparg => oparg;
    SET_FUNCTION_ATTRIBUTE = 106: 2 => 1;
    SET_UPDATE = 107: 1 + oparg => oparg;
    STORE_ATTR = 108, caches 4: 2 => 0;
    STORE_DEREF = 109: 1 => 0;
    STORE_FAST = 110: 1 => 0;
    STORE_FAST_LOAD_FAST = 111: 1 => 1;
    STORE_FAST_STORE_FAST = 112: 2 => 0;
    STORE_GLOBAL = 113: 1 => 0;
    STORE_NAME = 114: 1 => 0;
    SWAP = 115: oparg => oparg;
    UNPACK_EX = 116: 1 => 1 + (oparg >> 8) + (oparg & 0xff);
    UNPACK_SEQUENCE = 117, caches 1: 1 => oparg;
    YIELD_VALUE = 118: 1 => 1;
    RESUME = 149: 0 => 0;
    BINARY_OP_ADD_FLOAT = 150, of BINARY_OP: 2 => 1;
    BINARY_OP_ADD_INT = 151, of BINARY_OP: 2 => 1;
    BINARY_OP_ADD_UNICODE = 152, of BINARY_OP: 2 => 1;
    BINARY_OP_MULTIPLY_FLOAT = 153, of BINARY_OP: 2 => 1;
    BINARY_OP_MULTIPLY_INT = 154, of BINARY_OP: 2 => 1;
    BINARY_OP_SUBTRACT_FLOAT = 155, of BINARY_OP: 2 => 1;
    BINARY_OP_SUBTRACT_INT = 156, of BINARY_OP: 2 => 1;
    BINARY_SUBSCR_DICT = 157, of BINARY_SUBSCR: 2 => 1;
    BINARY_SUBSCR_GETITEM = 158, of BINARY_SUBSCR: 2 => 1;
    BINARY_SUBSCR_LIST_INT = 159, of BINARY_SUBSCR: 2 => 1;
    BINARY_SUBSCR_STR_INT = 160, of BINARY_SUBSCR: 2 => 1;
    BINARY_SUBSCR_TUPLE_INT = 161, of BINARY_SUBSCR: 2 => 1;
    CALL_ALLOC_AND_ENTER_INIT = 162, of CALL: 2 + oparg => 1;
    CALL_BOUND_METHOD_EXACT_ARGS = 163, of CALL: 2 + oparg => 0;
    CALL_BOUND_METHOD_GENERAL = 164, of CALL: 2 + oparg => 0;
    CALL_BUILTIN_CLASS = 165, of CALL: 2 + oparg => 1;
    CALL_BUILTIN_FAST = 166, of CALL: 2 + oparg => 1;
    CALL_BUILTIN_FAST_WITH_KEYWORDS = 167, of CALL: 2 + oparg => 1;
    CALL_BUILTIN_O = 168, of CALL: 2 + oparg => 1;
    CALL_ISINSTANCE = 169, of CALL: 2 + oparg => 1;
    CALL_LEN = 170, of CALL: 2 + oparg => 1;
    CALL_LIST_APPEND = 171, of CALL: 3 => 1;
    CALL_METHOD_DESCRIPTOR_FAST = 172, of CALL: 2 + oparg => 1;
    CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS = 173, of CALL: 2 + oparg => 1;
    CALL_METHOD_DESCRIPTOR_NOARGS = 174, of CALL: 2 + oparg => 1;
    CALL_METHOD_DESCRIPTOR_O = 175, of CALL: 2 + oparg => 1;
    CALL_NON_PY_GENERAL = 176, of CALL: 2 + oparg => 1;
    CALL_PY_EXACT_ARGS = 177, of CALL: 2 + oparg => 0;
    CALL_PY_GENERAL = 178, of CALL: 2 + oparg => 0;
    CALL_STR_1 = 179, of CALL: 3 => 1;
    CALL_TUPLE_1 = 180, of CALL: 3 => 1;
    CALL_TYPE_1 = 181, of CALL: 3 => 1;
    COMPARE_OP_FLOAT = 182, of COMPARE_OP: 2 => 1;
    COMPARE_OP_INT = 183, of COMPARE_OP: 2 => 1;
    COMPARE_OP_STR = 184, of COMPARE_OP: 2 => 1;
    CONTAINS_OP_DICT = 185, of CONTAINS_OP: 2 => 1;
    CONTAINS_OP_SET = 186, of CONTAINS_OP: 2 => 1;
    FOR_ITER_GEN = 187, of FOR_ITER: 1 => 1;
    FOR_ITER_LIST = 188, of FOR_ITER: 1 => 2;
    FOR_ITER_RANGE = 189, of FOR_ITER: 1 => 2;
    FOR_ITER_TUPLE = 190, of FOR_ITER: 1 => 2;
    LOAD_ATTR_CLASS = 191, of LOAD_ATTR: 1 => 1 + (oparg & 1);
    LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN = 192, of LOAD_ATTR: 1 => 1;
    LOAD_ATTR_INSTANCE_VALUE = 193, of LOAD_ATTR: 1 => 1 + (oparg & 1);
    LOAD_ATTR_METHOD_LAZY_DICT = 194, of LOAD_ATTR: 1 => 2;
    LOAD_ATTR_METHOD_NO_DICT = 195, of LOAD_ATTR: 1 => 2;
    LOAD_ATTR_METHOD_WITH_VALUES = 196, of LOAD_ATTR: 1 => 2;
    LOAD_ATTR_MODULE = 197, of LOAD_ATTR: 1 => 1 + (oparg & 1);
    LOAD_ATTR_NONDESCRIPTOR_NO_DICT = 198, of LOAD_ATTR: 1 => 1;
    LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES = 199, of LOAD_ATTR: 1 => 1;
    LOAD_ATTR_PROPERTY = 200, of LOAD_ATTR: 1 => 1;
    LOAD_ATTR_SLOT = 201, of LOAD_ATTR: 1 => 1 + (oparg & 1);
    LOAD_ATTR_WITH_HINT = 202, of LOAD_ATTR: 1 => 1 + (oparg & 1);
    LOAD_GLOBAL_BUILTIN = 203, of LOAD_GLOBAL: 0 => 1 + (oparg & 1);
    LOAD_GLOBAL_MODULE = 204, of LOAD_GLOBAL: 0 => 1 + (oparg & 1);
    LOAD_SUPER_ATTR_ATTR = 205, of LOAD_SUPER_ATTR: 3 => 1;
    LOAD_SUPER_ATTR_METHOD = 206, of LOAD_SUPER_ATTR: 3 => 2;
    RESUME_CHECK = 207, of RESUME: 0 => 0;
    SEND_GEN = 208, of SEND: 2 => 2;
    STORE_ATTR_INSTANCE_VALUE = 209, of STORE_ATTR: 2 => 0;
    STORE_ATTR_SLOT = 210, of STORE_ATTR: 2 => 0;
    STORE_ATTR_WITH_HINT = 211, of STORE_ATTR: 2 => 0;
    STORE_SUBSCR_DICT = 212, of STORE_SUBSCR: 3 => 0;
    STORE_SUBSCR_LIST_INT = 213, of STORE_SUBSCR: 3 => 0;
    TO_BOOL_ALWAYS_TRUE = 214, of TO_BOOL: 1 => 1;
    TO_BOOL_BOOL = 215, of TO_BOOL: 1 => 1;
    TO_BOOL_INT = 216, of TO_BOOL: 1 => 1;
    TO_BOOL_LIST = 217, of TO_BOOL: 1 => 1;
    TO_BOOL_NONE = 218, of TO_BOOL: 1 => 1;
    TO_BOOL_STR = 219, of TO_BOOL: 1 => 1;
    UNPACK_SEQUENCE_LIST = 220, of UNPACK_SEQUENCE: 1 => oparg;
    UNPACK_SEQUENCE_TUPLE = 221, of UNPACK_SEQUENCE: 1 => oparg;
    UNPACK_SEQUENCE_TWO_TUPLE = 222, of UNPACK_SEQUENCE: 1 => 2;
    INSTRUMENTED_RESUME = 236, tells RESUME: 0 => 0;
    INSTRUMENTED_END_FOR = 237, tells END_FOR: 2 => 1;
    INSTRUMENTED_END_SEND = 238, tells END_SEND: 2 => 1;
    INSTRUMENTED_RETURN_VALUE = 239, tells RETURN_VALUE: 1 => 0;
    INSTRUMENTED_RETURN_CONST = 240, tells RETURN_CONST: 0 => 0;
    INSTRUMENTED_YIELD_VALUE = 241, tells YIELD_VALUE: 1 => 1;
    INSTRUMENTED_LOAD_SUPER_ATTR = 242, tells LOAD_SUPER_ATTR: 3 => 1 + (oparg & 1);
    INSTRUMENTED_FOR_ITER = 243, tells FOR_ITER: 0 => 0;
    INSTRUMENTED_CALL = 244, tells CALL: 0 => 0;
    INSTRUMENTED_CALL_KW = 245, tells CALL_KW: 0 => 0;
    INSTRUMENTED_CALL_FUNCTION_EX = 246, tells CALL_FUNCTION_EX: 0 => 0;
    INSTRUMENTED_INSTRUCTION = 247: 0 => 0;
    INSTRUMENTED_JUMP_FORWARD = 248, tells JUMP_FORWARD: 0 => 0;
    INSTRUMENTED_JUMP_BACKWARD = 249, tells JUMP_BACKWARD: 0 => 0;
    INSTRUMENTED_POP_JUMP_IF_TRUE = 250, tells POP_JUMP_IF_TRUE: 0 => 0;
    INSTRUMENTED_POP_JUMP_IF_FALSE = 251, tells POP_JUMP_IF_FALSE: 0 => 0;
    INSTRUMENTED_POP_JUMP_IF_NONE = 252, tells POP_JUMP_IF_NONE: 0 => 0;
    INSTRUMENTED_POP_JUMP_IF_NOT_NONE = 253, tells POP_JUMP_IF_NOT_NONE: 0 => 0;
    INSTRUMENTED_LINE = 254;
}
