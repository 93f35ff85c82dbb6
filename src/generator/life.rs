//! The end of a generator of any kind: what the collector visits, the finalizer, the deallocator. Runs the rest of the
//! body where that has something to clean up, and calls the hook of an event loop.
use crate::ffi;
use crate::field;
use crate::generator::close::close;
use crate::generator::frame::{Kind, State};
use crate::generator::{Generator, spare};
use crate::object::life::{Fate, finalize_dying, is_traced};
use crate::object::type_slot::Visitor;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::c_int;
use core::ops::ControlFlow;
use core::ptr::null_mut;

/// The exception that the thread was handling when something came between, put aside. Dropped, it is set again in place of
/// what is set then, which may be none for none.
struct PutAside(Option<Owned>);

impl PutAside {
    /// Takes the exception, if there is one.
    fn take() -> Self {
        Self(Raised::take_pending())
    }
}

impl Drop for PutAside {
    fn drop(&mut self) {
        let exception = self.0.take().map_or(null_mut(), Owned::into_raw);
        // SAFETY: the reference is stolen, as the function wants it; NULL clears.
        unsafe { ffi::PyErr_SetRaisedException(exception) }
    }
}

/// Finalizes a generator that nobody refers to any more (genobject.c `_PyGen_Finalize`): a coroutine that was never awaited
/// is warned about, an asynchronous generator is handed to its event loop, and any other is closed.
pub fn finalize(object: Borrowed<'_>) {
    // SAFETY: the slot belongs to types with this layout alone.
    let generator: Generator<'_> = unsafe { Borrowed::from_raw_unchecked(object.as_ptr().cast()) };
    if generator.state().is_finished() {
        return;
    }
    let _exception = PutAside::take();
    let outcome = if let Some(hook) = finalizer_hook(generator) {
        hook.call(&[object]).map(drop)
    } else if generator.code_has(ffi::CO_COROUTINE) && generator.state() == State::CREATED {
        // SAFETY: a coroutine, alive while it is finalized.
        unsafe { ffi::_PyErr_WarnUnawaitedCoroutine(object.as_ptr()) };
        Ok(())
    } else {
        close(generator).map(drop)
    };
    if let Err(raised) = outcome {
        raised.unraisable_in(Some(object));
    }
}

/// The hook of the event loop in which an asynchronous generator was first iterated, unless somebody has closed it.
fn finalizer_hook(generator: Generator<'_>) -> Option<Borrowed<'_>> {
    if generator.kind() != Kind::AsyncGenerator || field!(generator.gi_closed) != 0 {
        return None;
    }
    // SAFETY: the member is NULL or a reference that the generator owns.
    unsafe { Borrowed::from_c_optional(field!(generator.gi_origin_or_finalizer)) }
}

/// The slot `tp_dealloc` of the three types (genobject.c `gen_dealloc`).
pub(super) unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: C calls it once, for a generator with a count of 0, tracked by the collector. Whatever can run code is done
    // while the object is whole, or after the member that it comes from is empty; its memory goes last.
    unsafe {
        if deallocate_ended(object) {
            return;
        }
        let generator = Generator::from_raw_unchecked(object.cast());
        let members = generator.as_ptr();
        generator.settle();
        ffi::_PyObject_GC_UNTRACK(object);
        if !(*members).gi_weakreflist.is_null() {
            ffi::PyObject_ClearWeakRefs(object);
        }
        // One that has ended has nothing more to do.
        if !generator.state().is_finished() {
            ffi::_PyObject_GC_TRACK(object);
            if finalize_dying(object) == Fate::Resurrected {
                return;
            }
            ffi::_PyObject_GC_UNTRACK(object);
        }
        if generator.kind() == Kind::AsyncGenerator {
            clear(&raw mut (*members).gi_origin_or_finalizer);
        }
        if generator.state() != State::CLEARED {
            let frame = generator.frame();
            generator.set_state(State::CLEARED);
            frame.unlink();
            frame.clear_except_code();
            clear(&raw mut (*members).gi_exc_state.exc_value);
        }
        if generator.code_has(ffi::CO_COROUTINE) {
            clear(&raw mut (*members).gi_origin_or_finalizer);
        }
        let code = generator.code();
        let entries = ffi::_PyFrame_NumSlotsForCodeObject(code.as_ptr());
        drop(Owned::from_raw_unchecked(code.as_ptr()));
        clear(&raw mut (*members).gi_name);
        clear(&raw mut (*members).gi_qualname);
        spare::give(ThreadState::current(), object, entries as usize);
    }
}

/// Ends the life of an object, if it is a generator or coroutine that has ended and has nothing that dies with it: nobody sees
/// that. Whether it was.
///
/// # Safety
/// Its count has just become zero, and nobody uses it any more.
#[inline(always)]
pub unsafe fn deallocate_ended(object: *mut ffi::PyObject) -> bool {
    // SAFETY: as the caller promises; a generator has its code and both names, and its origin or finalizer is NULL or alive.
    unsafe {
        let class = ffi::Py_TYPE(object);
        if class != &raw mut ffi::PyCoro_Type && class != &raw mut ffi::PyGen_Type {
            return false;
        }
        let generator = Generator::from_raw_unchecked(object.cast());
        let members = generator.as_ptr();
        // One that keeps a chain has not ended.
        if generator.written_state() != State::CLEARED
            || !(*members).gi_weakreflist.is_null()
            || !(*members).gi_origin_or_finalizer.is_null()
            || is_traced()
        {
            return false;
        }
        let code = generator.code();
        let held = [
            code.as_ptr().cast::<ffi::PyObject>(),
            (*members).gi_name,
            (*members).gi_qualname,
        ];
        // Two of them can be the same.
        if held.iter().any(|&each| ffi::Py_REFCNT(each) <= 2) {
            return false;
        }
        ffi::_PyObject_GC_UNTRACK(object);
        let entries = ffi::_PyFrame_NumSlotsForCodeObject(code.as_ptr());
        // None of these references is the last one.
        for each in held {
            ffi::Py_SET_REFCNT(each, ffi::Py_REFCNT(each) - 1);
        }
        spare::give(ThreadState::current(), object, entries as usize);
        true
    }
}

/// Empties a member (refcount.h `Py_CLEAR`).
///
/// # Safety
/// `member` owns its reference or is NULL, and the thread holds the GIL.
unsafe fn clear(member: *mut *mut ffi::PyObject) {
    // SAFETY: as the caller promises.
    drop(unsafe { Owned::exchange(member, None) });
}

/// What a generator or coroutine refers to (genobject.c `gen_traverse`). The origin of a coroutine is not visited: nothing in
/// it can refer to anything.
pub(super) fn traverse(generator: Generator<'_>, visitor: Visitor) -> ControlFlow<c_int> {
    // SAFETY: the members are NULL or references that the generator owns.
    let visit =
        |member| unsafe { visitor.visit::<ffi::PyObject>(Borrowed::from_c_optional(member)) };
    visit(field!(generator.gi_name))?;
    visit(field!(generator.gi_qualname))?;
    if generator.state() != State::CLEARED {
        generator.frame().traverse(visitor)?;
    }
    visit(field!(generator.gi_exc_state.exc_value))
}

/// What an asynchronous generator refers to (genobject.c `async_gen_traverse`).
pub(super) fn traverse_async(generator: Generator<'_>, visitor: Visitor) -> ControlFlow<c_int> {
    // SAFETY: the member is NULL or a reference that the generator owns.
    let hook = unsafe { Borrowed::from_c_optional(field!(generator.gi_origin_or_finalizer)) };
    visitor.visit::<ffi::PyObject>(hook)?;
    traverse(generator, visitor)
}
