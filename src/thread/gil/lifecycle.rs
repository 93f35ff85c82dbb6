//! GILs when interpreters start and end, and in the child after a fork.
use crate::ffi;
use crate::thread::ThreadState;
use crate::thread::gil::{ABSENT, FREE, Gil, take};
use crate::thread::pending;
use core::ffi::c_int;
use core::sync::atomic::Ordering;

/// The switch interval that an interpreter starts with, in microseconds.
const DEFAULT_INTERVAL: u64 = 5000;

/// Which GIL an interpreter uses (PEP 684).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Its own.
    Own,
    /// The main interpreter's.
    Shared,
}

impl Gil<'_> {
    /// Makes a lock that nobody has, whatever was in its memory.
    fn create(self) {
        self.monitor().create();
        self.switch().create();
        self.last_holder()
            .store(core::ptr::null_mut(), Ordering::Relaxed);
        self.locked().store(FREE, Ordering::Release);
    }

    /// Ends a lock that nobody uses any more.
    fn destroy(self) {
        self.monitor().destroy();
        self.switch().destroy();
        self.locked().store(ABSENT, Ordering::Release);
    }

    /// Has the interpreter use this lock.
    ///
    /// # Safety
    /// The interpreter is alive, and no thread of it runs or waits.
    unsafe fn give_to(self, interpreter: *mut ffi::PyInterpreterState, whose: Whose) {
        // SAFETY: as the caller promises.
        unsafe {
            (*interpreter).ceval.gil = self.state.as_ptr();
            (*interpreter).ceval.own_gil = c_int::from(whose == Whose::Own);
        }
    }
}

/// Says of a new interpreter's own lock that it does not exist (ceval_gil.c `_PyEval_InitState`).
///
/// # Safety
/// `interpreter` points at an interpreter's memory that no other thread uses yet.
pub unsafe fn prepare(interpreter: *mut ffi::PyInterpreterState) {
    // SAFETY: as the caller promises.
    let gil = unsafe { Gil::own(interpreter) };
    gil.locked().store(ABSENT, Ordering::Relaxed);
    gil.interval().store(DEFAULT_INTERVAL, Ordering::Relaxed);
}

/// Gives the thread's interpreter a GIL and attaches the thread (ceval_gil.c `_PyEval_InitGIL`).
///
/// # Safety
/// The running thread is not attached, the interpreter is new and has no GIL, and for a shared one the main interpreter has
/// its own.
pub unsafe fn init(thread: ThreadState, whose: Whose) {
    let interpreter = thread.interpreter();
    // SAFETY: as the caller promises; the main interpreter outlives all others.
    unsafe {
        debug_assert!((*interpreter).ceval.gil.is_null());
        let gil = match whose {
            Whose::Own => {
                ffi::PyThread_init_thread();
                let own = Gil::own(interpreter);
                debug_assert!(!own.is_created());
                own.create();
                own
            }
            Whose::Shared => {
                let main = ffi::_PyInterpreterState_Main();
                debug_assert!(!core::ptr::eq(interpreter, main));
                Gil::own(main)
            }
        };
        gil.give_to(interpreter, whose);
        ffi::_PyThreadState_Attach(thread.as_ptr());
    }
}

/// Takes the GIL away from an interpreter, and ends it if it was the interpreter's own (ceval_gil.c `_PyEval_FiniGIL`).
///
/// # Safety
/// The interpreter and the main one are alive, and no thread of it runs or waits.
pub unsafe fn finish(interpreter: *mut ffi::PyInterpreterState) {
    // SAFETY: as the caller promises.
    unsafe {
        let Some(gil) = Gil::of(interpreter) else {
            return;
        };
        if (*interpreter).ceval.own_gil != 0 {
            // Before the first start of the runtime the lock does not exist.
            if !gil.is_created() {
                return;
            }
            gil.destroy();
        }
        (*interpreter).ceval.gil = core::ptr::null_mut();
    }
}

/// Whether the main interpreter's GIL exists (ceval_gil.c `_PyEval_ThreadsInitialized`).
pub fn is_initialized() -> bool {
    let main = ffi::_PyInterpreterState_Main();
    // SAFETY: the main interpreter lives as long as the process, once it is there.
    !main.is_null() && unsafe { Gil::of(main) }.is_some_and(|gil| gil.is_created())
}

/// Makes the main interpreter's locks anew in a forked child, whose other threads are gone and may have held them, and
/// takes the GIL for the only thread there is (ceval_gil.c `_PyEval_ReInitThreads`).
///
/// # Safety
/// `thread` is the running thread's, of the main interpreter, in a child that has just been forked.
pub unsafe fn after_fork(thread: ThreadState) {
    let gil = Gil::of_thread(&thread);
    if !gil.is_created() {
        return;
    }
    gil.create();
    // SAFETY: the state is alive.
    unsafe {
        take(thread.as_non_null());
        pending::after_fork(thread);
    }
}
