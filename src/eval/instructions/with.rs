//! `with` and `async with`: entering a context, and leaving it by an exception.
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::object::text::wrong_kind;
use crate::object::{Borrowed, Owned, Raised, lookup};
use crate::static_id;
use crate::thread::ThreadState;
use core::ffi::CStr;

/// The two methods of a context manager, and what is said where one is missing.
struct Protocol {
    enter: Borrowed<'static>,
    exit: Borrowed<'static>,
    without_enter: &'static CStr,
    without_exit: &'static CStr,
}

/// `BEFORE_WITH`: replaces the context manager on top by its `__exit__` and, above it, what its `__enter__` gives.
#[inline(always)]
pub(in crate::eval) fn before_with(m: &mut Machine) -> Flow {
    let methods = methods(m.peek(1), &plain())?;
    enter(m, methods)
}

/// Calls the `__enter__` of a context manager: its `__exit__`, and what that gives.
///
/// # Errors
/// `TypeError` if it is none; what `__enter__` raises.
pub(in crate::eval) fn enter_manager(
    thread: ThreadState,
    manager: Owned,
) -> Result<(Owned, Owned), Raised> {
    enter_by(thread, manager, &plain())
}

fn enter_by(
    thread: ThreadState,
    manager: Owned,
    protocol: &Protocol,
) -> Result<(Owned, Owned), Raised> {
    let Methods { enter, exit } = methods(manager.borrow(), protocol)?;
    drop(manager);
    let entered = call_enter(thread, enter)?;
    Ok((exit, entered))
}

/// The protocol of `with`.
#[inline(always)]
fn plain() -> Protocol {
    Protocol {
        enter: static_id!(_py___enter__),
        exit: static_id!(_py___exit__),
        without_enter: c"'%.200s' object does not support the context manager protocol",
        without_exit:
            c"'%.200s' object does not support the context manager protocol (missed __exit__ \
                        method)",
    }
}

/// `BEFORE_ASYNC_WITH`: the same with `__aexit__` and `__aenter__`.
#[inline(always)]
pub(in crate::eval) fn before_async_with(m: &mut Machine) -> Flow {
    let methods = methods(m.peek(1), &asynchronous())?;
    enter(m, methods)
}

/// Calls the `__aenter__` of an asynchronous context manager: its `__aexit__`, and what that gives.
///
/// # Errors
/// `TypeError` if it is none; what `__aenter__` raises.
pub(in crate::eval) fn enter_async_manager(
    thread: ThreadState,
    manager: Owned,
) -> Result<(Owned, Owned), Raised> {
    enter_by(thread, manager, &asynchronous())
}

/// The protocol of `async with`.
#[inline(always)]
fn asynchronous() -> Protocol {
    Protocol {
        enter: static_id!(_py___aenter__),
        exit: static_id!(_py___aexit__),
        without_enter:
            c"'%.200s' object does not support the asynchronous context manager protocol",
        without_exit:
            c"'%.200s' object does not support the asynchronous context manager protocol (missed \
                        __aexit__ method)",
    }
}

/// What is found of a context manager.
struct Methods {
    enter: Owned,
    exit: Owned,
}

#[inline(never)]
fn methods(manager: Borrowed<'_>, protocol: &Protocol) -> Result<Methods, Raised> {
    let method =
        |name, missing| lookup::special(manager, name)?.ok_or_else(|| wrong_kind(missing, manager));
    let enter = method(protocol.enter, protocol.without_enter)?;
    let exit = method(protocol.exit, protocol.without_exit)?;
    Ok(Methods { enter, exit })
}

#[inline(always)]
fn enter(m: &mut Machine, methods: Methods) -> Flow {
    let Methods { enter, exit } = methods;
    drop(m.pop());
    // An error drops `exit`, too.
    let entered = call_enter(m.thread(), enter)?;
    m.push(exit);
    m.push(entered);
    Ok(())
}

#[inline(never)]
fn call_enter(thread: ThreadState, function: Owned) -> Result<Owned, Raised> {
    function.borrow().call_in(thread, &[])
}

/// `WITH_EXCEPT_START`: calls the `__exit__` that lies below three more values with the exception on top, its class and its
/// traceback, and pushes the result.
#[inline(always)]
pub(in crate::eval) fn with_except_start(m: &mut Machine) -> Flow {
    let result = call_exit(m.thread(), m.peek(4), m.peek(1))?;
    m.push(result);
    Ok(())
}

/// Calls the `__exit__` of a context manager with an exception.
///
/// # Errors
/// What it raises.
#[inline(never)]
pub(in crate::eval) fn call_exit(
    thread: ThreadState,
    function: Borrowed<'_>,
    exception: Borrowed<'_>,
) -> Result<Owned, Raised> {
    // SAFETY: an exception, which has a traceback or none. It keeps both that and its class, for which no references are
    // taken, because counts can be seen.
    let traceback = unsafe {
        let traceback = (*exception.as_ptr().cast::<ffi::PyBaseExceptionObject>()).traceback;
        Borrowed::from_c_optional(traceback).unwrap_or(Borrowed::none())
    };
    let class = exception.type_of().upcast();
    function.call_in(thread, &[class, exception, traceback])
}
