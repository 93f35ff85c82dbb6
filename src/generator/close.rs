//! Ending a generator before its end: `GeneratorExit` at the `yield` where it stands, and in what it delegates to.
use crate::generator::frame::{Delegating, State};
use crate::generator::send::{Input, resume_or_stop};
use crate::generator::{Generator, stop_iteration};
use crate::object::{Borrowed, Owned, Raised, exception, lookup, raise};
use crate::static_id;

/// Closes what a generator delegates to (genobject.c `gen_close_iter`): a generator as such, anything else by its method
/// `close` if it has one.
///
/// # Errors
/// What closing raises. An exception from looking for the method is reported as unraisable.
fn close_iterator(iterator: Borrowed<'_>) -> Result<(), Raised> {
    if let Some(generator) = Generator::of_delegate(iterator) {
        return close(generator).map(drop);
    }
    match lookup::optional(iterator, static_id!(_py_close)) {
        Ok(Some(method)) => {
            let result = method.borrow().call(&[]);
            drop(method);
            result.map(drop)
        }
        Ok(None) => Ok(()),
        Err(raised) => {
            raised.unraisable_in(Some(iterator));
            Ok(())
        }
    }
}

/// Closes what a suspended generator delegates to; the generator itself counts as running meanwhile.
///
/// # Errors
/// What closing raises.
pub(super) fn close_delegate(generator: Generator<'_>, delegate: Owned) -> Result<(), Raised> {
    let closed = {
        let _running = Delegating::enter(generator);
        close_iterator(delegate.borrow())
    };
    drop(delegate);
    closed
}

/// `generator.close()` (genobject.c `gen_close`). Gives the value that the body returns in answer, or `None`.
///
/// # Errors
/// What the body raises other than `GeneratorExit` and `StopIteration`; `RuntimeError` when it yields once more.
pub fn close(generator: Generator<'_>) -> Result<Owned, Raised> {
    let state = generator.state();
    if state == State::CREATED {
        generator.set_state(State::COMPLETED);
        return Ok(Borrowed::none().new_ref());
    }
    if state.is_finished() {
        return Ok(Borrowed::none().new_ref());
    }
    let closed = match generator.delegate() {
        Some(delegate) => close_delegate(generator, delegate),
        None => Ok(()),
    };
    if generator.is_outside_try() {
        // Nobody would see the exception. There was no delegate: a `yield from` has a handler of its own.
        generator.set_state(State::COMPLETED);
        // SAFETY: the frame is the generator's own and does not run again.
        unsafe { generator.frame().clear_locals() };
        return Ok(Borrowed::none().new_ref());
    }
    if closed.is_ok() {
        let _ = Raised::bare(exception::GeneratorExit);
    }
    match resume_or_stop(generator, Input::Close) {
        Ok(Some(yielded)) => {
            drop(yielded);
            Err(raise(
                exception::RuntimeError,
                generator.kind().ignored_exit(),
            ))
        }
        Err(raised) if raised.matches(exception::GeneratorExit) => {
            raised.clear();
            Ok(Borrowed::none().new_ref())
        }
        Ok(None) | Err(_) => stop_iteration::take_value(),
    }
}
