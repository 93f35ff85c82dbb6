//! The errors that instructions raise. All of it is cold.
use crate::ffi;
use crate::field;
use crate::frame::Frame;
use crate::object::text::function_name;
use crate::object::{Borrowed, Raised, exception, lookup};
use crate::raise_format;
use crate::static_id;
use crate::thread::ThreadState;
use core::ffi::{CStr, c_int};

/// `NameError` for a name that is not defined.
#[cold]
#[inline(never)]
pub fn undefined(name: Borrowed<'_>) -> Raised {
    let class = exception::NameError.class();
    // SAFETY: the format takes a C string.
    unsafe { of_name(class, c"name '%.200s' is not defined", name) }
}

/// `UnboundLocalError` for a local variable, by its index.
#[cold]
#[inline(never)]
pub fn unbound_local(code: Borrowed<'_, ffi::PyCodeObject>, index: usize) -> Raised {
    let format = c"cannot access local variable '%s' where it is not associated with a value";
    let class = exception::UnboundLocalError.class();
    // SAFETY: the format takes a C string.
    unsafe { of_name(class, format, variable_name(code, index)) }
}

/// The error for a cell that is empty, by its index: `UnboundLocalError` for a variable of the code itself, `NameError` for
/// one of a scope around it (ceval.c `_PyEval_FormatExcUnbound`). An exception that is set already stays.
#[cold]
#[inline(never)]
pub fn unbound(code: Borrowed<'_, ffi::PyCodeObject>, index: usize) -> Raised {
    if let Err(raised) = Raised::pending() {
        return raised;
    }
    let first_free = field!(code.co_nlocalsplus) - field!(code.co_nfreevars);
    if index < first_free as usize {
        return unbound_local(code, index);
    }
    let format = c"cannot access free variable '%s' where it is not associated with a value in enclosing scope";
    let class = exception::NameError.class();
    // SAFETY: the format takes a C string.
    unsafe { of_name(class, format, variable_name(code, index)) }
}

/// The name of a variable of some code.
fn variable_name<'a>(code: Borrowed<'a, ffi::PyCodeObject>, index: usize) -> Borrowed<'a> {
    // SAFETY: code holds the tuple of the names of its variables.
    let names: Borrowed<'a, ffi::PyTupleObject> =
        unsafe { Borrowed::from_raw_unchecked(field!(code.co_localsplusnames).cast()) };
    names.items()[index]
}

/// Raises an exception with a name in its message. A `NameError` gets the name itself too, from which suggestions are made
/// later (ceval.c `_PyEval_FormatExcCheckArg`).
///
/// # Safety
/// `format` takes one C string.
#[cold]
#[inline(never)]
pub unsafe fn of_name(class: Borrowed<'_>, format: &CStr, name: Borrowed<'_>) -> Raised {
    // SAFETY: a live object, which owns its text; the caller promises the format.
    unsafe {
        let text = ffi::PyUnicode_AsUTF8(name.as_ptr());
        if text.is_null() {
            return Raised::on_c_word();
        }
        let raised = raise_format!(class, format, text);
        if class.is(exception::NameError.class()) {
            with_name(raised, name)
        } else {
            raised
        }
    }
}

/// Sets the attribute `name` of a `NameError` that has none. Where that fails, the error goes without.
fn with_name(raised: Raised, name: Borrowed<'_>) -> Raised {
    if !raised.matches(exception::NameError) {
        return raised;
    }
    let error = raised.take();
    // SAFETY: an exception, as it was set; those of this class have its layout.
    let has_name = unsafe {
        !(*error.as_ptr().cast::<ffi::PyNameErrorObject>())
            .name
            .is_null()
    };
    if !has_name && let Err(raised) = lookup::set(error.borrow(), static_id!(_py_name), Some(name))
    {
        raised.clear();
    }
    Raised::restore(error)
}

/// Makes the errors of merging the `**` arguments of a call tell of the call (ceval.c `_PyEval_FormatKwargsError`): no
/// mapping, or a name twice.
#[cold]
#[inline(never)]
pub fn keywords(raised: Raised, callable: Borrowed<'_>, keywords: Borrowed<'_>) -> Raised {
    if raised.matches(exception::AttributeError) {
        raised.clear();
        let format = c"%U argument after ** must be a mapping, not %.200s";
        return of_argument(callable, format, keywords);
    }
    if !raised.matches(exception::KeyError) {
        return raised;
    }
    let error = raised.take();
    // SAFETY: an exception, as it was set, whose member is NULL or an object that it keeps.
    let arguments = unsafe {
        let arguments = (*error.as_ptr().cast::<ffi::PyBaseExceptionObject>()).args;
        Borrowed::<ffi::PyObject>::from_c_optional(arguments)
    };
    let arguments = arguments.and_then(Borrowed::downcast::<ffi::PyTupleObject>);
    let Some([key]) = arguments.map(Borrowed::items) else {
        return Raised::restore(error);
    };
    match function_name(callable) {
        Ok(function) => {
            let format = c"%U got multiple values for keyword argument '%S'";
            // SAFETY: the format takes a string and an object.
            unsafe {
                raise_format!(
                    exception::TypeError,
                    format,
                    function.as_ptr(),
                    key.as_ptr()
                )
            }
        }
        Err(raised) => raised,
    }
}

/// Looks whether the `*` argument of a call is an iterable (ceval.c `check_args_iterable`).
///
/// # Errors
/// `TypeError` that tells of the call, in the place of an exception that is set.
pub fn check_args_iterable(
    thread: ThreadState,
    callable: Borrowed<'_>,
    arguments: Borrowed<'_>,
) -> Result<(), Raised> {
    if is_iterable(arguments) {
        return Ok(());
    }
    // Finding the function's name must not start with an exception set.
    if thread.has_exception() {
        Raised::on_c_word().clear();
    }
    let format = c"%U argument after * must be an iterable, not %.200s";
    Err(of_argument(callable, format, arguments))
}

/// Whether an object looks as if it could be iterated over.
pub(super) fn is_iterable(object: Borrowed<'_>) -> bool {
    let class = object.type_of();
    // SAFETY: a live object.
    field!(class.tp_iter).is_some() || unsafe { ffi::PySequence_Check(object.as_ptr()) != 0 }
}

/// `TypeError` with a function and the type of an argument.
fn of_argument(callable: Borrowed<'_>, format: &CStr, argument: Borrowed<'_>) -> Raised {
    match function_name(callable) {
        Ok(function) => {
            let class = argument.type_of().name();
            // SAFETY: the formats take a string and a C string.
            unsafe {
                raise_format!(
                    exception::TypeError,
                    format,
                    function.as_ptr(),
                    class.as_ptr()
                )
            }
        }
        Err(raised) => raised,
    }
}

/// Makes the error of `GET_AWAITABLE` tell of `async with`, if that is where it comes from: 1 for what `__aenter__` gave, 2
/// for `__aexit__` (ceval.c `_PyEval_FormatAwaitableError`).
#[cold]
#[inline(never)]
pub fn awaitable(raised: Raised, class: Borrowed<'_, ffi::PyTypeObject>, context: usize) -> Raised {
    let slots = field!(class.tp_as_async);
    // SAFETY: the member is NULL or a table of slots.
    if !slots.is_null() && unsafe { (*slots).am_await.is_some() } {
        return raised;
    }
    let format = match context {
        1 => {
            c"'async with' received an object from __aenter__ that does not implement __await__: %.100s"
        }
        2 => {
            c"'async with' received an object from __aexit__ that does not implement __await__: %.100s"
        }
        _ => return raised,
    };
    // SAFETY: the format takes a C string.
    unsafe { raise_format!(exception::TypeError, format, class.name().as_ptr()) }
}

/// `SystemError` for an opcode that there is not.
///
/// # Safety
/// The frame is alive and stands at the instruction.
#[cold]
#[inline(never)]
pub unsafe fn unknown_opcode(frame: *mut ffi::_PyInterpreterFrame, opcode: u8) -> Raised {
    // SAFETY: as the caller promises; the format takes a string and two numbers.
    unsafe {
        let frame = Frame::from_raw_unchecked(frame);
        let code = frame.code();
        raise_format!(
            exception::SystemError,
            c"%U:%d: unknown opcode %d",
            field!(code.co_filename),
            frame.line().unwrap_or(-1),
            c_int::from(opcode),
        )
    }
}
