//! Frame objects: what Python gets for a frame. How one is made, by a frame that is asked for it or by C, and how it ends.
//!
//! Most frames never have one. One that is made for a frame that runs only points at it; when the frame ends before the
//! object, it moves into the object (`Frame::clear_except_code`).
use crate::ffi;
use crate::field;
use crate::frame::builtins::from_globals;
use crate::frame::{Frame, Owner, VisibleFrames};
use crate::object::trashcan::Trashcan;
use crate::object::type_slot::Visitor;
use crate::object::{Borrowed, Lookup, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::c_int;
use core::mem::offset_of;
use core::ops::ControlFlow;
use core::ptr::null_mut;

/// A frame object.
pub type FrameObject<'a> = Borrowed<'a, ffi::PyFrameObject>;

/// The size of a frame object without room for locals and stack: the `tp_basicsize` of its type.
pub(super) const BASIC_SIZE: usize = offset_of!(ffi::PyFrameObject, _f_frame_data)
    + offset_of!(ffi::_PyInterpreterFrame, localsplus);

/// Where a frame lies that its frame object owns.
#[inline]
pub(super) fn place_within(object: FrameObject<'_>) -> *mut ffi::_PyInterpreterFrame {
    // SAFETY: only an address inside the object is taken, behind whose members there is room for a frame.
    unsafe { (&raw mut (*object.as_ptr())._f_frame_data).cast() }
}

impl<'a> FrameObject<'a> {
    /// Its frame, which the object owns or points at.
    #[inline(always)]
    pub fn frame(self) -> Frame<'a> {
        // SAFETY: the object is made for a frame, and takes it over when that ends.
        unsafe { Frame::from_raw_unchecked(field!(self.f_frame)) }
    }

    /// The frame object of its caller (frameobject.c `PyFrame_GetBack`). Errors: no memory.
    pub fn back(self) -> Lookup<ffi::PyFrameObject> {
        // SAFETY: the member is NULL or a reference that the object owns.
        match unsafe { Self::from_c_optional(field!(self.f_back)) } {
            Some(back) => Ok(Some(back.new_ref())),
            None => {
                let frame = self.frame();
                frame.settle();
                VisibleFrames::callers_of(frame).next_object()
            }
        }
    }

    /// Moves its frame, which it owns, into a generator, and points at it there from now on.
    ///
    /// # Safety
    /// `place` is the `gi_iframe` of a generator with room for a frame of this code; the object owns its frame.
    pub(crate) unsafe fn give_frame_to_generator(self, place: *mut ffi::_PyInterpreterFrame) {
        // SAFETY: as the caller promises; a frame object's own frame does not run.
        unsafe {
            let frame = self.frame().move_to(place);
            frame.set_owner(Owner::GENERATOR);
            (*self.as_ptr()).f_frame = place;
        }
    }
}

impl VisibleFrames<'_> {
    /// The frame object of the next frame. Errors: no memory.
    pub fn next_object(&mut self) -> Lookup<ffi::PyFrameObject> {
        self.next()
            .map(|frame| frame.object().map(Borrowed::new_ref))
            .transpose()
    }
}

impl<'a> Frame<'a> {
    /// Its frame object, which is made when somebody asks first (pycore_frame.h `_PyFrame_GetFrameObject`). The frame is
    /// complete.
    ///
    /// # Errors
    /// `MemoryError`.
    #[inline]
    pub fn object(self) -> Result<FrameObject<'a>, Raised> {
        match self.existing_object() {
            Some(object) => Ok(object),
            None => self.make_object(),
        }
    }

    /// Makes the frame object, which the frame keeps (frame.c `_PyFrame_MakeAndSetFrameObject`). No code of Python's runs
    /// meanwhile. An exception that is set stays so.
    ///
    /// # Errors
    /// `MemoryError`, which then is the only exception.
    #[inline(never)]
    pub fn make_object(self) -> Result<FrameObject<'a>, Raised> {
        debug_assert!(self.existing_object().is_none());
        debug_assert!(self.owner() != Owner::FRAME_OBJECT);
        let exception = Raised::take_pending();
        let object = new_untracked(self.code())?;
        if let Some(exception) = exception {
            let _still_set = Raised::restore(exception);
        }
        // SAFETY: the frame and the new object are alive; the frame has none yet, and takes the reference.
        unsafe {
            (*object.as_ptr()).f_frame = self.as_ptr();
            (*self.as_ptr()).frame_obj = object.into_raw();
            Ok(Borrowed::from_raw_unchecked((*self.as_ptr()).frame_obj))
        }
    }
}

/// A frame object with room for a frame of this code, everything set but its frame. The collector does not know it yet
/// (frameobject.c `_PyFrame_New_NoTrack`).
fn new_untracked(
    code: Borrowed<'_, ffi::PyCodeObject>,
) -> Result<Owned<ffi::PyFrameObject>, Raised> {
    let entries = field!(code.co_nlocalsplus) + field!(code.co_stacksize);
    // SAFETY: the type's instances have this layout, with so many pointers behind it. The size of a variable object lies
    // where `f_back` does, and is not needed once the memory is there.
    unsafe {
        let new = ffi::_PyObject_GC_NewVar(&raw mut ffi::PyFrame_Type, entries as ffi::Py_ssize_t);
        let object = Owned::from_c(new.cast::<ffi::PyFrameObject>())?;
        let members = object.as_ptr();
        (*members).f_back = null_mut();
        (*members).f_trace = null_mut();
        (*members).f_trace_lines = 1;
        (*members).f_trace_opcodes = 0;
        (*members).f_lineno = 0;
        (*members).f_extra_locals = null_mut();
        (*members).f_locals_cache = null_mut();
        Ok(object)
    }
}

/// A frame object for code that nobody calls: C makes tracebacks of its own with such, and generators
/// (frameobject.c `PyFrame_New`).
///
/// # Errors
/// `MemoryError`; what looking for the builtins in the globals raises.
pub fn new(
    thread: ThreadState,
    code: Borrowed<'_, ffi::PyCodeObject>,
    globals: Borrowed<'_>,
    namespace: Option<Borrowed<'_>>,
) -> Result<Owned<ffi::PyFrameObject>, Raised> {
    let builtins = from_globals(thread, globals)?;
    let mut function = ffi::PyFrameConstructor {
        fc_globals: globals.as_ptr(),
        fc_builtins: builtins.as_ptr(),
        fc_name: field!(code.co_name),
        fc_qualname: field!(code.co_name),
        fc_code: code.as_ptr().cast(),
        fc_defaults: null_mut(),
        fc_kwdefaults: null_mut(),
        fc_closure: null_mut(),
    };
    // SAFETY: live objects, to which the function takes references of its own; the frame lies in the object, which has
    // room for it.
    unsafe {
        let function = Owned::from_c(ffi::_PyFunction_FromConstructor(&raw mut function))?;
        let object = new_untracked(code)?;
        let place = place_within(object.borrow());
        let namespace = namespace.map(Borrowed::new_ref);
        let frame = Frame::initialize(place, function, namespace, code, 0);
        frame.unlink();
        frame.set_owner(Owner::FRAME_OBJECT);
        // Nobody sees a frame that is not complete: it stands as if its RESUME had run.
        frame.go_on_at(code.first_traceable().wrapping_add(1));
        (*object.as_ptr()).f_frame = place;
        ffi::_PyObject_GC_TRACK(object.as_ptr().cast());
        Ok(object)
    }
}

/// The end of a frame object (frameobject.c `frame_dealloc`). Chains of them are as long as the recursion was deep, hence
/// the trashcan.
pub(super) unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: C calls it once, for a frame object with a count of 0. Its members are NULL or references that it owns, and
    // its memory is the collector's. Where it does not own its frame, that may be gone already if the trashcan has kept
    // the object waiting: then nothing is read through `f_frame`.
    unsafe {
        if ffi::_PyObject_GC_IS_TRACKED(object) {
            ffi::_PyObject_GC_UNTRACK(object);
        }
        let Some(_level) = Trashcan::enter(object, dealloc) else {
            return;
        };
        let frame_object = FrameObject::from_raw_unchecked(object.cast());
        let place = place_within(frame_object);
        let owns_frame =
            field!(frame_object.f_frame) == place && Owner::of(place) == Owner::FRAME_OBJECT;
        // The code goes last: destructors of the rest must not find it gone.
        let mut code = None;
        if owns_frame {
            let frame = frame_object.frame();
            code = Some(Owned::from_raw_unchecked(frame.code().as_ptr()));
            drop(Owned::exchange(&raw mut (*place).f_funcobj, None));
            drop(Owned::exchange(frame.namespace_place(), None));
            clear_entries(frame_object);
        }
        drop(Owned::exchange(
            &raw mut (*frame_object.as_ptr()).f_back,
            None,
        ));
        clear_members(frame_object);
        ffi::PyObject_GC_Del(object.cast());
        drop(code);
    }
}

/// Drops the variables and the stack of a frame object's frame, one by one: the frame may move while that runs code.
///
/// # Safety
/// The frame does not run.
unsafe fn clear_entries(object: FrameObject<'_>) {
    let mut index = 0;
    while object.frame().height() > index {
        // SAFETY: the entries in use are NULL or references that the frame owns.
        drop(unsafe { Owned::exchange(object.frame().entry(index as usize), None) });
        index += 1;
    }
}

/// Drops what belongs to the object, not to its frame, but for `f_back`.
///
/// # Safety
/// Nobody relies on the members.
unsafe fn clear_members(object: FrameObject<'_>) {
    let members = object.as_ptr();
    // SAFETY: the members are NULL or references that the object owns.
    unsafe {
        drop(Owned::exchange(&raw mut (*members).f_trace, None));
        drop(Owned::exchange(&raw mut (*members).f_extra_locals, None));
        drop(Owned::exchange(&raw mut (*members).f_locals_cache, None));
    }
}

/// What a frame object refers to (frameobject.c `frame_traverse`). A frame that it does not own is its owner's to visit.
pub(super) fn traverse(object: FrameObject<'_>, visitor: Visitor) -> ControlFlow<c_int> {
    // SAFETY: the members are NULL or references that the object owns.
    unsafe {
        visitor.visit(FrameObject::from_c_optional(field!(object.f_back)))?;
        for member in [
            field!(object.f_trace),
            field!(object.f_extra_locals),
            field!(object.f_locals_cache),
        ] {
            visitor.visit(Borrowed::<ffi::PyObject>::from_c_optional(member))?;
        }
    }
    if object.frame().owner() != Owner::FRAME_OBJECT {
        return ControlFlow::Continue(());
    }
    object.frame().traverse(visitor)
}

/// Lets go of what a frame object and its frame refer to, because it is part of a ring of garbage, or because
/// `frame.clear()` was called (frameobject.c `frame_tp_clear`). The code, the function and `f_back` stay.
pub(super) fn clear(object: FrameObject<'_>) {
    // SAFETY: garbage does not run, and `frame.clear()` asks first.
    unsafe {
        clear_members(object);
        clear_entries(object);
        object.frame().set_height(0);
        drop(Owned::exchange(object.frame().namespace_place(), None));
    }
}
