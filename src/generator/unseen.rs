//! Generators that nobody refers to any more while they pause, and whose end nobody sees: they have nothing to do at their end, and
//! nothing dies with them that runs code. Looks at objects, and changes nothing.
use crate::ffi;
use crate::field;
use crate::generator::Generator;
use crate::generator::frame::State;
use crate::object::Borrowed;
use crate::object::life::is_traced;
use crate::object::plain::{is_scalar, iterated};
use core::slice;

/// Whether an object is a generator that pauses, outside of every `try`, and whose end runs no code.
///
/// # Safety
/// It is an object whose count has just become zero.
pub unsafe fn ends_unseen(object: *mut ffi::PyObject) -> bool {
    // SAFETY: as the caller promises; a generator has its code, its frame and both names, and what is on a frame that pauses is NULL
    // or alive.
    unsafe {
        if ffi::Py_TYPE(object) != &raw mut ffi::PyGen_Type {
            return false;
        }
        let generator = Generator::from_raw_unchecked(object.cast());
        let members = generator.as_ptr();
        let frame = generator.frame_place();
        let is_plain = generator.written_state() == State::SUSPENDED
            && !generator.keeps_chain()
            && (*members).gi_weakreflist.is_null()
            && (*members).gi_origin_or_finalizer.is_null()
            && (*members).gi_exc_state.exc_value.is_null()
            && (*frame).frame_obj.is_null()
            && (*frame).f_locals.is_null()
            && (*frame).stacktop >= 0
            && generator.is_outside_try()
            && !is_traced();
        if !is_plain {
            return false;
        }
        let places = ffi::_PyFrame_GetLocalsArray(frame);
        let held = slice::from_raw_parts(places, (*frame).stacktop as usize);
        let code = generator.code();
        // The function has the code, too.
        all_end_unseen(held, 0)
            && function_ends_unseen((*frame).f_funcobj.cast())
            && ffi::Py_REFCNT(code.as_ptr().cast()) > 2
            && [(*members).gi_name, (*members).gi_qualname]
                .iter()
                .all(|&name| is_scalar(name) || ffi::Py_REFCNT(name) > 2)
    }
}

/// Whether nothing of what is held runs code when it is let go of: because somebody else has it, or because of what it is.
///
/// # Safety
/// All of it is NULL or alive.
unsafe fn all_end_unseen(held: &[*mut ffi::PyObject], depth: u32) -> bool {
    let ends_unseen = |&each: &*mut ffi::PyObject| {
        // SAFETY: as the caller promises; an iterator has its sequence until it has ended, and a tuple its items.
        unsafe {
            if each.is_null() || is_scalar(each) {
                return true;
            }
            let own = held.iter().filter(|&&other| other == each).count();
            if ffi::Py_REFCNT(each) > own.cast_signed() {
                return true;
            }
            if let Some(sequence) = iterated(each) {
                return sequence.is_null() || ffi::Py_REFCNT(sequence) > 1;
            }
            depth == 0 && ffi::Py_TYPE(each) == &raw mut ffi::PyTuple_Type && {
                let items = Borrowed::<ffi::PyTupleObject>::from_raw_unchecked(each.cast());
                let items = items.items();
                let items: &[*mut ffi::PyObject] =
                    slice::from_raw_parts(items.as_ptr().cast(), items.len());
                all_end_unseen(items, depth + 1)
            }
        }
    };
    held.iter().all(ends_unseen)
}

/// The same of the function that a frame has.
///
/// # Safety
/// It is alive.
unsafe fn function_ends_unseen(function: *mut ffi::PyFunctionObject) -> bool {
    // SAFETY: as the caller promises; its members are NULL or alive.
    unsafe {
        if ffi::Py_REFCNT(function.cast()) > 1 {
            return true;
        }
        let interpreter = ffi::PyInterpreterState_Get();
        let function = Borrowed::<ffi::PyFunctionObject>::from_raw_unchecked(function);
        let held = [
            field!(function.func_closure),
            field!(function.func_defaults),
            field!(function.func_kwdefaults),
            field!(function.func_doc),
            field!(function.func_dict),
            field!(function.func_module),
            field!(function.func_annotations),
            field!(function.func_typeparams),
            field!(function.func_globals),
            field!(function.func_builtins),
            field!(function.func_name),
            field!(function.func_qualname),
        ];
        field!(function.func_weakreflist).is_null()
            && (*interpreter).active_func_watchers == 0
            && all_end_unseen(&held, 0)
    }
}
