//! Letting go of the GIL while the system is waited for. Detaches and attaches the running thread.
use crate::ffi;

/// The running thread without the GIL, until this is dropped (ceval.h `Py_BEGIN_ALLOW_THREADS`).
struct Detached(*mut ffi::PyThreadState);

impl Detached {
    fn new() -> Self {
        // SAFETY: the caller of `without_gil` is attached, as all code that holds objects is.
        Self(unsafe { ffi::PyEval_SaveThread() })
    }
}

impl Drop for Detached {
    fn drop(&mut self) {
        // SAFETY: the state was this thread's until `new`, and nobody else may take it.
        unsafe { ffi::PyEval_RestoreThread(self.0) }
    }
}

/// Does something that may take long while other threads run Python code.
///
/// The work must be `Send`, which references to objects are not: without the GIL it cannot touch any. `errno` survives
/// the way back.
#[inline]
pub fn without_gil<T>(work: impl FnOnce() -> T + Send) -> T {
    let _detached = Detached::new();
    work()
}
