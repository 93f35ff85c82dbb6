//! What a specialisation wants to know of a Python function before it goes around its call. Reads functions and code, and
//! gives versions.
use crate::ffi;
use crate::field;
use crate::object::Borrowed;
use crate::thread::ThreadState;
use core::ffi::c_int;

/// A Python function.
pub(super) type Function<'a> = Borrowed<'a, ffi::PyFunctionObject>;

/// How a function takes its arguments (specialize.c `function_kind`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameters {
    /// This many, each by position or by name.
    Simple(c_int),
    /// With `*args`, `**kwargs`, or some by name only.
    Complex,
    /// Its locals are not in the frame.
    NotOptimized,
}

impl Parameters {
    pub(super) fn of(function: Function<'_>) -> Self {
        // SAFETY: a function's code is a code object, which it keeps.
        let code = unsafe {
            Borrowed::<ffi::PyCodeObject>::from_raw_unchecked(field!(function.func_code).cast())
        };
        let flags = field!(code.co_flags).cast_unsigned();
        if flags & (ffi::CO_VARKEYWORDS | ffi::CO_VARARGS) != 0
            || field!(code.co_kwonlyargcount) != 0
        {
            Self::Complex
        } else if flags & ffi::CO_OPTIMIZED == 0 {
            Self::NotOptimized
        } else {
            Self::Simple(field!(code.co_argcount))
        }
    }
}

/// The version of a function as it is now, by which a cache tells that it is still the same; none when the numbers have
/// run out.
pub(super) fn version(function: Function<'_>) -> Option<u32> {
    // SAFETY: a live function.
    let version = unsafe { ffi::_PyFunction_GetVersionForCurrentState(function.as_ptr()) };
    (version != 0).then_some(version)
}

/// Whether frames run in our own evaluator, so that an instruction may start one by itself (PEP 523).
pub(super) fn run_here() -> bool {
    let interpreter = ThreadState::current().interpreter();
    // SAFETY: the running thread's interpreter is alive.
    unsafe { (*interpreter).eval_frame.is_none() }
}
