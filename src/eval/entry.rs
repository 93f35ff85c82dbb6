//! Running code from C: a code object, a function with arguments. Makes functions and frames.
use crate::eval::frames;
use crate::ffi;
use crate::field;
use crate::frame::builtins;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ptr::null_mut;

/// Runs a function with arguments, through the evaluator that the interpreter has been given (PEP 523) or our own
/// (ceval.c `_PyEval_Vector`).
///
/// # Errors
/// What the code raises; `TypeError` when the arguments do not fit.
///
/// # Safety
/// The thread runs this. `arguments` points at `positional` live objects and, behind them, as many as there are `names`,
/// which is a tuple.
#[inline]
pub unsafe fn call(
    thread: ThreadState,
    function: Borrowed<'_, ffi::PyFunctionObject>,
    namespace: Option<Borrowed<'_>>,
    arguments: *const *mut ffi::PyObject,
    positional: usize,
    names: Option<Borrowed<'_>>,
) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises. The frame gets references of its own, and is ready to run.
    unsafe {
        let named = names.map_or(0, |names| {
            (*names.as_ptr().cast::<ffi::PyVarObject>()).ob_size
        });
        for index in 0..positional + named.cast_unsigned() {
            ffi::Py_INCREF(*arguments.add(index));
        }
        let frame = frames::push_and_init(
            thread,
            function.new_ref(),
            namespace.map(Borrowed::new_ref),
            arguments,
            positional,
            names,
        )?;
        Owned::from_c(ffi::_PyEval_EvalFrame(thread.as_ptr(), frame, 0))
    }
}

/// What a function is made of whose code is to be run in a namespace (pycore_function.h `PyFrameConstructor`).
#[derive(Clone, Copy)]
pub struct Body<'a> {
    /// The code.
    pub code: Borrowed<'a, ffi::PyCodeObject>,
    /// The global variables.
    pub globals: Borrowed<'a>,
    /// The local variables, if they are not the global ones.
    pub locals: Option<Borrowed<'a>>,
    /// The defaults of the last parameters: a tuple.
    pub defaults: Option<Borrowed<'a>>,
    /// The defaults of the parameters that are given by name only: a dict.
    pub keyword_defaults: Option<Borrowed<'a>>,
    /// The cells of the free variables: a tuple.
    pub closure: Option<Borrowed<'a>>,
}

/// Runs code with arguments, as those of [`call`] (ceval.c `PyEval_EvalCode`, and what `PyEval_EvalCodeEx` ends with).
///
/// # Errors
/// As [`call`].
///
/// # Safety
/// As [`call`].
pub unsafe fn run(
    thread: ThreadState,
    body: Body<'_>,
    arguments: *const *mut ffi::PyObject,
    positional: usize,
    names: Option<Borrowed<'_>>,
) -> Result<Owned, Raised> {
    let Body { code, globals, .. } = body;
    let pointer = |object: Option<Borrowed<'_>>| object.map_or(null_mut(), Borrowed::as_ptr);
    // SAFETY: live objects, of which the function takes references; the globals, or the interpreter, keep the builtins
    // meanwhile. The rest is as the caller promises.
    unsafe {
        let builtins = builtins::from_globals(thread, globals)?;
        let mut constructor = ffi::PyFrameConstructor {
            fc_globals: globals.as_ptr(),
            fc_builtins: builtins.as_ptr(),
            fc_name: field!(code.co_name),
            fc_qualname: field!(code.co_name),
            fc_code: code.upcast().as_ptr(),
            fc_defaults: pointer(body.defaults),
            fc_kwdefaults: pointer(body.keyword_defaults),
            fc_closure: pointer(body.closure),
        };
        let function = Owned::from_c(ffi::_PyFunction_FromConstructor(&raw mut constructor))?;
        let locals = body.locals.unwrap_or(globals);
        call(
            thread,
            function.borrow(),
            Some(locals),
            arguments,
            positional,
            names,
        )
    }
}

/// Runs code with arguments as C once passed them: names and values of those that are given by name in turn
/// (ceval.c `PyEval_EvalCodeEx`).
///
/// # Errors
/// As [`call`].
pub fn run_with_pairs(
    thread: ThreadState,
    body: Body<'_>,
    positional: &[Borrowed<'_>],
    named: &[[Borrowed<'_>; 2]],
) -> Result<Owned, Raised> {
    if named.is_empty() {
        // SAFETY: a Borrowed has the bits of the pointer.
        return unsafe {
            run(
                thread,
                body,
                positional.as_ptr().cast(),
                positional.len(),
                None,
            )
        };
    }
    let names: Vec<_> = named.iter().map(|[name, _]| *name).collect();
    let values = named.iter().map(|[_, value]| *value);
    let arguments: Vec<_> = positional.iter().copied().chain(values).collect();
    // SAFETY: a Borrowed has the bits of the pointer; the tuple takes references of its own.
    unsafe {
        let array = names.as_ptr().cast::<*mut ffi::PyObject>();
        let names = Owned::from_c(ffi::_PyTuple_FromArray(array, names.len().cast_signed()))?;
        run(
            thread,
            body,
            arguments.as_ptr().cast(),
            positional.len(),
            Some(names.borrow()),
        )
    }
}
