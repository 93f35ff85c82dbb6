//! The fast paths of CPython's one-byte mutex (cpython/lock.h), under the names of C: one atomic exchange each, and a
//! call where that is not enough.
#![allow(non_snake_case, reason = "the names are CPython's")]
use super::*;
use core::sync::atomic::{AtomicU8, Ordering};

/// Locks the mutex. While it waits, an attached thread is detached (cpython/lock.h `_PyMutex_Lock`).
///
/// # Safety
/// `mutex` points at one, which nobody moves or frees meanwhile.
#[inline(always)]
pub unsafe fn _PyMutex_Lock(mutex: *mut PyMutex) {
    // SAFETY: the caller promises the mutex; every access to its byte is atomic.
    unsafe {
        if !exchange(mutex, _Py_UNLOCKED, _Py_LOCKED) {
            PyMutex_Lock(mutex);
        }
    }
}

/// Unlocks the mutex, and wakes who waits (cpython/lock.h `_PyMutex_Unlock`).
///
/// # Safety
/// As [`_PyMutex_Lock`], and the mutex is locked.
#[inline(always)]
pub unsafe fn _PyMutex_Unlock(mutex: *mut PyMutex) {
    // SAFETY: as above.
    unsafe {
        if !exchange(mutex, _Py_LOCKED, _Py_UNLOCKED) {
            PyMutex_Unlock(mutex);
        }
    }
}

/// Puts `to` in the place of `from`; whether that was there.
///
/// # Safety
/// As [`_PyMutex_Lock`].
#[inline(always)]
unsafe fn exchange(mutex: *mut PyMutex, from: u32, to: u32) -> bool {
    // SAFETY: the caller promises the mutex.
    let bits = unsafe { AtomicU8::from_ptr(&raw mut (*mutex)._bits) };
    bits.compare_exchange(from as u8, to as u8, Ordering::SeqCst, Ordering::SeqCst)
        .is_ok()
}
