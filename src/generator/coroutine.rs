//! What only coroutines have: the record of where they were made, and the iterator behind their `__await__`. Reads the
//! frames of the running thread.
use crate::ffi;
use crate::generator::close::close;
use crate::generator::frame::Kind;
use crate::generator::{Generator, make, send, throw};
use crate::object::type_slot::Visitor;
use crate::object::{Borrowed, Layout, Lookup, Owned, Raised};
use core::ffi::c_int;
use core::iter::successors;
use core::ops::ControlFlow;

/// How many callers the thread wants a new coroutine to remember; 0 is none
/// (`sys.set_coroutine_origin_tracking_depth`).
fn origin_depth() -> usize {
    // SAFETY: the thread is attached.
    let depth = unsafe { (*ffi::_PyThreadState_GET()).coroutine_origin_tracking_depth };
    usize::try_from(depth).unwrap_or(0)
}

/// Gives a coroutine its origin, for a coroutine function that is being called: its frame is the thread's newest, and not
/// complete, so that the origin begins with its caller.
///
/// # Errors
/// `MemoryError`.
pub(super) fn set_origin_of_call(coroutine: Generator<'_>) -> Result<(), Raised> {
    let depth = origin_depth();
    if depth == 0 {
        return Ok(());
    }
    // SAFETY: the evaluator calls this from a frame; a frame's callers live as long.
    unsafe {
        let frame = (*ffi::_PyThreadState_GET()).current_frame;
        set_origin(
            coroutine,
            depth,
            ffi::_PyFrame_GetFirstComplete((*frame).previous),
        )
    }
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
    let depth = origin_depth();
    if depth != 0 {
        // SAFETY: the thread is attached, and its frames live while it makes the coroutine.
        unsafe {
            let frame = (*ffi::_PyThreadState_GET()).current_frame;
            set_origin(
                coroutine.borrow(),
                depth,
                ffi::_PyFrame_GetFirstComplete(frame),
            )?;
        }
    }
    Ok(coroutine)
}

/// Sets `cr_origin` of a new coroutine: up to `depth` callers, from `first` on.
///
/// # Safety
/// `first` is NULL or a complete frame of the running thread.
unsafe fn set_origin(
    coroutine: Generator<'_>,
    depth: usize,
    first: *mut ffi::_PyInterpreterFrame,
) -> Result<(), Raised> {
    // SAFETY: as the caller promises; the member is not set yet.
    unsafe {
        let origin = compute_origin(depth, first)?;
        (*coroutine.as_ptr()).gi_origin_or_finalizer = origin.into_raw();
    }
    Ok(())
}

/// The tuple of `(filename, line, function)` for up to `depth` frames, the newest first (genobject.c `compute_cr_origin`).
///
/// # Safety
/// `first` is NULL or a complete frame of the running thread.
unsafe fn compute_origin(
    depth: usize,
    first: *mut ffi::_PyInterpreterFrame,
) -> Result<Owned, Raised> {
    let some = |frame: *mut ffi::_PyInterpreterFrame| (!frame.is_null()).then_some(frame);
    // SAFETY: as the caller promises; frames' callers live as long as they do, and making the entries runs no code of
    // Python's. An entry of a tuple that nobody has seen is written once.
    unsafe {
        let frames = || {
            successors(some(first), |&frame| {
                some(ffi::_PyFrame_GetFirstComplete((*frame).previous))
            })
            .take(depth)
        };
        let origin = Owned::from_c(ffi::PyTuple_New(frames().count().cast_signed()))?;
        for (index, frame) in frames().enumerate() {
            let code = (*frame).f_executable.cast::<ffi::PyCodeObject>();
            let line: c_int = ffi::PyUnstable_InterpreterFrame_GetLine(frame);
            let entry = Owned::from_c(ffi::Py_BuildValue(
                c"OiO".as_ptr(),
                (*code).co_filename,
                line,
                (*code).co_name,
            ))?;
            ffi::PyTuple_SetItem(origin.as_ptr(), index.cast_signed(), entry.into_raw());
        }
        Ok(origin)
    }
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
