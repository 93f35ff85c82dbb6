//! CPython's inline functions that read the runtime: interpreters, thread states, and the frames of a thread.
//!
//! As in [`super::inline`], the names are CPython's, and the header that each one comes from stands beside it.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;
use core::ptr::addr_of_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

/// The main interpreter (pycore_pystate.h `_PyInterpreterState_Main`). Async-signal-safe.
#[inline(always)]
pub fn _PyInterpreterState_Main() -> *mut PyInterpreterState {
    // SAFETY: one field of the runtime, written before any other thread exists.
    unsafe { _PyRuntime.interpreters.main }
}

/// Whether the running thread is the one that the runtime was started in (pycore_pystate.h `_Py_IsMainThread`).
#[inline]
pub fn _Py_IsMainThread() -> bool {
    // SAFETY: the identifier has no precondition; the runtime's is written at start and after fork only.
    unsafe { PyThread_get_thread_ident() == _PyRuntime.main_thread }
}

/// Whether this is the main interpreter (pycore_pystate.h `_Py_IsMainInterpreter`).
#[inline(always)]
pub fn _Py_IsMainInterpreter(interp: *mut PyInterpreterState) -> bool {
    core::ptr::eq(interp, _PyInterpreterState_Main())
}

/// Whether the running thread, in that interpreter, is the one where Python's signal handlers run
/// (pycore_pystate.h `_Py_ThreadCanHandleSignals`).
#[inline]
pub fn _Py_ThreadCanHandleSignals(interp: *mut PyInterpreterState) -> bool {
    _Py_IsMainThread() && _Py_IsMainInterpreter(interp)
}

/// Whether a request to the evaluator is set (pycore_ceval.h `_Py_eval_breaker_bit_is_set`).
///
/// # Safety
/// `tstate` points at a thread state that nobody frees meanwhile.
#[inline(always)]
pub unsafe fn _Py_eval_breaker_bit_is_set(tstate: *mut PyThreadState, bit: usize) -> bool {
    // SAFETY: the caller promises the thread state; every thread reads and writes this word atomically.
    let breaker = unsafe { AtomicUsize::from_ptr(addr_of_mut!((*tstate).eval_breaker)) };
    breaker.load(Ordering::Relaxed) & bit != 0
}

/// Takes back a request to the evaluator (pycore_ceval.h `_Py_unset_eval_breaker_bit`).
///
/// # Safety
/// As [`_Py_eval_breaker_bit_is_set`].
#[inline(always)]
pub unsafe fn _Py_unset_eval_breaker_bit(tstate: *mut PyThreadState, bit: usize) {
    // SAFETY: as above.
    let breaker = unsafe { AtomicUsize::from_ptr(addr_of_mut!((*tstate).eval_breaker)) };
    breaker.fetch_and(!bit, Ordering::SeqCst);
}

/// The first instruction of a code object (code.h `_PyCode_CODE`).
///
/// # Safety
/// `code` points at a live code object.
#[inline(always)]
pub unsafe fn _PyCode_CODE(code: *mut PyCodeObject) -> *mut _Py_CODEUNIT {
    // SAFETY: the instructions lie at the end of the same allocation.
    unsafe { addr_of_mut!((*code).co_code_adaptive).cast() }
}

/// The code object that a frame runs (pycore_frame.h `_PyFrame_GetCode`).
///
/// # Safety
/// `frame` points at a frame of a Python function, not at one of the evaluator's entry frames.
#[inline(always)]
pub unsafe fn _PyFrame_GetCode(frame: *const _PyInterpreterFrame) -> *mut PyCodeObject {
    // SAFETY: the caller promises the frame.
    unsafe { (*frame).f_executable.cast() }
}

/// The index of the instruction at which a frame stands, in code units (pycore_frame.h `_PyInterpreterFrame_LASTI`).
///
/// # Safety
/// As [`_PyFrame_GetCode`]; its code object is alive.
#[inline(always)]
pub unsafe fn _PyInterpreterFrame_LASTI(frame: *const _PyInterpreterFrame) -> core::ffi::c_int {
    // SAFETY: the caller promises the frame and its code; addresses are compared, nothing is read behind them.
    let bytes = unsafe {
        let first = &raw const (*_PyFrame_GetCode(frame)).co_code_adaptive;
        (*frame).instr_ptr.addr().wrapping_sub(first.addr())
    };
    (bytes.cast_signed() / size_of::<_Py_CODEUNIT>().cast_signed()) as core::ffi::c_int
}

/// Whether the frame is not to be seen yet: an entry frame, or one before its first traceable instruction
/// (pycore_frame.h `_PyFrame_IsIncomplete`). A generator's frame is always complete.
///
/// # Safety
/// `frame` points at a live frame.
#[inline]
pub unsafe fn _PyFrame_IsIncomplete(frame: *mut _PyInterpreterFrame) -> bool {
    // SAFETY: the caller promises the frame; only a frame of the C stack has no code.
    unsafe {
        let owner = (*frame).owner as _frameowner;
        if owner == FRAME_OWNED_BY_CSTACK {
            return true;
        }
        let code = _PyFrame_GetCode(frame);
        owner != FRAME_OWNED_BY_GENERATOR
            && (*frame).instr_ptr < _PyCode_CODE(code).offset((*code)._co_firsttraceable as isize)
    }
}

/// The frame itself or the nearest caller that is complete, or NULL (pycore_frame.h `_PyFrame_GetFirstComplete`).
///
/// # Safety
/// `frame` is NULL or points at a live frame.
#[inline]
pub unsafe fn _PyFrame_GetFirstComplete(
    mut frame: *mut _PyInterpreterFrame,
) -> *mut _PyInterpreterFrame {
    // SAFETY: a live frame's callers are live.
    unsafe {
        while !frame.is_null() && _PyFrame_IsIncomplete(frame) {
            frame = (*frame).previous;
        }
    }
    frame
}

/// The innermost complete frame of a thread, or NULL (pycore_frame.h `_PyThreadState_GetFrame`).
///
/// # Safety
/// `tstate` points at a thread state whose thread does not run meanwhile, or is the running one.
#[inline]
pub unsafe fn _PyThreadState_GetFrame(tstate: *mut PyThreadState) -> *mut _PyInterpreterFrame {
    // SAFETY: the caller promises the thread state, whose current frame is live.
    unsafe { _PyFrame_GetFirstComplete((*tstate).current_frame) }
}

/// The frame object of a frame, made when there is none: borrowed, or NULL with an exception
/// (pycore_frame.h `_PyFrame_GetFrameObject`).
///
/// # Safety
/// `frame` points at a live, complete frame of an attached thread.
#[inline]
pub unsafe fn _PyFrame_GetFrameObject(frame: *mut _PyInterpreterFrame) -> *mut PyFrameObject {
    // SAFETY: the caller promises the frame.
    unsafe {
        let object = (*frame).frame_obj;
        if object.is_null() {
            _PyFrame_MakeAndSetFrameObject(frame)
        } else {
            object
        }
    }
}
