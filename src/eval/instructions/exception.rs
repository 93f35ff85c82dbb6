//! Raising and handling exceptions.
//!
//! The thread state has two places: the exception that is on its way, which [`Raised`] stands for, and the one that is being
//! handled, which `sys.exception()` gives. A handler begins by putting its exception into the second place, and keeps the
//! earlier one on the stack to put it back at its end.
use crate::eval::exceptions::{self, Raise};
use crate::eval::flow::{Flow, Leave};
use crate::eval::machine::Machine;
use crate::eval::monitor;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use crate::thread::ThreadState;

/// `PUSH_EXC_INFO`: the exception on top is being handled; pushes the one before it, or `None`, below it.
#[inline(always)]
pub(in crate::eval) fn push_exc_info(m: &mut Machine) -> Flow {
    let new = m.pop();
    let previous = exchange_handled(m.thread(), Some(new.clone()));
    m.push(previous.unwrap_or_else(|| Borrowed::none().new_ref()));
    m.push(new);
    Ok(())
}

/// `POP_EXCEPT`: the exception on top, or none where it is `None`, is again the one that is being handled.
#[inline(always)]
pub(in crate::eval) fn pop_except(m: &mut Machine) -> Flow {
    let previous = m.pop();
    let previous = (!previous.borrow().is_none()).then_some(previous);
    drop(exchange_handled(m.thread(), previous));
    Ok(())
}

/// Sets the exception that is being handled, and gives the one before.
#[inline(always)]
fn exchange_handled(thread: ThreadState, new: Option<Owned>) -> Option<Owned> {
    // SAFETY: the thread state is alive, and ours; its innermost place for exceptions owns what it holds.
    unsafe {
        let place = (*thread.as_ptr()).exc_info;
        Owned::exchange(&raw mut (*place).exc_value, new)
    }
}

/// `RAISE_VARARGS(count)`: `raise`, `raise exception`, or `raise exception from cause`.
#[inline(always)]
pub(in crate::eval) fn raise_varargs(m: &mut Machine) -> Flow {
    let count = m.operand();
    if count > 2 {
        return Err(raise(exception::SystemError, c"bad RAISE_VARARGS oparg").into());
    }
    let cause = if count > 1 { Some(m.pop()) } else { None };
    let exception = if count > 0 { Some(m.pop()) } else { None };
    // SAFETY: the frame runs at `this`.
    Err(unsafe { raised(m.thread(), m.frame(), m.this(), exception, cause) })
}

/// Raises an exception, or for none the one that is being handled, which is then raised again.
///
/// # Safety
/// `frame` runs on the thread, at `this`.
#[cold]
#[inline(never)]
unsafe fn raised(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    this: *mut ffi::_Py_CODEUNIT,
    exception: Option<Owned>,
    cause: Option<Owned>,
) -> Leave {
    match exceptions::raise(exception, cause) {
        Raise::Here(raised) => raised.into(),
        Raise::Again(_raised) => {
            // SAFETY: as the caller promises.
            unsafe { monitor::reraise(thread, frame, this) };
            Leave::Reraise
        }
    }
}

/// `RERAISE(values)`: sends the exception on top, which no handler wanted, on its way again. With an operand, the lowest of
/// so many values below it is the place where it was raised first, which tracebacks then show.
#[inline(always)]
pub(in crate::eval) fn reraise(m: &mut Machine) -> Flow {
    let values = m.operand();
    if values > 0 {
        // SAFETY: the frame runs.
        unsafe { stand_at(m.frame(), m.peek(1 + values)) }?;
    }
    // SAFETY: the frame runs at `this`.
    unsafe { raise_again(m.thread(), m.frame(), m.this(), m.peek(1)) };
    Err(Leave::Reraise)
}

/// Makes a frame stand at the instruction with this number.
///
/// # Safety
/// The frame runs; the number, if it is one, is that of an instruction of its code.
#[cold]
#[inline(never)]
unsafe fn stand_at(
    frame: *mut ffi::_PyInterpreterFrame,
    place: Borrowed<'_>,
) -> Result<(), Raised> {
    if !place.type_of().has_feature(ffi::Py_TPFLAGS_LONG_SUBCLASS) {
        return Err(raise(exception::SystemError, c"lasti is not an int"));
    }
    // SAFETY: as the caller promises; the handler's start put the number there, which is small.
    unsafe {
        let start = ffi::_PyCode_CODE(ffi::_PyFrame_GetCode(frame));
        (*frame).instr_ptr = start.offset(ffi::PyLong_AsLong(place.as_ptr()) as isize);
    }
    Ok(())
}

/// Sets an exception that was handled, and tells the tools that it is on its way again (PEP 669's RERAISE).
///
/// # Safety
/// `frame` runs on the thread, at `this`.
#[cold]
#[inline(never)]
pub(super) unsafe fn raise_again(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    this: *mut ffi::_Py_CODEUNIT,
    exception: Borrowed<'_>,
) {
    let _raised = Raised::restore(exception.new_ref());
    // SAFETY: as the caller promises.
    unsafe { monitor::reraise(thread, frame, this) };
}

/// `CHECK_EXC_MATCH`: whether the exception below matches what lies on top of it: a class, or a tuple of classes.
#[inline(always)]
pub(in crate::eval) fn check_exc_match(m: &mut Machine) -> Flow {
    let wanted = m.pop();
    let matches = matches(m.peek(1), wanted.borrow());
    drop(wanted);
    m.push_bool(matches?);
    Ok(())
}

/// Whether `except` of a class or a tuple of classes catches an exception.
///
/// # Errors
/// `TypeError` if it is no such class.
pub(in crate::eval) fn matches(
    exception: Borrowed<'_>,
    wanted: Borrowed<'_>,
) -> Result<bool, Raised> {
    exceptions::check_except_type(wanted)?;
    // SAFETY: live objects.
    Ok(unsafe { ffi::PyErr_GivenExceptionMatches(exception.as_ptr(), wanted.as_ptr()) != 0 })
}

/// `CHECK_EG_MATCH`: splits the exception group below by what lies on top of it, for `except*`: into what is left, and what
/// matches, which is being handled then. `None` stands for nothing.
#[inline(always)]
pub(in crate::eval) fn check_eg_match(m: &mut Machine) -> Flow {
    let wanted = m.pop();
    let group = m.pop();
    let (matching, rest) = split(group, wanted)?;
    m.push(rest);
    m.push(matching);
    Ok(())
}

/// What `except*` of a class or a tuple of classes catches of an exception group, which is being handled then, and what is left.
///
/// # Errors
/// `TypeError` if it is no such class, and what splitting the group raises.
pub(in crate::eval) fn split(group: Owned, wanted: Owned) -> Result<(Owned, Owned), Raised> {
    let parts = exceptions::check_except_star_type(wanted.borrow())
        .and_then(|()| exceptions::group_match(group.borrow(), wanted.borrow()));
    drop(group);
    drop(wanted);
    let (matching, rest) = parts?;
    if !matching.borrow().is_none() {
        // SAFETY: an exception, of which the function takes a reference.
        unsafe { ffi::PyErr_SetHandledException(matching.as_ptr()) };
    }
    Ok((matching, rest))
}

/// `LOAD_ASSERTION_ERROR`: pushes the built-in class, whatever the name means here.
#[inline(always)]
pub(in crate::eval) fn load_assertion_error(m: &mut Machine) -> Flow {
    m.push(exception::AssertionError.class().new_ref());
    Ok(())
}
