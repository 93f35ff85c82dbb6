//! Calls in every shape that a caller may have them: what reaches the callee, what comes back, and whose references are left.
mod common;

use common::{run, with_python};
use pyroxene::ffi;
use pyroxene::object::exception::{Exception, SystemError, TypeError, ValueError};
use pyroxene::object::{Borrowed, Owned, Raised, import, lookup, raise, text};
use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::{null, null_mut};

unsafe extern "C" {
    // The stable ABI's other names, which no header declares.
    fn PyEval_CallFunction(
        callable: *mut ffi::PyObject,
        format: *const c_char,
        ...
    ) -> *mut ffi::PyObject;
    fn _PyObject_CallFunction_SizeT(
        callable: *mut ffi::PyObject,
        format: *const c_char,
        ...
    ) -> *mut ffi::PyObject;
    fn PyEval_CallObjectWithKeywords(
        callable: *mut ffi::PyObject,
        args: *mut ffi::PyObject,
        kwargs: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
}

/// A new reference from C, or the exception.
fn taken(result: *mut ffi::PyObject) -> Result<Owned, Raised> {
    // SAFETY: every function that is called here gives such a result.
    unsafe { Owned::from_c(result) }
}

/// Evaluates an expression in `__main__`, where there are: `f`, which gives its arguments; `Plain` and `Slow`, whose
/// instances do the same by a method `m` and when they are called.
fn value(expression: &str) -> Owned {
    run(c"
if 'f' not in globals():
    def f(*args, **kwargs): return args, kwargs
    class Plain:
        def m(self, *args, **kwargs): return args, kwargs
        static = staticmethod(f)
    class Slow:
        def __call__(self, *args, **kwargs): return args, kwargs
");
    let main = import(c"__main__").expect("__main__ is there");
    let expression = CString::new(expression).expect("no NUL");
    // SAFETY: a module has a dict; a C string.
    unsafe {
        let globals = ffi::PyModule_GetDict(main.as_ptr());
        let start = ffi::Py_eval_input as c_int;
        taken(ffi::PyRun_StringFlags(
            expression.as_ptr(),
            start,
            globals,
            globals,
            null_mut(),
        ))
    }
    .expect("the expression has a value")
}

/// How a result shows.
fn shown(result: Result<Owned, Raised>) -> String {
    let result = result.unwrap_or_else(|raised| {
        raised.print();
        panic!("the call raised; see above");
    });
    let shown = text::repr(Some(result.borrow())).expect("a repr");
    // SAFETY: a str, which owns its text.
    let shown = unsafe { CStr::from_ptr(ffi::PyUnicode_AsUTF8(shown.as_ptr())) };
    shown.to_str().expect("UTF-8").to_owned()
}

/// Checks that a call raised, and with which words.
fn fails(result: Result<Owned, Raised>, class: Exception, words: &str) {
    let raised = result.expect_err("the call raises");
    assert!(raised.matches(class));
    let exception = raised.take();
    let said = text::str(Some(exception.borrow()));
    let said = shown(said);
    assert!(said.contains(words), "{said}");
}

/// The callables of [`value`], by which way they are called: vectorcall functions and `tp_call`.
fn callables() -> [Owned; 4] {
    ["f", "Plain().m", "Slow()", "Plain.static"].map(value)
}

#[test]
fn rust_calls_with_any_number() {
    with_python(|| {
        let [a, b] = ["'a'", "'b'"].map(value);
        let (a, b) = (a.borrow(), b.borrow());
        for callable in callables() {
            let callable = callable.borrow();
            assert_eq!(shown(callable.call(&[])), "((), {})");
            assert_eq!(shown(callable.call(&[a])), "(('a',), {})");
            assert_eq!(
                shown(callable.call(&[a, b, a, b, a, b, a])),
                "(('a', 'b', 'a', 'b', 'a', 'b', 'a'), {})"
            );
        }
        let name = value("'m'");
        let plain = value("Plain()");
        let plain = plain.borrow();
        assert_eq!(shown(plain.call_method(name.borrow(), &[])), "((), {})");
        assert_eq!(
            shown(plain.call_method(name.borrow(), &[a, b])),
            "(('a', 'b'), {})"
        );
        let static_method = value("'static'");
        assert_eq!(
            shown(plain.call_method(static_method.borrow(), &[b])),
            "(('b',), {})"
        );
        let text = value("'x-y'");
        let split = text
            .borrow()
            .call_method(value("'split'").borrow(), &[value("'-'").borrow()]);
        assert_eq!(shown(split), "['x', 'y']");
    });
}

#[test]
fn objects_up_to_a_null() {
    with_python(|| {
        let n = value("7");
        let n = n.as_ptr();
        let end = null_mut::<ffi::PyObject>();
        for callable in callables() {
            let c = callable.as_ptr();
            // SAFETY: live objects and a NULL behind them.
            unsafe {
                assert_eq!(
                    shown(taken(ffi::PyObject_CallFunctionObjArgs(c, end))),
                    "((), {})"
                );
                assert_eq!(
                    shown(taken(ffi::PyObject_CallFunctionObjArgs(
                        c, n, n, n, n, n, end
                    ))),
                    "((7, 7, 7, 7, 7), {})"
                );
                assert_eq!(
                    shown(taken(ffi::PyObject_CallFunctionObjArgs(
                        c, n, n, n, n, n, n, n, n, n, n, n, n, end
                    ))),
                    "((7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7), {})"
                );
            }
        }
        let (plain, bound, unbound) = (value("Plain()"), value("'static'"), value("'m'"));
        for name in [bound, unbound] {
            let (o, m) = (plain.as_ptr(), name.as_ptr());
            // SAFETY: live objects and a NULL behind them.
            unsafe {
                assert_eq!(
                    shown(taken(ffi::PyObject_CallMethodObjArgs(o, m, end))),
                    "((), {})"
                );
                assert_eq!(
                    shown(taken(ffi::PyObject_CallMethodObjArgs(
                        o, m, n, n, n, n, n, n, end
                    ))),
                    "((7, 7, 7, 7, 7, 7), {})"
                );
            }
        }
    });
}

#[test]
fn values_of_a_format() {
    with_python(|| {
        let one: c_int = 1;
        for callable in callables() {
            let c = callable.as_ptr();
            // SAFETY: the values are those of the formats.
            unsafe {
                assert_eq!(
                    shown(taken(ffi::PyObject_CallFunction(c, null()))),
                    "((), {})"
                );
                assert_eq!(
                    shown(taken(ffi::PyObject_CallFunction(c, c"".as_ptr()))),
                    "((), {})"
                );
                assert_eq!(
                    shown(taken(ffi::PyObject_CallFunction(c, c"i".as_ptr(), one))),
                    "((1,), {})"
                );
                assert_eq!(
                    shown(taken(PyEval_CallFunction(
                        c,
                        c"iis".as_ptr(),
                        one,
                        one,
                        c"x".as_ptr()
                    ))),
                    "((1, 1, 'x'), {})"
                );
                assert_eq!(
                    shown(taken(_PyObject_CallFunction_SizeT(
                        c,
                        c"iiiiiii".as_ptr(),
                        one,
                        one,
                        one,
                        one,
                        one,
                        one,
                        one
                    ))),
                    "((1, 1, 1, 1, 1, 1, 1), {})"
                );
                // One tuple is the arguments themselves.
                let tuple = value("('a', 'b')");
                assert_eq!(
                    shown(taken(ffi::PyObject_CallFunction(
                        c,
                        c"O".as_ptr(),
                        tuple.as_ptr()
                    ))),
                    "(('a', 'b'), {})"
                );
                assert_eq!(
                    shown(taken(ffi::PyObject_CallFunction(
                        c,
                        c"(ii)".as_ptr(),
                        one,
                        one
                    ))),
                    "((1, 1), {})"
                );
                assert_eq!(
                    shown(taken(ffi::PyObject_CallFunction(
                        c,
                        c"Oi".as_ptr(),
                        tuple.as_ptr(),
                        one
                    ))),
                    "((('a', 'b'), 1), {})"
                );
            }
        }
        let (plain, name) = (value("Plain()"), value("'m'"));
        // SAFETY: the values are those of the formats.
        unsafe {
            let o = plain.as_ptr();
            assert_eq!(
                shown(taken(ffi::PyObject_CallMethod(
                    o,
                    c"m".as_ptr(),
                    c"i".as_ptr(),
                    one
                ))),
                "((1,), {})"
            );
            assert_eq!(
                shown(taken(ffi::_PyObject_CallMethod(o, name.as_ptr(), null()))),
                "((), {})"
            );
            run(c"Plain.number = 5");
            let called = ffi::PyObject_CallMethod(o, c"number".as_ptr(), null());
            fails(
                taken(called),
                TypeError,
                "attribute of type 'int' is not callable",
            );
        }
    });
}

#[test]
fn keywords_in_a_dict() {
    with_python(|| {
        let one = value("1");
        let arguments = [one.as_ptr(); 8];
        let few = value("{'k': 2}");
        let many = value("{c: c for c in 'abcdefgh'}");
        let wrong = value("{'k': 2, 3: 4}");
        let none = value("{}");
        for callable in callables() {
            let call = |count, dict: Option<&Owned>| {
                let dict = dict.map_or(null_mut(), Owned::as_ptr);
                // SAFETY: an array that is at least so long, and a dict or NULL.
                taken(unsafe {
                    ffi::PyObject_VectorcallDict(callable.as_ptr(), arguments.as_ptr(), count, dict)
                })
            };
            assert_eq!(shown(call(0, None)), "((), {})");
            assert_eq!(shown(call(1, Some(&none))), "((1,), {})");
            assert_eq!(shown(call(2, Some(&few))), "((1, 1), {'k': 2})");
            assert_eq!(
                shown(call(8, Some(&many))),
                "((1, 1, 1, 1, 1, 1, 1, 1), {'a': 'a', 'b': 'b', 'c': 'c', 'd': 'd', 'e': 'e', \
                 'f': 'f', 'g': 'g', 'h': 'h'})"
            );
            fails(call(1, Some(&wrong)), TypeError, "keywords must be strings");
        }
        for counted in [&few, &many, &wrong] {
            assert_eq!(counted.borrow().count(), 1);
        }
    });
}

#[test]
fn tuples_and_dicts() {
    with_python(|| {
        let (tuple, dict, list) = (value("(1, 2)"), value("{'k': 3}"), value("[]"));
        for callable in callables() {
            let c = callable.as_ptr();
            // SAFETY: live objects, tuples and dicts where the functions do not look themselves.
            unsafe {
                assert_eq!(
                    shown(taken(ffi::PyObject_Call(c, tuple.as_ptr(), dict.as_ptr()))),
                    "((1, 2), {'k': 3})"
                );
                assert_eq!(
                    shown(taken(ffi::PyObject_CallObject(c, null_mut()))),
                    "((), {})"
                );
                assert_eq!(
                    shown(taken(PyEval_CallObjectWithKeywords(
                        c,
                        null_mut(),
                        dict.as_ptr()
                    ))),
                    "((), {'k': 3})"
                );
                fails(
                    taken(ffi::PyObject_CallObject(c, list.as_ptr())),
                    TypeError,
                    "argument list must be a tuple",
                );
                fails(
                    taken(PyEval_CallObjectWithKeywords(c, null_mut(), list.as_ptr())),
                    TypeError,
                    "keyword list must be a dictionary",
                );
            }
        }
        assert_eq!((tuple.borrow().count(), dict.borrow().count()), (1, 1));
    });
}

#[test]
fn a_null_is_reported_once() {
    with_python(|| {
        let (plain, end) = (value("Plain()"), null_mut::<ffi::PyObject>());
        let words = "null argument to internal routine";
        // SAFETY: NULL is allowed where it is passed.
        unsafe {
            let o = plain.as_ptr();
            fails(
                taken(ffi::PyObject_CallFunction(end, null())),
                SystemError,
                words,
            );
            fails(
                taken(ffi::PyObject_CallFunctionObjArgs(end, o, end)),
                SystemError,
                words,
            );
            fails(
                taken(ffi::PyObject_CallMethod(o, null(), null())),
                SystemError,
                words,
            );
            fails(
                taken(ffi::_PyObject_CallMethod(end, o, null())),
                SystemError,
                words,
            );
            fails(
                taken(ffi::PyObject_CallMethodObjArgs(end, o, end)),
                SystemError,
                words,
            );
            let _why = raise(ValueError, c"why it is NULL");
            let called = ffi::PyObject_CallMethodObjArgs(o, end, end);
            fails(taken(called), ValueError, "why it is NULL");
        }
    });
}

#[test]
fn what_cannot_be_called_says_so() {
    with_python(|| {
        fails(
            value("5").borrow().call(&[]),
            TypeError,
            "'int' object is not callable",
        );
        run(c"
import types
module = types.ModuleType('spam')
module.spam = f if 'f' in globals() else print
");
        let words = "'module' object is not callable. Did you mean: 'spam.spam(...)'?";
        fails(value("module").borrow().call(&[]), TypeError, words);
        run(c"module.spam = 5");
        let raised = value("module")
            .borrow()
            .call(&[])
            .expect_err("raises")
            .take();
        assert_eq!(
            shown(text::str(Some(raised.borrow()))),
            "\"'module' object is not callable\""
        );
        let int_call = value("5");
        // SAFETY: live objects.
        let called = unsafe {
            let empty = value("()");
            taken(ffi::PyVectorcall_Call(
                int_call.as_ptr(),
                empty.as_ptr(),
                null_mut(),
            ))
        };
        fails(
            called,
            TypeError,
            "'int' object does not support vectorcall",
        );
    });
}

/// A built-in function without arguments.
fn builtin(
    function: unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject,
) -> Owned {
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: c"liar".as_ptr(),
        ml_meth: Some(function),
        ml_flags: ffi::METH_NOARGS as c_int,
        ml_doc: null(),
    }));
    // SAFETY: the definition is never freed.
    taken(unsafe { ffi::PyCMethod_New(definition, null_mut(), null_mut(), null_mut()) })
        .expect("a function")
}

#[test]
fn a_callee_is_held_to_its_word() {
    unsafe extern "C" fn neither(
        _: *mut ffi::PyObject,
        _: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        null_mut()
    }
    unsafe extern "C" fn both(_: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
        let _lie = raise(ValueError, c"the cause");
        Borrowed::none().as_ptr()
    }
    with_python(|| {
        fails(
            builtin(neither).borrow().call(&[]),
            SystemError,
            "<built-in function liar> returned NULL without setting an exception",
        );
        let raised = builtin(both).borrow().call(&[]).expect_err("raises");
        assert!(raised.matches(SystemError));
        let error = raised.take();
        let cause = lookup::get_string(error.borrow(), c"__cause__");
        assert_eq!(shown(cause), "ValueError('the cause')");
        // SAFETY: the thread is attached; NULL and a name are given.
        let checked = unsafe {
            let tstate = ffi::PyThreadState_Get();
            ffi::_Py_CheckFunctionResult(tstate, null_mut(), null_mut(), c"here".as_ptr())
        };
        fails(
            taken(checked),
            SystemError,
            "here returned NULL without setting an exception",
        );
    });
}

#[test]
fn arguments_come_back_as_they_were() {
    with_python(|| {
        let [a, b] = ["object()", "object()"].map(value);
        let end = null_mut::<ffi::PyObject>();
        for callable in callables() {
            let c = callable.as_ptr();
            for _ in 0..3 {
                let _ = callable.borrow().call(&[a.borrow(), b.borrow()]);
                // SAFETY: live objects and a NULL behind them; the values of a format.
                unsafe {
                    let _ = taken(ffi::PyObject_CallFunctionObjArgs(
                        c,
                        a.as_ptr(),
                        b.as_ptr(),
                        end,
                    ));
                    let _ = taken(ffi::PyObject_CallFunction(
                        c,
                        c"OO".as_ptr(),
                        a.as_ptr(),
                        b.as_ptr(),
                    ));
                }
            }
        }
        assert_eq!((a.borrow().count(), b.borrow().count()), (1, 1));
    });
}
