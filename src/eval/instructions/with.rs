//! `with` and `async with`: entering a context, and leaving it by an exception.
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::object::text::wrong_kind;
use crate::object::{Borrowed, Owned, Raised, lookup};
use crate::static_id;
use core::ffi::CStr;
use core::ptr::null_mut;

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
    let methods = methods(
        m.peek(1),
        &Protocol {
            enter: static_id!(_py___enter__),
            exit: static_id!(_py___exit__),
            without_enter: c"'%.200s' object does not support the context manager protocol",
            without_exit:
                c"'%.200s' object does not support the context manager protocol (missed __exit__ \
                            method)",
        },
    )?;
    enter(m, methods)
}

/// `BEFORE_ASYNC_WITH`: the same with `__aexit__` and `__aenter__`.
#[inline(always)]
pub(in crate::eval) fn before_async_with(m: &mut Machine) -> Flow {
    let methods = methods(
        m.peek(1),
        &Protocol {
            enter: static_id!(_py___aenter__),
            exit: static_id!(_py___aexit__),
            without_enter: c"'%.200s' object does not support the asynchronous context manager protocol",
            without_exit: c"'%.200s' object does not support the asynchronous context manager protocol (missed \
                            __aexit__ method)",
        },
    )?;
    enter(m, methods)
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
    let entered = enter.borrow().call(&[]);
    drop(enter);
    // An error drops `exit`, too.
    let entered = entered?;
    m.push(exit);
    m.push(entered);
    Ok(())
}

/// `WITH_EXCEPT_START`: calls the `__exit__` that lies below three more values with the exception on top, its class and its
/// traceback, and pushes the result.
#[inline(always)]
pub(in crate::eval) fn with_except_start(m: &mut Machine) -> Flow {
    let result = exit(m.peek(4), m.peek(1))?;
    m.push(result);
    Ok(())
}

fn exit(function: Borrowed<'_>, exception: Borrowed<'_>) -> Result<Owned, Raised> {
    // SAFETY: an exception, which has a traceback or none. The array has a free place before the arguments; the exception
    // keeps class and traceback, for which no references are taken, because counts can be seen.
    unsafe {
        let traceback = (*exception.as_ptr().cast::<ffi::PyBaseExceptionObject>()).traceback;
        let traceback = Borrowed::from_c_optional(traceback).unwrap_or(Borrowed::none());
        let mut arguments = [
            null_mut(),
            exception.type_of().as_ptr().cast(),
            exception.as_ptr(),
            traceback.as_ptr(),
        ];
        Owned::from_c(ffi::PyObject_Vectorcall(
            function.as_ptr(),
            arguments.as_mut_ptr().add(1),
            3 | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
            null_mut(),
        ))
    }
}
