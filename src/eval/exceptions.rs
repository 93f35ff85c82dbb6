//! Exceptions in the evaluator: `raise`, and what `except` and `except*` catch. Instantiates classes, which runs any code.
//! Who handles an exception is in [`crate::bytecode::handlers`].
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, check_bool, exception, raise as raise_error};
use crate::raise_format;
use crate::thread::ThreadState;
use crate::traceback::add;
use core::ptr::null_mut;

pub use crate::bytecode::handlers::{Handler, handler_of};

/// What `raise` did.
#[derive(Debug)]
pub enum Raise {
    /// An exception is raised here: it gets an entry in its traceback, and tools are told.
    Here(Raised),
    /// The exception that was being handled goes on as if it had not been caught: no entry, and tools are told of a `RERAISE`.
    Again(Raised),
}

/// The statement `raise` (ceval.c `do_raise`): `raise exception from cause`, and without an exception the one that is being
/// handled. Classes are instantiated. What cannot be raised gives a `TypeError` instead, `raise` outside of a handler a
/// `RuntimeError`.
#[cold]
#[inline(never)]
pub fn raise(exception: Option<Owned>, cause: Option<Owned>) -> Raise {
    match exception {
        Some(exception) => {
            Raise::Here(raise_from(exception, cause).unwrap_or_else(|raised| raised))
        }
        None => match handled() {
            Some(exception) => Raise::Again(Raised::restore(exception)),
            None => Raise::Here(raise_error(
                exception::RuntimeError,
                c"No active exception to reraise",
            )),
        },
    }
}

/// The exception that is being handled.
fn handled() -> Option<Owned> {
    let thread = ThreadState::current();
    // SAFETY: the thread has at least one item on its stack of handled exceptions.
    unsafe {
        let item = ffi::_PyErr_GetTopmostException(thread.as_ptr());
        Borrowed::from_c_optional((*item).exc_value)
            .filter(|exception| !exception.is_none())
            .map(Borrowed::new_ref)
    }
}

/// Raises an exception, or an instance of a class, with a cause if there is one. Both results say that something was raised;
/// the error says that it is not what was asked for.
fn raise_from(exception: Owned, cause: Option<Owned>) -> Result<Raised, Raised> {
    let (class, exception) = if exception::is_class(exception.borrow()) {
        let instance = instance_of(exception.borrow())?;
        (exception, instance)
    } else if exception::is_instance(exception.borrow()) {
        let class = exception.borrow().type_of().upcast().new_ref();
        (class, exception)
    } else {
        drop(exception);
        return Err(raise_error(
            exception::TypeError,
            c"exceptions must derive from BaseException",
        ));
    };
    if let Some(cause) = cause {
        let cause = cause_from(cause)?.map_or(null_mut(), Owned::into_raw);
        // SAFETY: an exception, and a reference to another one or NULL, which the function takes.
        unsafe { ffi::PyException_SetCause(exception.as_ptr(), cause) }
    }
    // SAFETY: a class, and an exception; the function takes references of its own.
    unsafe { ffi::PyErr_SetObject(class.as_ptr(), exception.as_ptr()) }
    Ok(Raised::on_c_word())
}

/// The exception that stands behind `from`: nothing for `None`.
fn cause_from(cause: Owned) -> Result<Option<Owned>, Raised> {
    if exception::is_class(cause.borrow()) {
        return instance_of(cause.borrow()).map(Some);
    }
    if exception::is_instance(cause.borrow()) {
        return Ok(Some(cause));
    }
    if cause.borrow().is_none() {
        return Ok(None);
    }
    Err(raise_error(
        exception::TypeError,
        c"exception causes must derive from BaseException",
    ))
}

/// Calls an exception class.
fn instance_of(class: Borrowed<'_>) -> Result<Owned, Raised> {
    let instance = class.call(&[])?;
    if exception::is_instance(instance.borrow()) {
        return Ok(instance);
    }
    let format = c"calling %R should have returned an instance of BaseException, not %R";
    let given = instance.borrow().type_of();
    // SAFETY: the format takes two objects.
    Err(unsafe { raise_format!(exception::TypeError, format, class.as_ptr(), given.as_ptr()) })
}

/// Whether it is a group of exceptions.
fn is_group(object: Borrowed<'_>) -> bool {
    // SAFETY: the variable holds a static type.
    let group = unsafe { Borrowed::from_static(exception::BaseExceptionGroup.as_ptr().cast()) };
    object.type_of().is_subtype(group)
}

/// What `except*` makes of an exception: the part that matches, and the rest, each `None` if there is nothing in it
/// (PEP 654, ceval.c `_PyEval_ExceptionGroupMatch`). A single exception that matches is wrapped into a group.
///
/// # Errors
/// What `split` of the group raises, or `TypeError` when it does not give a pair; `MemoryError`.
pub fn group_match(
    exception: Borrowed<'_>,
    match_type: Borrowed<'_>,
) -> Result<(Owned, Owned), Raised> {
    let none = || Borrowed::none().new_ref();
    if exception.is_none() {
        return Ok((none(), none()));
    }
    // SAFETY: two live objects.
    let matches =
        unsafe { ffi::PyErr_GivenExceptionMatches(exception.as_ptr(), match_type.as_ptr()) != 0 };
    match (matches, is_group(exception)) {
        (true, true) => Ok((exception.new_ref(), none())),
        (true, false) => Ok((wrap(exception)?, none())),
        (false, true) => split(exception, match_type),
        (false, false) => Ok((none(), exception.new_ref())),
    }
}

/// A group of one exception, raised where the thread is now.
fn wrap(exception: Borrowed<'_>) -> Result<Owned, Raised> {
    // SAFETY: a tuple of one object, and a C string; the results are new references or NULL with an exception. An entry is
    // what the last function accepts, so it cannot fail.
    unsafe {
        let exceptions = Owned::from_c(ffi::PyTuple_Pack(1, exception.as_ptr()))?;
        let group = ffi::_PyExc_CreateExceptionGroup(c"".as_ptr(), exceptions.as_ptr());
        let group = Owned::from_c(group)?;
        if let Some(frame) = ThreadState::current().frame()? {
            let entry = add::entry_for(None, frame.borrow())?;
            ffi::PyException_SetTraceback(group.as_ptr(), entry.as_ptr().cast());
        }
        Ok(group)
    }
}

/// `group.split(match_type)`.
fn split(group: Borrowed<'_>, match_type: Borrowed<'_>) -> Result<(Owned, Owned), Raised> {
    // SAFETY: the format takes one object; the result is a new reference or NULL with an exception.
    let pair = unsafe {
        Owned::from_c(ffi::PyObject_CallMethod(
            group.as_ptr(),
            c"split".as_ptr(),
            c"(O)".as_ptr(),
            match_type.as_ptr(),
        ))?
    };
    let class = group.type_of().name();
    if !pair.borrow().is_exactly(&raw const ffi::PyTuple_Type) {
        let given = pair.borrow().type_of().name();
        let format = c"%.200s.split must return a tuple, not %.200s";
        // SAFETY: the format takes two C strings.
        return Err(unsafe {
            raise_format!(exception::TypeError, format, class.as_ptr(), given.as_ptr())
        });
    }
    // SAFETY: a tuple, as just checked.
    let pair: Borrowed<'_, ffi::PyTupleObject> =
        unsafe { Borrowed::from_raw_unchecked(pair.as_ptr().cast()) };
    // Longer ones are accepted, because they once were.
    match pair.items() {
        [matching, rest, ..] => Ok((matching.new_ref(), rest.new_ref())),
        items => {
            let format = c"%.200s.split must return a 2-tuple, got tuple of size %zd";
            // SAFETY: the format takes a C string and a size.
            Err(unsafe { raise_format!(exception::TypeError, format, class.as_ptr(), items.len()) })
        }
    }
}

/// The classes that `except` is given: one, or those in a tuple.
fn classes<'a>(caught: &'a Borrowed<'a>) -> &'a [Borrowed<'a>] {
    match caught.downcast::<ffi::PyTupleObject>() {
        Some(tuple) => tuple.items(),
        None => core::slice::from_ref(caught),
    }
}

/// Looks whether `except` may catch this: an exception class, or a tuple of them
/// (ceval.c `_PyEval_CheckExceptTypeValid`).
///
/// # Errors
/// `TypeError` if not.
pub fn check_except_type(caught: Borrowed<'_>) -> Result<(), Raised> {
    if classes(&caught)
        .iter()
        .all(|class| exception::is_class(*class))
    {
        return Ok(());
    }
    Err(raise_error(
        exception::TypeError,
        c"catching classes that do not inherit from BaseException is not allowed",
    ))
}

/// Looks whether `except*` may catch this: as [`check_except_type`], but no groups
/// (ceval.c `_PyEval_CheckExceptStarTypeValid`).
///
/// # Errors
/// `TypeError` if not; what the classes' `__subclasscheck__` raises.
pub fn check_except_star_type(caught: Borrowed<'_>) -> Result<(), Raised> {
    check_except_type(caught)?;
    for class in classes(&caught) {
        let group = exception::BaseExceptionGroup;
        // SAFETY: two live objects.
        if check_bool(unsafe { ffi::PyObject_IsSubclass(class.as_ptr(), group.as_ptr()) })? {
            return Err(raise_error(
                exception::TypeError,
                c"catching ExceptionGroup with except* is not allowed. Use except instead.",
            ));
        }
    }
    Ok(())
}
