//! What a thread calls back or keeps for `sys`: tracing and profiling, asynchronous generators, origins of coroutines. Writes
//! the thread state.
use crate::call::vectorcall;
use crate::ffi;
use crate::monitoring::legacy;
use crate::object::{Borrowed, Owned, Raised, audit, exception, raise};
use crate::thread::{ThreadState, threads_of};
use core::ffi::{CStr, c_int};

/// Which of its two functions a thread calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracing {
    /// The one of `sys.setprofile`.
    Profile,
    /// The one of `sys.settrace`.
    Trace,
}

impl Tracing {
    /// Sets a thread's function, or takes it away.
    ///
    /// # Errors
    /// What an audit hook raises; `MemoryError`.
    fn set_of(
        self,
        thread: ThreadState,
        function: ffi::Py_tracefunc,
        argument: Option<Borrowed<'_>>,
    ) -> Result<(), Raised> {
        match self {
            Self::Profile => legacy::set_profile(thread, function, argument),
            Self::Trace => legacy::set_trace(thread, function, argument),
        }
    }

    /// Sets the running thread's function, or takes it away (ceval.c `PyEval_SetProfile`, `PyEval_SetTrace`). An error is
    /// reported and goes no further.
    pub fn set(self, function: ffi::Py_tracefunc, argument: Option<Borrowed<'_>>) {
        if let Err(raised) = self.set_of(ThreadState::current(), function, argument) {
            raised.unraisable(match self {
                Self::Profile => c"Exception ignored in PyEval_SetProfile",
                Self::Trace => c"Exception ignored in PyEval_SetTrace",
            });
        }
    }

    /// Sets the function of all threads of the interpreter, or takes it away (ceval.c `PyEval_SetProfileAllThreads`,
    /// `PyEval_SetTraceAllThreads`). Errors are reported and go no further.
    pub fn set_of_all_threads(self, function: ffi::Py_tracefunc, argument: Option<Borrowed<'_>>) {
        let interpreter = ThreadState::current().interpreter();
        // SAFETY: the interpreter is alive. That a thread ends while audit hooks run for it is as unlikely as upstream.
        for thread in unsafe { threads_of(interpreter) } {
            if let Err(raised) = self.set_of(thread, function, argument) {
                raised.unraisable(match self {
                    Self::Profile => c"Exception ignored in PyEval_SetProfileAllThreads",
                    Self::Trace => c"Exception ignored in PyEval_SetTraceAllThreads",
                });
            }
        }
    }
}

/// Calls a function that is traced although a trace function runs (ceval.c `_PyEval_CallTracing`), for
/// `sys.call_tracing`.
///
/// # Errors
/// What the function raises.
pub fn call_traced(
    function: Borrowed<'_>,
    arguments: Borrowed<'_, ffi::PyTupleObject>,
) -> Result<Owned, Raised> {
    let thread = ThreadState::current();
    // SAFETY: the state is alive and ours.
    let tracing = unsafe { &raw mut (*thread.as_ptr()).tracing };
    // SAFETY: as above.
    let before = unsafe { tracing.replace(0) };
    let result = vectorcall::call_with_tuple(thread, function, arguments, None);
    // SAFETY: as above.
    unsafe { tracing.write(before) };
    result
}

/// Suspends tracing and profiling of a thread until [`leave_tracing`] (ceval.c `PyThreadState_EnterTracing`).
#[inline]
pub fn enter_tracing(thread: ThreadState) {
    // SAFETY: the state is alive and ours.
    unsafe { (*thread.as_ptr()).tracing += 1 }
}

/// Takes back one [`enter_tracing`] (ceval.c `PyThreadState_LeaveTracing`).
#[inline]
pub fn leave_tracing(thread: ThreadState) {
    // SAFETY: the state is alive and ours.
    unsafe { (*thread.as_ptr()).tracing -= 1 }
}

/// How many frames a coroutine remembers of where it was made (ceval.c `_PyEval_GetCoroutineOriginTrackingDepth`).
pub fn origin_tracking_depth(thread: ThreadState) -> c_int {
    // SAFETY: the state is alive.
    unsafe { (*thread.as_ptr()).coroutine_origin_tracking_depth }
}

/// Sets that (ceval.c `_PyEval_SetCoroutineOriginTrackingDepth`).
///
/// # Errors
/// `ValueError` for a negative number.
pub fn set_origin_tracking_depth(thread: ThreadState, depth: c_int) -> Result<(), Raised> {
    if depth < 0 {
        return Err(raise(exception::ValueError, c"depth must be >= 0"));
    }
    // SAFETY: the state is alive and ours.
    unsafe { (*thread.as_ptr()).coroutine_origin_tracking_depth = depth };
    Ok(())
}

/// What an asynchronous generator calls (PEP 525).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsyncGenHook {
    /// When it is first iterated.
    FirstIter,
    /// When it dies before its end.
    Finalizer,
}

impl AsyncGenHook {
    /// Where a thread keeps it: a reference or NULL.
    fn place(self, thread: ThreadState) -> *mut *mut ffi::PyObject {
        let thread = thread.as_ptr();
        // SAFETY: only addresses of members are taken.
        unsafe {
            match self {
                Self::FirstIter => &raw mut (*thread).async_gen_firstiter,
                Self::Finalizer => &raw mut (*thread).async_gen_finalizer,
            }
        }
    }

    /// The event that audit hooks are told of.
    const fn event(self) -> &'static CStr {
        match self {
            Self::FirstIter => c"sys.set_asyncgen_hook_firstiter",
            Self::Finalizer => c"sys.set_asyncgen_hook_finalizer",
        }
    }

    /// What a thread has, which it keeps (ceval.c `_PyEval_GetAsyncGenFirstiter`, `_PyEval_GetAsyncGenFinalizer`).
    pub fn get<'a>(self, thread: ThreadState) -> Option<Borrowed<'a>> {
        // SAFETY: the place is NULL or a reference of the thread's.
        unsafe { Borrowed::from_c_optional(*self.place(thread)) }
    }

    /// Sets what a thread has, or takes it away (ceval.c `_PyEval_SetAsyncGenFirstiter`, `_PyEval_SetAsyncGenFinalizer`).
    ///
    /// # Errors
    /// What an audit hook raises.
    pub fn set(self, thread: ThreadState, hook: Option<Borrowed<'_>>) -> Result<(), Raised> {
        audit(self.event(), None)?;
        // SAFETY: the place is NULL or a reference of the thread's.
        drop(unsafe { Owned::exchange(self.place(thread), hook.map(Borrowed::new_ref)) });
        Ok(())
    }
}
