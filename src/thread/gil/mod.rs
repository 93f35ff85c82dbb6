//! The GIL: whether a thread of an interpreter may run Python code. Touches `_gil_runtime_state`, in the memory of the
//! interpreter that owns the lock, and the thread states that take it.
//!
//! The lock is a number, [`Gil::is_taken`], that changes only under a mutex, and a condition that is signalled when it
//! becomes free. A thread that wants it waits for the switch interval, then asks the holder by a bit of its eval breaker
//! to let go, which happens at the evaluator's next look; instructions take as long as they take, so the interval is a
//! wish. Who lets go on demand waits for the second condition until somebody else has had the lock: on a machine with
//! several cores it would otherwise have it back before the others are awake.
//!
//! Order of locks: the GIL's mutex, then that of the switch.
mod lifecycle;
mod monitor;
mod release;
mod take;

pub use lifecycle::{Whose, after_fork, finish, init, is_initialized, prepare};
pub use release::{Release, release};
pub use take::take;

use crate::ffi;
use crate::thread::gil::monitor::{Entered, Monitor};
use crate::thread::{Request, ThreadState};
use core::ffi::{CStr, c_int, c_ulong};
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, Ordering};

/// `locked` of a GIL that does not exist yet or any more.
const ABSENT: c_int = -1;
/// `locked` of a GIL that nobody has.
const FREE: c_int = 0;
/// `locked` of a GIL that a thread has.
const TAKEN: c_int = 1;

/// A GIL: the interpreter's own, or the main interpreter's, which others may share (PEP 684).
#[derive(Clone, Copy, Debug)]
struct Gil<'i> {
    state: NonNull<ffi::_gil_runtime_state>,
    _owner: PhantomData<&'i ()>,
}

/// The first of the two mutexes of a GIL, held: nobody takes the lock or lets go of it.
type Held<'m> = Entered<'m>;

impl<'i> Gil<'i> {
    /// The GIL that the interpreter uses, if it has been given one.
    ///
    /// # Safety
    /// The interpreter, and the main one, live for `'i`.
    #[inline]
    unsafe fn of(interpreter: *mut ffi::PyInterpreterState) -> Option<Self> {
        // SAFETY: as the caller promises.
        let state = unsafe { (*interpreter).ceval.gil };
        NonNull::new(state).map(|state| Self {
            state,
            _owner: PhantomData,
        })
    }

    /// The GIL that a thread runs under.
    #[inline]
    fn of_thread(thread: &'i ThreadState) -> Self {
        // SAFETY: an interpreter outlives its threads, and the main one outlives all others.
        unsafe { Self::of(thread.interpreter()) }
            .unwrap_or_else(|| fatal(c"GIL", c"the interpreter has none"))
    }

    /// The lock of its own that every interpreter has room for.
    ///
    /// # Safety
    /// The interpreter lives for `'i`.
    unsafe fn own(interpreter: *mut ffi::PyInterpreterState) -> Self {
        // SAFETY: a member's address is not NULL.
        let state = unsafe { NonNull::new_unchecked(&raw mut (*interpreter)._gil) };
        Self {
            state,
            _owner: PhantomData,
        }
    }

    /// Whether the lock exists, taken or not.
    #[inline]
    fn is_created(&self) -> bool {
        self.locked().load(Ordering::Acquire) != ABSENT
    }

    /// Whether a thread has it. Sure only for that thread, and under the mutex.
    #[inline]
    fn is_taken(&self) -> bool {
        self.locked().load(Ordering::Relaxed) != FREE
    }

    /// The thread that has the lock or had it last; NULL before the first. While the mutex is held and the lock is taken,
    /// this thread has it, so its state is alive. Otherwise it is good for comparing only.
    #[inline]
    fn last_holder(&self) -> &'i AtomicPtr<ffi::PyThreadState> {
        // SAFETY: the memory lives for 'i, and every access to the member is atomic.
        unsafe { AtomicPtr::from_ptr(&raw mut (*self.state.as_ptr()).last_holder) }
    }

    /// The thread that has the lock, if any: alive for as long as the mutex is held, because it cannot let go.
    #[inline]
    fn holder(&self, _held: &Held<'_>) -> Option<ThreadState> {
        let holder = self.last_holder().load(Ordering::Relaxed);
        let holder = NonNull::new(holder).filter(|_| self.is_taken());
        // SAFETY: the state of a thread that has the lock is alive.
        holder.map(|holder| unsafe { ThreadState::from_c(holder) })
    }

    /// Lets go of the lock and wakes one of the threads that want it.
    #[inline]
    fn make_free(&self, held: &Held<'_>) {
        self.locked().store(FREE, Ordering::Relaxed);
        held.signal();
    }

    /// Writes into a thread's state whether it has the lock, which C's assertions look at.
    #[inline]
    fn note_holding(&self, _held: &Held<'_>, thread: ThreadState, holding: bool) {
        // SAFETY: the state is alive, and the running thread's: nobody else writes these bits meanwhile.
        unsafe {
            let status = &raw mut (*thread.as_ptr())._status;
            ffi::_ts__bindgen_ty_1::set_holds_gil_raw(status, holding.into());
        }
    }

    /// How often the lock has gone from one thread to another.
    #[inline]
    fn switches(&self, _held: &Held<'_>) -> c_ulong {
        // SAFETY: the memory lives for 'i, and the mutex, which is held, guards the member.
        unsafe { (*self.state.as_ptr()).switch_number }
    }

    /// Counts one more.
    #[inline]
    fn count_switch(&self, _held: &Held<'_>) {
        // SAFETY: as above.
        unsafe { (*self.state.as_ptr()).switch_number += 1 }
    }

    /// The switch interval in microseconds. Not guarded by anything: who reads it later gets the new one.
    #[inline]
    fn interval(&self) -> &'i AtomicU64 {
        // SAFETY: the memory lives for 'i, and every access to the member is atomic.
        unsafe { AtomicU64::from_ptr(&raw mut (*self.state.as_ptr()).interval) }
    }

    /// [`ABSENT`], [`FREE`] or [`TAKEN`].
    #[inline]
    fn locked(&self) -> &'i AtomicI32 {
        // SAFETY: the memory lives for 'i, and every access to the member is atomic.
        unsafe { AtomicI32::from_ptr(&raw mut (*self.state.as_ptr()).locked) }
    }

    /// What guards the lock; its condition says that the lock is free.
    #[inline]
    fn monitor(&self) -> Monitor {
        let state = self.state.as_ptr();
        // SAFETY: two members of memory that lives for 'i.
        unsafe { Monitor::at(&raw mut (*state).mutex, &raw mut (*state).cond) }
    }

    /// What guards the last holder; its condition says that there is a new one.
    #[inline]
    fn switch(&self) -> Monitor {
        let state = self.state.as_ptr();
        // SAFETY: two members of memory that lives for 'i.
        unsafe {
            Monitor::at(
                &raw mut (*state).switch_mutex,
                &raw mut (*state).switch_cond,
            )
        }
    }
}

/// The running thread's switch interval in microseconds (ceval_gil.c `_PyEval_GetSwitchInterval`).
pub fn switch_interval() -> c_ulong {
    let thread = ThreadState::current();
    Gil::of_thread(&thread).interval().load(Ordering::Relaxed)
}

/// Sets the switch interval of the GIL that the running thread has (ceval_gil.c `_PyEval_SetSwitchInterval`).
pub fn set_switch_interval(microseconds: c_ulong) {
    let thread = ThreadState::current();
    Gil::of_thread(&thread)
        .interval()
        .store(microseconds, Ordering::Relaxed);
}

/// Asks the thread that has the interpreter's GIL, if it is a thread of that interpreter. No other need be asked: a thread
/// looks for itself when it takes the GIL (ceval_gil.c `signal_active_thread`).
///
/// # Safety
/// The interpreter and the main one live meanwhile.
pub(super) unsafe fn ask_active_thread(
    interpreter: *mut ffi::PyInterpreterState,
    request: Request,
) {
    // SAFETY: as the caller promises.
    let Some(gil) = (unsafe { Gil::of(interpreter) }) else {
        return;
    };
    let monitor = gil.monitor();
    let held = monitor.enter();
    if let Some(holder) = gil.holder(&held)
        && core::ptr::eq(holder.interpreter(), interpreter)
    {
        holder.ask(request);
    }
}

/// Ends the process: the lock is in a state in which the runtime cannot go on. The message names a function and says what
/// was found.
#[cold]
fn fatal(function: &'static CStr, message: &'static CStr) -> ! {
    // SAFETY: a name and a message, both C strings.
    unsafe { ffi::_Py_FatalErrorFunc(function.as_ptr(), message.as_ptr()) }
}
