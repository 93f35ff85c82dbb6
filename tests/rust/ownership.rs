//! The ownership types at work on real objects: what they do to reference counts, and to the exception that is set.
mod common;

use common::{run, with_python};
use pyroxene::ffi;
use pyroxene::object::{
    Borrowed, IntoC, Lookup, Owned, Raised, check_bool, check_status, exception, import, lookup,
    raise,
};
use pyroxene::static_id;
use std::ffi::{CStr, c_int};

/// References are pointers, and what may fail or miss is one with NULL.
const _: () = {
    const POINTER: usize = size_of::<*mut ffi::PyObject>();
    assert!(size_of::<Owned>() == POINTER);
    assert!(size_of::<Option<Owned>>() == POINTER);
    assert!(size_of::<Result<Owned<ffi::PyTypeObject>, Raised>>() == POINTER);
    assert!(size_of::<Borrowed<'_>>() == POINTER);
    assert!(size_of::<Option<Borrowed<'_>>>() == POINTER);
    assert!(size_of::<Result<(), Raised>>() == 1);
};

fn new_list() -> Owned {
    // SAFETY: the thread is attached; the result is a new reference.
    unsafe { Owned::from_c(ffi::PyList_New(0)) }.expect("memory for a list")
}

fn text(content: &CStr) -> Owned {
    // SAFETY: a C string; the result is a new reference.
    unsafe { Owned::from_c(ffi::PyUnicode_FromString(content.as_ptr())) }.expect("memory for a str")
}

#[test]
fn a_clone_counts_and_a_drop_gives_back() {
    with_python(|| {
        let list = new_list();
        assert_eq!(list.borrow().count(), 1);
        let second = list.clone();
        let third = list.borrow().new_ref();
        assert_eq!(list.borrow().count(), 3);
        assert!(second.borrow().is(list.borrow()));
        drop(second);
        assert_eq!(third.borrow().count(), 2);
        drop(list);
        assert_eq!(third.borrow().count(), 1);
    });
}

#[test]
fn a_borrow_counts_nothing() {
    with_python(|| {
        let list = new_list();
        let look = list.borrow();
        let again = look;
        assert_eq!(again.count(), 1);
        assert!(look.is(again.upcast()));
    });
}

#[test]
fn a_reference_goes_through_c_as_it_is() {
    with_python(|| {
        let list = new_list();
        let address = list.as_ptr();
        let raw = list.into_raw();
        assert_eq!(raw, address);
        // SAFETY: the reference that was just given away.
        let list = unsafe { Owned::from_c(raw) }.expect("not NULL");
        assert_eq!(list.borrow().count(), 1);
        assert_eq!(
            IntoC::<*mut ffi::PyObject>::into_c(Lookup::Ok(None)),
            std::ptr::null_mut()
        );
    });
}

#[test]
fn the_last_drop_destroys() {
    with_python(|| {
        run(c"
class Mortal:
    gone = 0
    def __del__(self):
        Mortal.gone += 1
");
        let main = import(c"__main__").expect("__main__ is there");
        let class = lookup::get_string(main.borrow(), c"Mortal").expect("the class is there");
        let gone = || {
            let count = lookup::get_string(class.borrow(), c"gone").expect("the count is there");
            // SAFETY: an int.
            unsafe { ffi::PyLong_AsLong(count.as_ptr()) }
        };
        let mortal = class.borrow().call(&[]).expect("an instance");
        let second = mortal.clone();
        drop(mortal);
        assert_eq!(gone(), 0);
        drop(second);
        assert_eq!(gone(), 1);
    });
}

#[test]
fn immortal_objects_keep_their_count() {
    with_python(|| {
        // SAFETY: immortal statics; the small number is one too.
        let (none, one) = unsafe {
            (
                Borrowed::from_static(&raw mut ffi::_Py_NoneStruct),
                Owned::from_c(ffi::PyLong_FromLong(1)).expect("a small number"),
            )
        };
        let class = one.borrow().type_of().upcast();
        let name = static_id!(_py_path);
        for object in [none, Borrowed::from_bool(true), one.borrow(), class, name] {
            let before = object.count();
            let references: Vec<_> = (0..1000).map(|_| object.new_ref()).collect();
            assert_eq!(object.count(), before);
            drop(references);
            assert_eq!(object.count(), before);
            // SAFETY: a live object.
            assert!(unsafe { ffi::_Py_IsImmortal(object.as_ptr()) });
        }
        let list = new_list();
        // SAFETY: a live object.
        assert!(!unsafe { ffi::_Py_IsImmortal(list.as_ptr()) });
    });
}

#[test]
fn a_downcast_looks_at_the_type() {
    with_python(|| {
        let list = new_list();
        assert!(list.borrow().downcast::<ffi::PyListObject>().is_some());
        assert!(list.borrow().downcast::<ffi::PyDictObject>().is_none());
        let list = list
            .downcast::<ffi::PyDictObject>()
            .expect_err("a list is no dict");
        assert_eq!(list.borrow().count(), 1);
        let list = list.downcast::<ffi::PyListObject>().expect("a list is one");
        assert_eq!(list.borrow().count(), 1);
        assert!(list.borrow().is_exactly(&raw const ffi::PyList_Type));
        assert_eq!(list.borrow().type_of().name(), c"list");
        assert_eq!(list.upcast().borrow().count(), 1);

        run(c"class Derived(dict): pass");
        let main = import(c"__main__").expect("__main__ is there");
        let class = lookup::get_string(main.borrow(), c"Derived").expect("the class is there");
        let derived = class.borrow().call(&[]).expect("an instance");
        assert!(derived.borrow().downcast::<ffi::PyDictObject>().is_some());
        assert!(!derived.borrow().is_exactly(&raw const ffi::PyDict_Type));
    });
}

#[test]
fn a_static_name_is_the_interned_one() {
    with_python(|| {
        // SAFETY: a C string; the result is a new reference.
        let interned =
            unsafe { Owned::from_c(ffi::PyUnicode_InternFromString(c"__dir__".as_ptr())) };
        let interned = interned.expect("memory for a str");
        let name: Borrowed<'static> = static_id!(_py___dir__);
        assert!(name.is(interned.borrow()));
        assert!(name.is_str());
    });
}

#[test]
fn an_exception_can_be_taken_and_set_again() {
    with_python(|| {
        assert!(!Raised::is_pending());
        Raised::pending().expect("nothing is set");

        let raised = raise(exception::KeyError, c"first");
        assert!(raised.matches(exception::KeyError) && raised.is_exactly(exception::KeyError));
        assert!(!raised.matches(exception::TypeError));
        let taken = raised.take();
        assert!(!Raised::is_pending());
        let address = taken.as_ptr();
        let count = taken.borrow().count();

        let raised = Raised::restore(taken);
        assert!(Raised::is_pending());
        let taken = raised.take();
        assert_eq!(taken.as_ptr(), address);
        assert_eq!(taken.borrow().count(), count);
        let is_error = taken
            .borrow()
            .downcast::<ffi::PyBaseExceptionObject>()
            .is_some();
        assert!(is_error);

        Raised::restore(taken).clear();
        assert!(!Raised::is_pending());
    });
}

#[test]
fn a_derived_exception_matches_but_is_not_the_same() {
    with_python(|| {
        let raised = raise(exception::KeyError, c"");
        // SAFETY: the class is a static type.
        let base = unsafe { ffi::PyErr_ExceptionMatches(ffi::PyExc_LookupError) };
        assert_eq!(base, 1);
        assert!(raised.matches(exception::Exception_));
        assert!(!raised.is_exactly(exception::Exception_));
        raised.clear();
    });
}

#[test]
fn results_become_what_c_expects() {
    with_python(|| {
        let fail = || raise(exception::ValueError, c"no");
        let checks: [(c_int, c_int); 5] = [
            (Result::<(), Raised>::Ok(()).into_c(), 0),
            (Result::<bool, Raised>::Ok(true).into_c(), 1),
            (Result::<bool, Raised>::Ok(false).into_c(), 0),
            (Result::<(), Raised>::Err(fail()).into_c(), -1),
            (Result::<c_int, Raised>::Err(fail()).into_c(), -1),
        ];
        for (got, expected) in checks {
            assert_eq!(got, expected);
        }
        check_status(-1).expect_err("-1 is an exception").clear();
        assert!(!Raised::is_pending());
        assert!(check_bool(1).expect("no exception"));
        // SAFETY: a live object and a name that it does not have: NULL and an exception.
        let missing = unsafe {
            let list = new_list();
            Owned::from_c(ffi::PyObject_GetAttrString(
                list.as_ptr(),
                c"missing".as_ptr(),
            ))
        };
        let raised = missing.expect_err("there is no such attribute");
        assert!(raised.matches(exception::AttributeError));
        raised.clear();
    });
}

#[test]
fn an_unraisable_exception_goes_to_its_hook() {
    with_python(|| {
        run(c"
import sys
seen = []
sys.unraisablehook = lambda info: seen.append((info.exc_type, info.err_msg))
");
        raise(exception::OSError, c"lost").unraisable(c"while testing");
        run(c"
sys.unraisablehook = sys.__unraisablehook__
assert seen == [(OSError, 'while testing')], seen
");
    });
}

#[test]
fn a_call_passes_its_arguments() {
    with_python(|| {
        let builtins = import(c"builtins").expect("builtins are there");
        let max = lookup::get_string(builtins.borrow(), c"max").expect("max is there");
        let (small, large) = (text(c"a"), text(c"b"));
        let found = max
            .borrow()
            .call(&[small.borrow(), large.borrow()])
            .expect("max of two");
        assert!(found.borrow().is(large.borrow()));
        max.borrow().call(&[]).expect_err("max of nothing").clear();
        import(c"no.such.module")
            .expect_err("nobody wrote it")
            .clear();
    });
}
