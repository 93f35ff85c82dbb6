//! Running code from C: a code object, a function with arguments. Makes functions and frames.
use crate::call::Arguments;
use crate::eval::{door, frames};
use crate::ffi;
use crate::field;
use crate::frame::builtins;
use crate::object::{Borrowed, Owned, Raised, tuple_of};
use crate::thread::ThreadState;
use core::mem::forget;
use core::ptr::null_mut;

/// Runs a function with arguments, through the evaluator that the interpreter has been given (PEP 523) or our own
/// (ceval.c `_PyEval_Vector`).
///
/// # Errors
/// What the code raises; `TypeError` when the arguments do not fit.
#[inline(always)]
pub fn call(
    thread: ThreadState,
    function: Borrowed<'_, ffi::PyFunctionObject>,
    namespace: Option<Borrowed<'_>>,
    arguments: Arguments<'_>,
) -> Result<Owned, Raised> {
    for argument in arguments.all() {
        forget(argument.new_ref());
    }
    // SAFETY: the arguments are what their type promises, and the frame gets the references to them that were just taken. It
    // is ready to run then.
    unsafe {
        let frame = frames::push_and_init(
            thread,
            function.new_ref(),
            namespace.map(Borrowed::new_ref),
            arguments.as_ptr(),
            arguments.count().cast_unsigned(),
            arguments.names(),
        )?;
        door::run(thread, frame)
    }
}

/// The same with arguments by position that the function takes over.
///
/// # Errors
/// As [`call`].
///
/// # Safety
/// `first` points at `count` references, which are given away whatever happens.
#[inline(always)]
pub unsafe fn call_giving(
    thread: ThreadState,
    function: Borrowed<'_, ffi::PyFunctionObject>,
    namespace: Option<Borrowed<'_>>,
    first: *const *mut ffi::PyObject,
    count: usize,
) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises. The frame is ready to run then.
    unsafe {
        let frame = frames::push_and_init(
            thread,
            function.new_ref(),
            namespace.map(Borrowed::new_ref),
            first,
            count,
            None,
        )?;
        door::run(thread, frame)
    }
}

/// The namespace in which a function's code runs when it is called: its globals, if the code is not that of a function, as a
/// class's is not; else none but its own variables.
#[inline(always)]
pub fn namespace_of(function: Borrowed<'_, ffi::PyFunctionObject>) -> Option<Borrowed<'_>> {
    // SAFETY: a function has code and globals.
    unsafe {
        let code: Borrowed<'_, ffi::PyCodeObject> =
            Borrowed::from_raw_unchecked(field!(function.func_code).cast());
        (!code.has_flag(ffi::CO_OPTIMIZED))
            .then(|| Borrowed::from_raw_unchecked(field!(function.func_globals)))
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
pub fn run(thread: ThreadState, body: Body<'_>, arguments: Arguments<'_>) -> Result<Owned, Raised> {
    let Body { code, globals, .. } = body;
    let pointer = |object: Option<Borrowed<'_>>| object.map_or(null_mut(), Borrowed::as_ptr);
    // SAFETY: live objects, of which the function takes references; the globals, or the interpreter, keep the builtins
    // meanwhile.
    let function = unsafe {
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
        Owned::from_c(ffi::_PyFunction_FromConstructor(&raw mut constructor))?
    };
    let locals = body.locals.unwrap_or(globals);
    call(thread, function.borrow(), Some(locals), arguments)
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
        return run(thread, body, Arguments::of_slice(positional));
    }
    let names: Vec<_> = named.iter().map(|[name, _]| *name).collect();
    let values = named.iter().map(|[_, value]| *value);
    let arguments: Vec<_> = positional.iter().copied().chain(values).collect();
    let names = tuple_of(&names)?;
    let arguments = Arguments::of_slice(&arguments).with_names(names.borrow());
    run(thread, body, arguments)
}
