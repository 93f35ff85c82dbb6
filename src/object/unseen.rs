//! Deaths that nobody sees, since no code runs in them: of what is told apart here, as long as that has nothing else for itself. Looks at
//! objects; [`deallocate_unseen`] ends their lives.
use super::life::is_traced;
use super::plain::{is_plain, take_apart, values};
use super::{Borrowed, life};
use crate::ffi;
use crate::field;
use crate::generator::life::deallocate_ended;
use crate::generator::unseen::ends_unseen;
use crate::thread::ThreadState;
use core::ptr::null_mut;
use core::slice;

/// Ends the life of an object if nobody can see that, as no code runs: if it is a number or a string, a generator that has ended or has
/// nothing to do at its end, or [something](Dying) that holds nothing else for itself. Whether it was.
///
/// # Safety
/// It is an object whose count has just become zero, and nobody uses it any more.
pub unsafe fn deallocate_unseen(op: *mut ffi::PyObject) -> bool {
    // SAFETY: as the caller promises; the values of an instance are NULL or alive, and so is its class.
    unsafe {
        if is_scalar(op) {
            life::deallocate(op);
            return true;
        }
        if deallocate_ended(op) {
            return true;
        }
        // What waits to die would do so with this, and may run anything.
        let waits = !(*ThreadState::current().as_ptr()).delete_later.is_null();
        if waits {
            return false;
        }
        if ends_unseen(op) {
            life::deallocate(op);
            return true;
        }
        if is_traced() {
            return false;
        }
        if is_plain(life::deallocator(op)) {
            let Some(values) = values(op) else {
                return false;
            };
            // As a rule it has nothing for itself but that, so that no references need be counted.
            let held = held(values.as_ptr());
            let most = held.len().cast_signed();
            let keeps = |&value: &*mut ffi::PyObject| {
                value.is_null() || is_scalar(value) || ffi::Py_REFCNT(value) > most
            };
            let is_unseen = held.iter().all(keeps) && ffi::Py_REFCNT(ffi::Py_TYPE(op).cast()) > 1;
            if is_unseen || Dying::default().dies_unseen(op) {
                ffi::PyObject_GC_UnTrack(op.cast());
                take_apart(op, values);
                return true;
            }
            return false;
        }
        let is_unseen = Dying::default().dies_unseen(op);
        if is_unseen {
            life::deallocate(op);
        }
        is_unseen
    }
}

/// What an instance has.
///
/// # Safety
/// They are its values.
unsafe fn held<'a>(values: *mut ffi::PyDictValues) -> &'a [*mut ffi::PyObject] {
    // SAFETY: as the caller promises: so many references lie there, or NULL.
    unsafe {
        let first = (&raw const (*values).values).cast::<*mut ffi::PyObject>();
        slice::from_raw_parts(first, usize::from((*values).capacity))
    }
}

/// How many references are looked at: who lets go of more is seen.
const MOST: usize = 64;

/// How many of them can be kept.
const MOST_KEPT: usize = 32;

/// The references that are let go of, but for those to numbers, strings, ranges, and what has too many to die with them: what has as many of
/// them as it has at all dies. What dies unseen is one of these, a list, tuple or set, an iterator of one of the first two, a cell, a
/// method, a function, or a plain instance; no generators.
pub struct Dying {
    held: [*mut ffi::PyObject; MOST_KEPT],
    count: usize,
    /// How many have been looked at.
    looked_at: usize,
}

impl Default for Dying {
    fn default() -> Self {
        Self {
            held: [null_mut(); MOST_KEPT],
            count: 0,
            looked_at: 0,
        }
    }
}

impl Dying {
    /// Adds references, of which some may be NULL; false if there are too many. What has more of them than there can be here stays alive, and
    /// of numbers and strings it does not matter: these need not be kept.
    ///
    /// # Safety
    /// What they refer to is alive.
    pub unsafe fn let_go_of(&mut self, references: &[*mut ffi::PyObject]) -> bool {
        self.looked_at += references.len();
        if self.looked_at > MOST {
            return false;
        }
        for &reference in references.iter().filter(|reference| !reference.is_null()) {
            // SAFETY: as the caller promises.
            let stays = unsafe { ffi::Py_REFCNT(reference) } > MOST.cast_signed();
            // SAFETY: as above.
            if stays || unsafe { is_scalar(reference) } {
                continue;
            }
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
    pub unsafe fn end_unseen(&mut self) -> bool {
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
            // SAFETY: as the caller promises. What has one reference was looked into.
            let references = unsafe { ffi::Py_REFCNT(each) };
            let own = || held.iter().filter(|&&other| other == each).count();
            references == 1
                || references > self.looked_at.cast_signed()
                || references > own().cast_signed()
        })
    }

    /// Whether no code runs when an object dies.
    ///
    /// # Safety
    /// Its count has just become zero.
    unsafe fn dies_unseen(&mut self, object: *mut ffi::PyObject) -> bool {
        // SAFETY: as the caller promises.
        unsafe { self.look_into(object) && self.end_unseen() }
    }

    /// Adds what an object has that dies, if it does; false if it may run code then, or there is too much.
    ///
    /// # Safety
    /// It is alive, or its count has just become zero.
    unsafe fn look_into(&mut self, object: *mut ffi::PyObject) -> bool {
        // SAFETY: as the caller promises; an iterator has its sequence until it has ended, containers their items, a set without dummies only
        // those, and a function and a method their members.
        unsafe {
            if ffi::Py_REFCNT(object) > 1 {
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
            if class == &raw mut ffi::PyList_Type {
                let list = object.cast::<ffi::PyListObject>();
                let count = (*list).ob_base.ob_size.cast_unsigned();
                return count == 0 || self.let_go_of(slice::from_raw_parts((*list).ob_item, count));
            }
            if class == &raw mut ffi::PySet_Type {
                let set = object.cast::<ffi::PySetObject>();
                let places = (*set).mask.cast_unsigned() + 1;
                if (*set).fill != (*set).used || places > MOST || !(*set).weakreflist.is_null() {
                    return false;
                }
                let mut places = slice::from_raw_parts((*set).table, places).iter();
                return places.all(|place| self.let_go_of(&[place.key]));
            }
            if class == &raw mut ffi::PyCell_Type {
                return self.let_go_of(&[(*object.cast::<ffi::PyCellObject>()).ob_ref]);
            }
            if class == &raw mut ffi::PyMethod_Type {
                let method = object.cast::<ffi::PyMethodObject>();
                let members = [(*method).im_func, (*method).im_self];
                return (*method).im_weakreflist.is_null() && self.let_go_of(&members);
            }
            if is_plain(life::deallocator(object)) {
                return values(object).is_some_and(|values| {
                    self.let_go_of(held(values.as_ptr())) && self.let_go_of(&[class.cast()])
                });
            }
            if class != &raw mut ffi::PyFunction_Type
                || (*ffi::PyInterpreterState_Get()).active_func_watchers != 0
            {
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

/// What the iterator of a list or tuple goes over, or NULL if it has come to the end; nothing if it is none.
///
/// # Safety
/// It is an object.
#[inline]
pub unsafe fn iterated(op: *mut ffi::PyObject) -> Option<*mut ffi::PyObject> {
    // SAFETY: as the caller promises; both have the same layout.
    unsafe {
        let class = ffi::Py_TYPE(op);
        let is_iterator =
            class == &raw mut ffi::PyListIter_Type || class == &raw mut ffi::PyTupleIter_Type;
        is_iterator.then(|| (*op.cast::<ffi::_PyListIterObject>()).it_seq.cast())
    }
}

/// Whether an object is a number, a string or a range, whose death nobody sees.
///
/// # Safety
/// It has a type.
#[inline]
pub unsafe fn is_scalar(op: *mut ffi::PyObject) -> bool {
    // SAFETY: as the caller promises.
    let class = unsafe { ffi::Py_TYPE(op) };
    [
        &raw mut ffi::PyFloat_Type,
        &raw mut ffi::PyLong_Type,
        &raw mut ffi::PyUnicode_Type,
        &raw mut ffi::PyRange_Type,
        &raw mut ffi::PyRangeIter_Type,
    ]
    .contains(&class)
}
