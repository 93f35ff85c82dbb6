//! Calls of what is no Python function.
use super::drop_all;
use super::object;
use crate::call::{Arguments, vectorcall};
use crate::eval::instructions::call::tuple_of;
use crate::eval::instructions::call_builtin::{deeper, fast, fast_with_keywords};
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::{ThreadState, handle_requests};
use core::ptr::null_mut;
use pyroxene_jit_api::Raw;

/// Calls what lies at the place with what lies above it, as `CALL` does: `self` or NULL, and so many arguments. Takes over all
/// of it. Others may then interrupt.
///
/// # Safety
/// The thread has the GIL, runs the frame whose stack the place is on, and owns what lies there; the place of `self` or NULL may
/// be written to.
pub unsafe extern "C" fn call(place: *mut Raw, count: u32) -> Raw {
    let thread = ThreadState::current();
    let place: *mut *mut ffi::PyObject = place.cast();
    // SAFETY: machine code has put the operands there, and forgets them.
    let result = unsafe {
        let callable = Owned::<ffi::PyObject>::from_raw_unchecked(*place);
        let count = count as usize;
        let (first, count) = if (*place.add(1)).is_null() {
            (place.add(2), count)
        } else {
            (place.add(1), count + 1)
        };
        match call_c(thread, callable.borrow(), first, count) {
            Some(result) => {
                drop_all(first, count);
                drop(callable);
                result
            }
            None => {
                let flagged = count | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
                let arguments = Arguments::from_c(first, flagged, None);
                let result = vectorcall::call(thread, callable.borrow(), arguments);
                drop(callable);
                drop_all(first, count);
                result
            }
        }
    };
    end(thread, result)
}

/// What a call has given. Others may interrupt before it is seen.
#[inline(always)]
pub(super) fn end(thread: ThreadState, result: Result<Owned, Raised>) -> Raw {
    object(result.and_then(|result| {
        let asked = thread.eval_breaker() & ffi::_PY_EVAL_EVENTS_MASK as usize;
        if asked != 0 {
            handle_requests(thread)?;
        }
        Ok(result)
    }))
}

/// The same as `CALL_KW` does: the last arguments have the names in the tuple.
///
/// # Safety
/// As [`call`]; there are so many names at least, which the code keeps.
pub unsafe extern "C" fn call_named(place: *mut Raw, count: u32, names: Raw) -> Raw {
    let thread = ThreadState::current();
    let place: *mut *mut ffi::PyObject = place.cast();
    // SAFETY: machine code has put the operands there, and forgets them.
    unsafe {
        let callable = Owned::<ffi::PyObject>::from_raw_unchecked(*place);
        let names = Borrowed::<ffi::PyTupleObject>::from_raw_unchecked(names.cast());
        let count = count as usize;
        let (first, count) = if (*place.add(1)).is_null() {
            (place.add(2), count)
        } else {
            (place.add(1), count + 1)
        };
        let flagged = (count - names.items().len()) | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
        let arguments = Arguments::from_c(first, flagged, Some(names));
        let result = vectorcall::call(thread, callable.borrow(), arguments);
        drop(callable);
        drop_all(first, count);
        end(thread, result)
    }
}

/// The same as `CALL_FUNCTION_EX` does: with the items of an iterable and, if the count is two, with those of a dictionary, which lie
/// above NULL.
///
/// # Safety
/// As [`call`].
pub unsafe extern "C" fn call_unpacked(place: *mut Raw, count: u32) -> Raw {
    let thread = ThreadState::current();
    let place: *mut *mut ffi::PyObject = place.cast();
    // SAFETY: machine code has put the operands there, and forgets them. The compiler makes a dictionary of the keywords.
    unsafe {
        let callable = Owned::<ffi::PyObject>::from_raw_unchecked(*place);
        let mut arguments = Owned::<ffi::PyObject>::from_raw_unchecked(*place.add(2));
        let keywords = (count > 1)
            .then(|| Owned::<ffi::PyDictObject>::from_raw_unchecked((*place.add(3)).cast()));
        let is_tuple = arguments.borrow().is_exactly(&raw const ffi::PyTuple_Type);
        let made = match is_tuple {
            true => Ok(None),
            false => tuple_of(thread, callable.borrow(), arguments.borrow()).map(Some),
        };
        let result = made.and_then(|tuple| {
            if let Some(tuple) = tuple {
                drop(core::mem::replace(&mut arguments, tuple));
            }
            let tuple = Borrowed::from_raw_unchecked(arguments.as_ptr().cast());
            let keywords = keywords.as_ref().map(Owned::borrow);
            vectorcall::call_with_tuple(thread, callable.borrow(), tuple, keywords)
        });
        drop(callable);
        drop(arguments);
        drop(keywords);
        end(thread, result)
    }
}

/// Calls a function or a method of C by what its definition says, where that says all.
///
/// # Safety
/// So many live objects lie at `first`, and in the place before them may be written.
#[inline(always)]
unsafe fn call_c(
    thread: ThreadState,
    callable: Borrowed<'_>,
    first: *mut *mut ffi::PyObject,
    count: usize,
) -> Option<Result<Owned, Raised>> {
    const FAST_WITH_KEYWORDS: u32 = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
    // SAFETY: as the caller promises. A function's definition says of what type it is.
    unsafe {
        // `self`, the arguments, and the definition.
        let (of, first, count, definition) =
            if callable.is_exactly(&raw const ffi::PyCFunction_Type) {
                let function = callable.as_ptr().cast::<ffi::PyCFunctionObject>();
                ((*function).m_self, first, count, (*function).m_ml)
            } else if count > 0 && callable.is_exactly(&raw const ffi::PyMethodDescr_Type) {
                let method = callable.as_ptr().cast::<ffi::PyMethodDescrObject>();
                let fits = ffi::Py_TYPE(*first) == (*method).d_common.d_type;
                if !fits {
                    return None;
                }
                (*first, first.add(1), count - 1, (*method).d_method)
            } else {
                return call_class(callable, first, count);
            };
        let function = (*definition).ml_meth?;
        let has_room = (*thread.as_ptr()).c_recursion_remaining > 0;
        Some(match (*definition).ml_flags.cast_unsigned() {
            ffi::METH_O if count == 1 && has_room => {
                deeper(thread, || Owned::from_c(function(of, *first)))
            }
            ffi::METH_NOARGS if count == 0 && has_room => {
                deeper(thread, || Owned::from_c(function(of, null_mut())))
            }
            ffi::METH_FASTCALL => Owned::from_c(fast(function)(of, first, count.cast_signed())),
            FAST_WITH_KEYWORDS => {
                let function = fast_with_keywords(function);
                Owned::from_c(function(of, first, count.cast_signed(), null_mut()))
            }
            _ => return None,
        })
    }
}

/// Calls a class with one argument that is a function in all but name.
///
/// # Safety
/// So many live objects lie at `first`.
#[inline(always)]
unsafe fn call_class(
    callable: Borrowed<'_>,
    first: *mut *mut ffi::PyObject,
    count: usize,
) -> Option<Result<Owned, Raised>> {
    if count != 1 {
        return None;
    }
    // SAFETY: as the caller promises; results are new, or NULL with an exception.
    unsafe {
        if callable.is_at(&raw const ffi::PyType_Type) {
            let value = Borrowed::<ffi::PyObject>::from_raw_unchecked(*first);
            Some(Ok(value.type_of().upcast().new_ref()))
        } else if callable.is_at(&raw const ffi::PyUnicode_Type) {
            Some(Owned::from_c(ffi::PyObject_Str(*first)))
        } else if callable.is_at(&raw const ffi::PyTuple_Type) {
            Some(Owned::from_c(ffi::PySequence_Tuple(*first)))
        } else {
            None
        }
    }
}
