//! Calls through `tp_call`, which takes a tuple and a dict: what a callable without a vectorcall function has. Makes the
//! tuple and the dict where the caller has none.
use crate::call::result::Outcome;
use crate::call::{Arguments, unpacked};
use crate::ffi::{self, PyDictObject, PyObject, PyTupleObject};
use crate::object::{Borrowed, Owned, Raised, Recursion, exception, lookup, text, tuple_of};
use crate::thread::ThreadState;
use crate::{field, raise_format};
use core::ptr::null_mut;

/// What `tp_call` holds.
type Slot = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;

/// Calls with an array of arguments (call.c `_PyObject_MakeTpCall`). Those by name may be in a dict instead.
///
/// # Errors
/// What the callee raises; `TypeError` for an object that cannot be called; `RecursionError`; `MemoryError`; `SystemError`
/// for a callee that gives neither a result nor an exception, or both.
#[inline(always)]
pub fn call(
    tstate: ThreadState,
    callable: Borrowed<'_>,
    arguments: Arguments<'_>,
    dict: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    let (first, flagged_count) = (arguments.as_ptr(), arguments.flagged_count());
    // SAFETY: the parts are those of the arguments.
    unsafe {
        call_apart(
            tstate,
            callable,
            first,
            flagged_count,
            arguments.names(),
            dict,
        )
    }
}

/// What [`call`] does. The parts of the arguments come through registers: passed as a whole they would come through memory,
/// to which whoever can also go another way would write them in any case.
///
/// # Safety
/// As for [`Arguments::from_c`].
#[inline(never)]
unsafe fn call_apart(
    tstate: ThreadState,
    callable: Borrowed<'_>,
    first: *const *mut PyObject,
    flagged_count: usize,
    names: Option<Borrowed<'_, PyTupleObject>>,
    dict: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises.
    let arguments = unsafe { Arguments::from_c(first, flagged_count, names) };
    debug_assert!(dict.is_none() || arguments.names().is_none());
    let slot = slot(callable)?;
    let outcome = {
        let made;
        let tuple = tuple_of(arguments.positional())?;
        let dict = match arguments.names().filter(|names| !names.items().is_empty()) {
            Some(names) => {
                made = unpacked::to_dict(names, arguments.named())?;
                Some(made.borrow())
            }
            None => dict,
        };
        invoke(tstate, slot, callable, tuple.borrow(), dict)?
    };
    outcome.checked(tstate, callable)
}

/// Calls with a tuple and, perhaps, a dict (call.c `_PyObject_Call`, for callables without a vectorcall function).
///
/// # Errors
/// As [`call`].
pub fn call_with_tuple(
    tstate: ThreadState,
    callable: Borrowed<'_>,
    tuple: Borrowed<'_, PyTupleObject>,
    dict: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    invoke(tstate, slot(callable)?, callable, tuple, dict)?.checked(tstate, callable)
}

/// The slot of a callable.
#[inline(always)]
fn slot(callable: Borrowed<'_>) -> Result<Slot, Raised> {
    let class = callable.type_of();
    field!(class.tp_call).ok_or_else(|| not_callable(callable))
}

/// Calls the slot, one level of recursion deeper.
#[inline(always)]
fn invoke(
    tstate: ThreadState,
    slot: Slot,
    callable: Borrowed<'_>,
    tuple: Borrowed<'_, PyTupleObject>,
    dict: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Outcome, Raised> {
    let _level = Recursion::enter_in(tstate, c" while calling a Python object")?;
    let dict = dict.map_or(null_mut(), |dict| dict.as_ptr().cast());
    // SAFETY: a type's slot is called with an instance of it, a tuple, and a dict or NULL; the result is a new reference or
    // NULL.
    let result =
        unsafe { Owned::from_c_optional(slot(callable.as_ptr(), tuple.as_ptr().cast(), dict)) };
    Ok(Outcome::new(result))
}

/// `TypeError` for an object that cannot be called. For a module, as which something in it that has its name is easily
/// mistaken, it says so.
#[cold]
fn not_callable(object: Borrowed<'_>) -> Raised {
    if let Some(name) = name_of_callable_member(object) {
        // SAFETY: the format takes a C string and two strs.
        return unsafe {
            raise_format!(
                exception::TypeError,
                c"'%.200s' object is not callable. Did you mean: '%U.%U(...)'?",
                object.type_of().name().as_ptr(),
                name.as_ptr(),
                name.as_ptr(),
            )
        };
    }
    text::wrong_kind(c"'%.200s' object is not callable", object)
}

/// The name of a module that has a callable of the same name in it. Exceptions on the way are dropped.
fn name_of_callable_member(object: Borrowed<'_>) -> Option<Owned> {
    if !object.is_exactly(&raw const ffi::PyModule_Type) {
        return None;
    }
    // SAFETY: a module; the result is a new reference, or NULL with an exception.
    let name = unsafe { Owned::from_c(ffi::PyModule_GetNameObject(object.as_ptr())) };
    let name = name.map_err(Raised::clear).ok()?;
    let member = lookup::optional(object, name.borrow());
    let member = member.map_err(Raised::clear).ok()??;
    member.borrow().is_callable().then_some(name)
}
