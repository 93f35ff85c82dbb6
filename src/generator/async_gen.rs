//! What only asynchronous generators have: the event loop's hooks, and the awaitables that they hand out. Reads the thread
//! state's hooks.
use crate::ffi;
use crate::field;
use crate::generator::async_gen_wrapped::WrappedValue;
use crate::generator::throw::warn_deprecated;
use crate::generator::{Generator, async_gen_send, async_gen_throw, stop_iteration};
use crate::object::{Borrowed, Lookup, Owned, Raised, exception};
use core::ffi::c_char;

/// How far an awaitable of an asynchronous generator has come.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Stage {
    /// Made, and not awaited yet.
    Created,
    /// Being awaited.
    Iterating,
    /// Through, one way or another.
    Closed,
}

impl Generator<'_> {
    /// Whether one of its awaitables is being awaited.
    pub(super) fn is_awaited(self) -> bool {
        field!(self.gi_running_async) != 0
    }

    /// Says whether one of its awaitables is being awaited.
    pub(super) fn set_awaited(self, awaited: bool) {
        // SAFETY: the object is alive, and the GIL guards the member.
        unsafe { (*self.as_ptr()).gi_running_async = c_char::from(awaited) }
    }

    /// Whether it was closed, or has ended.
    pub(super) fn is_closed(self) -> bool {
        field!(self.gi_closed) != 0
    }

    /// Says that it was closed, or has ended.
    pub(super) fn set_closed(self) {
        // SAFETY: as in `set_awaited`.
        unsafe { (*self.as_ptr()).gi_closed = 1 }
    }
}

/// Shows a generator that is used first to the event loop: it keeps the loop's finalizer, and is handed to the other hook
/// (genobject.c `async_gen_init_hooks`).
///
/// # Errors
/// What the hook raises.
#[inline(always)]
fn init_hooks(generator: Generator<'_>) -> Result<(), Raised> {
    if field!(generator.gi_hooks_inited) != 0 {
        return Ok(());
    }
    show_to_loop(generator)
}

/// The same for one that is used first.
#[cold]
fn show_to_loop(generator: Generator<'_>) -> Result<(), Raised> {
    let members = generator.as_ptr();
    // SAFETY: the thread's hooks are NULL or callables, and ours while we hold a reference; nobody has set the member.
    unsafe {
        (*members).gi_hooks_inited = 1;
        let tstate = ffi::_PyThreadState_GET();
        if let Some(hook) = Borrowed::from_c_optional((*tstate).async_gen_finalizer) {
            (*members).gi_origin_or_finalizer = hook.new_ref().into_raw();
        }
        if let Some(hook) = Borrowed::from_c_optional((*tstate).async_gen_firstiter) {
            let hook: Owned = hook.new_ref();
            let result = hook.borrow().call(&[generator.upcast()]);
            drop(hook);
            drop(result?);
        }
    }
    Ok(())
}

/// `generator.__anext__()` (genobject.c `async_gen_anext`).
///
/// # Errors
/// What the event loop's hook raises; `MemoryError`.
#[inline]
pub fn anext(generator: Generator<'_>) -> Result<Owned, Raised> {
    init_hooks(generator)?;
    async_gen_send::new(generator, None)
}

/// `generator.asend(value)` (genobject.c `async_gen_asend`).
///
/// # Errors
/// As [`anext`].
pub(super) fn asend(generator: Generator<'_>, value: Borrowed<'_>) -> Result<Owned, Raised> {
    init_hooks(generator)?;
    async_gen_send::new(generator, Some(value))
}

/// `generator.aclose()` (genobject.c `async_gen_aclose`).
///
/// # Errors
/// As [`anext`].
pub(super) fn aclose(generator: Generator<'_>) -> Result<Owned, Raised> {
    init_hooks(generator)?;
    async_gen_throw::new(generator, None)
}

/// `generator.athrow(…)` (genobject.c `async_gen_athrow`). The arguments are looked at when the result is awaited.
///
/// # Errors
/// As [`anext`], and the `DeprecationWarning`.
pub(super) fn athrow(
    generator: Generator<'_>,
    arguments: Borrowed<'_, ffi::PyTupleObject>,
) -> Result<Owned, Raised> {
    if field!(arguments.ob_base.ob_size) > 1 {
        warn_deprecated(
            c"the (type, exc, tb) signature of athrow() is deprecated, use the single-arg signature instead.",
        )?;
    }
    init_hooks(generator)?;
    async_gen_throw::new(generator, Some(arguments))
}

/// What a step of an asynchronous generator means to who awaits it.
pub enum Awaited {
    /// What the generator awaits has yielded this to the event loop.
    Waits(Owned),
    /// The generator has yielded this, the awaitable's result.
    Result(Owned),
}

impl Awaited {
    /// The same as `next()` of the awaitable says it.
    ///
    /// # Errors
    /// `StopIteration` with the result.
    pub fn or_stop(self) -> Result<Owned, Raised> {
        match self {
            Self::Waits(value) => Ok(value),
            Self::Result(value) => Err(stop_iteration::raise(Some(value.borrow()))),
        }
    }
}

/// What a step of the generator means to who awaits it (genobject.c `async_gen_unwrap_value`): a wrapped value was yielded
/// by the generator, and is the awaitable's result; any other was yielded by what the generator awaits, and goes to the
/// event loop.
///
/// # Errors
/// What the generator raised.
pub(super) fn unwrap(generator: Generator<'_>, step: Lookup) -> Result<Awaited, Raised> {
    let Ok(Some(value)) = step else {
        let raised = match Raised::pending() {
            Err(raised) => raised,
            Ok(()) => Raised::bare(exception::StopAsyncIteration),
        };
        if is_end(&raised) {
            generator.set_closed();
        }
        generator.set_awaited(false);
        return Err(raised);
    };
    Ok(unwrap_yielded(generator, value))
}

/// The same of a generator that has not ended.
#[inline(always)]
pub(super) fn unwrap_yielded(generator: Generator<'_>, value: Owned) -> Awaited {
    let Some(wrapped) = Borrowed::<WrappedValue>::of(value.borrow()) else {
        return Awaited::Waits(value);
    };
    let result = wrapped.value().new_ref();
    drop(value);
    generator.set_awaited(false);
    Awaited::Result(result)
}

/// Whether the exception says that the generator has ended, as it should or because it was told to.
pub(super) fn is_end(raised: &Raised) -> bool {
    raised.matches(exception::StopAsyncIteration) || raised.matches(exception::GeneratorExit)
}
