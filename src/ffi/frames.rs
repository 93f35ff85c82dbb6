//! What pycore_frame.h and pycore_ceval.h say inline about the evaluator's frames, under the names of C: memory reads and
//! writes only, but for making a frame object and for running a frame.
#![allow(
    non_snake_case,
    non_upper_case_globals,
    reason = "the names are CPython's"
)]
use super::*;
use core::ffi::c_int;
use core::ptr::{addr_of, addr_of_mut};

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

/// The value on top of a frame's stack, borrowed (pycore_frame.h `_PyFrame_StackPeek`).
///
/// # Safety
/// `frame` points at a frame that does not run, with a value on its stack.
#[inline(always)]
pub unsafe fn _PyFrame_StackPeek(frame: *mut _PyInterpreterFrame) -> *mut PyObject {
    // SAFETY: a frame that does not run has its stack's height in it.
    unsafe { *_PyFrame_GetLocalsArray(frame).offset((*frame).stacktop as isize - 1) }
}

/// Puts a value, whose reference the frame takes, on top of a frame's stack (pycore_frame.h `_PyFrame_StackPush`).
///
/// # Safety
/// `frame` points at a frame that does not run, with room on its stack.
#[inline(always)]
pub unsafe fn _PyFrame_StackPush(frame: *mut _PyInterpreterFrame, value: *mut PyObject) {
    // SAFETY: a frame that does not run has its stack's height in it, and the caller promises the room.
    unsafe {
        *_PyFrame_GetLocalsArray(frame).offset((*frame).stacktop as isize) = value;
        (*frame).stacktop += 1;
    }
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

/// Copies a frame with what it holds to another place, whose references these then are; the link to the caller is not
/// copied (pycore_frame.h `_PyFrame_Copy`).
///
/// # Safety
/// `src` points at a frame that does not run, and `dest` at room for one with as many locals and stack entries.
#[inline]
pub unsafe fn _PyFrame_Copy(src: *mut _PyInterpreterFrame, dest: *mut _PyInterpreterFrame) {
    // SAFETY: the caller promises both places. The struct holds the first of the entries.
    unsafe {
        *dest = *src;
        for index in 1..(*src).stacktop.max(1) as usize {
            *_PyFrame_GetLocalsArray(dest).add(index) = *_PyFrame_GetLocalsArray(src).add(index);
        }
        (*dest).previous = core::ptr::null_mut();
    }
}

/// Whether a frame is still being set up, so that nobody may see it (pycore_frame.h `_PyFrame_IsIncomplete`).
///
/// # Safety
/// `frame` points at a frame of the running thread.
#[inline]
pub unsafe fn _PyFrame_IsIncomplete(frame: *mut _PyInterpreterFrame) -> bool {
    // SAFETY: the caller promises the frame; only one on the C stack has no code. Addresses are compared, nothing is
    // read behind them.
    unsafe {
        let owner = (*frame).owner as _frameowner;
        if owner == FRAME_OWNED_BY_CSTACK {
            return true;
        }
        let code = (*frame).f_executable.cast::<PyCodeObject>();
        let first = addr_of!((*code).co_code_adaptive).cast::<_Py_CODEUNIT>();
        owner != FRAME_OWNED_BY_GENERATOR
            && (*frame).instr_ptr.cast_const()
                < first.wrapping_offset((*code)._co_firsttraceable as isize)
    }
}

/// The frame itself or the nearest of its callers that may be seen; NULL when there is none (pycore_frame.h
/// `_PyFrame_GetFirstComplete`).
///
/// # Safety
/// `frame` is NULL or points at a frame of the running thread.
#[inline]
pub unsafe fn _PyFrame_GetFirstComplete(
    mut frame: *mut _PyInterpreterFrame,
) -> *mut _PyInterpreterFrame {
    // SAFETY: a frame's callers are as alive as itself.
    unsafe {
        while !frame.is_null() && _PyFrame_IsIncomplete(frame) {
            frame = (*frame).previous;
        }
    }
    frame
}

/// The frame object of a frame, borrowed from it; it is made when somebody asks first. NULL with an exception when that
/// failed (pycore_frame.h `_PyFrame_GetFrameObject`).
///
/// # Safety
/// `frame` points at a complete frame.
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

/// The innermost complete frame of a thread, or NULL (pycore_frame.h `_PyThreadState_GetFrame`).
///
/// # Safety
/// `tstate` points at a thread state whose thread does not run meanwhile, or is the running one.
#[inline]
pub unsafe fn _PyThreadState_GetFrame(tstate: *mut PyThreadState) -> *mut _PyInterpreterFrame {
    // SAFETY: the caller promises the thread state, whose current frame is live.
    unsafe { _PyFrame_GetFirstComplete((*tstate).current_frame) }
}
