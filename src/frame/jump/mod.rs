//! Setting `f_lineno`: a debugger moves a frame to another line. Allowed where the value stack there is one that the stack
//! here can be cut down to, which [`marks`] finds out. Writes the frame; a warning and destructors may run any code.
mod lines;
mod marks;
mod stack;

use crate::ffi;
use crate::field;
use crate::frame::object::FrameObject;
use crate::object::{Borrowed, Owned, Raised, check_status, exception, raise};
use crate::raise_format;
use crate::thread::ThreadState;
use core::cmp::Reverse;
use core::ffi::{CStr, c_int};
use marks::Marks;
use stack::{Entry, Stack};

/// Sets `f_lineno` (frameobject.c `frame_setlineno`).
///
/// # Errors
/// `ValueError` for what is no line of the code, a line that cannot be jumped to, or a frame whose tracer is not being told
/// of a line; `AttributeError` for a deletion; a `RuntimeWarning` that is an error; `MemoryError`.
pub(super) fn set_line(object: FrameObject<'_>, line: Option<Borrowed<'_>>) -> Result<(), Raised> {
    let Some(line) = line else {
        return Err(raise(exception::AttributeError, c"cannot delete attribute"));
    };
    if !line.is_exactly(&raw const ffi::PyLong_Type) {
        return Err(raise(exception::ValueError, c"lineno must be an integer"));
    }
    let generator = object.frame().generator();
    let is_suspended = generator.is_some_and(|generator| generator.state().is_suspended());
    let thread = ThreadState::current();
    check_event(thread)?;
    let code = object.frame().code();
    let (line, lines) = existing_line(code, number(line)?)?;
    let marks = Marks::of(code)?;
    let index = object.frame().instruction_index();
    let here = usize::try_from(index).map_or(Stack::Unreachable, |index| marks.before(index));
    let there = lines
        .iter()
        .enumerate()
        .filter(|(_, starting)| **starting == Some(line))
        .map(|(index, _)| (index, marks.before(index)));
    let (target, wanted) = best_target(here, there)?;
    bind_unbound(object)?;
    // A suspended frame has given away what its `yield` took from the stack.
    let here = if is_suspended { here.pop() } else { here };
    cut_stack(thread, object, here, wanted);
    object.forget_line();
    // SAFETY: the stack is now as the instruction there expects it.
    unsafe { object.frame().go_on_at(code.instruction_at(target)) };
    Ok(())
}

/// Whether the tracer that runs was called for an event at which the frame stands still where it can go on elsewhere.
fn check_event(thread: ThreadState) -> Result<(), Raised> {
    // SAFETY: the thread is attached and runs this.
    let event = unsafe { (*thread.as_ptr()).what_event };
    let Ok(event) = u32::try_from(event) else {
        return Err(raise(
            exception::ValueError,
            c"f_lineno can only be set in a trace function",
        ));
    };
    let message = match event {
        ffi::PY_MONITORING_EVENT_PY_RESUME
        | ffi::PY_MONITORING_EVENT_JUMP
        | ffi::PY_MONITORING_EVENT_BRANCH
        | ffi::PY_MONITORING_EVENT_LINE
        | ffi::PY_MONITORING_EVENT_PY_YIELD => return Ok(()),
        ffi::PY_MONITORING_EVENT_PY_START => {
            c"can't jump from the 'call' trace event of a new frame"
        }
        ffi::PY_MONITORING_EVENT_CALL | ffi::PY_MONITORING_EVENT_C_RETURN => {
            c"can't jump during a call"
        }
        ffi::PY_MONITORING_EVENT_PY_RETURN
        | ffi::PY_MONITORING_EVENT_PY_UNWIND
        | ffi::PY_MONITORING_EVENT_PY_THROW
        | ffi::PY_MONITORING_EVENT_RAISE
        | ffi::PY_MONITORING_EVENT_C_RAISE
        | ffi::PY_MONITORING_EVENT_INSTRUCTION
        | ffi::PY_MONITORING_EVENT_EXCEPTION_HANDLED => c"can only jump from a 'line' trace event",
        _ => return Err(raise(exception::SystemError, c"unexpected event type")),
    };
    Err(raise(exception::ValueError, message))
}

/// An `int` as a C `int`.
fn number(line: Borrowed<'_>) -> Result<c_int, Raised> {
    let mut overflow = 0;
    // SAFETY: the object is an int, so that only its size matters, and that is told through the pointer.
    let number = unsafe { ffi::PyLong_AsLongAndOverflow(line.as_ptr(), &raw mut overflow) };
    c_int::try_from(number)
        .ok()
        .filter(|_| overflow == 0)
        .ok_or_else(|| raise(exception::ValueError, c"lineno out of range"))
}

/// The first line of the code from `wanted` on that has instructions, and for each place of the code the line that starts
/// there.
fn existing_line(
    code: Borrowed<'_, ffi::PyCodeObject>,
    wanted: c_int,
) -> Result<(c_int, Vec<Option<c_int>>), Raised> {
    let outside = |format: &CStr| {
        // SAFETY: the formats given here take an int.
        unsafe { raise_format!(exception::ValueError, format, wanted) }
    };
    if wanted < field!(code.co_firstlineno) {
        return Err(outside(c"line %d comes before the current code block"));
    }
    let lines = lines::starting(code)?;
    let from_wanted_on = lines.iter().flatten().filter(|line| **line >= wanted);
    match from_wanted_on.min() {
        Some(&line) => Ok((line, lines)),
        None => Err(outside(c"line %d comes after the current code block")),
    }
}

/// Of the places at which a line starts, the first of those with the highest stack that can be jumped to, with its stack.
fn best_target(
    here: Stack,
    mut places: impl Iterator<Item = (usize, Stack)> + Clone,
) -> Result<(usize, Stack), Raised> {
    let possible = places.clone().filter(|(_, stack)| here.fits(*stack));
    if let Some(best) = possible.min_by_key(|(_, stack)| Reverse(*stack)) {
        return Ok(best);
    }
    let message = match (places.next(), here) {
        (None, _) => c"cannot find bytecode for specified line",
        (_, Stack::TooDeep) => c"stack to deep to analyze",
        (_, Stack::Unreachable) => c"can't jump from unreachable code",
        (Some((_, stack)), Stack::Known(_)) => why_not(stack),
    };
    Err(raise(exception::ValueError, message))
}

/// Why a place with this stack cannot be jumped to (frameobject.c `explain_incompatible_stack`).
fn why_not(stack: Stack) -> &'static CStr {
    match stack {
        Stack::TooDeep => c"stack is too deep to analyze",
        Stack::Unreachable => c"can't jump into an exception handler, or code may be unreachable",
        Stack::Known(entries) => match entries.top() {
            Some(Entry::Exception) => c"can't jump into an 'except' block as there's no exception",
            Some(Entry::Instruction) => {
                c"can't jump into a re-raising block as there's no location"
            }
            Some(Entry::Iterator) => c"can't jump into the body of a for loop",
            Some(Entry::Object | Entry::Null) | None => c"incompatible stacks",
        },
    }
}

/// Binds the variables that are unbound to `None`, with a warning: the code there may rely on those that the compiler has
/// proven to be bound.
fn bind_unbound(object: FrameObject<'_>) -> Result<(), Raised> {
    let unbound = || {
        object
            .frame()
            .variables()
            .filter(|variable| variable.is_empty())
    };
    let count = unbound().count();
    if count == 0 {
        return Ok(());
    }
    let plural = if count == 1 { c"" } else { c"s" };
    // SAFETY: a warning category; the format takes an int and a C string.
    check_status(unsafe {
        ffi::PyErr_WarnFormat(
            exception::RuntimeWarning.as_ptr(),
            0,
            c"assigning None to %d unbound local%s".as_ptr(),
            count as c_int,
            plural.as_ptr(),
        )
    })?;
    unbound().for_each(|variable| variable.bind(Borrowed::none()));
    Ok(())
}

/// Drops entries of the frame's stack until it is the one wanted. An exception among them was being handled, and is not any
/// more.
fn cut_stack(thread: ThreadState, object: FrameObject<'_>, mut here: Stack, wanted: Stack) {
    while here > wanted {
        // SAFETY: the frame has as many entries as the analysis says, and does not run while its tracer does. The thread's
        // innermost record of handled exceptions owns its exception or has none.
        unsafe {
            let entry = object.frame().pop();
            if here.top() == Some(Entry::Exception) {
                let exception = entry.filter(|exception| !exception.borrow().is_none());
                let handled = (*thread.as_ptr()).exc_info;
                drop(Owned::exchange(&raw mut (*handled).exc_value, exception));
            } else {
                drop(entry);
            }
        }
        here = here.pop();
    }
}
