//! What pycore_frame.h says inline about pushing frames on a thread's data stack, and about the generator around a frame.
//! Under the names of C; memory reads and writes only.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;
use core::ffi::{c_char, c_int};
use core::mem::offset_of;
use core::ptr::null_mut;

/// Whether a frame of so many pointers fits into the chunk of the data stack at hand (`_PyThreadState_HasStackSpace`).
///
/// # Safety
/// `tstate` is the running thread's.
#[inline(always)]
pub unsafe fn _PyThreadState_HasStackSpace(tstate: *mut PyThreadState, size: c_int) -> bool {
    // SAFETY: the caller promises the thread state; top and limit point into one chunk, or both are NULL.
    unsafe {
        let top = (*tstate).datastack_top;
        !top.is_null() && (size as isize) < (*tstate).datastack_limit.offset_from(top)
    }
}

/// Sets up a frame of a function in free memory, and takes the references to the function and to the locals, which may be
/// NULL. The first `null_locals_from` variables are not written: the caller puts the arguments there, and links the frame
/// (`_PyFrame_Initialize`).
///
/// # Safety
/// `frame` has room for a frame of `code`, which is the function's.
#[inline(always)]
pub unsafe fn _PyFrame_Initialize(
    frame: *mut _PyInterpreterFrame,
    func: *mut PyFunctionObject,
    locals: *mut PyObject,
    code: *mut PyCodeObject,
    null_locals_from: usize,
) {
    // SAFETY: as the caller promises.
    unsafe {
        Py_INCREF(code.cast());
        (*frame).f_funcobj = func.cast();
        (*frame).f_executable = code.cast();
        (*frame).f_builtins = (*func).func_builtins;
        (*frame).f_globals = (*func).func_globals;
        (*frame).f_locals = locals;
        (*frame).stacktop = (*code).co_nlocalsplus;
        (*frame).frame_obj = null_mut();
        (*frame).instr_ptr = (&raw mut (*code).co_code_adaptive).cast();
        (*frame).return_offset = 0;
        (*frame).owner = FRAME_OWNED_BY_THREAD as c_char;
        let variables = _PyFrame_GetLocalsArray(frame);
        for index in null_locals_from..(*code).co_nlocalsplus as usize {
            *variables.add(index) = null_mut();
        }
    }
}

/// Pushes a frame for a call of a function, whose reference it takes. The first `null_locals_from` variables are not
/// written: the caller puts the arguments there, and links the frame (`_PyFrame_PushUnchecked`).
///
/// # Safety
/// `tstate` is the running thread's and has space for the frame; `func` is a function whose code has so many variables.
#[inline(always)]
pub unsafe fn _PyFrame_PushUnchecked(
    tstate: *mut PyThreadState,
    func: *mut PyFunctionObject,
    null_locals_from: usize,
) -> *mut _PyInterpreterFrame {
    // SAFETY: as the caller promises.
    unsafe {
        let code = (*func).func_code.cast::<PyCodeObject>();
        let frame = take_space(tstate, code);
        _PyFrame_Initialize(frame, func, null_mut(), code, null_locals_from);
        frame
    }
}

/// Pushes a frame of code that belongs to no function, with so many values on its stack, which the caller puts there
/// (`_PyFrame_PushTrampolineUnchecked`).
///
/// # Safety
/// `tstate` is the running thread's and has space for the frame; `code` is alive and has no variables.
#[inline(always)]
pub unsafe fn _PyFrame_PushTrampolineUnchecked(
    tstate: *mut PyThreadState,
    code: *mut PyCodeObject,
    stackdepth: c_int,
) -> *mut _PyInterpreterFrame {
    // SAFETY: as the caller promises.
    unsafe {
        let frame = take_space(tstate, code);
        Py_INCREF(code.cast());
        (*frame).f_funcobj = &raw mut _Py_NoneStruct;
        (*frame).f_executable = code.cast();
        (*frame).f_locals = null_mut();
        (*frame).stacktop = (*code).co_nlocalsplus + stackdepth;
        (*frame).frame_obj = null_mut();
        (*frame).instr_ptr = (&raw mut (*code).co_code_adaptive).cast();
        (*frame).owner = FRAME_OWNED_BY_THREAD as c_char;
        (*frame).return_offset = 0;
        frame
    }
}

/// The next free place of the data stack, which a frame of this code takes.
///
/// # Safety
/// `tstate` is the running thread's and has the space.
#[inline(always)]
unsafe fn take_space(
    tstate: *mut PyThreadState,
    code: *mut PyCodeObject,
) -> *mut _PyInterpreterFrame {
    // SAFETY: as the caller promises.
    unsafe {
        let top = (*tstate).datastack_top;
        (*tstate).datastack_top = top.offset((*code).co_framesize as isize);
        debug_assert!((*tstate).datastack_top < (*tstate).datastack_limit);
        top.cast()
    }
}

/// The generator in which a frame lies (`_PyFrame_GetGenerator`).
///
/// # Safety
/// `frame` is a generator's.
#[inline(always)]
pub unsafe fn _PyFrame_GetGenerator(frame: *mut _PyInterpreterFrame) -> *mut PyGenObject {
    // SAFETY: the caller promises that the frame is this member of a generator.
    unsafe {
        debug_assert!((*frame).owner == FRAME_OWNED_BY_GENERATOR as c_char);
        frame.byte_sub(offset_of!(PyGenObject, gi_iframe)).cast()
    }
}
