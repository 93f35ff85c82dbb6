//! What a thread is asked to do at the evaluator's next look: the low bits of `PyThreadState.eval_breaker`. In its upper
//! bits lies the version of the instrumentation, so that a change of it stops the evaluator too. Every access is atomic,
//! from any thread and, where it says so, from signal handlers.
use crate::ffi;
use crate::thread::ThreadState;
use core::sync::atomic::{AtomicUsize, Ordering};

/// One thing that a thread can be asked to do (pycore_ceval.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Request {
    /// Let another thread have the GIL.
    ReleaseGil = ffi::_PY_GIL_DROP_REQUEST_BIT,
    /// Run Python's signal handlers.
    HandleSignals = ffi::_PY_SIGNALS_PENDING_BIT,
    /// Make the calls that other threads left for this one.
    MakeCalls = ffi::_PY_CALLS_TO_DO_BIT,
    /// Raise the exception that another thread sent.
    RaiseException = ffi::_PY_ASYNC_EXCEPTION_BIT,
    /// Run the garbage collector.
    CollectGarbage = ffi::_PY_GC_SCHEDULED_BIT,
    /// Stop until the world goes on.
    Stop = ffi::_PY_EVAL_PLEASE_STOP_BIT,
}

/// What a thread was asked at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Requests(usize);

impl Requests {
    /// Whether this was among it.
    #[inline]
    pub(super) const fn contain(self, request: Request) -> bool {
        self.0 & request as usize != 0
    }
}

/// The bits that are requests; the others are the instrumentation's version.
const REQUESTS: usize = ffi::_PY_EVAL_EVENTS_MASK as usize;

impl ThreadState {
    /// Asks the thread. Async-signal-safe.
    #[inline]
    pub fn ask(self, request: Request) {
        // SAFETY: the state is alive.
        unsafe { ffi::_Py_set_eval_breaker_bit(self.as_ptr(), request as usize) }
    }

    /// Takes the request back, or notes that it is being done.
    #[inline]
    pub fn withdraw(self, request: Request) {
        // SAFETY: the state is alive.
        unsafe { ffi::_Py_unset_eval_breaker_bit(self.as_ptr(), request as usize) }
    }

    /// Whether the thread is asked.
    #[inline]
    pub fn is_asked(self, request: Request) -> bool {
        // SAFETY: the state is alive.
        unsafe { ffi::_Py_eval_breaker_bit_is_set(self.as_ptr(), request as usize) }
    }

    /// Everything that the thread is asked now.
    #[inline]
    pub(super) fn requests(self) -> Requests {
        Requests(self.breaker().load(Ordering::Relaxed))
    }

    /// Takes the version of the instrumentation over from the interpreter, which may have changed it while the thread was
    /// detached (ceval_gil.c `copy_eval_breaker_bits`).
    #[inline]
    pub(super) fn adopt_instrumentation_version(self) {
        // SAFETY: the interpreter outlives its threads, and every access to this word is atomic.
        let version = unsafe {
            AtomicUsize::from_ptr(&raw mut (*self.interpreter()).ceval.instrumentation_version)
        };
        let version = version.load(Ordering::Relaxed) & !REQUESTS;
        let breaker = self.breaker();
        if breaker.load(Ordering::Relaxed) & !REQUESTS != version {
            breaker.update(Ordering::SeqCst, Ordering::Relaxed, |old| {
                old & REQUESTS | version
            });
        }
    }

    /// The word itself.
    #[inline]
    fn breaker(&self) -> &AtomicUsize {
        // SAFETY: the state is alive for as long as the handle is used, and every access to this word is atomic.
        unsafe { AtomicUsize::from_ptr(&raw mut (*self.as_ptr()).eval_breaker) }
    }
}
