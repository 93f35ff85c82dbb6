//! Making functions and cells, intrinsic functions, and the keywords of calls.
use super::{kept, object, status, taken};
use crate::eval::errors;
use crate::eval::instructions::cell;
use crate::eval::instructions::function::{function_of, set_attribute};
use crate::ffi;
use crate::intrinsics;
use crate::object::{Owned, check_status};
use crate::thread::ThreadState;
use core::ptr::null_mut;
use pyroxene_jit_api::Raw;

pub(super) unsafe extern "C" fn make_function(globals: Raw, code: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives; the compiler puts code there.
    unsafe {
        let code = taken(code);
        let function = function_of(code.borrow(), kept(globals));
        drop(code);
        object(function)
    }
}

pub(super) unsafe extern "C" fn set_function_attribute(
    attribute: Raw,
    function: Raw,
    which: u32,
) -> Raw {
    // SAFETY: as the folder says of what machine code gives; the compiler puts a function there that does not have it yet.
    unsafe { set_attribute(kept(function), taken(attribute), which) };
    function
}

pub(super) unsafe extern "C" fn make_cell(value: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives, or NULL. The function takes a reference of its own.
    unsafe {
        let value = Owned::<ffi::PyObject>::from_c_optional(value.cast());
        let cell = ffi::PyCell_New(value.as_ref().map_or(null_mut(), Owned::as_ptr));
        drop(value);
        cell.cast()
    }
}

pub(super) unsafe extern "C" fn delete_cell(local: u32) -> i32 {
    // SAFETY: machine code runs the frame, which has a cell in that local.
    status(unsafe { cell::delete(super::names::frame(), local as usize) })
}

pub(super) unsafe extern "C" fn intrinsic(value: Raw, function: u32) -> Raw {
    // SAFETY: as the folder says of what machine code gives; the compiler gives the function what it is for.
    unsafe {
        let value = taken(value);
        let function = intrinsics::unary(function as usize);
        let result = function(ThreadState::current(), value.borrow());
        drop(value);
        object(result)
    }
}

pub(super) unsafe extern "C" fn intrinsic_of_two(first: Raw, second: Raw, function: u32) -> Raw {
    // SAFETY: as above.
    unsafe {
        let (first, second) = (taken(first), taken(second));
        let function = intrinsics::binary(function as usize);
        let result = function(ThreadState::current(), first.borrow(), second.borrow());
        drop(first);
        drop(second);
        object(result)
    }
}

pub(super) unsafe extern "C" fn merge_keywords(map: Raw, callable: Raw, update: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives; a dictionary that nobody else has yet.
    unsafe {
        let update = taken(update);
        if update.borrow().is_exactly(&raw const ffi::PyDict_Type)
            && (*update.as_ptr().cast::<ffi::PyDictObject>()).ma_used == 0
        {
            // As the `**` of functions that pass on what they are given nearly always is.
            return 0;
        }
        let merged = check_status(ffi::_PyDict_MergeEx(map.cast(), update.as_ptr(), 2));
        let merged =
            merged.map_err(|raised| errors::keywords(raised, kept(callable), update.borrow()));
        drop(update);
        status(merged)
    }
}
