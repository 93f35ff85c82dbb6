//! Whether a thread is telling a tool of an event. Reads and writes these members of the thread's state.
use super::event::Event;
use crate::thread::ThreadState;
use core::ffi::c_int;

/// A thread that is telling a tool of an event, so that what the tool does is no event. Dropped, the thread is doing what
/// it did before.
pub(super) struct Tracing {
    thread: ThreadState,
    before: c_int,
}

impl Tracing {
    /// Tells of this event.
    #[inline(always)]
    pub(super) fn of(thread: ThreadState, event: Event) -> Self {
        let state = thread.as_ptr();
        // SAFETY: the state is alive.
        let before = unsafe {
            (*state).tracing += 1;
            (&raw mut (*state).what_event).replace(event.number() as c_int)
        };
        Self { thread, before }
    }
}

impl Drop for Tracing {
    #[inline(always)]
    fn drop(&mut self) {
        let state = self.thread.as_ptr();
        // SAFETY: the state is alive.
        unsafe {
            (*state).tracing -= 1;
            (*state).what_event = self.before;
        }
    }
}

/// Whether the thread is telling a tool of an event.
#[inline(always)]
pub fn is_tracing(thread: ThreadState) -> bool {
    // SAFETY: the state is alive.
    unsafe { (*thread.as_ptr()).tracing != 0 }
}
