//! What generators and coroutines wait for.
use super::{kept, object, taken};
use crate::eval::instructions::coroutine::{self, iterator_of};
use crate::eval::instructions::generator::delegate;
use crate::eval::resume::iterator_by_function;
use crate::ffi;
use crate::generator::Generator;
use crate::generator::frame::State;
use crate::object::{Borrowed, Owned, Raised};
use crate::static_id;
use crate::thread::ThreadState;
use pyroxene_jit_api::Raw;

pub(super) unsafe extern "C" fn get_awaitable(value: Raw, context: u32) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    let awaitable = unsafe { taken(value) };
    // Nearly always it was just made.
    if awaitable.borrow().is_exactly(&raw const ffi::PyCoro_Type)
        && Generator::of_delegate(awaitable.borrow())
            .is_some_and(|coroutine| coroutine.state() == State::CREATED)
    {
        return awaitable.into_raw().cast();
    }
    object(iterator_of(awaitable, context as usize))
}

pub(super) unsafe extern "C" fn async_iterator(iterable: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    let iterable = unsafe { taken(iterable) };
    let name = static_id!(_py___aiter__);
    match iterator_by_function(iterable.borrow(), name, ffi::CO_ASYNC_GENERATOR) {
        Ok(Some(iterator)) => object(Ok(iterator)),
        Ok(None) => object(coroutine::async_iterator(iterable)),
        Err(raised) => object(Err(raised)),
    }
}

/// What `iter()` gives.
///
/// # Errors
/// As `PyObject_GetIter`.
pub fn iterator(object: Borrowed<'_>) -> Result<Owned, Raised> {
    match iterator_by_function(object, static_id!(_py___iter__), ffi::CO_GENERATOR)? {
        Some(iterator) => Ok(iterator),
        // SAFETY: a live object; the result is new, or NULL with an exception.
        None => unsafe { Owned::from_c(ffi::PyObject_GetIter(object.as_ptr())) },
    }
}

pub(super) unsafe extern "C" fn async_next(iterator: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    object(coroutine::async_next(unsafe { kept(iterator) }))
}

pub(super) unsafe extern "C" fn yield_from_iterator(iterable: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives; the frame that runs has its code.
    unsafe {
        let iterable = taken(iterable);
        match iterator_by_function(
            iterable.borrow(),
            static_id!(_py___iter__),
            ffi::CO_GENERATOR,
        ) {
            Ok(Some(iterator)) => return object(Ok(iterator)),
            Ok(None) => {}
            Err(raised) => return object(Err(raised)),
        }
        let frame = (*ThreadState::current().as_ptr()).current_frame;
        let code = Borrowed::from_raw_unchecked(ffi::_PyFrame_GetCode(frame));
        let iterator = delegate(code, iterable.borrow());
        object(iterator.map(|iterator| iterator.unwrap_or(iterable)))
    }
}
