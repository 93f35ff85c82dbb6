//! `Include/internal/pycore_genobject.h`: what the evaluator and `_asyncio` want of generators, and the types that no
//! public header names.
use crate::ffi::{PyGenObject, PyObject, PyTypeObject};
use crate::generator::{awaitable, awaitable_types, life, stop_iteration, types};
use crate::object::{Borrowed, Owned, Raised};
use core::ffi::c_int;
use pyroxene_macros::capi;

/// The type of what a coroutine's `__await__` gives.
#[capi]
pub static mut _PyCoroWrapper_Type: PyTypeObject = types::coroutine_wrapper();

/// The type of the wrapper around a value that an asynchronous generator yields.
#[capi]
pub static mut _PyAsyncGenWrappedValue_Type: PyTypeObject =
    awaitable_types::async_generator_wrapped_value();

/// The type of what `athrow()` and `aclose()` give.
#[capi]
pub static mut _PyAsyncGenAThrow_Type: PyTypeObject = awaitable_types::async_generator_athrow();

/// What a generator delegates to, or NULL without an exception.
#[capi]
pub unsafe fn _PyGen_yf(r#gen: Borrowed<'_, PyGenObject>) -> Option<Owned> {
    r#gen.delegate()
}

/// Finalizes a generator.
#[capi]
pub unsafe fn _PyGen_Finalize(self_: Borrowed<'_>) {
    life::finalize(self_);
}

/// Raises `StopIteration` with a value or, for NULL, without: 0 when that is what is set, and -1 for another exception.
#[capi]
pub unsafe fn _PyGen_SetStopIterationValue(value: Option<Borrowed<'_>>) -> c_int {
    match stop_iteration::try_raise(value) {
        Ok(_stop) => 0,
        Err(_other) => -1,
    }
}

/// Takes a `StopIteration` and stores its value, or `None` when no exception is set; -1 for another exception.
#[capi]
pub unsafe fn _PyGen_FetchStopIterationValue(pvalue: *mut *mut PyObject) -> c_int {
    match stop_iteration::take_value() {
        Ok(value) => {
            // SAFETY: the caller's variable.
            unsafe { *pvalue = value.into_raw() };
            0
        }
        Err(_) => -1,
    }
}

/// The iterator by which something is awaited.
#[capi]
pub unsafe fn _PyCoro_GetAwaitableIter(o: Borrowed<'_>) -> Result<Owned, Raised> {
    awaitable::await_iterator(o)
}
