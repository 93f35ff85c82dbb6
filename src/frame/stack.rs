//! The frames of a thread, from the innermost outwards: the one gate through which Rust reads them, and how a frame gets
//! on and off the stack. Reads and writes `PyThreadState::current_frame` and the links between frames.
//!
//! `docs/frames.md` says who else reads frames, and what holds for them.
use crate::ffi;
use crate::frame::{Frame, Owner};
use crate::thread::ThreadState;
use core::iter::successors;
use core::marker::PhantomData;
use core::ptr::null_mut;
use core::sync::atomic::{Ordering, compiler_fence};

/// The gate: the frames of a thread that may be seen, from the innermost outwards. Frames that are still being set up,
/// and those by which C entered the evaluator, are left out.
///
/// Whatever stands behind the two constructors is real: has an `_PyInterpreterFrame` whose code, instruction and owner
/// are right. Who keeps frames in another shape makes them real here, and nowhere else in Rust.
#[derive(Clone)]
pub struct VisibleFrames<'a> {
    next: *mut ffi::_PyInterpreterFrame,
    _lives: PhantomData<&'a ffi::_PyInterpreterFrame>,
}

impl<'a> VisibleFrames<'a> {
    /// The frames of a thread, which runs this or waits for the GIL (pycore_frame.h `_PyThreadState_GetFrame`). They live
    /// until their activations end.
    #[inline]
    pub fn of(thread: ThreadState) -> Self {
        // SAFETY: the state is alive, as its handle promises.
        Self::from(unsafe { (*thread.as_ptr()).current_frame })
    }

    /// The callers of a frame; nobody has called one that does not run.
    #[inline]
    pub fn callers_of(frame: Frame<'a>) -> Self {
        // SAFETY: the frame is alive.
        Self::from(unsafe { (*frame.as_ptr()).previous })
    }

    #[inline(always)]
    fn from(next: *mut ffi::_PyInterpreterFrame) -> Self {
        Self {
            next,
            _lives: PhantomData,
        }
    }
}

impl<'a> Iterator for VisibleFrames<'a> {
    type Item = Frame<'a>;

    #[inline]
    fn next(&mut self) -> Option<Frame<'a>> {
        while !self.next.is_null() {
            let frame = self.next;
            // SAFETY: a frame's callers live at least as long as itself, and have code unless C is the owner.
            unsafe {
                self.next = (*frame).previous;
                if Owner::of(frame) != Owner::C_STACK {
                    let frame = Frame::from_raw_unchecked(frame);
                    if frame.is_complete() {
                        return Some(frame);
                    }
                }
            }
        }
        None
    }
}

/// Makes a frame the one that a thread runs, or none by NULL. The frame is complete before that, and the one that was is not
/// taken apart until then, as the handler of a signal sees it, too, that interrupts the thread and looks at its frames.
///
/// # Safety
/// The running thread's state, and a frame that is as the evaluator wants it.
#[inline(always)]
pub unsafe fn make_current(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) {
    compiler_fence(Ordering::Release);
    // SAFETY: as the caller promises.
    unsafe { (*thread.as_ptr()).current_frame = frame };
    compiler_fence(Ordering::Release);
}

/// Past the gate: all frames of a thread as they lie in memory, for the dump of a process that crashes or hangs. Signal-safe;
/// a list that was damaged may have no end.
///
/// # Safety
/// `thread` is a thread state, whose frames may be wrong: they are read as far as the caller goes.
pub unsafe fn as_they_lie(
    thread: *mut ffi::PyThreadState,
) -> impl Iterator<Item = *mut ffi::_PyInterpreterFrame> {
    let non_null = |frame: *mut ffi::_PyInterpreterFrame| (!frame.is_null()).then_some(frame);
    // SAFETY: as the caller promises.
    unsafe {
        successors(non_null((*thread).current_frame), move |frame| {
            non_null((**frame).previous)
        })
    }
}

impl Frame<'_> {
    /// Whether C called it, so that the evaluator returns to C at its end (frameobject.c `_PyFrame_IsEntryFrame`).
    #[inline]
    pub fn is_called_by_c(self) -> bool {
        // SAFETY: the frame is alive, and its caller as long.
        unsafe {
            let caller = (*self.as_ptr()).previous;
            !caller.is_null() && Owner::of(caller) == Owner::C_STACK
        }
    }

    /// Forgets who called it.
    ///
    /// # Safety
    /// It is on no thread's stack any more.
    #[inline]
    pub unsafe fn unlink(self) {
        // SAFETY: the frame is alive; the caller promises that nobody returns from it.
        unsafe { (*self.as_ptr()).previous = null_mut() }
    }
}

/// A suspended frame on a thread's stack although it does not run, so that tracebacks show it between its caller and what
/// it delegates to. Dropped, it leaves the stack.
pub struct OnStack<'a> {
    thread: ThreadState,
    frame: Frame<'a>,
    caller: *mut ffi::_PyInterpreterFrame,
}

impl<'a> OnStack<'a> {
    /// Puts a frame on the stack of the running thread.
    ///
    /// # Safety
    /// The frame is suspended, so that it is in nobody's stack, and outlives the guard.
    pub unsafe fn enter(frame: Frame<'a>) -> Self {
        let thread = ThreadState::current();
        // SAFETY: the thread is attached; the caller promises the frame.
        unsafe {
            let caller = (*thread.as_ptr()).current_frame;
            (*frame.as_ptr()).previous = caller;
            make_current(thread, frame.as_ptr());
            Self {
                thread,
                frame,
                caller,
            }
        }
    }
}

impl Drop for OnStack<'_> {
    fn drop(&mut self) {
        // SAFETY: the guard is dropped on its thread, where nobody has returned from the frame meanwhile.
        unsafe {
            make_current(self.thread, self.caller);
            self.frame.unlink();
        }
    }
}
