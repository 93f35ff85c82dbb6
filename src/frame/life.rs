//! The life of a frame: how it is set up, moved and cleared, and what the collector visits. Clearing runs destructors,
//! which may run any code.
//!
//! The evaluator's hot paths are here: [`Frame::initialize`] begins each call of a Python function, and
//! [`Frame::clear_except_code`] ends it.
use crate::ffi;
use crate::field;
use crate::frame::object::place_within;
use crate::frame::{Frame, Owner, VisibleFrames};
use crate::object::type_slot::Visitor;
use crate::object::{Borrowed, Owned};
use core::ffi::c_int;
use core::mem::offset_of;
use core::ops::ControlFlow;
use core::ptr::{copy_nonoverlapping, null_mut};

impl<'a> Frame<'a> {
    /// Sets up a frame of a function in free memory of a thread's stack (pycore_frame.h `_PyFrame_Initialize`). Who called
    /// it is set when it is put on the stack. The variables from `first_unbound` on become unbound; those below are the
    /// arguments, which the caller writes.
    ///
    /// # Safety
    /// `place` has room for a frame of `code`, which is the function's.
    #[inline(always)]
    pub unsafe fn initialize(
        place: *mut ffi::_PyInterpreterFrame,
        function: Owned<ffi::PyFunctionObject>,
        namespace: Option<Owned>,
        code: Borrowed<'_, ffi::PyCodeObject>,
        first_unbound: usize,
    ) -> Self {
        // SAFETY: the caller promises the room; the globals and builtins live as long as the function, which becomes the
        // frame's.
        unsafe {
            let function = function.into_raw();
            (*place).f_builtins = (*function).func_builtins;
            (*place).f_globals = (*function).func_globals;
            (*place).f_funcobj = function.cast();
            (*place).f_executable = code.new_ref().into_raw().cast();
            (*place).f_locals = namespace.map_or(null_mut(), Owned::into_raw);
            (*place).stacktop = field!(code.co_nlocalsplus);
            (*place).frame_obj = null_mut();
            (*place).instr_ptr = code.first_instruction();
            (*place).return_offset = 0;
            (*place).owner = Owner::THREAD.to_c();
            let frame = Self::from_raw_unchecked(place);
            for index in first_unbound..code.variable_count() {
                // Volatile only so that LLVM does not make it a call of memset: it is a few words.
                frame.entry(index).write_volatile(null_mut());
            }
            frame
        }
    }

    /// Moves the frame with all that it holds to another place, where nobody has called it yet; what is left here is free
    /// memory (pycore_frame.h `_PyFrame_Copy`).
    ///
    /// # Safety
    /// It does not run; `place` has room for a frame of its code.
    #[inline]
    pub unsafe fn move_to<'b>(self, place: *mut ffi::_PyInterpreterFrame) -> Frame<'b> {
        const HEAD: usize =
            offset_of!(ffi::_PyInterpreterFrame, localsplus) / size_of::<*mut ffi::PyObject>();
        let words = HEAD + usize::try_from(self.height()).unwrap_or(0);
        // SAFETY: the caller promises that nobody writes here, and the room there. The entries follow the head.
        unsafe {
            copy_nonoverlapping(
                self.as_ptr().cast::<*mut ffi::PyObject>(),
                place.cast(),
                words,
            );
            let moved = Frame::from_raw_unchecked(place);
            moved.unlink();
            moved
        }
    }

    /// Visits what the frame holds (frame.c `_PyFrame_Traverse`).
    pub fn traverse(self, visitor: Visitor) -> ControlFlow<c_int> {
        visitor.visit(self.existing_object())?;
        visitor.visit(self.namespace())?;
        visitor.visit(self.function())?;
        visitor.visit(Some(self.code()))?;
        for index in 0..usize::try_from(self.height()).unwrap_or(0) {
            // SAFETY: the entries in use are NULL or references that the frame owns.
            let entry = unsafe { Borrowed::from_c_optional(*self.entry(index)) };
            visitor.visit::<ffi::PyObject>(entry)?;
        }
        ControlFlow::Continue(())
    }

    /// Drops its variables, stack and namespace (frame.c `_PyFrame_ClearLocals`).
    ///
    /// # Safety
    /// It does not run, and never will again.
    #[inline]
    pub unsafe fn clear_locals(self) {
        // SAFETY: the entries in use are NULL or references that the frame owns. Nobody finds them in it any more when the
        // first of them is dropped.
        unsafe {
            let height = self.height();
            self.set_height(0);
            for index in 0..usize::try_from(height).unwrap_or(0) {
                drop(Owned::from_c_optional(*self.entry(index)));
            }
            drop(Owned::exchange(self.namespace_place(), None));
        }
    }

    /// Ends the frame: drops what it holds but its code or, if somebody else holds its frame object, moves into that. Either
    /// way what is left here is free memory, with a reference to the code that is the caller's to give back
    /// (frame.c `_PyFrame_ClearExceptCode`).
    ///
    /// # Safety
    /// It does not run and is on no thread's stack, because destructors may look there. A generator that holds it is in
    /// state `CLEARED` already.
    #[inline(always)]
    pub unsafe fn clear_except_code(self) {
        // SAFETY: the member owns its reference or is NULL; the function is the frame's own reference. The caller promises
        // the rest.
        unsafe {
            if let Some(object) = Owned::exchange(&raw mut (*self.as_ptr()).frame_obj, None) {
                if object.borrow().count() > 1 {
                    return self.move_into(object.borrow());
                }
                drop(object);
            }
            self.clear_locals();
            drop(Owned::from_raw_unchecked((*self.as_ptr()).f_funcobj));
        }
    }

    /// Moves the frame with all that it holds into its frame object, which outlives it, and gives that the frame object of its
    /// caller, for `f_back` (frame.c `take_ownership`).
    ///
    /// # Safety
    /// As [`clear_except_code`](Self::clear_except_code); the object is its own, and does not own a frame yet.
    #[inline(never)]
    unsafe fn move_into(self, object: Borrowed<'_, ffi::PyFrameObject>) {
        let code = self.code();
        let callers = VisibleFrames::callers_of(self);
        // SAFETY: the object was made with room for a frame of this code. The collector has not seen it if it was made for
        // a frame that ran.
        unsafe {
            let frame = self.move_to(place_within(object));
            (*frame.as_ptr()).f_executable = code.new_ref().into_raw().cast();
            frame.set_owner(Owner::FRAME_OBJECT);
            (*object.as_ptr()).f_frame = frame.as_ptr();
            if !frame.is_complete() {
                // A generator's frame that never ran. It never will, so that it may as well stand behind its RESUME.
                frame.go_on_at(code.first_traceable().wrapping_add(1));
            }
            debug_assert!(field!(object.f_back).is_null());
            match callers.map(Frame::object).next() {
                Some(Ok(caller)) => (*object.as_ptr()).f_back = caller.new_ref().into_raw(),
                // Out of memory, where nobody could be told: the chain ends here.
                Some(Err(raised)) => raised.clear(),
                None => {}
            }
            if !ffi::_PyObject_GC_IS_TRACKED(object.as_ptr().cast()) {
                ffi::_PyObject_GC_TRACK(object.as_ptr().cast());
            }
        }
    }

    /// Says who holds the frame.
    ///
    /// # Safety
    /// It lies where that owner keeps a frame.
    #[inline(always)]
    pub(crate) unsafe fn set_owner(self, owner: Owner) {
        // SAFETY: the frame is alive; the caller promises its place.
        unsafe { (*self.as_ptr()).owner = owner.to_c() }
    }
}
