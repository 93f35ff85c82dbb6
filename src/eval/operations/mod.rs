//! What instructions do with operands of any class, for machine code: each by a function of C's kind that takes the operands
//! over, in the order in which the instruction lets go of them, and looks at no stack.
//!
//! All of it is called by machine code only, with what `Operation` says: live objects, of which it gives away those that are
//! taken; names are strings. A result of C's is new, or NULL with an exception; a status is negative with one.
mod adapt;
mod attributes;
mod calls;
mod containers;
mod dicts;
mod exceptions;
mod functions;
mod generators;
mod matching;
mod names;
mod numbers;

pub use calls::{call, call_named, call_unpacked};
pub use generators::iterator;

use crate::ffi;
use crate::object::{Borrowed, Owned, Raised};
use attributes::{
    delete_attribute, get_attribute, get_global, get_method, get_super_attribute, get_super_method,
    set_attribute, set_attribute_by_hint, set_global,
};
use containers::{
    const_key_map, convert, delete_item, format, format_with, get_item, get_slice, join,
    list_append, list_extend, map, map_add, map_update, set, set_add, set_item, set_slice,
    set_update, slice, unpack, unpack_around,
};
use core::ptr::null_mut;
use dicts::{dict_get, dict_get_or};
use exceptions::{
    assertion_error, catches, enter_async_context, enter_context, exit_context, split_group,
    stop_value, tells_of_end,
};
use functions::{
    delete_cell, intrinsic, intrinsic_of_two, make_cell, make_function, merge_keywords,
    set_function_attribute,
};
use generators::{async_iterator, async_next, get_awaitable, yield_from_iterator};
use matching::{is_mapping, is_sequence, match_class, match_keys};
use names::{
    class_builder, delete_global, delete_name, get_name, import_from, import_name, name_or_cell,
    name_or_global, namespace, set_name, set_up_annotations,
};
use numbers::{
    append_text, binary, compare, compare_truth, contains, invert, is_instance, negative, truth,
};
use pyroxene_jit_api::{Operation, Raw};

/// The address of the helper of each operation.
pub static OPERATIONS: Operations = Operations(table());

/// The addresses, by the operations' numbers.
pub struct Operations([Raw; Operation::ALL.len()]);

// SAFETY: addresses of functions.
unsafe impl Sync for Operations {}

impl Operations {
    /// They.
    pub fn addresses(&'static self) -> &'static [Raw] {
        &self.0
    }
}

const fn table() -> [Raw; Operation::ALL.len()] {
    let mut table = [null_mut(); Operation::ALL.len()];
    let mut index = 0;
    while index < table.len() {
        table[index] = helper(Operation::ALL[index]);
        index += 1;
    }
    table
}

/// The helper of an operation.
const fn helper(operation: Operation) -> Raw {
    let function = match operation {
        Operation::GetAttribute => get_attribute as *const (),
        Operation::GetMethod => get_method as *const (),
        Operation::GetSuperAttribute => get_super_attribute as *const (),
        Operation::GetSuperMethod => get_super_method as *const (),
        Operation::SetAttribute => set_attribute as *const (),
        Operation::SetAttributeByHint => set_attribute_by_hint as *const (),
        Operation::DeleteAttribute => delete_attribute as *const (),
        Operation::GetGlobal => get_global as *const (),
        Operation::SetGlobal => set_global as *const (),
        Operation::Binary => binary as *const (),
        Operation::Compare => compare as *const (),
        Operation::CompareTruth => compare_truth as *const (),
        Operation::Contains => contains as *const (),
        Operation::Truth => truth as *const (),
        Operation::Negative => negative as *const (),
        Operation::Invert => invert as *const (),
        Operation::IsInstance => is_instance as *const (),
        Operation::GetItem => get_item as *const (),
        Operation::SetItem => set_item as *const (),
        Operation::DeleteItem => delete_item as *const (),
        Operation::GetSlice => get_slice as *const (),
        Operation::SetSlice => set_slice as *const (),
        Operation::Slice => slice as *const (),
        Operation::Map => map as *const (),
        Operation::ConstKeyMap => const_key_map as *const (),
        Operation::Set => set as *const (),
        Operation::Join => join as *const (),
        Operation::Format => format as *const (),
        Operation::FormatWith => format_with as *const (),
        Operation::Convert => convert as *const (),
        Operation::GetAwaitable => get_awaitable as *const (),
        Operation::ListAppend => list_append as *const (),
        Operation::SetAdd => set_add as *const (),
        Operation::SetUpdate => set_update as *const (),
        Operation::ListExtend => list_extend as *const (),
        Operation::MapAdd => map_add as *const (),
        Operation::MapUpdate => map_update as *const (),
        Operation::Catches => catches as *const (),
        Operation::EnterContext => enter_context as *const (),
        Operation::ExitContext => exit_context as *const (),
        Operation::EnterAsyncContext => enter_async_context as *const (),
        Operation::SplitGroup => split_group as *const (),
        Operation::AssertionError => assertion_error as *const (),
        Operation::TellsOfEnd => tells_of_end as *const (),
        Operation::StopValue => stop_value as *const (),
        Operation::AsyncIterator => async_iterator as *const (),
        Operation::AsyncNext => async_next as *const (),
        Operation::YieldFromIterator => yield_from_iterator as *const (),
        Operation::Unpack => unpack as *const (),
        Operation::UnpackAround => unpack_around as *const (),
        Operation::MakeFunction => make_function as *const (),
        Operation::SetFunctionAttribute => set_function_attribute as *const (),
        Operation::MakeCell => make_cell as *const (),
        Operation::NameOrCell => name_or_cell as *const (),
        Operation::DeleteCell => delete_cell as *const (),
        Operation::Intrinsic => intrinsic as *const (),
        Operation::IntrinsicOfTwo => intrinsic_of_two as *const (),
        Operation::MergeKeywords => merge_keywords as *const (),
        Operation::ImportName => import_name as *const (),
        Operation::ImportFrom => import_from as *const (),
        Operation::GetName => get_name as *const (),
        Operation::NameOrGlobal => name_or_global as *const (),
        Operation::SetName => set_name as *const (),
        Operation::DeleteName => delete_name as *const (),
        Operation::DeleteGlobal => delete_global as *const (),
        Operation::Namespace => namespace as *const (),
        Operation::SetUpAnnotations => set_up_annotations as *const (),
        Operation::ClassBuilder => class_builder as *const (),
        Operation::IsMapping => is_mapping as *const (),
        Operation::IsSequence => is_sequence as *const (),
        Operation::MatchKeys => match_keys as *const (),
        Operation::MatchClass => match_class as *const (),
        Operation::AppendText => append_text as *const (),
        Operation::DictGet => dict_get as *const (),
        Operation::DictGetOr => dict_get_or as *const (),
    };
    function.cast_mut().cast()
}

/// An object that machine code gives away.
///
/// # Safety
/// It does.
#[inline(always)]
unsafe fn taken(object: Raw) -> Owned {
    // SAFETY: as the caller promises.
    unsafe { Owned::from_raw_unchecked(object.cast()) }
}

/// An object that machine code keeps alive.
///
/// # Safety
/// It does, as long as this is used.
#[inline(always)]
unsafe fn kept<'a>(object: Raw) -> Borrowed<'a> {
    // SAFETY: as the caller promises.
    unsafe { Borrowed::from_raw_unchecked(object.cast()) }
}

/// A result as machine code takes it.
#[inline(always)]
fn object(result: Result<Owned, Raised>) -> Raw {
    result.map_or(null_mut(), |object| object.into_raw().cast())
}

#[inline(always)]
fn answer(result: Result<bool, Raised>) -> i32 {
    result.map_or(-1, i32::from)
}

#[inline(always)]
fn status(result: Result<(), Raised>) -> i32 {
    result.map_or(-1, |()| 0)
}

/// Lets go of objects in an array.
///
/// # Safety
/// They are there, and the caller's to give away.
unsafe fn drop_all(first: *mut *mut ffi::PyObject, count: usize) {
    for index in 0..count {
        // SAFETY: as the caller promises.
        drop(unsafe { Owned::<ffi::PyObject>::from_raw_unchecked(*first.add(index)) });
    }
}
