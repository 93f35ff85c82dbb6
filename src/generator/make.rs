//! Making generators: by the evaluator when a function is called, and by C from a frame object. Allocates, and moves a
//! frame into the new object.
use crate::ffi;
use crate::field;
use crate::generator::frame::{Kind, State};
use crate::generator::{Generator, coroutine, spare};
use crate::object::life::new_reference;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ptr::null_mut;

impl Kind {
    /// What a call of a function with this code makes; the three flags exclude each other.
    fn of_code(code: Borrowed<'_, ffi::PyCodeObject>) -> Self {
        if code.has_flag(ffi::CO_COROUTINE) {
            Self::Coroutine
        } else if code.has_flag(ffi::CO_ASYNC_GENERATOR) {
            Self::AsyncGenerator
        } else {
            Self::Generator
        }
    }

    /// Its type.
    fn class(self) -> *mut ffi::PyTypeObject {
        match self {
            Self::Generator => &raw mut ffi::PyGen_Type,
            Self::Coroutine => &raw mut ffi::PyCoro_Type,
            Self::AsyncGenerator => &raw mut ffi::PyAsyncGen_Type,
        }
    }
}

/// Memory for a generator with room for a frame of the code, everything set but names, state and frame. The members that
/// only the other kinds have are set too. The collector does not know it yet.
#[inline(always)]
fn allocate(
    thread: ThreadState,
    kind: Kind,
    slots: core::ffi::c_int,
) -> Result<Owned<ffi::PyGenObject>, Raised> {
    // SAFETY: the types' instances have this layout, with so many pointers behind it. They are static, and not counted.
    unsafe {
        let generator = match spare::take(thread, slots as usize) {
            Some(memory) => {
                let memory = memory.as_ptr();
                (*memory).ob_type = kind.class();
                new_reference(memory);
                Owned::from_raw_unchecked(memory.cast::<ffi::PyGenObject>())
            }
            None => {
                let new = ffi::_PyObject_GC_NewVar(kind.class(), slots as ffi::Py_ssize_t);
                Owned::from_c(new.cast())?
            }
        };
        let members = generator.as_ptr();
        (*members).gi_weakreflist = null_mut();
        (*members).gi_exc_state.exc_value = null_mut();
        (*members).gi_exc_state.previous_item = null_mut();
        (*members).gi_origin_or_finalizer = null_mut();
        (*members).gi_closed = 0;
        (*members).gi_hooks_inited = 0;
        (*members).gi_running_async = 0;
        Ok(generator)
    }
}

/// Sets the names of a new generator and shows it to the collector.
///
/// # Safety
/// The names are not set yet, and the frame is, unless the state is [`State::CLEARED`].
#[inline(always)]
unsafe fn finish(
    thread: ThreadState,
    generator: Generator<'_>,
    name: Borrowed<'_>,
    qualname: Borrowed<'_>,
) {
    let members = generator.as_ptr();
    // SAFETY: the members are free, and the object is whole now.
    unsafe {
        (*members).gi_name = name.new_ref().into_raw();
        (*members).gi_qualname = qualname.new_ref().into_raw();
        ffi::track_in(thread.interpreter(), members.cast());
    }
}

/// What a call of a generator function, coroutine function or asynchronous generator function gives
/// (genobject.c `_Py_MakeCoro`). The evaluator moves the frame into it next, so it is [`State::CLEARED`] until then.
///
/// # Errors
/// `MemoryError`.
#[inline(never)]
pub fn from_function(
    thread: ThreadState,
    function: Borrowed<'_, ffi::PyFunctionObject>,
) -> Result<Owned<ffi::PyGenObject>, Raised> {
    let generator = without_origin(thread, function)?;
    // SAFETY: a function has its code.
    let code: Borrowed<'_, ffi::PyCodeObject> =
        unsafe { Borrowed::from_raw_unchecked(field!(function.func_code).cast()) };
    if generator.borrow().kind() == Kind::Coroutine
        && let Err(raised) = coroutine::set_origin(thread, generator.borrow())
    {
        // It dies without ever having had a frame, and what dies lets go of its frame's code.
        // SAFETY: the frame is the new object's own, and nobody has written to it.
        unsafe {
            (*generator.borrow().frame_place()).f_executable = code.upcast().new_ref().into_raw();
        }
        return Err(raised);
    }
    Ok(generator)
}

/// The same where coroutines do not remember where they were made.
///
/// # Errors
/// `MemoryError`.
#[inline(always)]
pub fn without_origin(
    thread: ThreadState,
    function: Borrowed<'_, ffi::PyFunctionObject>,
) -> Result<Owned<ffi::PyGenObject>, Raised> {
    // SAFETY: a function has its code and both names. The code is alive; the new object has a state in which nobody looks at its
    // frame.
    unsafe {
        let code = Borrowed::from_raw_unchecked(field!(function.func_code).cast());
        let name = Borrowed::from_raw_unchecked(field!(function.func_name));
        let qualname = Borrowed::from_raw_unchecked(field!(function.func_qualname));
        let slots = ffi::_PyFrame_NumSlotsForCodeObject(code.as_ptr());
        let generator = allocate(thread, Kind::of_code(code), slots)?;
        generator.borrow().set_state(State::CLEARED);
        finish(thread, generator.borrow(), name, qualname);
        Ok(generator)
    }
}

/// A generator of the given kind from a frame object that was never run, whose frame it takes
/// (genobject.c `gen_new_with_qualname`). The names are the code's where none are given.
///
/// # Errors
/// `MemoryError`.
pub fn from_frame(
    kind: Kind,
    frame_object: Owned<ffi::PyFrameObject>,
    name: Option<Borrowed<'_>>,
    qualname: Option<Borrowed<'_>>,
) -> Result<Owned<ffi::PyGenObject>, Raised> {
    let slots = {
        let code = frame_object.borrow().frame().code();
        field!(code.co_nlocalsplus) + field!(code.co_stacksize)
    };
    let thread = ThreadState::current();
    let generator = allocate(thread, kind, slots)?;
    // SAFETY: a frame object of PyFrame_New owns its frame, which goes to a place with as much room, and from there on
    // belongs to the generator.
    unsafe {
        let place = generator.borrow().frame_place();
        frame_object.borrow().give_frame_to_generator(place);
        generator.borrow().set_state(State::CREATED);
        drop(frame_object);
        let code = generator.borrow().code();
        let name = name.unwrap_or(Borrowed::from_raw_unchecked(field!(code.co_name)));
        let qualname = qualname.unwrap_or(Borrowed::from_raw_unchecked(field!(code.co_qualname)));
        finish(thread, generator.borrow(), name, qualname);
        Ok(generator)
    }
}
