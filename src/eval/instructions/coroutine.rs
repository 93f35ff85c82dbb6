//! `await`, `async for`: what they do besides what generators do.
use super::exception::raise_again;
use crate::eval::errors;
use crate::eval::flow::{Flow, Leave};
use crate::eval::machine::Machine;
use crate::ffi;
use crate::field;
use crate::generator::Generator;
use crate::generator::async_gen;
use crate::generator::awaitable::await_iterator;
use crate::object::text::wrong_kind;
use crate::object::{Borrowed, Owned, Raised, exception, raise};

/// `GET_AWAITABLE(where)`: the iterator by which the value on top is awaited. The operand says for whose sake, for messages.
#[inline(always)]
pub(in crate::eval) fn get_awaitable(m: &mut Machine) -> Flow {
    let awaitable = m.pop();
    let iterator = iterator_of(awaitable, m.operand())?;
    m.push(iterator);
    Ok(())
}

/// What `await` iterates over; the context says in a message where it stands.
///
/// # Errors
/// `TypeError` for what cannot be awaited, and what its `__await__` raises; `RuntimeError` for a coroutine that is awaited already.
pub(in crate::eval) fn iterator_of(awaitable: Owned, context: usize) -> Result<Owned, Raised> {
    let iterator = await_iterator(awaitable.borrow())
        .map_err(|raised| errors::awaitable(raised, awaitable.borrow().type_of(), context));
    drop(awaitable);
    let iterator = iterator?;
    let is_coroutine = iterator.borrow().is_exactly(&raw const ffi::PyCoro_Type);
    if is_coroutine
        && let Some(coroutine) = Generator::of_delegate(iterator.borrow())
        && coroutine.delegate().is_some()
    {
        drop(iterator);
        let why = c"coroutine is being awaited already";
        return Err(raise(exception::RuntimeError, why));
    }
    Ok(iterator)
}

/// `GET_AITER`: the asynchronous iterator of the value on top.
#[inline(always)]
pub(in crate::eval) fn get_aiter(m: &mut Machine) -> Flow {
    let iterable = m.pop();
    let iterator = async_iterator(iterable)?;
    m.push(iterator);
    Ok(())
}

/// The asynchronous iterator of a value.
///
/// # Errors
/// `TypeError` if it has none, and what its `__aiter__` raises.
pub(in crate::eval) fn async_iterator(iterable: Owned) -> Result<Owned, Raised> {
    let Some(am_aiter) = async_slots(iterable.borrow()).and_then(|slots| slots.am_aiter) else {
        return Err(wrong_kind(
            c"'async for' requires an object with __aiter__ method, got %.100s",
            iterable.borrow(),
        ));
    };
    // SAFETY: a type's slot is called with an instance of it; the result is new, or NULL with an exception.
    let iterator = unsafe { Owned::from_c(am_aiter(iterable.as_ptr())) };
    drop(iterable);
    let iterator = iterator?;
    if async_slots(iterator.borrow()).is_none_or(|slots| slots.am_anext.is_none()) {
        return Err(wrong_kind(
            c"'async for' received an object from __aiter__ that does not implement __anext__: %.100s",
            iterator.borrow(),
        ));
    }
    Ok(iterator)
}

/// What a type says about asynchronous use.
fn async_slots(object: Borrowed<'_>) -> Option<ffi::PyAsyncMethods> {
    let class = object.type_of();
    let slots = field!(class.tp_as_async);
    // SAFETY: NULL, or a table that lives as long as the type.
    unsafe { slots.as_ref() }.copied()
}

/// `GET_ANEXT`: pushes what gives the next value of the asynchronous iterator on top when it is awaited.
#[inline(always)]
pub(in crate::eval) fn get_anext(m: &mut Machine) -> Flow {
    let awaitable = async_next(m.peek(1))?;
    m.push(awaitable);
    Ok(())
}

/// What gives the next value of an asynchronous iterator when it is awaited.
///
/// # Errors
/// `TypeError` if that cannot be awaited, or it is no such iterator, and what its `__anext__` raises.
pub(in crate::eval) fn async_next(iterator: Borrowed<'_>) -> Result<Owned, Raised> {
    if iterator.is_exactly(&raw const ffi::PyAsyncGen_Type) {
        // SAFETY: the type's instances have this layout.
        return async_gen::anext(unsafe { Borrowed::from_raw_unchecked(iterator.as_ptr().cast()) });
    }
    let Some(am_anext) = async_slots(iterator).and_then(|slots| slots.am_anext) else {
        return Err(wrong_kind(
            c"'async for' requires an iterator with __anext__ method, got %.100s",
            iterator,
        ));
    };
    // SAFETY: a type's slot is called with an instance of it; the result is new, or NULL with an exception.
    let next = unsafe { Owned::from_c(am_anext(iterator.as_ptr())) }?;
    await_iterator(next.borrow()).map_err(|_raised| {
        let class = next.borrow().type_of();
        // SAFETY: the format takes one C string; an exception is set, which becomes the cause.
        unsafe {
            ffi::_PyErr_FormatFromCause(
                exception::TypeError.as_ptr(),
                c"'async for' received an invalid object from __anext__: %.100s".as_ptr(),
                class.name().as_ptr(),
            );
        }
        Raised::on_c_word()
    })
}

/// `END_ASYNC_FOR`: where waiting for the next value raised: takes iterator and exception. If that is
/// `StopAsyncIteration`, the loop has ended; else it goes on its way.
#[inline(always)]
pub(in crate::eval) fn end_async_for(m: &mut Machine) -> Flow {
    // SAFETY: two live objects.
    let ends = unsafe {
        let class = exception::StopAsyncIteration.as_ptr();
        ffi::PyErr_GivenExceptionMatches(m.peek(1).as_ptr(), class) != 0
    };
    if !ends {
        // SAFETY: the frame runs at `this`.
        unsafe { raise_again(m.thread(), m.frame(), m.this(), m.peek(1)) };
        return Err(Leave::Reraise);
    }
    m.drop_values(2);
    Ok(())
}
