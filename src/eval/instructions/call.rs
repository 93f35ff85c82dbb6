//! Calls of anything: without keywords, with keywords, and with `*` and `**`.
//!
//! A call of a Python function goes on in this loop with a new frame, and takes no C stack. Its specialised forms are in
//! [`super::call_python`]; those for functions and methods of C in [`super::call_builtin`] and [`super::call_method`].
use crate::bytecode::Opcode;
use crate::bytecode::cache::Call;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::eval::{errors, frames};
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised};
use crate::specialize;
use crate::thread::ThreadState;
use core::ffi::c_int;
use core::ptr::null_mut;

/// `PUSH_NULL`: the place of `self` in a call that has none.
#[inline(always)]
pub(in crate::eval) fn push_null(m: &mut Machine) -> Flow {
    m.push_optional(None);
    Ok(())
}

/// `CALL(arguments)`: calls what lies below `self` or NULL and the arguments.
#[inline(always)]
pub(in crate::eval) fn call(m: &mut Machine) -> Flow {
    m.adapt::<Call>(|m, site| {
        specialize::calls::call(site, m.callable(), m.argument_count() as c_int);
    })?;
    unbind_method(m);
    if m.enters(m.callable()) {
        return enter(m, None);
    }
    call_other(m)
}

/// `CALL_NON_PY_GENERAL`: of what is neither a Python function nor a bound method.
#[inline(always)]
pub(in crate::eval) fn call_non_py_general(m: &mut Machine) -> Flow {
    let callable = m.callable();
    let fits = !callable.is_exactly(&raw const ffi::PyFunction_Type)
        && !callable.is_exactly(&raw const ffi::PyMethod_Type);
    m.guard(fits, Opcode::CALL)?;
    call_other(m)
}

/// `CALL_KW(arguments)`: the same with keywords, whose names are in a tuple on top, and whose values are the last of the
/// arguments.
#[inline(always)]
pub(in crate::eval) fn call_kw(m: &mut Machine) -> Flow {
    let names = m.pop();
    unbind_method(m);
    if m.enters(m.callable()) {
        return enter(m, Some(names));
    }
    let count = m.argument_count();
    // SAFETY: the arguments lie on top, and the callable below them.
    unsafe {
        let callable = m.take_callable();
        let positional = count - count_names(names.borrow());
        let arguments = m.top(count);
        let result = vectorcall(
            m.thread(),
            callable.borrow(),
            arguments,
            positional,
            Some(names.borrow()),
        );
        drop(names);
        m.end_vectorcall(callable, count, result)
    }
}

/// If a bound method is called, its function is called with its `self`.
#[inline(always)]
pub(super) fn unbind_method(m: &mut Machine) {
    if let Some(method) = m.bound_method() {
        // SAFETY: it is what is called.
        unsafe { m.unbind(method) };
    }
}

/// Calls something that does not go on in this loop.
#[inline(always)]
fn call_other(m: &mut Machine) -> Flow {
    let count = m.argument_count();
    // SAFETY: the arguments lie on top, and the callable below them.
    unsafe {
        let callable = m.take_callable();
        let result = vectorcall(m.thread(), callable.borrow(), m.top(count), count, None);
        m.end_vectorcall(callable, count, result)
    }
}

/// Calls an object with arguments from the stack, of which the first `positional` have no names.
///
/// # Safety
/// They lie at `arguments`, those with names after the others, and there is an entry before them that may be written to.
#[inline(always)]
pub(super) unsafe fn vectorcall(
    thread: ThreadState,
    callable: Borrowed<'_>,
    arguments: *mut *mut ffi::PyObject,
    positional: usize,
    names: Option<Borrowed<'_>>,
) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises; the result is new, or NULL with an exception.
    unsafe {
        Owned::from_c(ffi::_PyObject_VectorcallTstate(
            thread.as_ptr(),
            callable.as_ptr(),
            arguments,
            positional | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
            names.map_or(null_mut(), Borrowed::as_ptr),
        ))
    }
}

/// Goes on in a new frame of the Python function that is called.
#[inline(always)]
fn enter(m: &mut Machine, names: Option<Owned>) -> Flow {
    let frame = push(m, names)?;
    // SAFETY: the frame is new and ready to run.
    unsafe { m.enter(frame, m.return_offset()) }
}

/// Takes the operands of a call of a Python function from the stack and makes a frame of them.
#[inline(always)]
pub(super) fn push(
    m: &mut Machine,
    names: Option<Owned>,
) -> Result<*mut ffi::_PyInterpreterFrame, Raised> {
    let count = m.argument_count();
    let arguments = m.top(count);
    // SAFETY: a Python function lies below its arguments; the stack forgets all of them, and they stay in place until the
    // new frame, which takes them whatever happens, has its own.
    unsafe {
        let named = names
            .as_ref()
            .map_or(0, |names| count_names(names.borrow()));
        let function = m.take_callable().into_raw().cast();
        m.forget(m.operand() + 2);
        frames::push_and_init(
            m.thread(),
            Owned::from_raw_unchecked(function),
            namespace_of(function),
            arguments,
            count - named,
            names.as_ref().map(Owned::borrow),
        )
    }
}

/// The namespace of a frame of this function: its globals, if its code is not that of a function.
///
/// # Safety
/// The function is alive.
#[inline(always)]
unsafe fn namespace_of(function: *mut ffi::PyFunctionObject) -> Option<Owned> {
    // SAFETY: a function has code and globals.
    unsafe {
        let code = (*function).func_code.cast::<ffi::PyCodeObject>();
        let optimised = (*code).co_flags.cast_unsigned() & ffi::CO_OPTIMIZED != 0;
        (!optimised).then(|| Borrowed::from_raw_unchecked((*function).func_globals).new_ref())
    }
}

/// The first item of a tuple, if it has one.
///
/// # Safety
/// It is a tuple.
#[inline(always)]
pub(super) unsafe fn first_of_tuple(tuple: Borrowed<'_>) -> Option<Borrowed<'_>> {
    // SAFETY: as the caller promises; a tuple keeps its items.
    unsafe {
        let tuple = tuple.as_ptr().cast::<ffi::PyTupleObject>();
        if (*tuple).ob_base.ob_size > 0 {
            Borrowed::from_c_optional(*ffi::_PyTuple_ITEMS(tuple))
        } else {
            None
        }
    }
}

/// How many keywords a call has: the size of the tuple of their names.
///
/// # Safety
/// It is a tuple.
#[inline(always)]
pub(super) unsafe fn count_names(names: Borrowed<'_>) -> usize {
    // SAFETY: as the caller promises.
    unsafe {
        (*names.as_ptr().cast::<ffi::PyVarObject>())
            .ob_size
            .cast_unsigned()
    }
}

/// `CALL_FUNCTION_EX(keywords)`: calls with the arguments of an iterable, and with the keywords of the dict on top of it if
/// the operand's lowest bit says so. Below the iterable lie NULL and the callable.
#[inline(always)]
pub(in crate::eval) fn call_function_ex(m: &mut Machine) -> Flow {
    make_arguments_a_tuple(m)?;
    let callable = m.peek(3 + (m.operand() & 1));
    if m.enters(callable) {
        let Unpacked {
            callable,
            arguments,
            keywords,
        } = Unpacked::pop(m);
        let function = callable.into_raw().cast();
        // SAFETY: a Python function, as just checked; the new frame takes all, whatever happens.
        let frame = unsafe {
            let namespace = namespace_of(function);
            let function = Owned::from_raw_unchecked(function);
            frames::push_and_init_ex(m.thread(), function, namespace, arguments, keywords)
        }?;
        // SAFETY: the frame is new and ready to run.
        return unsafe { m.enter(frame, m.return_offset()) };
    }
    let operands = Unpacked::pop(m);
    let result = operands.call();
    operands.end(m, result)
}

/// The operands of a `CALL_FUNCTION_EX`, taken from the stack.
pub(super) struct Unpacked {
    pub(super) callable: Owned,
    pub(super) arguments: Owned,
    keywords: Option<Owned>,
}

impl Unpacked {
    #[inline(always)]
    pub(super) fn pop(m: &mut Machine) -> Self {
        let keywords = if m.operand() & 1 != 0 {
            Some(m.pop())
        } else {
            None
        };
        let arguments = m.pop();
        // SAFETY: the entry of `self`, which is always NULL here.
        unsafe { m.forget(1) };
        Self {
            callable: m.pop(),
            arguments,
            keywords,
        }
    }

    #[inline(always)]
    pub(super) fn call(&self) -> Result<Owned, Raised> {
        let keywords = self.keywords.as_ref().map_or(null_mut(), Owned::as_ptr);
        // SAFETY: a callable, a tuple, and a dict or NULL; the result is new, or NULL with an exception.
        unsafe {
            Owned::from_c(ffi::PyObject_Call(
                self.callable.as_ptr(),
                self.arguments.as_ptr(),
                keywords,
            ))
        }
    }

    /// Drops the operands and puts the result on the stack. Others may then interrupt.
    #[inline(always)]
    pub(super) fn end(self, m: &mut Machine, result: Result<Owned, Raised>) -> Flow {
        drop(self.callable);
        drop(self.arguments);
        drop(self.keywords);
        m.push(result?);
        m.check_eval_breaker()
    }
}

/// Puts a tuple in the place of the iterable of a `CALL_FUNCTION_EX`, unless it is one.
#[inline(always)]
pub(super) fn make_arguments_a_tuple(m: &mut Machine) -> Flow {
    let depth = 1 + (m.operand() & 1);
    if m.peek(depth).is_exactly(&raw const ffi::PyTuple_Type) {
        return Ok(());
    }
    let tuple = tuple_of(m.thread(), m.peek(depth + 2), m.peek(depth))?;
    drop(m.replace(depth, tuple));
    Ok(())
}

#[inline(never)]
fn tuple_of(
    thread: ThreadState,
    callable: Borrowed<'_>,
    arguments: Borrowed<'_>,
) -> Result<Owned, Raised> {
    errors::check_args_iterable(thread, callable, arguments)?;
    // SAFETY: a live object; the result is new, or NULL with an exception.
    unsafe { Owned::from_c(ffi::PySequence_Tuple(arguments.as_ptr())) }
}
