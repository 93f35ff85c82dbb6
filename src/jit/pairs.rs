//! Iterators that give pairs, for machine code that wants what is in the pairs and not the tuples: `enumerate`, and `zip` of two.
//! Each keeps a tuple that it gives again and again as long as nobody else has it. What the pair holds is put there as ever; only
//! the number of `enumerate` is not. Runs nothing.
use crate::ffi;
use crate::object::Owned;
use pyroxene_jit_api::{Class, Raw};

use super::slices::is_seen_to_die;

/// An `enumerate` (enumobject.c).
#[repr(C)]
pub struct Enumerate {
    base: ffi::PyObject,
    /// The number of the next pair.
    pub index: isize,
    iterator: *mut ffi::PyObject,
    /// The tuple.
    pub pair: *mut ffi::PyTupleObject,
    long_index: *mut ffi::PyObject,
    one: *mut ffi::PyObject,
}

/// A `zip` (bltinmodule.c).
#[repr(C)]
pub struct Zip {
    base: ffi::PyObject,
    count: isize,
    iterators: *mut ffi::PyTupleObject,
    /// The tuple.
    pub pair: *mut ffi::PyTupleObject,
    strict: i32,
}

/// What the iterator of a list or tuple gives next.
enum Next {
    /// This, if it is [moved on](advance).
    Item(*mut ffi::PyObject),
    /// Nothing more.
    End,
    /// It is of another kind.
    Other,
}

/// # Safety
/// The iterator is alive.
unsafe fn next(iterator: *mut ffi::PyObject) -> Next {
    // SAFETY: as the caller promises; the types tell what it is. Both kinds of iterators are made alike.
    unsafe {
        let class = ffi::Py_TYPE(iterator).cast_const();
        let is_list = class == &raw const ffi::PyListIter_Type;
        if !is_list && class != &raw const ffi::PyTupleIter_Type {
            return Next::Other;
        }
        let iterator = iterator.cast::<ffi::_PyListIterObject>();
        let (index, sequence) = ((*iterator).it_index, (*iterator).it_seq);
        if sequence.is_null()
            || index.cast_unsigned() >= ffi::Py_SIZE(sequence.cast()).cast_unsigned()
        {
            return Next::End;
        }
        let items = if is_list {
            (*sequence).ob_item
        } else {
            items(sequence.cast())
        };
        Next::Item(*items.offset(index))
    }
}

/// Takes what is [next](next) of an iterator that has it.
///
/// # Safety
/// It has an item.
unsafe fn advance(iterator: *mut ffi::PyObject) {
    // SAFETY: as the caller promises.
    unsafe { (*iterator.cast::<ffi::_PyListIterObject>()).it_index += 1 }
}

/// The items of a tuple.
///
/// # Safety
/// It is one.
unsafe fn items(tuple: *mut ffi::PyTupleObject) -> *mut *mut ffi::PyObject {
    // SAFETY: as the caller promises.
    unsafe { (&raw mut (*tuple).ob_item).cast() }
}

/// Whether nobody but the iterator has its pair, and what that holds at a place can go unseen.
///
/// # Safety
/// The pair is alive, and has such a place.
unsafe fn can_put(pair: *mut ffi::PyTupleObject, place: usize) -> bool {
    // SAFETY: as the caller promises.
    unsafe {
        let old = *items(pair).add(place);
        ffi::Py_REFCNT(pair.cast()) == 1 && (ffi::Py_REFCNT(old) > 1 || !is_seen_to_die(old))
    }
}

/// Puts an item into a pair, which takes a reference.
///
/// # Safety
/// It [can](can_put).
unsafe fn put(pair: *mut ffi::PyTupleObject, place: usize, item: *mut ffi::PyObject) {
    // SAFETY: as the caller promises. The collector has to know of a pair again that holds more than numbers and strings.
    unsafe {
        ffi::Py_INCREF(item);
        let old = items(pair).add(place).replace(item);
        drop(Owned::<ffi::PyObject>::from_raw_unchecked(old));
        if ffi::PyObject_GC_IsTracked(pair.cast()) == 0 {
            ffi::PyObject_GC_Track(pair.cast());
        }
    }
}

/// Whether a pair has the same object in both places, of which more can die than [`can_put`] knows.
///
/// # Safety
/// It is a tuple of two.
unsafe fn holds_one_twice(pair: *mut ffi::PyTupleObject) -> bool {
    // SAFETY: as the caller promises.
    unsafe { *items(pair) == *items(pair).add(1) && is_seen_to_die(*items(pair)) }
}

/// The answers of [`pair_next`].
const END: i32 = 0;
const MORE: i32 = 1;
const UNABLE: i32 = 2;

pub(super) unsafe extern "C" fn pair_next(iterator: Raw) -> i32 {
    // SAFETY: machine code gives one of the two.
    unsafe {
        let is_enumerate = ffi::Py_TYPE(iterator.cast()) == &raw mut ffi::PyEnum_Type;
        if is_enumerate {
            let enumerate = iterator.cast::<Enumerate>();
            let Enumerate {
                index,
                iterator,
                pair,
                long_index,
                ..
            } = *enumerate;
            if !long_index.is_null() || index == isize::MAX || !can_put(pair, 1) {
                return UNABLE;
            }
            let item = match next(iterator) {
                Next::Item(item) => item,
                Next::End => return END,
                Next::Other => return UNABLE,
            };
            advance(iterator);
            put(pair, 1, item);
            (*enumerate).index = index + 1;
            return MORE;
        }
        let Zip {
            count,
            iterators,
            pair,
            ..
        } = *iterator.cast::<Zip>();
        if count != 2 || !can_put(pair, 0) || !can_put(pair, 1) || holds_one_twice(pair) {
            return UNABLE;
        }
        let [first, second] = [0, 1].map(|place| *items(iterators).add(place));
        let (one, other) = match (next(first), next(second)) {
            (Next::Item(one), Next::Item(other)) if first != second => (one, other),
            (Next::End, _) | (Next::Item(_), Next::End) => return END,
            (Next::Other, _) | (_, Next::Other) | (Next::Item(_), Next::Item(_)) => return UNABLE,
        };
        advance(first);
        advance(second);
        put(pair, 0, one);
        put(pair, 1, other);
        MORE
    }
}

/// The class of an iterator of pairs that [`pair_next`] can move on; nothing of others.
///
/// # Safety
/// The object is alive.
pub unsafe fn plain(object: *mut ffi::PyObject) -> Option<Class> {
    // SAFETY: as the caller promises; the types tell what it is.
    unsafe {
        let class = ffi::Py_TYPE(object).cast_const();
        let is_plain = |iterator| !matches!(next(iterator), Next::Other);
        if class == &raw const ffi::PyEnum_Type {
            let iterator = (*object.cast::<Enumerate>()).iterator;
            return is_plain(iterator).then_some(Class::Enumerate);
        }
        if class != &raw const ffi::PyZip_Type {
            return None;
        }
        let Zip {
            count, iterators, ..
        } = *object.cast::<Zip>();
        let are_plain = count == 2 && (0..2).all(|place| is_plain(*items(iterators).add(place)));
        are_plain.then_some(Class::Zip)
    }
}
