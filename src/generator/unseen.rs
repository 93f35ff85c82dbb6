//! Generators that nobody refers to any more while they pause, and whose end nobody sees: they have nothing to do at their end, and
//! nothing dies with them that runs code. Looks at objects, and changes nothing.
use crate::ffi;
use crate::field;
use crate::generator::Generator;
use crate::generator::frame::State;
use crate::object::Borrowed;
use crate::object::life::is_traced;
use crate::object::plain::{is_scalar, iterated};
use core::ptr::null_mut;
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
        dying.let_go_of(held) && dying.let_go_of(&others) && dying.ends_unseen()
    }
}

/// How many references are looked at: who lets go of more is seen.
const MOST: usize = 32;

/// The references that are let go of, all of which count: what has as many of them as it has at all dies with them.
struct Dying {
    held: [*mut ffi::PyObject; MOST],
    count: usize,
}

impl Default for Dying {
    fn default() -> Self {
        Self {
            held: [null_mut(); MOST],
            count: 0,
        }
    }
}

impl Dying {
    /// Adds references, of which some may be NULL; false if there are too many.
    fn let_go_of(&mut self, references: &[*mut ffi::PyObject]) -> bool {
        for &reference in references.iter().filter(|reference| !reference.is_null()) {
            let Some(place) = self.held.get_mut(self.count) else {
                return false;
            };
            *place = reference;
            self.count += 1;
        }
        true
    }

    /// Whether no code runs when all of them are let go of, with what those have that die.
    ///
    /// # Safety
    /// All of them are alive.
    unsafe fn ends_unseen(&mut self) -> bool {
        let mut index = 0;
        // More come behind meanwhile.
        while index < self.count {
            // SAFETY: as the caller promises.
            let is_unseen = unsafe { self.look_into(self.held[index]) };
            if !is_unseen {
                return false;
            }
            index += 1;
        }
        let held = &self.held[..self.count];
        held.iter().all(|&each| {
            let own = held.iter().filter(|&&other| other == each).count();
            // SAFETY: as the caller promises. What has one reference was looked into.
            unsafe {
                let references = ffi::Py_REFCNT(each);
                references == 1 || is_scalar(each) || references > own.cast_signed()
            }
        })
    }

    /// Adds what an object has that dies, if it does; false if it may run code then, or there is too much.
    ///
    /// # Safety
    /// It is alive.
    unsafe fn look_into(&mut self, object: *mut ffi::PyObject) -> bool {
        // SAFETY: as the caller promises; an iterator has its sequence until it has ended, a tuple its items, a function its members.
        unsafe {
            if ffi::Py_REFCNT(object) > 1 || is_scalar(object) {
                return true;
            }
            if let Some(sequence) = iterated(object) {
                return self.let_go_of(&[sequence]);
            }
            let class = ffi::Py_TYPE(object);
            if class == &raw mut ffi::PyTuple_Type {
                let tuple = Borrowed::<ffi::PyTupleObject>::from_raw_unchecked(object.cast());
                let items = tuple.items();
                return self.let_go_of(slice::from_raw_parts(items.as_ptr().cast(), items.len()));
            }
            let interpreter = ffi::PyInterpreterState_Get();
            if class != &raw mut ffi::PyFunction_Type || (*interpreter).active_func_watchers != 0 {
                return false;
            }
            let function = Borrowed::<ffi::PyFunctionObject>::from_raw_unchecked(object.cast());
            let members = [
                field!(function.func_code),
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
            field!(function.func_weakreflist).is_null() && self.let_go_of(&members)
        }
    }
}
