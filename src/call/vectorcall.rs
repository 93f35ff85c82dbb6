//! Calls by the vectorcall protocol (PEP 590), whatever the caller has its arguments in. Falls back to `tp_call`.
use crate::call::arguments::unless_empty;
use crate::call::array::{Array, Few};
use crate::call::result::Outcome;
use crate::call::unpacked::Unpacked;
use crate::call::{Arguments, tp_call};
use crate::eval::entry;
use crate::ffi::{self, PyDictObject, PyFunctionObject, PyObject, PyTupleObject};
use crate::field;
use crate::object::{Borrowed, Owned, Raised, text};
use crate::thread::ThreadState;

/// Calls with an array of arguments (pycore_call.h `_PyObject_VectorcallTstate`).
///
/// # Errors
/// What the callee raises; `TypeError` for an object that cannot be called; `SystemError` for a callee that gives neither
/// a result nor an exception, or both.
#[inline(always)]
pub fn call(
    tstate: ThreadState,
    callable: Borrowed<'_>,
    arguments: Arguments<'_>,
) -> Result<Owned, Raised> {
    match Vectorcallable::of(callable) {
        Some(vectorcallable) => vectorcallable.call(arguments).checked(tstate, callable),
        None => tp_call::call(tstate, callable, arguments, None),
    }
}

/// A callable with the function by which it takes an array of arguments.
#[derive(Clone, Copy)]
struct Vectorcallable<'a> {
    object: Borrowed<'a>,
    function: unsafe extern "C" fn(
        *mut PyObject,
        *const *mut PyObject,
        usize,
        *mut PyObject,
    ) -> *mut PyObject,
}

impl<'a> Vectorcallable<'a> {
    /// The callable, if it has such a function and its type says so.
    #[inline(always)]
    fn of(object: Borrowed<'a>) -> Option<Self> {
        // SAFETY: a live object.
        let function = unsafe { ffi::_PyVectorcall_FunctionInline(object.as_ptr())? };
        Some(Self { object, function })
    }

    /// The callable, if it has such a function at the place that its type knows. A subclass may have overridden `__call__`,
    /// and then its type does not say so any more.
    #[inline]
    fn of_type_with_place(object: Borrowed<'a>) -> Option<Self> {
        let class = object.type_of();
        let offset = field!(class.tp_vectorcall_offset);
        if offset <= 0 {
            return None;
        }
        // SAFETY: a live object, in which such a type has the place.
        let function = unsafe { ffi::_PyVectorcall_FunctionAt(object.as_ptr(), offset)? };
        Some(Self { object, function })
    }

    /// Calls.
    #[inline(always)]
    fn call(self, arguments: Arguments<'_>) -> Outcome {
        // SAFETY: the function is the object's own, and the arguments are what their type promises.
        unsafe {
            Outcome::new(Owned::from_c_optional((self.function)(
                self.object.as_ptr(),
                arguments.as_ptr(),
                arguments.flagged_count(),
                arguments.names_ptr(),
            )))
        }
    }

    /// Calls with arguments by name besides. The array is in this function's frame alone, so that those of calls without
    /// names stay small.
    ///
    /// # Errors
    /// `TypeError` for a name that is no `str`; `MemoryError`. What the callee raises is in the outcome.
    #[inline(never)]
    fn call_with_dict(
        self,
        positional: &[Borrowed<'_>],
        dict: Borrowed<'_, PyDictObject>,
    ) -> Result<Outcome, Raised> {
        let mut few = Few::new();
        let unpacked = Unpacked::new(&mut few, positional, dict)?;
        Ok(self.call(unpacked.arguments()))
    }
}

/// The function by which an object takes an array of arguments, if it has one (call.c `PyVectorcall_Function`).
pub fn function_of(object: Borrowed<'_>) -> ffi::vectorcallfunc {
    // SAFETY: a live object.
    unsafe { ffi::_PyVectorcall_FunctionInline(object.as_ptr()) }
}

/// Calls with an array of arguments, all of them by position, and a dict of others (call.c `_PyObject_VectorcallDictTstate`).
///
/// # Errors
/// As [`call`]; `TypeError` for a name that is no `str`.
#[inline(always)]
pub fn call_with_dict(
    tstate: ThreadState,
    callable: Borrowed<'_>,
    arguments: Arguments<'_>,
    dict: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    let Some(vectorcallable) = Vectorcallable::of(callable) else {
        return tp_call::call(tstate, callable, arguments, dict);
    };
    let outcome = match unless_empty(dict) {
        None => vectorcallable.call(arguments),
        Some(dict) => vectorcallable.call_with_dict(arguments.positional(), dict)?,
    };
    outcome.checked(tstate, callable)
}

/// Calls with a tuple and, perhaps, a dict (call.c `_PyObject_Call`): Python's `callable(*tuple, **dict)`.
///
/// # Errors
/// As [`call_with_dict`].
#[inline(never)]
pub fn call_with_tuple(
    tstate: ThreadState,
    callable: Borrowed<'_>,
    tuple: Borrowed<'_, PyTupleObject>,
    dict: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    match Vectorcallable::of(callable) {
        Some(vectorcallable) => spread(tstate, vectorcallable, tuple, dict),
        None => tp_call::call_with_tuple(tstate, callable, tuple, dict),
    }
}

/// What the `tp_call` of a type with vectorcall functions does: calls the object's (call.c `PyVectorcall_Call`).
///
/// # Errors
/// What the callee raises; `TypeError` for an object without such a function, or a name that is no `str`.
pub fn call_by_place(
    tstate: ThreadState,
    callable: Borrowed<'_>,
    tuple: Borrowed<'_, PyTupleObject>,
    dict: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    let format = c"'%.200s' object does not support vectorcall";
    let vectorcallable = Vectorcallable::of_type_with_place(callable)
        .ok_or_else(|| text::wrong_kind(format, callable))?;
    spread(tstate, vectorcallable, tuple, dict)
}

/// Calls with the items of a tuple and a dict. Only with the latter is the callee held to its word here
/// (call.c `_PyVectorcall_Call`).
#[inline(always)]
fn spread(
    tstate: ThreadState,
    callee: Vectorcallable<'_>,
    tuple: Borrowed<'_, PyTupleObject>,
    dict: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    let arguments = Arguments::of_tuple(tuple);
    match unless_empty(dict) {
        None => callee.call(arguments).trusted(),
        Some(dict) => callee
            .call_with_dict(arguments.positional(), dict)?
            .checked(tstate, callee.object),
    }
}

/// Calls with an object before the items of a tuple, and perhaps a dict (call.c `_PyObject_Call_Prepend`): Python's
/// `callable(object, *tuple, **dict)`.
///
/// # Errors
/// As [`call_with_dict`].
pub fn call_prepended(
    tstate: ThreadState,
    callable: Borrowed<'_>,
    object: Borrowed<'_>,
    tuple: Borrowed<'_, PyTupleObject>,
    dict: Option<Borrowed<'_, PyDictObject>>,
) -> Result<Owned, Raised> {
    let items = Arguments::of_tuple(tuple).positional();
    let mut few = Few::new();
    let array = Array::new(&mut few, 1 + items.len())?;
    // SAFETY: the array has room for the object and the items, which their holders keep alive; a Borrowed has the bits of a
    // pointer.
    let arguments = unsafe {
        let first = array.first();
        first.write(object.as_ptr());
        let from = items.as_ptr().cast::<*mut PyObject>();
        from.copy_to_nonoverlapping(first.add(1).as_ptr(), items.len());
        Arguments::from_c(first.as_ptr(), array.flagged(1 + items.len()), None)
    };
    call_with_dict(tstate, callable, arguments, dict)
}

/// The vectorcall function of Python functions: runs the code with the arguments (call.c `_PyFunction_Vectorcall`).
///
/// # Errors
/// What the code raises; `TypeError` when the arguments do not fit the parameters.
#[inline(always)]
pub fn call_function(
    tstate: ThreadState,
    function: Borrowed<'_, PyFunctionObject>,
    arguments: Arguments<'_>,
) -> Result<Owned, Raised> {
    let namespace = entry::namespace_of(function);
    entry::call(tstate, function, namespace, arguments)
}
