//! What machine code has called and what cannot go on in machine code: the loop runs it until it returns, on the C stack, so that the
//! machine code that has called it need not leave. Where there is no room for that, nothing stays on the C stack.
use super::run::After;
use super::{recursion, resume};
use crate::ffi;
use crate::frame::Owner;
use crate::object::{Owned, Raised};
use crate::thread::{ThreadState, c_stack};

/// How much of what C may recurse is left to it at least.
const FOR_C: i32 = ffi::Py_C_RECURSION_LIMIT as i32 / 2;

/// Whether the loop may run what a frame has called, for that frame's machine code.
///
/// # Safety
/// The thread runs what the frame has called.
pub(crate) unsafe fn may_finish(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
) -> bool {
    // SAFETY: as the caller promises. What a generator gives would not say whether it has yielded or returned.
    unsafe {
        !resume::others_evaluate(thread)
            && recursion::has_c(thread, FOR_C)
            && c_stack::floor().is_some()
            && Owner::of(called_by(thread, caller)) == Owner::THREAD
    }
}

/// Runs what a frame has called until that returns; the thread's frame goes on as it says. The thread runs the caller afterwards.
///
/// # Errors
/// What it raises.
///
/// # Safety
/// The loop [may](may_finish) run it. All frames above the caller are as the loop wants them, and so is the caller below them.
pub(crate) unsafe fn finish(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    after: After,
) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises.
    unsafe {
        let called = called_by(thread, caller);
        Owned::from_c(ffi::_PyEval_EvalFrameDefault(
            thread.as_ptr(),
            called,
            after.to_c(),
        ))
    }
}

/// The frame right above one that has called.
///
/// # Safety
/// The thread runs that, or what it has called.
unsafe fn called_by(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
) -> *mut ffi::_PyInterpreterFrame {
    // SAFETY: the thread's frames are linked, and the caller is among them.
    unsafe {
        let mut frame = (*thread.as_ptr()).current_frame;
        while (*frame).previous != caller {
            frame = (*frame).previous;
        }
        frame
    }
}
