//! What only coroutines have: the record of where they were made, and the iterator behind their `__await__`. Reads the
//! frames of the running thread.
use crate::ffi;
use crate::field;
use crate::frame::VisibleFrames;
use crate::generator::close::close;
use crate::generator::frame::Kind;
use crate::generator::{Generator, make, send, throw};
use crate::object::type_slot::Visitor;
use crate::object::{Borrowed, Layout, Lookup, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::c_int;
use core::ops::ControlFlow;

/// How many callers the thread wants a new coroutine to remember; 0 is none
/// (`sys.set_coroutine_origin_tracking_depth`).
pub fn origin_depth(thread: ThreadState) -> usize {
    // SAFETY: the thread is attached.
    let depth = unsafe { (*thread.as_ptr()).coroutine_origin_tracking_depth };
    usize::try_from(depth).unwrap_or(0)
}

/// Sets `cr_origin` of a new coroutine: up to as many callers as the thread wants. A coroutine function that is being called
/// is not among them: its frame is not complete yet.
///
/// # Errors
/// `MemoryError`.
#[inline(always)]
pub(super) fn set_origin(thread: ThreadState, coroutine: Generator<'_>) -> Result<(), Raised> {
    let depth = origin_depth(thread);
    if depth != 0 {
        let origin = compute_origin(depth)?;
        // SAFETY: the coroutine is new, and the member NULL.
        unsafe { (*coroutine.as_ptr()).gi_origin_or_finalizer = origin.into_raw() };
    }
    Ok(())
}

/// A coroutine from a frame object (genobject.c `PyCoro_New`), with its origin.
///
/// # Errors
/// `MemoryError`.
pub fn from_frame(
    frame_object: Owned<ffi::PyFrameObject>,
    name: Option<Borrowed<'_>>,
    qualname: Option<Borrowed<'_>>,
) -> Result<Owned<ffi::PyGenObject>, Raised> {
    let coroutine = make::from_frame(Kind::Coroutine, frame_object, name, qualname)?;
    set_origin(ThreadState::current(), coroutine.borrow())?;
    Ok(coroutine)
}

/// The tuple of `(filename, line, function)` for up to `depth` frames, the newest first (genobject.c `compute_cr_origin`).
fn compute_origin(depth: usize) -> Result<Owned, Raised> {
    // Making the entries runs no code of Python's, so that the frames stay.
    let frames = VisibleFrames::of(ThreadState::current()).take(depth);
    // SAFETY: gives a new reference, or NULL with an exception.
    let origin = unsafe { Owned::from_c(ffi::PyTuple_New(frames.clone().count().cast_signed()))? };
    for (index, frame) in frames.enumerate() {
        let code = frame.code();
        // SAFETY: the format takes an object, an int and an object. An entry of a tuple that nobody has seen is written
        // once.
        unsafe {
            let entry = Owned::from_c(ffi::Py_BuildValue(
                c"OiO".as_ptr(),
                field!(code.co_filename),
                frame.line().unwrap_or(-1),
                field!(code.co_name),
            ))?;
            ffi::PyTuple_SetItem(origin.as_ptr(), index.cast_signed(), entry.into_raw());
        }
    }
    Ok(origin)
}

/// What `coroutine.__await__()` gives: an iterator over the coroutine, for code that awaits without `await`.
#[repr(C)]
pub(super) struct CoroutineWrapper {
    head: ffi::PyObject,
    coroutine: Owned<ffi::PyGenObject>,
}

// SAFETY: it starts with an object's header.
unsafe impl Layout for CoroutineWrapper {}

/// A wrapper.
pub(super) type Wrapper<'a> = Borrowed<'a, CoroutineWrapper>;

/// The coroutine in a wrapper.
fn wrapped(wrapper: Wrapper<'_>) -> Generator<'_> {
    // SAFETY: the wrapper is alive, and keeps its coroutine.
    unsafe { (*wrapper.as_ptr()).coroutine.borrow() }
}

/// `coroutine.__await__()` (genobject.c `coro_await`).
pub(super) fn await_(coroutine: Generator<'_>) -> Result<Owned, Raised> {
    // SAFETY: the type's instances have this layout; the member is set before anybody sees the object.
    unsafe {
        let new = ffi::_PyObject_GC_New(&raw mut ffi::_PyCoroWrapper_Type);
        let wrapper = Owned::from_c(new)?;
        let members = wrapper.as_ptr().cast::<CoroutineWrapper>();
        (&raw mut (*members).coroutine).write(coroutine.new_ref());
        ffi::_PyObject_GC_TRACK(wrapper.as_ptr());
        Ok(wrapper)
    }
}

/// `next(wrapper)`
pub(super) fn wrapper_next(wrapper: Wrapper<'_>) -> Lookup {
    send::next(wrapped(wrapper))
}

/// `wrapper.send(value)`
pub(super) fn wrapper_send(wrapper: Wrapper<'_>, value: Borrowed<'_>) -> Lookup {
    send::send(wrapped(wrapper), value)
}

/// `wrapper.throw(…)`
pub(super) fn wrapper_throw(wrapper: Wrapper<'_>, arguments: &[Borrowed<'_>]) -> Lookup {
    throw::throw(wrapped(wrapper), arguments)
}

/// `wrapper.close()`
pub(super) fn wrapper_close(wrapper: Wrapper<'_>) -> Result<Owned, Raised> {
    close(wrapped(wrapper))
}

/// What the collector visits in a wrapper.
pub(super) fn wrapper_traverse(wrapper: Wrapper<'_>, visitor: Visitor) -> ControlFlow<c_int> {
    visitor.visit(Some(wrapped(wrapper)))
}

/// The slot `tp_dealloc` of the wrapper.
pub(super) unsafe extern "C" fn wrapper_dealloc(object: *mut ffi::PyObject) {
    // SAFETY: C calls it once, for a wrapper with a count of 0, tracked by the collector.
    unsafe {
        ffi::_PyObject_GC_UNTRACK(object);
        let members = object.cast::<CoroutineWrapper>();
        drop((&raw mut (*members).coroutine).read());
        ffi::PyObject_GC_Del(object.cast());
    }
}
