//! `Include/ceval.h`: running code, the variables of the code that runs, recursion, names of callables.
use crate::call::Arguments;
use crate::call::arguments::slice;
use crate::eval::entry::{self, Body};
use crate::eval::{functions, namespaces, recursion};
use crate::ffi::{self, PyCodeObject, PyDictObject, PyFrameObject, PyObject, PyTupleObject};
use crate::field;
use crate::object::{Borrowed, IntoC, Owned, Raised};
use crate::thread::ThreadState;
use core::ffi::{CStr, c_char, c_int};
use pyroxene_macros::capi;

/// Runs code in a namespace.
#[capi]
pub unsafe fn PyEval_EvalCode(
    co: Borrowed<'_, PyCodeObject>,
    globals: Borrowed<'_>,
    locals: Option<Borrowed<'_>>,
) -> Result<Owned, Raised> {
    let body = Body {
        code: co,
        globals,
        locals,
        defaults: None,
        keyword_defaults: None,
        closure: None,
    };
    entry::run(ThreadState::current(), body, Arguments::NONE)
}

/// Runs code with arguments, of which those by name are pairs of name and value.
#[capi]
pub unsafe fn PyEval_EvalCodeEx(
    co: Borrowed<'_, PyCodeObject>,
    globals: Borrowed<'_>,
    locals: Option<Borrowed<'_>>,
    args: *const *mut PyObject,
    argcount: c_int,
    kws: *const *mut PyObject,
    kwcount: c_int,
    defs: *const *mut PyObject,
    defcount: c_int,
    kwdefs: Option<Borrowed<'_, PyDictObject>>,
    closure: Option<Borrowed<'_, PyTupleObject>>,
) -> Result<Owned, Raised> {
    // SAFETY: the caller's arrays, which hold as many live objects as it says, twice as many in the one with the names. The
    // function takes references of its own.
    unsafe {
        let defaults = Owned::from_c(ffi::_PyTuple_FromArray(defs, defcount as isize))?;
        let body = Body {
            code: co,
            globals,
            locals,
            defaults: Some(defaults.borrow()),
            keyword_defaults: kwdefs.map(Borrowed::upcast),
            closure: closure.map(Borrowed::upcast),
        };
        let (pairs, _) = slice(kws, 2 * kwcount as isize).as_chunks();
        let positional = slice(args, argcount as isize);
        entry::run_with_pairs(ThreadState::current(), body, positional, pairs)
    }
}

/// Runs the frame of a frame object.
#[capi]
pub unsafe fn PyEval_EvalFrame(f: Borrowed<'_, PyFrameObject>) -> Result<Owned, Raised> {
    let tstate = ThreadState::current().as_ptr();
    // SAFETY: the caller promises a frame that is ready to run.
    unsafe { Owned::from_c(ffi::_PyEval_EvalFrame(tstate, field!(f.f_frame), 0)) }
}

/// The same, raising the exception that is set where the frame stands if it is to.
#[capi]
pub unsafe fn PyEval_EvalFrameEx(
    f: Borrowed<'_, PyFrameObject>,
    exc: c_int,
) -> Result<Owned, Raised> {
    let tstate = ThreadState::current().as_ptr();
    // SAFETY: as above.
    unsafe { Owned::from_c(ffi::_PyEval_EvalFrame(tstate, field!(f.f_frame), exc)) }
}

/// The builtins of the code that runs, or of the interpreter.
#[capi]
pub unsafe fn PyEval_GetBuiltins<'a>() -> Option<Borrowed<'a>> {
    namespaces::builtins(ThreadState::current())
}

/// The global variables of the code that runs.
#[capi]
pub unsafe fn PyEval_GetGlobals<'a>() -> Option<Borrowed<'a>> {
    namespaces::globals(ThreadState::current())
}

/// The local variables of the code that runs; those of a function in a dict that its frame keeps.
#[capi]
pub unsafe fn PyEval_GetLocals<'a>() -> Result<Borrowed<'a>, Raised> {
    namespaces::locals_snapshot(ThreadState::current())
}

/// The frame object of the code that runs.
#[capi]
pub unsafe fn PyEval_GetFrame<'a>() -> Option<Borrowed<'a, PyFrameObject>> {
    namespaces::frame_object(ThreadState::current())
}

/// The builtins of the code that runs, or of the interpreter, as a new reference.
#[capi]
pub unsafe fn PyEval_GetFrameBuiltins() -> Option<Owned> {
    namespaces::builtins(ThreadState::current()).map(Borrowed::new_ref)
}

/// The global variables of the code that runs, as a new reference.
#[capi]
pub unsafe fn PyEval_GetFrameGlobals() -> Option<Owned> {
    namespaces::globals(ThreadState::current()).map(Borrowed::new_ref)
}

/// The local variables of the code that runs; those of a function in a new dict.
#[capi]
pub unsafe fn PyEval_GetFrameLocals() -> Result<Owned, Raised> {
    namespaces::locals(ThreadState::current())
}

/// The limit of Python recursion.
#[capi]
pub unsafe fn Py_GetRecursionLimit() -> c_int {
    recursion::limit()
}

/// Sets the limit of Python recursion.
#[capi]
pub unsafe fn Py_SetRecursionLimit(new_limit: c_int) {
    recursion::set_limit(new_limit);
}

/// Goes one level deeper in C.
#[capi]
pub unsafe fn Py_EnterRecursiveCall(where_: *const c_char) -> c_int {
    // SAFETY: the caller's C string.
    recursion::enter_c_saying(ThreadState::current(), || unsafe { CStr::from_ptr(where_) }).into_c()
}

/// Comes back from there.
#[capi]
pub unsafe fn Py_LeaveRecursiveCall() {
    recursion::count_c(ThreadState::current(), -1);
}

/// The name of a callable, or of its type.
#[capi]
pub unsafe fn PyEval_GetFuncName(func: Borrowed<'_>) -> *const c_char {
    functions::name(func)
}

/// What goes behind that name.
#[capi]
pub unsafe fn PyEval_GetFuncDesc(func: Borrowed<'_>) -> *const c_char {
    functions::description(func)
}
