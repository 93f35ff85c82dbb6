//! CPython's inline functions that read the runtime: interpreters and thread states.
//!
//! As in [`super::inline`], the names are CPython's, and the header that each one comes from stands beside it.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;
use core::ptr::addr_of_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

/// The main interpreter (pycore_pystate.h `_PyInterpreterState_Main`). Async-signal-safe.
#[inline(always)]
pub fn _PyInterpreterState_Main() -> *mut PyInterpreterState {
    // SAFETY: one field of the runtime, written before any other thread exists.
    unsafe { _PyRuntime.interpreters.main }
}

/// Whether the running thread is the one that the runtime was started in (pycore_pystate.h `_Py_IsMainThread`).
#[inline]
pub fn _Py_IsMainThread() -> bool {
    // SAFETY: the identifier has no precondition; the runtime's is written at start and after fork only.
    unsafe { PyThread_get_thread_ident() == _PyRuntime.main_thread }
}

/// Whether this is the main interpreter (pycore_pystate.h `_Py_IsMainInterpreter`).
#[inline(always)]
pub fn _Py_IsMainInterpreter(interp: *mut PyInterpreterState) -> bool {
    core::ptr::eq(interp, _PyInterpreterState_Main())
}

/// Whether the running thread, in that interpreter, is the one where Python's signal handlers run
/// (pycore_pystate.h `_Py_ThreadCanHandleSignals`).
#[inline]
pub fn _Py_ThreadCanHandleSignals(interp: *mut PyInterpreterState) -> bool {
    _Py_IsMainThread() && _Py_IsMainInterpreter(interp)
}

/// Whether a request to the evaluator is set (pycore_ceval.h `_Py_eval_breaker_bit_is_set`).
///
/// # Safety
/// `tstate` points at a thread state that nobody frees meanwhile.
#[inline(always)]
pub unsafe fn _Py_eval_breaker_bit_is_set(tstate: *mut PyThreadState, bit: usize) -> bool {
    // SAFETY: the caller promises the thread state; every thread reads and writes this word atomically.
    let breaker = unsafe { AtomicUsize::from_ptr(addr_of_mut!((*tstate).eval_breaker)) };
    breaker.load(Ordering::Relaxed) & bit != 0
}

/// Sets a request to the evaluator (pycore_ceval.h `_Py_set_eval_breaker_bit`). Async-signal-safe.
///
/// # Safety
/// As [`_Py_eval_breaker_bit_is_set`].
#[inline(always)]
pub unsafe fn _Py_set_eval_breaker_bit(tstate: *mut PyThreadState, bit: usize) {
    // SAFETY: as above.
    let breaker = unsafe { AtomicUsize::from_ptr(addr_of_mut!((*tstate).eval_breaker)) };
    breaker.fetch_or(bit, Ordering::SeqCst);
}

/// Takes back a request to the evaluator (pycore_ceval.h `_Py_unset_eval_breaker_bit`).
///
/// # Safety
/// As [`_Py_eval_breaker_bit_is_set`].
#[inline(always)]
pub unsafe fn _Py_unset_eval_breaker_bit(tstate: *mut PyThreadState, bit: usize) {
    // SAFETY: as above.
    let breaker = unsafe { AtomicUsize::from_ptr(addr_of_mut!((*tstate).eval_breaker)) };
    breaker.fetch_and(!bit, Ordering::SeqCst);
}
