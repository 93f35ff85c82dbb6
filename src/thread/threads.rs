//! The threads of an interpreter, one after the other. Locks the runtime's list of them for each step.
use crate::ffi;
use crate::thread::ThreadState;
use core::ptr::NonNull;

/// The threads that an interpreter has. The list is locked while one is looked up and not while it is used, as upstream
/// walks over it: a thread may be made meanwhile, or one may end that is not attached.
///
/// # Safety
/// `interpreter` points at one that lives for as long as the iterator is used, and the thread at hand does not end before
/// the next is asked for.
pub unsafe fn threads_of(
    interpreter: *mut ffi::PyInterpreterState,
) -> impl Iterator<Item = ThreadState> {
    let mut last: Option<ThreadState> = None;
    core::iter::from_fn(move || {
        let _list = ListLock::lock();
        // SAFETY: the caller promises the interpreter and the thread; the list is locked.
        unsafe {
            let next = match last {
                None => ffi::PyInterpreterState_ThreadHead(interpreter),
                Some(thread) => ffi::PyThreadState_Next(thread.as_ptr()),
            };
            last = NonNull::new(next).map(|thread| ThreadState::from_c(thread));
        }
        last
    })
    .fuse()
}

/// The runtime's lock of the list of interpreters and of each one's list of threads , held until this
/// is dropped.
struct ListLock;

impl ListLock {
    fn lock() -> Self {
        ffi::HEAD_LOCK();
        Self
    }
}

impl Drop for ListLock {
    fn drop(&mut self) {
        // SAFETY: it was locked when this was made.
        unsafe { ffi::HEAD_UNLOCK() }
    }
}
