//! What pycore_frame.h and pycore_ceval.h say inline about one of the evaluator's frames, under the names of C: memory reads,
//! and running it. What walks from frame to frame, or makes frame objects, is in [`crate::frame`].
#![allow(
    non_snake_case,
    non_upper_case_globals,
    reason = "the names are CPython's"
)]
use super::*;
use core::ffi::c_int;
use core::ptr::addr_of_mut;

/// Where a frame keeps its locals, cells and free variables, and above them its value stack (pycore_frame.h
/// `_PyFrame_GetLocalsArray`).
///
/// # Safety
/// `frame` points at a frame.
#[inline(always)]
pub unsafe fn _PyFrame_GetLocalsArray(frame: *mut _PyInterpreterFrame) -> *mut *mut PyObject {
    // SAFETY: the caller promises the frame; its array goes on behind the struct's end.
    unsafe { addr_of_mut!((*frame).localsplus).cast() }
}

/// The members of a frame that lie before its locals, in pointers (pycore_frame.h).
pub const FRAME_SPECIALS_SIZE: c_int =
    ((size_of::<_PyInterpreterFrame>() - 1) / size_of::<*mut PyObject>()) as c_int;

/// The locals and stack entries that a frame of this code has room for (pycore_frame.h
/// `_PyFrame_NumSlotsForCodeObject`).
///
/// # Safety
/// `code` points at a live code object.
#[inline(always)]
pub unsafe fn _PyFrame_NumSlotsForCodeObject(code: *mut PyCodeObject) -> c_int {
    // SAFETY: the caller promises the code.
    unsafe { (*code).co_framesize - FRAME_SPECIALS_SIZE }
}

/// Runs a frame by the evaluator that the interpreter has been given, or by our own (PEP 523, pycore_ceval.h
/// `_PyEval_EvalFrame`).
///
/// # Safety
/// `tstate` is the running thread's, and `frame` a frame that is ready to run; with `throwflag`, an exception is set.
#[inline(always)]
pub unsafe fn _PyEval_EvalFrame(
    tstate: *mut PyThreadState,
    frame: *mut _PyInterpreterFrame,
    throwflag: c_int,
) -> *mut PyObject {
    // SAFETY: as the caller promises; the interpreter lives as long as its threads.
    unsafe {
        match (*(*tstate).interp).eval_frame {
            None => _PyEval_EvalFrameDefault(tstate, frame, throwflag),
            Some(evaluator) => evaluator(tstate, frame, throwflag),
        }
    }
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
