//! Generators that nobody refers to any more while they pause, and whose end nobody sees: they have nothing to do at their end, and
//! nothing dies with them that runs code. Looks at objects, and changes nothing.
use crate::ffi;
use crate::generator::Generator;
use crate::generator::frame::State;
use crate::object::life::is_traced;
use crate::object::unseen::Dying;
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
        let others = [
            (*frame).f_executable,
            (*frame).f_funcobj,
            (*members).gi_name,
            (*members).gi_qualname,
        ];
        let mut dying = Dying::default();
        dying.let_go_of(held) && dying.let_go_of(&others) && dying.end_unseen()
    }
}
