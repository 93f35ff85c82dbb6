//! Letting a generator go on: `next()`, `send()`, and the evaluator's way. Runs the generator's frame.
use crate::eval::door;
use crate::ffi::{self, PySendResult};
use crate::generator::frame::{Kind, State};
use crate::generator::{Generator, stop_iteration};
use crate::object::{Borrowed, IntoC, Lookup, Owned, Raised, exception, raise};
use crate::thread::ThreadState;
use core::ptr::null_mut;

/// With what a generator is resumed.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// With nothing, by an iteration: its end needs no exception.
    Next,
    /// With the value of its `yield`.
    Send(Borrowed<'a>),
    /// With the exception that is set.
    Throw,
    /// With the exception that is set, by `close()`, which does not complain about a coroutine that is exhausted.
    Close,
}

impl<'a> Input<'a> {
    /// What the frame finds on its stack.
    #[inline(always)]
    fn value(self) -> Borrowed<'a> {
        match self {
            Self::Send(value) => value,
            _ => Borrowed::none(),
        }
    }

    /// Whether an exception is set that the frame shall raise.
    #[inline(always)]
    fn throws(self) -> bool {
        matches!(self, Self::Throw | Self::Close)
    }
}

/// What a generator did until it gave control back.
pub enum Step {
    /// It stands at a `yield` and gives this value.
    Yielded(Owned),
    /// It has ended with this value.
    Returned(Owned),
    /// It has ended with `None`, or ended long ago, and [`Input::Next`] does not ask for more.
    Exhausted,
}

/// Runs a generator until it yields or ends (genobject.c `gen_send_ex2`).
///
/// # Errors
/// What its body raises; `TypeError` for a value sent before the first `yield`; `ValueError` when it runs already;
/// `RuntimeError` for a coroutine that has ended.
#[inline(always)]
pub fn resume(generator: Generator<'_>, input: Input<'_>) -> Result<Step, Raised> {
    let state = generator.state();
    if state == State::CREATED && !input.value().is_none() {
        return Err(raise(exception::TypeError, generator.kind().just_started()));
    }
    if state == State::EXECUTING {
        return Err(raise(
            exception::ValueError,
            generator.kind().already_executing(),
        ));
    }
    if state.is_finished() {
        return resume_finished(generator, input);
    }

    let result = run(generator, input)?;
    if generator.state().is_suspended() {
        return Ok(Step::Yielded(result));
    }
    let silent = matches!(input, Input::Next)
        && result.borrow().is_none()
        && generator.kind() != Kind::AsyncGenerator;
    Ok(if silent {
        Step::Exhausted
    } else {
        Step::Returned(result)
    })
}

/// Resumes a generator that has ended.
#[cold]
fn resume_finished(generator: Generator<'_>, input: Input<'_>) -> Result<Step, Raised> {
    if generator.kind() == Kind::Coroutine && !matches!(input, Input::Close) {
        return Err(raise(
            exception::RuntimeError,
            c"cannot reuse already awaited coroutine",
        ));
    }
    match input {
        Input::Next => Ok(Step::Exhausted),
        Input::Send(_) => Ok(Step::Returned(Borrowed::none().new_ref())),
        Input::Throw | Input::Close => Err(Raised::on_c_word()),
    }
}

/// Runs the frame of a generator that is created or suspended.
#[inline(always)]
fn run(generator: Generator<'_>, input: Input<'_>) -> Result<Owned, Raised> {
    if !input.throws() {
        // SAFETY: the thread runs this, and the generator is created or suspended.
        return unsafe { door::resume(ThreadState::current(), generator, input.value().new_ref()) };
    }
    let frame = generator.frame();
    // SAFETY: the frame is ready to run, and has room for one value more: that of the `yield` at which it stands, or the
    // one that a fresh frame drops. The evaluator takes the exception state off the thread's stack again, however the
    // frame gives control back.
    unsafe {
        let tstate = ffi::_PyThreadState_GET();
        generator.settle();
        frame.push(input.value().new_ref());
        let handled = &raw mut (*generator.as_ptr()).gi_exc_state;
        (*handled).previous_item = (*tstate).exc_info;
        (*tstate).exc_info = handled;
        ffi::_PyErr_ChainStackItem();
        generator.set_state(State::EXECUTING);
        Owned::from_c(ffi::_PyEval_EvalFrame(tstate, frame.as_ptr(), 1))
    }
}

/// Runs a generator until it yields; its end is an exception: `StopIteration` with the value, or `StopAsyncIteration`
/// (genobject.c `gen_send_ex`). Only [`Input::Next`] gives nothing, for one that had ended before.
///
/// # Errors
/// As [`resume`], and the end.
pub fn resume_or_stop(generator: Generator<'_>, input: Input<'_>) -> Lookup {
    or_stop(generator, resume(generator, input))
}

/// What a generator did, whose end is an exception.
///
/// # Errors
/// As [`resume_or_stop`].
#[inline]
pub(super) fn or_stop(generator: Generator<'_>, step: Result<Step, Raised>) -> Lookup {
    match step? {
        Step::Yielded(value) => Ok(Some(value)),
        Step::Exhausted => Ok(None),
        Step::Returned(value) => Err(if generator.kind() == Kind::AsyncGenerator {
            Raised::bare(exception::StopAsyncIteration)
        } else if value.borrow().is_none() {
            Raised::bare(exception::StopIteration)
        } else {
            stop_iteration::raise(Some(value.borrow()))
        }),
    }
}

/// `generator.send(value)` (genobject.c `gen_send`).
///
/// # Errors
/// As [`resume_or_stop`].
pub fn send(generator: Generator<'_>, value: Borrowed<'_>) -> Lookup {
    resume_or_stop(generator, Input::Send(value))
}

/// `next(generator)` for C, which takes NULL without an exception for the end (genobject.c `gen_iternext`).
///
/// # Errors
/// As [`resume`], and `StopIteration` for an end with a value.
#[inline]
pub fn next(generator: Generator<'_>) -> Lookup {
    match resume(generator, Input::Next)? {
        Step::Yielded(value) => Ok(Some(value)),
        Step::Returned(value) if !value.borrow().is_none() => {
            Err(stop_iteration::raise(Some(value.borrow())))
        }
        Step::Returned(_) | Step::Exhausted => Ok(None),
    }
}

/// The slot `am_send` of the three types (genobject.c `PyGen_am_send`): the end is no exception. NULL for a value stands
/// for [`Input::Next`].
pub(super) unsafe extern "C" fn am_send(
    generator: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
    result: *mut *mut ffi::PyObject,
) -> PySendResult {
    // SAFETY: C calls the slot with a generator, a value or NULL, and a place for the result.
    unsafe {
        let generator = Generator::from_raw_unchecked(generator.cast());
        let input = Borrowed::from_c_optional(value).map_or(Input::Next, Input::Send);
        let (status, value) = match resume(generator, input) {
            Ok(Step::Yielded(value)) => (ffi::PYGEN_NEXT, value.into_raw()),
            Ok(Step::Returned(value)) => (ffi::PYGEN_RETURN, value.into_raw()),
            Ok(Step::Exhausted) | Err(_) => (ffi::PYGEN_ERROR, null_mut()),
        };
        *result = value;
        status
    }
}

/// The slot `tp_iternext` of `generator`, without a detour: loops of C code live here.
pub(super) unsafe extern "C" fn iternext(generator: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: C calls the slot with a generator.
    next(unsafe { Generator::from_raw_unchecked(generator.cast()) }).into_c()
}
