//! The thread's stack of data: room for the frames of calls. Writes that stack, and the frames that are new on it.
use crate::ffi;
use crate::field;
use crate::frame::{Frame, Owner};
use crate::object::{Borrowed, Owned};
use crate::thread::ThreadState;
use core::ffi::c_int;
use core::ptr::{NonNull, null_mut};

/// Whether a frame of so many pointers fits into the chunk of the stack at hand
/// (pycore_frame.h `_PyThreadState_HasStackSpace`).
///
/// # Safety
/// The thread runs this.
#[inline(always)]
pub unsafe fn has_space(thread: ThreadState, size: c_int) -> bool {
    let thread = thread.as_ptr();
    // SAFETY: the thread state is alive, and ours; top and limit point into one chunk, or both are NULL.
    unsafe {
        let top = (*thread).datastack_top;
        !top.is_null() && (size as isize) < (*thread).datastack_limit.offset_from(top)
    }
}

/// Room for a frame of this code (pystate.c `_PyThreadState_PushFrame`); nothing without memory, and without an exception.
///
/// # Safety
/// The thread runs this.
#[inline(always)]
pub(super) unsafe fn take(
    thread: ThreadState,
    code: Borrowed<'_, ffi::PyCodeObject>,
) -> Option<NonNull<ffi::_PyInterpreterFrame>> {
    let size = field!(code.co_framesize);
    // SAFETY: as the caller promises.
    unsafe {
        if !has_space(thread, size) {
            return NonNull::new(ffi::_PyThreadState_PushFrame(
                thread.as_ptr(),
                size as usize,
            ));
        }
        Some(NonNull::new_unchecked(take_unchecked(thread, code)))
    }
}

/// The same where it is known that there is space.
///
/// # Safety
/// The thread runs this, and [has space](has_space).
#[inline(always)]
unsafe fn take_unchecked(
    thread: ThreadState,
    code: Borrowed<'_, ffi::PyCodeObject>,
) -> *mut ffi::_PyInterpreterFrame {
    let thread = thread.as_ptr();
    // SAFETY: as the caller promises.
    unsafe {
        let top = (*thread).datastack_top;
        (*thread).datastack_top = top.offset(field!(code.co_framesize) as isize);
        debug_assert!((*thread).datastack_top < (*thread).datastack_limit);
        top.cast()
    }
}

/// Pushes a frame for a call of a function. The variables below `first_unbound` are not written: the caller puts the
/// arguments there, and links the frame (pycore_frame.h `_PyFrame_PushUnchecked`).
///
/// # Safety
/// The thread runs this, and [has space](has_space) for a frame of the function's code, which has so many variables.
#[inline(always)]
pub unsafe fn push_unchecked(
    thread: ThreadState,
    function: Owned<ffi::PyFunctionObject>,
    first_unbound: usize,
) -> *mut ffi::_PyInterpreterFrame {
    // SAFETY: as the caller promises; a function has its code, which the frame keeps from here on.
    unsafe {
        let code = Borrowed::from_raw_unchecked((*function.as_ptr()).func_code.cast());
        let place = take_unchecked(thread, code);
        Frame::initialize(place, function, None, code, first_unbound);
        place
    }
}

/// Pushes a frame of code that belongs to no function, with so many values on its stack, which the caller puts there
/// (pycore_frame.h `_PyFrame_PushTrampolineUnchecked`).
///
/// # Safety
/// The thread runs this, and [has space](has_space) for the frame; the code has no variables.
#[inline(always)]
pub(super) unsafe fn push_trampoline(
    thread: ThreadState,
    code: Borrowed<'_, ffi::PyCodeObject>,
    height: c_int,
) -> *mut ffi::_PyInterpreterFrame {
    debug_assert_eq!(code.variable_count(), 0);
    // SAFETY: as the caller promises.
    unsafe {
        let frame = take_unchecked(thread, code);
        frame.write(ffi::_PyInterpreterFrame {
            f_executable: code.new_ref().into_raw().cast(),
            previous: null_mut(),
            f_funcobj: Borrowed::none().as_ptr(),
            f_globals: null_mut(),
            f_builtins: null_mut(),
            f_locals: null_mut(),
            frame_obj: null_mut(),
            instr_ptr: code.first_instruction(),
            stacktop: height,
            return_offset: 0,
            owner: Owner::THREAD.to_c(),
            localsplus: [null_mut()],
        });
        frame
    }
}

/// Pushes the frame that is between that of who calls a class and that of its `__init__`: with room for the instance, which the caller puts
/// onto its stack.
///
/// # Safety
/// The thread runs this, and [has space](has_space) for the frame.
#[inline(always)]
pub unsafe fn push_init_cleanup(thread: ThreadState) -> *mut ffi::_PyInterpreterFrame {
    // SAFETY: as the caller promises; a static code object without variables.
    unsafe {
        let code = Borrowed::from_raw_unchecked((&raw const ffi::_Py_InitCleanup).cast_mut());
        push_trampoline(thread, code, 1)
    }
}

/// Takes the topmost frame off the stack (pystate.c `_PyThreadState_PopFrame`).
///
/// # Safety
/// It is that, it holds nothing any more, and the thread runs this.
#[inline(always)]
pub(super) unsafe fn give_back(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) {
    let thread = thread.as_ptr();
    // SAFETY: as the caller promises; the stack has a chunk, because the frame is in it.
    unsafe {
        let first = (&raw mut (*(*thread).datastack_chunk).data).cast::<ffi::_PyInterpreterFrame>();
        if frame == first {
            ffi::_PyThreadState_PopFrame(thread, frame);
        } else {
            debug_assert!((*thread).datastack_top >= frame.cast());
            (*thread).datastack_top = frame.cast();
        }
    }
}
