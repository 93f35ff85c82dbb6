//! A queue of calls that wait: a ring in memory that C laid out, `struct _pending_calls`, guarded by its mutex.
use crate::ffi;
use crate::object::{IntoC, Raised};
use crate::thread::ThreadState;
use crate::thread::mutex::MutexGuard;
use core::ffi::{c_int, c_void};
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicI32, Ordering};

/// What is called: it gives 0, or something else and an exception.
pub type Function = unsafe extern "C" fn(*mut c_void) -> c_int;

/// A call that waits for its thread.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// What is called. Whoever leaves the call promises that it may be, with the argument, from a thread that is attached.
    pub function: Function,
    /// Its argument.
    pub argument: *mut c_void,
    /// `_Py_PENDING_…`: whether only the main thread makes the call, and whether the argument is freed after it.
    pub flags: c_int,
}

impl Call {
    /// Makes the call. Errors: what the function raises.
    fn make(self) -> Result<(), Raised> {
        // SAFETY: as whoever left the call promised; a NULL may be freed too.
        let status = unsafe {
            let status = (self.function)(self.argument);
            if self.flags & ffi::_Py_PENDING_RAWFREE as c_int != 0 {
                ffi::PyMem_RawFree(self.argument);
            }
            status
        };
        match status {
            0 => Ok(()),
            _ => Err(Raised::on_c_word()),
        }
    }
}

/// The queue is full: the call was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl IntoC<c_int> for Result<(), Full> {
    fn into_c(self) -> c_int {
        match self {
            Ok(()) => ffi::_Py_ADD_PENDING_SUCCESS as c_int,
            Err(Full) => ffi::_Py_ADD_PENDING_FULL,
        }
    }
}

/// The queue of an interpreter, which any of its threads serves, or of the main thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queue<'i> {
    state: NonNull<ffi::_pending_calls>,
    _owner: PhantomData<&'i ()>,
}

impl Queue<'static> {
    /// The main thread's.
    #[inline]
    pub(super) fn of_main_thread() -> Self {
        // SAFETY: the address of a static's member.
        let state = unsafe { &raw mut ffi::_PyRuntime.ceval.pending_mainthread };
        // SAFETY: which is not NULL, and lives as long as the process.
        unsafe { Self::at(state) }
    }
}

impl<'i> Queue<'i> {
    /// The queue in this memory.
    ///
    /// # Safety
    /// It is one, not NULL, that lives for `'i`.
    #[inline]
    unsafe fn at(state: *mut ffi::_pending_calls) -> Self {
        Self {
            // SAFETY: as the caller promises.
            state: unsafe { NonNull::new_unchecked(state) },
            _owner: PhantomData,
        }
    }

    /// The interpreter's.
    ///
    /// # Safety
    /// The interpreter lives for `'i`.
    #[inline]
    pub(super) unsafe fn of(interpreter: *mut ffi::PyInterpreterState) -> Self {
        // SAFETY: as the caller promises; a member's address is not NULL.
        unsafe { Self::at(&raw mut (*interpreter).ceval.pending) }
    }

    /// The one of a thread's interpreter.
    #[inline]
    pub(super) fn of_thread(thread: &'i ThreadState) -> Self {
        // SAFETY: an interpreter outlives its threads.
        unsafe { Self::of(thread.interpreter()) }
    }

    /// How many calls wait. May be old news, without the mutex.
    #[inline]
    pub(super) fn waiting(&self) -> i32 {
        self.count().load(Ordering::Relaxed)
    }

    /// `npending`: written under the mutex, read anywhere.
    #[inline]
    fn count(&self) -> &'i AtomicI32 {
        // SAFETY: the memory lives for 'i, and every access to the member is atomic.
        unsafe { AtomicI32::from_ptr(&raw mut (*self.state.as_ptr()).npending) }
    }

    /// Locks the queue.
    pub(super) fn enter(&self) -> Entered<'i> {
        // SAFETY: the memory lives for 'i; a member's address is not NULL.
        let mutex = unsafe {
            let mutex = NonNull::new_unchecked(&raw mut (*self.state.as_ptr()).mutex);
            MutexGuard::lock(mutex)
        };
        Entered {
            queue: *self,
            _mutex: mutex,
        }
    }

    /// Makes the calls that wait, up to the queue's limit, so that calls that leave calls come to an end. Gives whether some
    /// still wait. Errors: what the first call that fails raises; it is gone, the others wait (ceval_gil.c
    /// `_make_pending_calls`).
    pub(super) fn make_calls(&self) -> Result<bool, Raised> {
        for _ in 0..self.limit() {
            let Some(call) = self.enter().pop() else {
                break;
            };
            call.make()?;
        }
        Ok(self.waiting() > 0)
    }

    /// How many calls are made at once.
    fn limit(&self) -> i32 {
        // SAFETY: the memory lives for 'i, and these members never change.
        unsafe {
            match (*self.state.as_ptr()).maxloop {
                0 => (*self.state.as_ptr()).max,
                limit => limit,
            }
        }
    }

    /// Says which thread makes the calls from now on. The caller has the GIL, as whoever reads this.
    pub(super) fn set_server(&self, server: Option<ThreadState>) {
        let server = server.map_or(core::ptr::null_mut(), ThreadState::as_ptr);
        // SAFETY: the memory lives for 'i, and the GIL guards the member.
        unsafe { (*self.state.as_ptr()).handling_thread = server }
    }

    /// Unlocks the queue in a forked child, where the thread that may have locked it is gone.
    ///
    /// # Safety
    /// There is no other thread.
    pub(super) unsafe fn after_fork(&self) {
        // SAFETY: the memory lives for 'i.
        unsafe { (*self.state.as_ptr()).mutex._bits = ffi::_Py_UNLOCKED as u8 }
    }
}

/// A queue that is locked.
pub(super) struct Entered<'i> {
    queue: Queue<'i>,
    _mutex: MutexGuard<'i>,
}

impl Entered<'_> {
    /// The thread that makes the calls now. The caller has the GIL.
    pub(super) fn server(&self) -> Option<ThreadState> {
        // SAFETY: the memory lives for 'i, and the GIL guards the member; a thread that makes calls is alive.
        unsafe {
            let server = (*self.queue.state.as_ptr()).handling_thread;
            NonNull::new(server).map(|server| ThreadState::from_c(server))
        }
    }

    /// Puts a call at the end.
    pub(super) fn push(&self, call: Call) -> Result<(), Full> {
        let state = self.queue.state.as_ptr();
        // SAFETY: the mutex is held; `next` is below the array's length.
        unsafe {
            if self.queue.waiting() == (*state).max {
                return Err(Full);
            }
            let place = (*state).next;
            (*state).calls[place as usize] = ffi::_pending_call {
                func: Some(call.function),
                arg: call.argument,
                flags: call.flags,
            };
            (*state).next = after(place);
        }
        self.queue.count().fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Takes the first call out.
    fn pop(&self) -> Option<Call> {
        if self.queue.waiting() == 0 {
            return None;
        }
        let state = self.queue.state.as_ptr();
        // SAFETY: the mutex is held; `first` is below the array's length, and a call is there.
        let call = unsafe {
            let place = (*state).first;
            (*state).first = after(place);
            let nothing = ffi::_pending_call {
                func: None,
                arg: core::ptr::null_mut(),
                flags: 0,
            };
            core::mem::replace(&mut (*state).calls[place as usize], nothing)
        };
        self.queue.count().fetch_sub(1, Ordering::SeqCst);
        Some(Call {
            function: call.func?,
            argument: call.arg,
            flags: call.flags,
        })
    }
}

/// The place after this one in the ring.
const fn after(place: c_int) -> c_int {
    (place + 1) % ffi::PENDINGCALLSARRAYSIZE as c_int
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    thread_local! {
        static MADE: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
    }

    unsafe extern "C" fn succeed(argument: *mut c_void) -> c_int {
        MADE.with_borrow_mut(|made| made.push(argument.addr()));
        0
    }

    unsafe extern "C" fn fail(argument: *mut c_void) -> c_int {
        MADE.with_borrow_mut(|made| made.push(argument.addr()));
        1
    }

    fn made() -> Vec<usize> {
        MADE.take()
    }

    fn call(function: Function, number: usize) -> Call {
        Call {
            function,
            argument: core::ptr::without_provenance_mut(number),
            flags: 0,
        }
    }

    /// Does `work` with an empty queue that stands at the ring's last places, takes `max` calls and makes `limit` at once.
    fn with_queue(max: i32, limit: i32, work: impl FnOnce(Queue<'_>)) {
        // SAFETY: numbers, NULLs and functions that are not there: all of them may be zero.
        let mut memory: Box<ffi::_pending_calls> = Box::new(unsafe { core::mem::zeroed() });
        memory.max = max;
        memory.maxloop = limit;
        memory.first = ffi::PENDINGCALLSARRAYSIZE as c_int - 2;
        memory.next = memory.first;
        // SAFETY: the memory outlives the work.
        work(unsafe { Queue::at(&raw mut *memory) });
    }

    #[test]
    fn calls_are_made_in_order_around_the_ring() {
        with_queue(4, 0, |queue| {
            for number in 1..=4 {
                assert_eq!(queue.enter().push(call(succeed, number)), Ok(()));
            }
            assert_eq!(queue.enter().push(call(succeed, 5)), Err(Full));
            assert_eq!(queue.waiting(), 4);
            assert!(matches!(queue.make_calls(), Ok(false)));
            assert_eq!(made(), [1, 2, 3, 4]);
            assert_eq!(queue.waiting(), 0);
        });
    }

    #[test]
    fn no_more_calls_are_made_at_once_than_the_limit() {
        with_queue(4, 2, |queue| {
            for number in 1..=3 {
                assert_eq!(queue.enter().push(call(succeed, number)), Ok(()));
            }
            assert!(matches!(queue.make_calls(), Ok(true)));
            assert_eq!(made(), [1, 2]);
            assert!(matches!(queue.make_calls(), Ok(false)));
            assert_eq!(made(), [3]);
        });
    }

    #[test]
    fn a_call_that_fails_is_gone_and_the_others_wait() {
        with_queue(4, 0, |queue| {
            for (function, number) in [(succeed as Function, 1), (fail, 2), (succeed, 3)] {
                assert_eq!(queue.enter().push(call(function, number)), Ok(()));
            }
            assert!(queue.make_calls().is_err());
            assert_eq!(made(), [1, 2]);
            assert_eq!(queue.waiting(), 1);
        });
    }
}
