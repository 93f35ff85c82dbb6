//! The limits of recursion: of Python code, which `sys.setrecursionlimit` sets, and of C code, which protects the C stack.
//! Counts in the thread state.
use crate::ffi;
use crate::object::{Raised, exception, raise};
use crate::raise_format;
use crate::thread::{ThreadState, for_each_thread};
use core::ffi::{CStr, c_int};

/// How far the counters may fall below their limits while a `RecursionError` is being made.
const HEADROOM: c_int = 50;

/// Counts one frame of Python more (ceval_macros.h `_Py_EnterRecursivePy`). It is counted even if it fails: whoever unwinds
/// the frame calls [`leave_python`].
///
/// # Errors
/// `RecursionError` at the limit.
#[inline(always)]
pub fn enter_python(thread: ThreadState) -> Result<(), Raised> {
    let has_room = has_python(thread, 0);
    count_python(thread);
    if has_room {
        Ok(())
    } else {
        check_python(thread)
    }
}

/// Counts a frame of Python that was entered without a look at the limit: whoever looked knew that there is room, or it is
/// about to be unwound.
#[inline(always)]
pub fn count_python(thread: ThreadState) {
    // SAFETY: the state is alive and ours.
    unsafe { (*thread.as_ptr()).py_recursion_remaining -= 1 }
}

/// Counts so many frames of Python more, as [`count_python`] does, or with a negative number less.
#[inline(always)]
pub fn count_python_by(thread: ThreadState, frames: c_int) {
    // SAFETY: the state is alive and ours.
    unsafe { (*thread.as_ptr()).py_recursion_remaining -= frames }
}

/// Counts one frame of Python less (ceval_macros.h `_Py_LeaveRecursiveCallPy`).
#[inline(always)]
pub fn leave_python(thread: ThreadState) {
    // SAFETY: the state is alive and ours.
    unsafe { (*thread.as_ptr()).py_recursion_remaining += 1 }
}

/// Whether there is room for more frames of Python than `frames` (`tstate->py_recursion_remaining > frames`).
#[inline(always)]
pub fn has_python(thread: ThreadState, frames: c_int) -> bool {
    // SAFETY: the state is alive.
    unsafe { (*thread.as_ptr()).py_recursion_remaining > frames }
}

/// Whether there is room for more units of the C stack than `units`.
#[inline(always)]
pub fn has_c(thread: ThreadState, units: c_int) -> bool {
    // SAFETY: the state is alive.
    unsafe { (*thread.as_ptr()).c_recursion_remaining > units }
}

/// Counts units of the C stack without a look at the limit, or with a negative number gives them back.
#[inline(always)]
pub fn count_c(thread: ThreadState, units: c_int) {
    // SAFETY: the state is alive and ours.
    unsafe { (*thread.as_ptr()).c_recursion_remaining -= units }
}

/// Counts one unit of the C stack until [`count_c`] gives it back (pycore_ceval.h `_Py_EnterRecursiveCallTstate`). If it
/// fails, nothing was counted.
///
/// # Errors
/// `RecursionError` with `what` (" while …") at its end, at the limit.
#[inline(always)]
pub fn enter_c(thread: ThreadState, what: &CStr) -> Result<(), Raised> {
    enter_c_saying(thread, || what)
}

/// The same, asking what it is about only if it fails.
///
/// # Errors
/// As [`enter_c`].
#[inline(always)]
pub fn enter_c_saying<'a>(
    thread: ThreadState,
    what: impl FnOnce() -> &'a CStr,
) -> Result<(), Raised> {
    // SAFETY: the state is alive and ours.
    let left = unsafe { (*thread.as_ptr()).c_recursion_remaining };
    count_c(thread, 1);
    if left < 0 {
        return check_c(thread, what());
    }
    Ok(())
}

/// Whether the thread is making a `RecursionError`, and may go beyond its limits for that.
fn is_recovering(thread: ThreadState) -> bool {
    // SAFETY: the state is alive.
    unsafe { (*thread.as_ptr()).recursion_headroom != 0 }
}

/// Ends the process: the stack has overflown again while that was being handled.
fn give_up(function: &CStr, why: &CStr) -> ! {
    // SAFETY: two C strings; the function does not come back.
    unsafe { ffi::_Py_FatalErrorFunc(function.as_ptr(), why.as_ptr()) }
}

/// Does something for which the thread may go beyond its limits.
fn recovering(thread: ThreadState, work: impl FnOnce() -> Raised) -> Raised {
    // SAFETY: the state is alive and ours.
    unsafe {
        (*thread.as_ptr()).recursion_headroom += 1;
        let raised = work();
        (*thread.as_ptr()).recursion_headroom -= 1;
        raised
    }
}

/// Looks at the limit of Python recursion when the counter says that there is no room (ceval.c
/// `_Py_CheckRecursiveCallPy`).
///
/// # Errors
/// `RecursionError`, unless one is being made.
#[cold]
#[inline(never)]
fn check_python(thread: ThreadState) -> Result<(), Raised> {
    // SAFETY: the state is alive.
    let left = unsafe { (*thread.as_ptr()).py_recursion_remaining };
    if is_recovering(thread) {
        if left < -HEADROOM {
            give_up(
                c"_Py_CheckRecursiveCallPy",
                c"Cannot recover from Python stack overflow.",
            );
        }
        return Ok(());
    }
    if left > 0 {
        return Ok(());
    }
    Err(recovering(thread, || {
        raise(
            exception::RecursionError,
            c"maximum recursion depth exceeded",
        )
    }))
}

/// Looks at the limit of the C stack when the counter says that there is no room (ceval.c `_Py_CheckRecursiveCall`). The
/// unit that was counted is given back if it fails.
///
/// # Errors
/// `RecursionError` with `what` at its end, unless one is being made.
#[cold]
#[inline(never)]
pub fn check_c(thread: ThreadState, what: &CStr) -> Result<(), Raised> {
    // SAFETY: the state is alive.
    let left = unsafe { (*thread.as_ptr()).c_recursion_remaining };
    if is_recovering(thread) {
        if left < -HEADROOM {
            give_up(
                c"_Py_CheckRecursiveCall",
                c"Cannot recover from stack overflow.",
            );
        }
        return Ok(());
    }
    if left > 0 {
        return Ok(());
    }
    let raised = recovering(thread, || {
        // SAFETY: the format takes a C string.
        unsafe {
            raise_format!(
                exception::RecursionError,
                c"maximum recursion depth exceeded%s",
                what.as_ptr(),
            )
        }
    });
    count_c(thread, -1);
    Err(raised)
}

/// The limit that `sys.getrecursionlimit` gives (ceval.c `Py_GetRecursionLimit`).
pub fn limit() -> c_int {
    // SAFETY: the interpreter of the running thread is alive.
    unsafe {
        (*ThreadState::current().interpreter())
            .ceval
            .recursion_limit
    }
}

/// Sets the limit of Python recursion for all threads of the interpreter, which have counted some of it already
/// (ceval.c `Py_SetRecursionLimit`).
pub fn set_limit(limit: c_int) {
    let interpreter = ThreadState::current().interpreter();
    // SAFETY: the interpreter is alive, and with the GIL no thread of it counts meanwhile. A thread that is made meanwhile
    // gets the new limit.
    unsafe {
        (*interpreter).ceval.recursion_limit = limit;
        for_each_thread(interpreter, |thread| {
            let thread = thread.as_ptr();
            let depth = (*thread).py_recursion_limit - (*thread).py_recursion_remaining;
            (*thread).py_recursion_limit = limit;
            (*thread).py_recursion_remaining = limit - depth;
        });
    }
}
