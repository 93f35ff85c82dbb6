//! The awaitable of `athrow()` and `aclose()`: an exception raised in an asynchronous generator.
use crate::ffi;
use crate::generator::Generator;
use crate::generator::async_gen::{Awaited, Stage, is_end, unwrap};
use crate::generator::async_gen_send::closed;
use crate::generator::async_gen_wrapped::WrappedValue;
use crate::generator::frame::Kind;
use crate::generator::send::send as send_value;
use crate::generator::throw::{OnExit, Thrown, throw, throw_into};
use crate::object::life::{Fate, finalize_dying};
use crate::object::type_slot::Visitor;
use crate::object::{Borrowed, Layout, Lookup, Owned, Raised, exception, raise};
use crate::static_id;
use core::ffi::{CStr, c_int};
use core::ops::ControlFlow;
use core::ptr::null_mut;

/// The awaitable.
#[repr(C)]
pub(super) struct AsyncGenThrow {
    head: ffi::PyObject,
    generator: Owned<ffi::PyGenObject>,
    /// The arguments of `athrow()`; nothing for `aclose()`.
    arguments: Option<Owned<ffi::PyTupleObject>>,
    stage: Stage,
}

// SAFETY: it starts with an object's header.
unsafe impl Layout for AsyncGenThrow {}

/// A borrowed awaitable.
pub(super) type Awaitable<'a> = Borrowed<'a, AsyncGenThrow>;

impl<'a> Awaitable<'a> {
    /// The generator.
    fn generator(self) -> Generator<'a> {
        // SAFETY: the awaitable is alive, and keeps its generator.
        unsafe { (*self.as_ptr()).generator.borrow() }
    }

    /// The arguments of `athrow()`.
    fn arguments(self) -> Option<Borrowed<'a, ffi::PyTupleObject>> {
        // SAFETY: as in `generator`.
        unsafe { (*self.as_ptr()).arguments.as_ref().map(Owned::borrow) }
    }

    /// Whether it closes the generator.
    fn is_close(self) -> bool {
        self.arguments().is_none()
    }

    /// How far it has come.
    fn stage(self) -> Stage {
        // SAFETY: the awaitable is alive.
        unsafe { (*self.as_ptr()).stage }
    }

    /// Says how far it has come.
    fn set_stage(self, stage: Stage) {
        // SAFETY: the awaitable is alive, and the GIL guards the member.
        unsafe { (*self.as_ptr()).stage = stage }
    }

    /// It is through, and the generator free for another.
    fn finish(self) {
        self.generator().set_awaited(false);
        self.set_stage(Stage::Closed);
    }

    /// Refuses to be awaited once more.
    fn check_not_closed(self) -> Result<(), Raised> {
        if self.stage() == Stage::Closed {
            return Err(raise(
                exception::RuntimeError,
                c"cannot reuse already awaited aclose()/athrow()",
            ));
        }
        Ok(())
    }

    /// Refuses to begin while another awaitable is being awaited, and is through then.
    fn check_not_running(self) -> Result<(), Raised> {
        if !self.generator().is_awaited() {
            return Ok(());
        }
        self.set_stage(Stage::Closed);
        let message: &CStr = if self.is_close() {
            c"aclose(): asynchronous generator is already running"
        } else {
            c"athrow(): asynchronous generator is already running"
        };
        Err(raise(exception::RuntimeError, message))
    }

    /// The generator raised: it is through. The ends that closing asks for are no exceptions to who awaits `aclose()`.
    fn fail(self, raised: Raised) -> Raised {
        self.finish();
        if self.is_close() {
            end_of_close(raised)
        } else {
            raised
        }
    }
}

/// An end that closing asks for becomes `StopIteration`: the awaitable's own.
fn end_of_close(raised: Raised) -> Raised {
    if is_end(&raised) {
        raised.clear();
        Raised::bare(exception::StopIteration)
    } else {
        raised
    }
}

/// A step of a generator that is being closed.
enum ClosingStep {
    /// It yielded a value of its own, as it must not.
    IgnoredExit(Owned),
    /// It awaits something, which yielded to the event loop, or it raised.
    Result(Result<Owned, Raised>),
}

impl ClosingStep {
    /// Tells the two apart.
    fn of(step: Lookup) -> Self {
        match step {
            Ok(Some(value)) if Borrowed::<WrappedValue>::of(value.borrow()).is_some() => {
                Self::IgnoredExit(value)
            }
            Ok(Some(value)) => Self::Result(Ok(value)),
            Ok(None) => Self::Result(Err(Raised::on_c_word())),
            Err(raised) => Self::Result(Err(raised)),
        }
    }
}

/// The error when the generator yields a value although it is being closed.
fn ignored_exit() -> Raised {
    let message = Kind::AsyncGenerator.ignored_exit();
    raise(exception::RuntimeError, message)
}

/// A new awaitable (genobject.c `async_gen_athrow_new`).
///
/// # Errors
/// `MemoryError`.
pub(super) fn new(
    generator: Generator<'_>,
    arguments: Option<Borrowed<'_, ffi::PyTupleObject>>,
) -> Result<Owned, Raised> {
    // SAFETY: the memory is an instance of the type, whose members are all set before anybody sees it.
    unsafe {
        let awaitable = Owned::from_c(ffi::_PyObject_GC_New(&raw mut ffi::_PyAsyncGenAThrow_Type))?;
        let members = awaitable.as_ptr().cast::<AsyncGenThrow>();
        (&raw mut (*members).generator).write(generator.new_ref());
        (&raw mut (*members).arguments).write(arguments.map(Borrowed::new_ref));
        (&raw mut (*members).stage).write(Stage::Created);
        ffi::_PyObject_GC_TRACK(awaitable.as_ptr());
        Ok(awaitable)
    }
}

/// What `athrow()` was given.
///
/// # Errors
/// `TypeError` for a wrong number of arguments.
fn thrown(arguments: Borrowed<'_, ffi::PyTupleObject>) -> Result<Thrown<'_>, Raised> {
    let (mut class, mut value, mut traceback) = (null_mut(), null_mut(), null_mut());
    // SAFETY: a live tuple, and room for as many borrowed references as the function may give; the tuple keeps them.
    unsafe {
        let unpacked = ffi::PyArg_UnpackTuple(
            arguments.as_ptr().cast(),
            c"athrow".as_ptr(),
            1,
            3,
            &raw mut class,
            &raw mut value,
            &raw mut traceback,
        );
        if unpacked == 0 {
            return Err(Raised::on_c_word());
        }
        Ok(Thrown {
            class: Borrowed::from_c(class)?,
            value: Borrowed::from_c_optional(value),
            traceback: Borrowed::from_c_optional(traceback),
        })
    }
}

/// The first step: the exception is raised in the generator.
fn begin(awaitable: Awaitable<'_>, value: Borrowed<'_>) -> Result<Owned, Raised> {
    awaitable.check_not_running()?;
    let generator = awaitable.generator();
    if generator.is_closed() {
        awaitable.set_stage(Stage::Closed);
        return Err(Raised::bare(exception::StopAsyncIteration));
    }
    if !value.is_none() {
        return Err(raise(
            exception::RuntimeError,
            Kind::Coroutine.just_started(),
        ));
    }
    awaitable.set_stage(Stage::Iterating);
    generator.set_awaited(true);

    let result = if let Some(arguments) = awaitable.arguments() {
        // With wrong arguments it stays as it is: nothing was raised in the generator.
        let thrown = thrown(arguments)?;
        let step = throw_into(generator, OnExit::ThrowIntoDelegate, thrown);
        unwrap(generator, step).and_then(Awaited::or_stop)
    } else {
        generator.set_closed();
        let exit = Thrown::only(exception::GeneratorExit.class());
        return close_step(
            awaitable,
            throw_into(generator, OnExit::ThrowIntoDelegate, exit),
        );
    };
    result.map_err(|raised| awaitable.fail(raised))
}

/// A step of closing the generator.
fn close_step(awaitable: Awaitable<'_>, step: Lookup) -> Result<Owned, Raised> {
    match ClosingStep::of(step) {
        ClosingStep::IgnoredExit(value) => {
            drop(value);
            awaitable.finish();
            Err(ignored_exit())
        }
        ClosingStep::Result(result) => result.map_err(|raised| awaitable.fail(raised)),
    }
}

/// `awaitable.send(value)` (genobject.c `async_gen_athrow_send`).
pub(super) fn send(awaitable: Awaitable<'_>, value: Borrowed<'_>) -> Result<Owned, Raised> {
    awaitable.check_not_closed()?;
    let generator = awaitable.generator();
    if generator.state().is_finished() {
        awaitable.set_stage(Stage::Closed);
        return Err(Raised::bare(exception::StopIteration));
    }
    if awaitable.stage() == Stage::Created {
        return begin(awaitable, value);
    }
    let step = send_value(generator, value);
    if awaitable.is_close() {
        close_step(awaitable, step)
    } else {
        unwrap(generator, step).and_then(Awaited::or_stop)
    }
}

/// `next(awaitable)`
pub(super) fn next(awaitable: Awaitable<'_>) -> Result<Owned, Raised> {
    send(awaitable, Borrowed::none())
}

/// `awaitable.throw(…)` (genobject.c `async_gen_athrow_throw`).
pub(super) fn throw_in(
    awaitable: Awaitable<'_>,
    arguments: &[Borrowed<'_>],
) -> Result<Owned, Raised> {
    awaitable.check_not_closed()?;
    let generator = awaitable.generator();
    if awaitable.stage() == Stage::Created {
        awaitable.check_not_running()?;
        awaitable.set_stage(Stage::Iterating);
        generator.set_awaited(true);
    }
    let step = throw(generator, arguments);
    let result = if awaitable.is_close() {
        match ClosingStep::of(step) {
            ClosingStep::IgnoredExit(value) => {
                // Here the awaitable is through before the value goes.
                awaitable.finish();
                drop(value);
                return Err(ignored_exit());
            }
            ClosingStep::Result(result) => result,
        }
    } else {
        unwrap(generator, step).and_then(Awaited::or_stop)
    };
    result.map_err(|raised| awaitable.fail(raised))
}

/// `awaitable.close()` (genobject.c `async_gen_athrow_close`).
pub(super) fn close(awaitable: Awaitable<'_>) -> Result<Owned, Raised> {
    if awaitable.stage() == Stage::Closed {
        return Ok(Borrowed::none().new_ref());
    }
    closed(throw_in(awaitable, &[exception::GeneratorExit.class()]))
}

/// Warns when it was never awaited.
pub(super) fn finalize(awaitable: Awaitable<'_>) {
    if awaitable.stage() != Stage::Created {
        return;
    }
    let method = if awaitable.is_close() {
        static_id!(_py_aclose)
    } else {
        static_id!(_py_athrow)
    };
    let generator = awaitable.generator().as_ptr();
    // SAFETY: an asynchronous generator and a str.
    unsafe { ffi::_PyErr_WarnUnawaitedAgenMethod(generator.cast(), method.as_ptr()) }
}

/// What the collector visits.
pub(super) fn traverse(awaitable: Awaitable<'_>, visitor: Visitor) -> ControlFlow<c_int> {
    visitor.visit(Some(awaitable.generator()))?;
    visitor.visit(awaitable.arguments())
}

/// The slot `tp_dealloc`.
pub(super) unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: C calls it once, for an awaitable with a count of 0, tracked by the collector.
    unsafe {
        if finalize_dying(object) == Fate::Resurrected {
            return;
        }
        ffi::_PyObject_GC_UNTRACK(object);
        let members = object.cast::<AsyncGenThrow>();
        drop((&raw mut (*members).generator).read());
        drop((&raw mut (*members).arguments).read());
        ffi::PyObject_GC_Del(object.cast());
    }
}
