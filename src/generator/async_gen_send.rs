//! The awaitable of `__anext__()` and `asend()`: one step of an asynchronous generator.
use crate::ffi;
use crate::generator::Generator;
use crate::generator::async_gen::{Awaited, Stage, is_end, unwrap, unwrap_yielded};
use crate::generator::free_list::{recycle, reuse};
use crate::generator::send::{Input, Step, or_stop, resume};
use crate::generator::throw::throw;
use crate::object::life::{Fate, finalize_dying, new_reference};
use crate::object::type_slot::Visitor;
use crate::object::{Borrowed, Layout, Owned, Raised, exception, raise};
use crate::static_id;
use core::ffi::c_int;
use core::ops::ControlFlow;

/// The awaitable.
#[repr(C)]
pub struct AsyncGenSend {
    head: ffi::PyObject,
    generator: Owned<ffi::PyGenObject>,
    /// What is sent; nothing for `__anext__()`.
    value: Option<Owned>,
    stage: Stage,
}

// SAFETY: it starts with an object's header.
unsafe impl Layout for AsyncGenSend {}

/// A borrowed awaitable.
pub type Awaitable<'a> = Borrowed<'a, AsyncGenSend>;

impl<'a> Awaitable<'a> {
    /// The object as such an awaitable if it is one.
    #[inline(always)]
    pub fn of(object: Borrowed<'a>) -> Option<Self> {
        let is_one = object.is_exactly(&raw const ffi::_PyAsyncGenASend_Type);
        // SAFETY: the type's instances have this layout.
        is_one.then(|| unsafe { Self::from_raw_unchecked(object.as_ptr().cast()) })
    }

    /// The generator.
    fn generator(self) -> Generator<'a> {
        // SAFETY: the awaitable is alive, and keeps its generator.
        unsafe { (*self.as_ptr()).generator.borrow() }
    }

    /// What is sent.
    fn value(self) -> Option<Borrowed<'a>> {
        // SAFETY: as in `generator`.
        unsafe { (*self.as_ptr()).value.as_ref().map(Owned::borrow) }
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

    /// Refuses an awaitable that is through, and one that is to begin while another is being awaited.
    fn check(self) -> Result<(), Raised> {
        match self.stage() {
            Stage::Closed => Err(raise(
                exception::RuntimeError,
                c"cannot reuse already awaited __anext__()/asend()",
            )),
            Stage::Created if self.generator().is_awaited() => {
                self.set_stage(Stage::Closed);
                Err(raise(
                    exception::RuntimeError,
                    c"anext(): asynchronous generator is already running",
                ))
            }
            _ => Ok(()),
        }
    }
}

/// A new awaitable (genobject.c `async_gen_asend_new`).
///
/// # Errors
/// `MemoryError`.
pub(super) fn new(generator: Generator<'_>, value: Option<Borrowed<'_>>) -> Result<Owned, Raised> {
    // SAFETY: the memory is an instance of the type, whose members are all set before anybody sees it.
    unsafe {
        let awaitable = match reuse::<AsyncGenSend>() {
            Some(memory) => {
                new_reference(memory.as_ptr());
                Owned::from_raw_unchecked(memory.as_ptr())
            }
            None => Owned::from_c(ffi::_PyObject_GC_New(&raw mut ffi::_PyAsyncGenASend_Type))?,
        };
        let members = awaitable.as_ptr().cast::<AsyncGenSend>();
        (&raw mut (*members).generator).write(generator.new_ref());
        (&raw mut (*members).value).write(value.map(Borrowed::new_ref));
        (&raw mut (*members).stage).write(Stage::Created);
        ffi::_PyObject_GC_TRACK(awaitable.as_ptr());
        Ok(awaitable)
    }
}

/// One step (genobject.c `async_gen_asend_send`).
///
/// # Errors
/// What the generator raises, its end too; `RuntimeError` when it is being awaited already, or the awaitable was.
pub fn step<'a>(
    awaitable: Awaitable<'a>,
    mut value: Option<Borrowed<'a>>,
) -> Result<Awaited, Raised> {
    awaitable.check()?;
    if awaitable.stage() == Stage::Created {
        if value.is_none_or(Borrowed::is_none) {
            value = awaitable.value();
        }
        awaitable.set_stage(Stage::Iterating);
    }
    let generator = awaitable.generator();
    generator.set_awaited(true);
    let awaited = match resume(generator, value.map_or(Input::Next, Input::Send)) {
        Ok(Step::Yielded(value)) => Ok(unwrap_yielded(generator, value)),
        end => unwrap(generator, or_stop(generator, end)),
    };
    if !matches!(awaited, Ok(Awaited::Waits(_))) {
        awaitable.set_stage(Stage::Closed);
    }
    awaited
}

/// `awaitable.send(value)`
pub(super) fn send(awaitable: Awaitable<'_>, value: Borrowed<'_>) -> Result<Owned, Raised> {
    step(awaitable, Some(value))?.or_stop()
}

/// `next(awaitable)`
pub(super) fn next(awaitable: Awaitable<'_>) -> Result<Owned, Raised> {
    step(awaitable, None)?.or_stop()
}

/// `awaitable.throw(…)` (genobject.c `async_gen_asend_throw`).
pub(super) fn throw_in(
    awaitable: Awaitable<'_>,
    arguments: &[Borrowed<'_>],
) -> Result<Owned, Raised> {
    awaitable.check()?;
    let generator = awaitable.generator();
    if awaitable.stage() == Stage::Created {
        awaitable.set_stage(Stage::Iterating);
        generator.set_awaited(true);
    }
    let step = throw(generator, arguments);
    let result = unwrap(generator, step).and_then(Awaited::or_stop);
    if result.is_err() {
        generator.set_awaited(false);
        awaitable.set_stage(Stage::Closed);
    }
    result
}

/// What closing an awaitable gives, from what throwing `GeneratorExit` into it gave.
///
/// # Errors
/// What the generator raised other than an end; `RuntimeError` when it yielded once more.
pub(super) fn closed(thrown: Result<Owned, Raised>) -> Result<Owned, Raised> {
    match thrown {
        Ok(yielded) => {
            drop(yielded);
            Err(raise(
                exception::RuntimeError,
                c"coroutine ignored GeneratorExit",
            ))
        }
        Err(raised) if raised.matches(exception::StopIteration) || is_end(&raised) => {
            raised.clear();
            Ok(Borrowed::none().new_ref())
        }
        Err(raised) => Err(raised),
    }
}

/// `awaitable.close()` (genobject.c `async_gen_asend_close`).
pub(super) fn close(awaitable: Awaitable<'_>) -> Result<Owned, Raised> {
    if awaitable.stage() == Stage::Closed {
        return Ok(Borrowed::none().new_ref());
    }
    closed(throw_in(awaitable, &[exception::GeneratorExit.class()]))
}

/// Warns when it was never awaited.
pub(super) fn finalize(awaitable: Awaitable<'_>) {
    if awaitable.stage() == Stage::Created {
        let generator = awaitable.generator().as_ptr();
        // SAFETY: an asynchronous generator and a str.
        unsafe {
            ffi::_PyErr_WarnUnawaitedAgenMethod(generator.cast(), static_id!(_py_asend).as_ptr());
        }
    }
}

/// What the collector visits.
pub(super) fn traverse(awaitable: Awaitable<'_>, visitor: Visitor) -> ControlFlow<c_int> {
    visitor.visit(Some(awaitable.generator()))?;
    visitor.visit(awaitable.value())
}

/// The slot `tp_dealloc`.
pub(super) unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: C calls it once, for an awaitable with a count of 0, tracked by the collector; afterwards it holds nothing.
    unsafe {
        let awaitable = Awaitable::from_raw_unchecked(object.cast());
        // One that was awaited has nothing more to say.
        if awaitable.stage() == Stage::Created && finalize_dying(object) == Fate::Resurrected {
            return;
        }
        ffi::_PyObject_GC_UNTRACK(object);
        let members = object.cast::<AsyncGenSend>();
        drop((&raw mut (*members).generator).read());
        drop((&raw mut (*members).value).read());
        // The next object in this memory has a finalizer of its own to run.
        ffi::_PyGC_CLEAR_FINALIZED(object);
        recycle::<AsyncGenSend>(object);
    }
}
