//! `Include/internal/pycore_code.h`: specialisation and instrumentation, as the evaluator and the maker of code objects want
//! them. Two of the symbols are declared only where they are used.
use crate::bytecode::cache::{
    BinaryOp, BinarySubscr, Call, CompareOp, ContainsOp, ForIter, LoadAttr, LoadGlobal,
    LoadSuperAttr, Send, StoreAttr, StoreSubscr, ToBool, UnpackSequence,
};
use crate::ffi::{PyCodeObject, PyInterpreterState, PyObject};
use crate::monitoring::code::Code;
use crate::monitoring::{Interpreter, instrument};
use crate::object::{Borrowed, IntoC};
use crate::specialize::init_cleanup::{InitCleanup, init_cleanup};
use crate::specialize::{
    Site, arithmetic, attributes, calls, compare, contains, globals, iteration, quicken, send,
    subscripts, super_attributes, to_bool, unpack,
};
use core::ffi::c_int;
use pyroxene_macros::capi;

/// The code that runs behind an `__init__` that was entered without a call.
#[capi]
pub static _Py_InitCleanup: InitCleanup = init_cleanup();

/// Starts the counters of a new code object.
#[capi]
pub unsafe fn _PyCode_Quicken(code: Borrowed<'_, PyCodeObject>) {
    quicken::quicken(code);
}

/// `LOAD_SUPER_ATTR`.
#[capi]
pub unsafe fn _Py_Specialize_LoadSuperAttr(
    global_super: Borrowed<'_>,
    cls: Borrowed<'_>,
    instr: Site<'_, LoadSuperAttr>,
    load_method: c_int,
) {
    super_attributes::load(instr, global_super, cls, load_method != 0);
}

/// `LOAD_ATTR`.
#[capi]
pub unsafe fn _Py_Specialize_LoadAttr(
    owner: Borrowed<'_>,
    instr: Site<'_, LoadAttr>,
    name: Borrowed<'_>,
) {
    attributes::load(instr, owner, name);
}

/// `STORE_ATTR`.
#[capi]
pub unsafe fn _Py_Specialize_StoreAttr(
    owner: Borrowed<'_>,
    instr: Site<'_, StoreAttr>,
    name: Borrowed<'_>,
) {
    attributes::store(instr, owner, name);
}

/// `LOAD_GLOBAL`.
#[capi]
pub unsafe fn _Py_Specialize_LoadGlobal(
    globals: Borrowed<'_>,
    builtins: Borrowed<'_>,
    instr: Site<'_, LoadGlobal>,
    name: Borrowed<'_>,
) {
    globals::load(instr, globals, builtins, name);
}

/// `BINARY_SUBSCR`. The header's names for the first two arguments are the wrong way round.
#[capi]
pub unsafe fn _Py_Specialize_BinarySubscr(
    container: Borrowed<'_>,
    sub: Borrowed<'_>,
    instr: Site<'_, BinarySubscr>,
) {
    subscripts::load(instr, container, sub);
}

/// `STORE_SUBSCR`.
#[capi]
pub unsafe fn _Py_Specialize_StoreSubscr(
    container: Borrowed<'_>,
    sub: Borrowed<'_>,
    instr: Site<'_, StoreSubscr>,
) {
    subscripts::store(instr, container, sub);
}

/// `CALL`.
#[capi]
pub unsafe fn _Py_Specialize_Call(callable: Borrowed<'_>, instr: Site<'_, Call>, nargs: c_int) {
    calls::call(instr, callable, nargs);
}

/// `BINARY_OP`.
#[capi]
pub unsafe fn _Py_Specialize_BinaryOp(
    lhs: Borrowed<'_>,
    rhs: Borrowed<'_>,
    instr: Site<'_, BinaryOp>,
    oparg: c_int,
    locals: *const *mut PyObject,
) {
    arithmetic::binary(instr, lhs, rhs, oparg.cast_unsigned(), |number| {
        // SAFETY: the variables of the frame that runs the instruction, of which the next one names one.
        lhs.is_at(unsafe { *locals.add(usize::from(number)) })
    });
}

/// `COMPARE_OP`.
#[capi]
pub unsafe fn _Py_Specialize_CompareOp(
    lhs: Borrowed<'_>,
    rhs: Borrowed<'_>,
    instr: Site<'_, CompareOp>,
    oparg: c_int,
) {
    compare::compare(instr, lhs, rhs, oparg.cast_unsigned());
}

/// `UNPACK_SEQUENCE`.
#[capi]
pub unsafe fn _Py_Specialize_UnpackSequence(
    seq: Borrowed<'_>,
    instr: Site<'_, UnpackSequence>,
    oparg: c_int,
) {
    unpack::unpack(instr, seq, oparg as isize);
}

/// `FOR_ITER`.
#[capi]
pub unsafe fn _Py_Specialize_ForIter(iter: Borrowed<'_>, instr: Site<'_, ForIter>, oparg: c_int) {
    iteration::step(instr, iter, oparg.cast_unsigned());
}

/// `SEND`.
#[capi]
pub unsafe fn _Py_Specialize_Send(receiver: Borrowed<'_>, instr: Site<'_, Send>) {
    send::send(instr, receiver);
}

/// `TO_BOOL`.
#[capi]
pub unsafe fn _Py_Specialize_ToBool(value: Borrowed<'_>, instr: Site<'_, ToBool>) {
    to_bool::to_bool(instr, value);
}

/// `CONTAINS_OP`.
#[capi]
pub unsafe fn _Py_Specialize_ContainsOp(value: Borrowed<'_>, instr: Site<'_, ContainsOp>) {
    contains::contains(instr, value);
}

/// Instruments a code object for the tools that watch it.
#[capi]
pub unsafe fn _Py_Instrument(
    co: Borrowed<'_, PyCodeObject>,
    interp: *mut PyInterpreterState,
) -> c_int {
    // SAFETY: the evaluator's own interpreter.
    instrument(co, unsafe { Interpreter::from_c(interp) }).into_c()
}

/// The instruction that the compiler made at an index. Where machine code is entered, C looks behind the patch itself.
#[capi]
pub unsafe fn _Py_GetBaseOpcode(code: Borrowed<'_, PyCodeObject>, offset: c_int) -> c_int {
    let index = usize::try_from(offset).expect("an index of an instruction");
    c_int::from(Code::of(code).patched_opcode(index).number())
}

/// How many units an instruction takes, with its inline cache.
#[capi]
pub unsafe fn _PyInstruction_GetLength(code: Borrowed<'_, PyCodeObject>, offset: c_int) -> c_int {
    let index = usize::try_from(offset).expect("an index of an instruction");
    Code::of(code).length(index) as c_int
}
