//! Raising an exception inside a generator, at the `yield` where it stands or in what it delegates to.
use crate::ffi;
use crate::frame::OnStack;
use crate::generator::Generator;
use crate::generator::close::close_delegate;
use crate::generator::frame::Delegating;
use crate::generator::send::{Input, resume_or_stop};
use crate::object::text::wrong_kind;
use crate::object::{Borrowed, Lookup, Owned, Raised, check_status, exception, lookup, raise};
use crate::static_id;
use core::ffi::CStr;
use core::ptr::null_mut;

/// What `throw()` is given: an exception or, in the signature of old, its class, value and traceback.
#[derive(Clone, Copy)]
pub struct Thrown<'a> {
    /// An exception or a class of exceptions, if the caller is right.
    pub class: Borrowed<'a>,
    /// The value.
    pub value: Option<Borrowed<'a>>,
    /// The traceback.
    pub traceback: Option<Borrowed<'a>>,
}

impl<'a> Thrown<'a> {
    /// An exception or its class alone.
    pub const fn only(class: Borrowed<'a>) -> Self {
        Self {
            class,
            value: None,
            traceback: None,
        }
    }

    /// The arguments as Python gave them.
    ///
    /// # Errors
    /// `TypeError` for less than one or more than three.
    fn from_arguments(arguments: &[Borrowed<'a>]) -> Result<Self, Raised> {
        match *arguments {
            [class] => Ok(Self::only(class)),
            [class, value] => Ok(Self {
                class,
                value: Some(value),
                traceback: None,
            }),
            [class, value, traceback] => Ok(Self {
                class,
                value: Some(value),
                traceback: Some(traceback),
            }),
            _ => {
                let count = arguments.len().cast_signed();
                // SAFETY: the name is a C string; the function raises for this count.
                unsafe { ffi::_PyArg_CheckPositional(c"throw".as_ptr(), count, 1, 3) };
                Err(Raised::on_c_word())
            }
        }
    }

    /// Whether it is a `GeneratorExit`.
    fn is_exit(self) -> bool {
        let exit = exception::GeneratorExit.as_ptr();
        // SAFETY: two live objects.
        unsafe { ffi::PyErr_GivenExceptionMatches(self.class.as_ptr(), exit) != 0 }
    }

    /// Sets the exception, made from class, value and traceback if need be. [`Refused`] when that cannot be raised: then
    /// the exception says why, and does not reach the generator.
    fn raise(self) -> Result<Raised, Refused> {
        let traceback = match self.traceback {
            Some(traceback) if traceback.is_none() => None,
            Some(traceback) if !traceback.is_exactly(&raw const ffi::PyTraceBack_Type) => {
                return Err(Refused(raise(
                    exception::TypeError,
                    c"throw() third argument must be a traceback object",
                )));
            }
            traceback => traceback,
        };
        if exception::is_class(self.class) {
            raise_class(self.class, self.value, traceback);
        } else if exception::is_instance(self.class) {
            if self.value.is_some_and(|value| !value.is_none()) {
                return Err(Refused(raise(
                    exception::TypeError,
                    c"instance exception may not have a separate value",
                )));
            }
            raise_instance(self.class, traceback);
        } else {
            return Err(Refused(wrong_kind(
                c"exceptions must be classes or instances deriving from BaseException, not %s",
                self.class,
            )));
        }
        Ok(Raised::on_c_word())
    }
}

/// The arguments of `throw()` are no exception; that is what is raised, in the caller.
struct Refused(Raised);

/// A reference for C to take, or NULL.
fn give(object: Option<Borrowed<'_>>) -> *mut ffi::PyObject {
    object.map_or(null_mut(), |object| object.new_ref().into_raw())
}

/// Sets an exception of the class, made with the value.
fn raise_class(class: Borrowed<'_>, value: Option<Borrowed<'_>>, traceback: Option<Borrowed<'_>>) {
    let (mut class, mut value, mut traceback) = (give(Some(class)), give(value), give(traceback));
    // SAFETY: three references or NULLs that are ours; the first call exchanges them for others, the second takes them.
    unsafe {
        ffi::PyErr_NormalizeException(&raw mut class, &raw mut value, &raw mut traceback);
        ffi::PyErr_Restore(class, value, traceback);
    }
}

/// Sets the exception, with its own traceback if none is given.
fn raise_instance(exception: Borrowed<'_>, traceback: Option<Borrowed<'_>>) {
    let class = exception.type_of().upcast();
    // SAFETY: the exception is alive; the references that the second call takes are ours.
    unsafe {
        let (class, value) = (give(Some(class)), give(Some(exception)));
        let traceback = match traceback {
            Some(traceback) => give(Some(traceback)),
            None => ffi::PyException_GetTraceback(value),
        };
        ffi::PyErr_Restore(class, value, traceback);
    }
}

/// What a `GeneratorExit` does to the iterator that a generator delegates to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum OnExit {
    /// It is closed, and the exception is raised in the generator.
    CloseDelegate,
    /// It is thrown into it like any other exception. Asynchronous generators want this: what they await must be able to
    /// await something in turn.
    ThrowIntoDelegate,
}

/// Raises an exception in a generator and runs it until it yields (genobject.c `_gen_throw`).
///
/// # Errors
/// As [`resume_or_stop`]; `TypeError` for what cannot be raised.
pub fn throw_into(generator: Generator<'_>, on_exit: OnExit, thrown: Thrown<'_>) -> Lookup {
    if let Some(delegate) = generator.delegate() {
        if on_exit == OnExit::CloseDelegate && thrown.is_exit() {
            if close_delegate(generator, delegate).is_err() {
                return resume_or_stop(generator, Input::Throw);
            }
        } else {
            match throw_into_delegate(generator, delegate, on_exit, thrown) {
                Delegated::Yielded(value) => return Ok(Some(value)),
                Delegated::Raised(_) => return resume_or_stop(generator, Input::Throw),
                Delegated::Unasked(raised) => return Err(raised),
                Delegated::CannotThrow => {}
            }
        }
    }
    match thrown.raise() {
        Ok(_) => resume_or_stop(generator, Input::Throw),
        Err(Refused(raised)) => Err(raised),
    }
}

/// How a delegate took an exception.
enum Delegated {
    /// It yielded, and so does the generator.
    Yielded(Owned),
    /// It ended, by the exception that is set, which concerns the generator.
    Raised(Raised),
    /// It could not even be asked whether it has a `throw`; the generator does not hear of that.
    Unasked(Raised),
    /// It has no `throw`: the exception is the generator's own.
    CannotThrow,
}

/// Throws into what a suspended generator delegates to, and lets go of that.
fn throw_into_delegate(
    generator: Generator<'_>,
    delegate: Owned,
    on_exit: OnExit,
    thrown: Thrown<'_>,
) -> Delegated {
    let result = if let Some(inner) = Generator::of_delegate(delegate.borrow()) {
        // The evaluator is skipped, so that the generator's frame would be missing in the traceback.
        // SAFETY: the generator is suspended at its delegate, and its caller keeps it alive.
        let _frame = unsafe { OnStack::enter(generator.frame()) };
        let _running = Delegating::enter(generator);
        throw_into(inner, on_exit, thrown)
    } else {
        let method = match lookup::optional(delegate.borrow(), static_id!(_py_throw)) {
            Ok(Some(method)) => method,
            Ok(None) => return Delegated::CannotThrow,
            Err(raised) => return Delegated::Unasked(raised),
        };
        let _running = Delegating::enter(generator);
        call_throw(method.borrow(), thrown).map(Some)
    };
    drop(delegate);
    match result {
        Ok(Some(value)) => Delegated::Yielded(value),
        Ok(None) => Delegated::Raised(Raised::on_c_word()),
        Err(raised) => Delegated::Raised(raised),
    }
}

/// Calls the method `throw` of something with as many arguments as there are.
fn call_throw(method: Borrowed<'_>, thrown: Thrown<'_>) -> Result<Owned, Raised> {
    match (thrown.value, thrown.traceback) {
        (None, _) => method.call(&[thrown.class]),
        (Some(value), None) => method.call(&[thrown.class, value]),
        (Some(value), Some(traceback)) => method.call(&[thrown.class, value, traceback]),
    }
}

/// Warns that a signature is deprecated.
///
/// # Errors
/// The warning, where warnings are errors.
pub(super) fn warn_deprecated(message: &CStr) -> Result<(), Raised> {
    let category = exception::DeprecationWarning.as_ptr();
    // SAFETY: a warning category and a C string.
    check_status(unsafe { ffi::PyErr_WarnEx(category, message.as_ptr(), 1) })
}

/// `generator.throw(exception)`, or by the old signature `generator.throw(class, value, traceback)`
/// (genobject.c `gen_throw`).
///
/// # Errors
/// As [`throw_into`]; `TypeError` for a wrong number of arguments; the `DeprecationWarning`.
pub fn throw(generator: Generator<'_>, arguments: &[Borrowed<'_>]) -> Lookup {
    let thrown = Thrown::from_arguments(arguments)?;
    if thrown.value.is_some() {
        warn_deprecated(
            c"the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.",
        )?;
    }
    throw_into(generator, OnExit::CloseDelegate, thrown)
}
