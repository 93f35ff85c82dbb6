//! The compiler flags of the code that runs, and the indices of extra members of code objects. Reads the thread's innermost
//! frame, and writes the interpreter.
use crate::ffi;
use crate::field;
use crate::frame::VisibleFrames;
use crate::thread::ThreadState;
use core::ffi::c_int;

/// The flags `from __future__` of the code that runs, for code that is compiled in its place.
pub fn inherited(thread: ThreadState) -> c_int {
    VisibleFrames::of(thread).next().map_or(0, |frame| {
        let code = frame.code();
        field!(code.co_flags) & ffi::PyCF_MASK.cast_signed()
    })
}

/// A new index for a member that all code objects of the interpreter have for an extension, and by what it is freed
/// (PEP 523, ceval.c `PyUnstable_Eval_RequestCodeExtraIndex`). Nothing when there are too many, without an exception.
pub fn request_code_extra_index(free: ffi::freefunc) -> Option<ffi::Py_ssize_t> {
    let interpreter = ThreadState::current().interpreter();
    // SAFETY: the interpreter is alive, and the GIL guards both members.
    unsafe {
        let index = (*interpreter).co_extra_user_count;
        if index == ffi::MAX_CO_EXTRA_USERS as ffi::Py_ssize_t - 1 {
            return None;
        }
        (*interpreter).co_extra_user_count += 1;
        let place = (&raw mut (*interpreter).co_extra_freefuncs).cast::<ffi::freefunc>();
        place.offset(index).write(free);
        Some(index)
    }
}
