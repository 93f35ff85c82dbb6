//! `Include/internal/pycore_ceval.h` and, of `pycore_frame.h`, what the evaluator does: what it and its neighbours want of
//! each other.
use crate::call::Arguments;
use crate::eval::hooks::{self, AsyncGenHook};
use crate::eval::{
    entry, errors, exceptions, frames, matching, monitor, namespaces, recursion, tables, unpack,
};
use crate::ffi::{
    _Py_CODEUNIT, _PyInterpreterFrame, Py_tracefunc, PyCodeObject, PyFunctionObject, PyGenObject,
    PyObject, PyTupleObject, PyTypeObject,
};
use crate::frame::builtins;
use crate::generator::make;
use crate::monitoring::legacy;
use crate::object::{Borrowed, IntoC, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::{CStr, c_char, c_int};
use core::ptr::null_mut;
use pyroxene_macros::capi;

/// The builtins that belong to some globals, which keep them alive.
#[capi]
pub unsafe fn _PyEval_BuiltinsFromGlobals<'a>(
    tstate: ThreadState,
    globals: Borrowed<'a>,
) -> Result<Borrowed<'a>, Raised> {
    builtins::from_globals(tstate, globals)
}

/// What a call of a generator or coroutine function gives, still without its frame.
#[capi]
pub unsafe fn _Py_MakeCoro(
    func: Borrowed<'_, PyFunctionObject>,
) -> Result<Owned<PyGenObject>, Raised> {
    make::from_function(ThreadState::current(), func)
}

/// What the operands of `BINARY_OP` stand for.
#[capi]
pub static _PyEval_BinaryOps: [tables::Binary; 26] = tables::BINARY_OPERATIONS;

/// What the operands of `CONVERT_VALUE` stand for.
#[capi]
pub static _PyEval_ConversionFuncs: [Option<tables::Conversion>; 4] = tables::CONVERSIONS;

/// Runs a function with arguments.
#[capi]
pub unsafe fn _PyEval_Vector(
    tstate: ThreadState,
    func: Borrowed<'_, PyFunctionObject>,
    locals: Option<Borrowed<'_>>,
    args: *const *mut PyObject,
    argcount: usize,
    kwnames: Option<Borrowed<'_, PyTupleObject>>,
) -> Result<Owned, Raised> {
    // SAFETY: the caller's array is as long as it says.
    let arguments = unsafe { Arguments::from_c(args, argcount, kwnames) };
    entry::call(tstate, func, locals, arguments)
}

/// Pushes a frame for a call, and consumes the function, the locals and the arguments; NULL with an exception.
#[capi]
pub unsafe fn _PyEvalFramePushAndInit(
    tstate: ThreadState,
    func: Owned<PyFunctionObject>,
    locals: Option<Owned>,
    args: *const *mut PyObject,
    argcount: usize,
    kwnames: Option<Borrowed<'_, PyTupleObject>>,
) -> *mut _PyInterpreterFrame {
    // SAFETY: the caller's thread and arguments, which it gives away.
    unsafe { frames::push_and_init(tstate, func, locals, args, argcount, kwnames) }
        .unwrap_or(null_mut())
}

/// Ends a frame that has returned or raised.
#[capi]
pub unsafe fn _PyEval_FrameClearAndPop(tstate: ThreadState, frame: *mut _PyInterpreterFrame) {
    // SAFETY: the caller's thread and frame.
    unsafe { frames::clear_and_pop(tstate, frame) }
}

/// The local variables of the code that runs; those of a function in a new dict.
#[capi]
pub unsafe fn _PyEval_GetFrameLocals() -> Result<Owned, Raised> {
    namespaces::locals(ThreadState::current())
}

/// A builtin by its name.
#[capi]
pub unsafe fn _PyEval_GetBuiltin(name: Borrowed<'_>) -> Result<Owned, Raised> {
    namespaces::builtin(name)
}

/// Calls a function that is traced although a trace function runs.
#[capi]
pub unsafe fn _PyEval_CallTracing(
    func: Borrowed<'_>,
    args: Borrowed<'_, PyTupleObject>,
) -> Result<Owned, Raised> {
    hooks::call_traced(func, args)
}

/// How many frames a coroutine remembers of where it was made.
#[capi]
pub unsafe fn _PyEval_GetCoroutineOriginTrackingDepth() -> c_int {
    hooks::origin_tracking_depth(ThreadState::current())
}

/// Sets that: 0, or -1 with an exception.
#[capi]
pub unsafe fn _PyEval_SetCoroutineOriginTrackingDepth(depth: c_int) -> c_int {
    hooks::set_origin_tracking_depth(ThreadState::current(), depth).into_c()
}

/// What an asynchronous generator calls when it is first iterated.
#[capi]
pub unsafe fn _PyEval_GetAsyncGenFirstiter<'a>() -> Option<Borrowed<'a>> {
    AsyncGenHook::FirstIter.get(ThreadState::current())
}

/// Sets that: 0, or -1 with an exception.
#[capi]
pub unsafe fn _PyEval_SetAsyncGenFirstiter(firstiter: Option<Borrowed<'_>>) -> c_int {
    AsyncGenHook::FirstIter
        .set(ThreadState::current(), firstiter)
        .into_c()
}

/// What an asynchronous generator calls when it dies before its end.
#[capi]
pub unsafe fn _PyEval_GetAsyncGenFinalizer<'a>() -> Option<Borrowed<'a>> {
    AsyncGenHook::Finalizer.get(ThreadState::current())
}

/// Sets that: 0, or -1 with an exception.
#[capi]
pub unsafe fn _PyEval_SetAsyncGenFinalizer(finalizer: Option<Borrowed<'_>>) -> c_int {
    AsyncGenHook::Finalizer
        .set(ThreadState::current(), finalizer)
        .into_c()
}

/// Looks at the limit of the C stack: 0, or -1 with an exception.
#[capi]
pub unsafe fn _Py_CheckRecursiveCall(tstate: ThreadState, where_: *const c_char) -> c_int {
    // SAFETY: the caller's C string.
    recursion::check_c(tstate, unsafe { CStr::from_ptr(where_) }).into_c()
}

/// Looks whether `except` may catch this: 0, or -1 with an exception.
#[capi]
pub unsafe fn _PyEval_CheckExceptTypeValid(_tstate: ThreadState, right: Borrowed<'_>) -> c_int {
    exceptions::check_except_type(right).into_c()
}

/// Looks whether `except*` may catch this: 0, or -1 with an exception.
#[capi]
pub unsafe fn _PyEval_CheckExceptStarTypeValid(_tstate: ThreadState, right: Borrowed<'_>) -> c_int {
    exceptions::check_except_star_type(right).into_c()
}

/// Stores the part of an exception that matches, and the rest: 0, or -1 with an exception.
#[capi]
pub unsafe fn _PyEval_ExceptionGroupMatch(
    exc_value: Borrowed<'_>,
    match_type: Borrowed<'_>,
    match_: *mut *mut PyObject,
    rest: *mut *mut PyObject,
) -> c_int {
    match exceptions::group_match(exc_value, match_type) {
        Ok((matching, other)) => {
            // SAFETY: the caller's variables.
            unsafe {
                *match_ = matching.into_raw();
                *rest = other.into_raw();
            }
            0
        }
        Err(_) => -1,
    }
}

/// Makes the error of awaiting tell of `async with`.
#[capi]
pub unsafe fn _PyEval_FormatAwaitableError(
    _tstate: ThreadState,
    r#type: Borrowed<'_, PyTypeObject>,
    oparg: c_int,
) {
    let _raised = errors::awaitable(Raised::on_c_word(), r#type, oparg as usize);
}

/// Raises an exception with a name in its message, if there is a name.
#[capi]
pub unsafe fn _PyEval_FormatExcCheckArg(
    _tstate: ThreadState,
    exc: Borrowed<'_>,
    format_str: *const c_char,
    obj: Option<Borrowed<'_>>,
) {
    if let Some(name) = obj {
        // SAFETY: the caller's format, which takes a C string.
        let _raised = unsafe { errors::of_name(exc, CStr::from_ptr(format_str), name) };
    }
}

/// Raises the error for an empty cell, unless an exception is set.
#[capi]
pub unsafe fn _PyEval_FormatExcUnbound(
    _tstate: ThreadState,
    co: Borrowed<'_, PyCodeObject>,
    oparg: c_int,
) {
    let _raised = errors::unbound(co, oparg as usize);
}

/// Makes the errors of merging `**` arguments tell of the call.
#[capi]
pub unsafe fn _PyEval_FormatKwargsError(
    _tstate: ThreadState,
    func: Borrowed<'_>,
    kwargs: Borrowed<'_>,
) {
    let _raised = errors::keywords(Raised::on_c_word(), func, kwargs);
}

/// The attributes that a class pattern looks at; NULL without an exception if the subject does not match.
#[capi]
pub unsafe fn _PyEval_MatchClass(
    _tstate: ThreadState,
    subject: Borrowed<'_>,
    r#type: Borrowed<'_>,
    nargs: isize,
    kwargs: Borrowed<'_, PyTupleObject>,
) -> *mut PyObject {
    matching::class(subject, r#type, nargs.cast_unsigned(), kwargs).into_c()
}

/// The values that a mapping has under the keys, or `None`.
#[capi]
pub unsafe fn _PyEval_MatchKeys(
    _tstate: ThreadState,
    map: Borrowed<'_>,
    keys: Borrowed<'_, PyTupleObject>,
) -> Result<Owned, Raised> {
    matching::keys(map, keys)
}

/// Unpacks an iterable below `sp`: 1, or 0 with an exception. A negative `argcntafter` says that there is no starred name.
#[capi]
pub unsafe fn _PyEval_UnpackIterable(
    tstate: ThreadState,
    v: Borrowed<'_>,
    argcnt: c_int,
    argcntafter: c_int,
    sp: *mut *mut PyObject,
) -> c_int {
    let after = usize::try_from(argcntafter).ok();
    // SAFETY: the caller's thread and places.
    let result = unsafe { unpack::iterable(tstate, v, argcnt as usize, after, sp) };
    c_int::from(result.is_ok())
}

/// Tells tools that an exception was raised.
#[capi]
pub unsafe fn _PyEval_MonitorRaise(
    tstate: ThreadState,
    frame: *mut _PyInterpreterFrame,
    instr: *mut _Py_CODEUNIT,
) {
    // SAFETY: the caller's thread, frame and instruction; an exception is set.
    unsafe { monitor::raise(tstate, frame, instr) }
}

/// Sets the function that a thread is profiled with, or takes it away.
#[capi]
pub unsafe fn _PyEval_SetProfile(
    tstate: ThreadState,
    func: Py_tracefunc,
    arg: Option<Borrowed<'_>>,
) -> c_int {
    legacy::set_profile(tstate, func, arg).into_c()
}

/// Sets the function that a thread is traced with, or takes it away.
#[capi]
pub unsafe fn _PyEval_SetTrace(
    tstate: ThreadState,
    func: Py_tracefunc,
    arg: Option<Borrowed<'_>>,
) -> c_int {
    legacy::set_trace(tstate, func, arg).into_c()
}
