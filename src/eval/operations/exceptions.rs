//! Exceptions and context managers.
use super::{answer, kept, object, taken};
use crate::eval::instructions::exception::matches;
use crate::eval::instructions::with::{call_exit, enter_manager};
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
    match enter_manager(ThreadState::current(), manager) {
        Ok((exit, entered)) => {
            // SAFETY: the place is one of the frame's stack.
            unsafe { *place = entered.into_raw().cast() };
            exit.into_raw().cast()
        }
        Err(_raised) => null_mut(),
    }
}

pub(super) unsafe extern "C" fn exit_context(function: Raw, exception: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    let (function, exception) = unsafe { (kept(function), kept(exception)) };
    object(call_exit(ThreadState::current(), function, exception))
}
