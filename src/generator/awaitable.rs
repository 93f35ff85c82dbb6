//! What `await` does first: the iterator of an awaitable. Calls `__await__`.
use crate::ffi;
use crate::field;
use crate::generator::Generator;
use crate::object::text::wrong_kind;
use crate::object::{Borrowed, Owned, Raised, exception, raise};

/// Whether it is a coroutine, or a generator that `types.coroutine` has declared to be one.
fn is_coroutine(object: Borrowed<'_>) -> bool {
    if object.is_exactly(&raw const ffi::PyCoro_Type) {
        return true;
    }
    object.is_exactly(&raw const ffi::PyGen_Type)
        && Generator::of_delegate(object)
            .is_some_and(|generator| generator.code_has(ffi::CO_ITERABLE_COROUTINE))
}

/// The iterator by which something is awaited (genobject.c `_PyCoro_GetAwaitableIter`): a coroutine itself, and of anything
/// else what its `__await__` gives.
///
/// # Errors
/// What `__await__` raises; `TypeError` when there is none, or when it gives a coroutine or no iterator.
pub fn await_iterator(object: Borrowed<'_>) -> Result<Owned, Raised> {
    if is_coroutine(object) {
        return Ok(object.new_ref());
    }
    let class = object.type_of();
    // SAFETY: a type's table lives as long as the type, and its slot is called with an instance of it.
    unsafe {
        let slots = field!(class.tp_as_async).as_ref();
        let Some(am_await) = slots.and_then(|slots| slots.am_await) else {
            return Err(wrong_kind(
                c"object %.100s can't be used in 'await' expression",
                object,
            ));
        };
        let iterator = Owned::from_c(am_await(object.as_ptr()))?;
        if is_coroutine(iterator.borrow()) {
            Err(raise(
                exception::TypeError,
                c"__await__() returned a coroutine",
            ))
        } else if ffi::PyIter_Check(iterator.as_ptr()) == 0 {
            Err(wrong_kind(
                c"__await__() returned non-iterator of type '%.100s'",
                iterator.borrow(),
            ))
        } else {
            Ok(iterator)
        }
    }
}
