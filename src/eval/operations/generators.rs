//! What generators and coroutines wait for.
use super::{kept, object, taken};
use crate::eval::instructions::coroutine::{self, iterator_of};
use crate::eval::instructions::generator::delegate;
use crate::ffi;
use crate::object::Borrowed;
use crate::thread::ThreadState;
use pyroxene_jit_api::Raw;

pub(super) unsafe extern "C" fn get_awaitable(value: Raw, context: u32) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    object(iterator_of(unsafe { taken(value) }, context as usize))
}

pub(super) unsafe extern "C" fn async_iterator(iterable: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    object(coroutine::async_iterator(unsafe { taken(iterable) }))
}

pub(super) unsafe extern "C" fn async_next(iterator: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    object(coroutine::async_next(unsafe { kept(iterator) }))
}

pub(super) unsafe extern "C" fn yield_from_iterator(iterable: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives; the frame that runs has its code.
    unsafe {
        let iterable = taken(iterable);
        let frame = (*ThreadState::current().as_ptr()).current_frame;
        let code = Borrowed::from_raw_unchecked(ffi::_PyFrame_GetCode(frame));
        let iterator = delegate(code, iterable.borrow());
        object(iterator.map(|iterator| iterator.unwrap_or(iterable)))
    }
}
