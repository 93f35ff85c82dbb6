//! Frames from Rust: what the gate shows while Python code runs, and what the evaluator does to a frame at its start and end.
mod common;

use common::{run, with_python};
use pyroxene::ffi;
use pyroxene::frame::{Frame, Owner, VisibleFrames};
use pyroxene::module::IntoObject;
use pyroxene::object::{Borrowed, IntoC, Owned, import, lookup};
use pyroxene::thread::ThreadState;
use std::ffi::CStr;

/// Something of `__main__`.
fn of_main(name: &CStr) -> Owned {
    let main = import(c"__main__").expect("__main__ is there");
    lookup::get_string(main.borrow(), name).expect("the name is there")
}

/// A text of Python's.
fn text(string: *mut ffi::PyObject) -> String {
    // SAFETY: a live str, which owns the text.
    let text = unsafe { CStr::from_ptr(ffi::PyUnicode_AsUTF8(string)) };
    text.to_str().expect("UTF-8").to_owned()
}

/// The names of the functions whose frames can be seen, the innermost first, separated by blanks.
unsafe extern "C" fn names(_: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    let names: Vec<_> = VisibleFrames::of(ThreadState::current())
        // SAFETY: a frame's code is alive.
        .map(|frame| text(unsafe { (*frame.code().as_ptr()).co_name }))
        .collect();
    names.join(" ").as_str().into_object().into_c()
}

#[test]
fn the_gate_shows_the_frames_of_python() {
    with_python(|| {
        let mut row = ffi::PyMethodDef {
            ml_name: c"names".as_ptr(),
            ml_meth: Some(names),
            ml_flags: ffi::METH_NOARGS.cast_signed(),
            ml_doc: std::ptr::null(),
        };
        // SAFETY: the row outlives the function, which is forgotten at the end of the test.
        let function = unsafe {
            let nothing = std::ptr::null_mut();
            Owned::from_c(ffi::PyCMethod_New(
                &raw mut row,
                nothing,
                nothing,
                nothing.cast(),
            ))
        }
        .expect("a function");
        let main = import(c"__main__").expect("__main__ is there");
        lookup::set_string(main.borrow(), c"names", Some(function.borrow())).expect("it is set");
        run(c"
def generator():
    yield names()
def delegating():
    yield from generator()
def called_by_c(_):
    return next(delegating())
class Body:
    seen, = map(called_by_c, [0])
assert Body.seen == 'generator delegating called_by_c Body <module>', Body.seen
del names
");
    });
}

/// What the evaluator does to call a function and to return, without running it: `work` gets the frame, with the argument
/// bound and, as if its first instruction had run, visible.
fn with_frame<T>(
    function: &Owned<ffi::PyFunctionObject>,
    argument: &Owned,
    work: impl FnOnce(Frame<'_>) -> T,
) -> T {
    let thread = ThreadState::current().as_ptr();
    // SAFETY: the thread is attached; the frame is pushed and popped as ceval.c does it, and is on no stack meanwhile.
    unsafe {
        let code: Borrowed<'_, ffi::PyCodeObject> =
            Borrowed::from_raw_unchecked((*function.as_ptr()).func_code.cast());
        let size = (*code.as_ptr()).co_framesize as usize;
        let place = ffi::_PyThreadState_PushFrame(thread, size);
        assert!(!place.is_null());
        let frame = Frame::initialize(place, function.clone(), None, code, 0);
        frame.unlink();
        frame.entry(0).write(argument.clone().into_raw());
        frame.go_on_at(code.first_traceable());
        let result = work(frame);
        frame.clear_except_code();
        drop(Owned::from_raw_unchecked(frame.code().as_ptr()));
        ffi::_PyThreadState_PopFrame(thread, place);
        result
    }
}

/// A function with one parameter and two variables.
fn function() -> Owned<ffi::PyFunctionObject> {
    run(c"
def function(argument):
    local = 1
");
    of_main(c"function").downcast().expect("a function")
}

fn new_list() -> Owned {
    // SAFETY: the thread is attached; the result is a new reference.
    unsafe { Owned::from_c(ffi::PyList_New(0)) }.expect("memory for a list")
}

#[test]
fn a_frame_gives_back_what_it_held() {
    with_python(|| {
        let (function, argument) = (function(), new_list());
        let before = function.borrow().count();
        with_frame(&function, &argument, |frame| {
            assert!(frame.owner() == Owner::THREAD && frame.is_complete());
            assert_eq!(frame.height(), 2);
            assert_eq!(argument.borrow().count(), 2);
            let mut variables = frame.variables();
            let bound = variables.next().and_then(|variable| variable.value());
            assert!(bound.is_some_and(|bound| bound.is(argument.borrow())));
            assert!(
                variables
                    .next()
                    .is_some_and(|local| local.value().is_none())
            );
        });
        assert_eq!(argument.borrow().count(), 1);
        assert_eq!(function.borrow().count(), before);
    });
}

#[test]
fn a_frame_object_dies_with_its_frame_unless_it_is_held() {
    with_python(|| {
        let (function, argument) = (function(), new_list());
        with_frame(&function, &argument, |frame| {
            let object = frame.object().expect("memory");
            assert_eq!(object.count(), 1);
            assert!(frame.object().expect("the same").is(object));
        });
        assert_eq!(argument.borrow().count(), 1);

        let held = with_frame(&function, &argument, |frame| {
            frame.object().expect("memory").new_ref()
        });
        let frame = held.borrow().frame();
        assert!(frame.owner() == Owner::FRAME_OBJECT && frame.is_complete());
        assert_eq!((held.borrow().count(), argument.borrow().count()), (1, 2));
        assert!(held.borrow().back().expect("no caller").is_none());
        drop(held);
        assert_eq!(argument.borrow().count(), 1);
    });
}
