//! Exceptions and context managers.
use super::{answer, kept, object, taken};
use crate::eval::instructions::exception::{matches, split};
use crate::eval::instructions::generator;
use crate::eval::instructions::with::{call_exit, enter_async_manager, enter_manager};
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, exception};
use crate::thread::ThreadState;
use core::ptr::null_mut;
use pyroxene_jit_api::Raw;

pub(super) unsafe extern "C" fn catches(exception: Raw, wanted: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    let (exception, wanted) = unsafe { (kept(exception), taken(wanted)) };
    let caught = matches(exception, wanted.borrow());
    drop(wanted);
    answer(caught)
}

pub(super) unsafe extern "C" fn enter_context(manager: Raw, place: *mut Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    let manager = unsafe { taken(manager) };
    // SAFETY: the place is one of the frame's stack.
    unsafe { give_two(enter_manager(ThreadState::current(), manager), place) }
}

pub(super) unsafe extern "C" fn enter_async_context(manager: Raw, place: *mut Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    let manager = unsafe { taken(manager) };
    // SAFETY: the place is one of the frame's stack.
    unsafe { give_two(enter_async_manager(ThreadState::current(), manager), place) }
}

/// Gives the first, and puts the second into the place.
///
/// # Safety
/// It is one that may be written.
unsafe fn give_two(both: Result<(Owned, Owned), Raised>, place: *mut Raw) -> Raw {
    match both {
        Ok((first, second)) => {
            // SAFETY: as the caller promises.
            unsafe { *place = second.into_raw().cast() };
            first.into_raw().cast()
        }
        Err(_raised) => null_mut(),
    }
}

pub(super) unsafe extern "C" fn split_group(group: Raw, wanted: Raw, place: *mut Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives. The place is one of the frame's stack.
    unsafe {
        let parts = split(taken(group), taken(wanted));
        give_two(parts.map(|(matching, rest)| (rest, matching)), place)
    }
}

pub(super) unsafe extern "C" fn assertion_error() -> Raw {
    object(Ok(exception::AssertionError.class().new_ref()))
}

pub(super) unsafe extern "C" fn tells_of_end(raised: Raw, asynchronous: u32) -> i32 {
    let class = match asynchronous {
        0 => exception::StopIteration,
        _ => exception::StopAsyncIteration,
    };
    // SAFETY: as the folder says of what machine code gives.
    unsafe { ffi::PyErr_GivenExceptionMatches(raised.cast(), class.as_ptr()) }
}

pub(super) unsafe extern "C" fn stop_value(stop: Raw, place: *mut Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives; it has just asked whether it is one. The place is one of the
    // frame's stack.
    unsafe {
        let value = generator::stop_value(kept(stop));
        let value = value.unwrap_or_else(|| Borrowed::none().new_ref());
        give_two(Ok((Borrowed::none().new_ref(), value)), place)
    }
}

pub(super) unsafe extern "C" fn exit_context(function: Raw, exception: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    let (function, exception) = unsafe { (kept(function), kept(exception)) };
    object(call_exit(ThreadState::current(), function, exception))
}
