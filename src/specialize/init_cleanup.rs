//! The code that runs behind an `__init__` that was entered without a call. Constants only.
use crate::bytecode::{Opcode, Unit};
use crate::ffi::{self, PyObject, StaticCode};
use crate::object::static_type::static_var_head;
use crate::static_id;
use core::ffi::{c_char, c_int};
use core::ptr::null_mut;

/// A code object that is a constant.
#[repr(transparent)]
pub struct InitCleanup(StaticCode);

// SAFETY: it is never written: it is immortal, and its flags keep instrumentation away.
unsafe impl Sync for InitCleanup {}

/// The instructions: the result of `__init__` is checked, and the instance returned. Frames count as complete from
/// `RESUME` on, so that nobody ever sees this one.
const INSTRUCTIONS: [Unit; 3] = [
    unit(Opcode::EXIT_INIT_CHECK, 0),
    unit(Opcode::RETURN_VALUE, 0),
    unit(Opcode::RESUME, ffi::RESUME_AT_FUNC_START as u8),
];

/// What `_co_firsttraceable` says: no instruction of these.
const FIRST_TRACEABLE: c_int = 4;

/// The instance and the result of `__init__`.
const STACK: c_int = 2;

const fn unit(opcode: Opcode, oparg: u8) -> Unit {
    Unit { opcode, oparg }
}

/// A `bytes` object of one byte that is a constant, with the zero byte that C wants behind it.
#[repr(C)]
struct Byte {
    head: ffi::PyVarObject,
    hash: ffi::Py_hash_t,
    content: [u8; 2],
}

const _: () = assert!(
    core::mem::offset_of!(Byte, content) == core::mem::offset_of!(ffi::PyBytesObject, ob_sval)
);

// SAFETY: it is never written.
unsafe impl Sync for Byte {}

/// A table of locations: the instructions have none.
static NO_LOCATION: Byte = Byte {
    head: static_var_head(&raw mut ffi::PyBytes_Type, 1),
    hash: 0,
    content: [location_entry(ffi::PY_CODE_LOCATION_INFO_NONE, 4), 0],
};

/// The first byte of an entry in a table of locations: its kind, and for how many units it is.
const fn location_entry(kind: ffi::_PyCodeLocationInfoKind, units: u8) -> u8 {
    0x80 | (kind as u8) << 3 | (units - 1)
}

/// The code as bytes.
const fn bytes() -> [c_char; 8] {
    let mut bytes = [0; 8];
    let mut index = 0;
    while index < INSTRUCTIONS.len() {
        bytes[2 * index] = INSTRUCTIONS[index].opcode.number() as c_char;
        bytes[2 * index + 1] = INSTRUCTIONS[index].oparg as c_char;
        index += 1;
    }
    bytes
}

/// What `_Py_InitCleanup` is (specialize.c).
pub const fn init_cleanup() -> InitCleanup {
    // SAFETY: only addresses of members of a static are taken.
    let (no_names, no_bytes): (*mut PyObject, *mut PyObject) = unsafe {
        let singletons = &raw mut ffi::_PyRuntime.static_objects.singletons;
        (
            (&raw mut (*singletons).tuple_empty).cast(),
            (&raw mut (*singletons).bytes_empty).cast(),
        )
    };
    let name = static_id!(_py___init__).as_ptr();
    InitCleanup(StaticCode {
        ob_base: static_var_head(&raw mut ffi::PyCode_Type, INSTRUCTIONS.len() as _),
        co_consts: no_names,
        co_names: no_names,
        co_exceptiontable: no_bytes,
        co_flags: (ffi::CO_OPTIMIZED | ffi::CO_NO_MONITORING_EVENTS) as c_int,
        co_argcount: 0,
        co_posonlyargcount: 0,
        co_kwonlyargcount: 0,
        co_stacksize: STACK,
        co_firstlineno: 0,
        co_nlocalsplus: 0,
        co_framesize: STACK + ffi::FRAME_SPECIALS_SIZE,
        co_nlocals: 0,
        co_ncellvars: 0,
        co_nfreevars: 0,
        co_version: 0,
        co_localsplusnames: no_names,
        co_localspluskinds: no_bytes,
        co_filename: name,
        co_name: name,
        co_qualname: name,
        co_linetable: (&raw const NO_LOCATION).cast_mut().cast(),
        co_weakreflist: null_mut(),
        co_executors: null_mut(),
        _co_cached: null_mut(),
        _co_instrumentation_version: 0,
        _co_monitoring: null_mut(),
        _co_firsttraceable: FIRST_TRACEABLE,
        co_extra: null_mut(),
        co_code_adaptive: bytes(),
    })
}
