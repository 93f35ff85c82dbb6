//! Calls of anything: without keywords, with keywords, and with `*` and `**`.
//!
//! A call of a Python function goes on in this loop with a new frame, and takes no C stack. Its specialised forms are in
//! [`super::call_python`]; those for functions and methods of C in [`super::call_builtin`] and [`super::call_method`].
use crate::bytecode::Opcode;
use crate::bytecode::cache::Call;
use crate::call::vectorcall;
use crate::eval::entry::namespace_of;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::eval::{errors, frames};
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised};
use crate::profile;
use crate::specialize;
use crate::thread::ThreadState;
use core::ffi::c_int;

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
    let names = pop_names(m);
    if profile::notes(m.thread()) {
        note(m, Opcode::CALL_KW, m.callable(), 0);
    }
    unbind_method(m);
    if m.enters(m.callable()) {
        return enter(m, Some(names));
    }
    let count = m.argument_count();
    // SAFETY: the callable is taken before the arguments are used, and the call ends after that.
    unsafe {
        let callable = m.take_callable();
        let arguments = m.arguments(count, Some(names.borrow()));
        let result = vectorcall::call(m.thread(), callable.borrow(), arguments);
        drop(names);
        m.end_vectorcall(callable, count, result)
    }
}

/// Notes now and then what is called, and with how many arguments: the instruction has no cache in which that would stand.
#[inline(never)]
fn note(m: &Machine, form: Opcode, callable: Borrowed<'_>, arguments: usize) {
    if profile::is_turn()
        && let Ok(arguments) = u16::try_from(arguments)
    {
        // SAFETY: the instruction is one of the code.
        let index = unsafe { m.this().offset_from(m.code_start()) };
        profile::table::note_call(m.code(), index.cast_unsigned(), form, callable, arguments);
    }
}

/// Takes the names of the keywords of a call from the stack.
#[inline(always)]
pub(super) fn pop_names(m: &mut Machine) -> Owned<ffi::PyTupleObject> {
    // SAFETY: the compiler makes a tuple of them.
    unsafe { Owned::from_raw_unchecked(m.pop().into_raw().cast()) }
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
    // SAFETY: the callable is taken before the arguments are used, and the call ends after that.
    unsafe {
        let callable = m.take_callable();
        let arguments = m.arguments(count, None);
        let result = vectorcall::call(m.thread(), callable.borrow(), arguments);
        m.end_vectorcall(callable, count, result)
    }
}

/// Goes on in a new frame of the Python function that is called.
#[inline(always)]
fn enter(m: &mut Machine, names: Option<Owned<ffi::PyTupleObject>>) -> Flow {
    let frame = push(m, names)?;
    // SAFETY: the frame is new and ready to run.
    unsafe { m.enter(frame, m.return_offset()) }
}

/// Takes the operands of a call of a Python function from the stack and makes a frame of them.
#[inline(always)]
pub(super) fn push(
    m: &mut Machine,
    names: Option<Owned<ffi::PyTupleObject>>,
) -> Result<*mut ffi::_PyInterpreterFrame, Raised> {
    let count = m.argument_count();
    let arguments = m.top(count);
    // SAFETY: a Python function lies below its arguments; the stack forgets all of them, and they stay in place until the
    // new frame, which takes them whatever happens, has its own.
    unsafe {
        let names = names.as_ref().map(Owned::borrow);
        let named = names.map_or(0, |names| names.items().len());
        let function: Owned<ffi::PyFunctionObject> =
            Owned::from_raw_unchecked(m.take_callable().into_raw().cast());
        m.forget(m.operand() + 2);
        let namespace = namespace_of(function.borrow()).map(Borrowed::new_ref);
        frames::push_and_init(
            m.thread(),
            function,
            namespace,
            arguments,
            count - named,
            names,
        )
    }
}

/// `CALL_FUNCTION_EX(keywords)`: calls with the arguments of an iterable, and with the keywords of the dict on top of it if
/// the operand's lowest bit says so. Below the iterable lie NULL and the callable.
#[inline(always)]
pub(in crate::eval) fn call_function_ex(m: &mut Machine) -> Flow {
    make_arguments_a_tuple(m)?;
    let callable = m.peek(3 + (m.operand() & 1));
    if profile::notes(m.thread()) {
        note_unpacked(m);
    }
    if m.enters(callable) {
        let Unpacked {
            callable,
            arguments,
            keywords,
        } = Unpacked::pop(m);
        // SAFETY: a Python function, as just checked; the new frame takes all, whatever happens.
        let frame = unsafe {
            let function: Owned<ffi::PyFunctionObject> =
                Owned::from_raw_unchecked(callable.into_raw().cast());
            let namespace = namespace_of(function.borrow()).map(Borrowed::new_ref);
            frames::push_and_init_ex(m.thread(), function, namespace, arguments, keywords)
        }?;
        // SAFETY: the frame is new and ready to run.
        return unsafe { m.enter(frame, m.return_offset()) };
    }
    let operands = Unpacked::pop(m);
    let result = operands.call(m.thread());
    operands.end(m, result)
}

/// The same for `CALL_FUNCTION_EX`, if it gives no argument a name.
#[inline(never)]
fn note_unpacked(m: &Machine) {
    let has_keywords = m.operand() & 1;
    // SAFETY: the compiler makes a dict of the keywords, and of the arguments there is a tuple by now.
    let (named, count) = unsafe {
        let named =
            (has_keywords != 0).then(|| (*m.peek(1).as_ptr().cast::<ffi::PyDictObject>()).ma_used);
        let count = ffi::Py_SIZE(m.peek(1 + has_keywords).as_ptr());
        (named.unwrap_or(0), count.cast_unsigned())
    };
    if named == 0 {
        note(m, Opcode::CALL_FUNCTION_EX, m.peek(3 + has_keywords), count);
    }
}

/// The operands of a `CALL_FUNCTION_EX`, taken from the stack.
pub(super) struct Unpacked {
    pub(super) callable: Owned,
    arguments: Owned<ffi::PyTupleObject>,
    keywords: Option<Owned<ffi::PyDictObject>>,
}

impl Unpacked {
    #[inline(always)]
    pub(super) fn pop(m: &mut Machine) -> Self {
        // SAFETY: the compiler makes a dict of the keywords, and of the arguments there is a tuple by now. The entry of `self`
        // is always NULL here.
        unsafe {
            let keywords = (m.operand() & 1 != 0)
                .then(|| Owned::from_raw_unchecked(m.pop().into_raw().cast()));
            let arguments = Owned::from_raw_unchecked(m.pop().into_raw().cast());
            m.forget(1);
            Self {
                callable: m.pop(),
                arguments,
                keywords,
            }
        }
    }

    #[inline(always)]
    pub(super) fn call(&self, thread: ThreadState) -> Result<Owned, Raised> {
        vectorcall::call_with_tuple(
            thread,
            self.callable.borrow(),
            self.arguments.borrow(),
            self.keywords.as_ref().map(Owned::borrow),
        )
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

/// A tuple of the items of an iterable that are the arguments of a call.
///
/// # Errors
/// `TypeError`, which names the callable, if it is none; what iterating raises.
#[inline(never)]
pub(in crate::eval) fn tuple_of(
    thread: ThreadState,
    callable: Borrowed<'_>,
    arguments: Borrowed<'_>,
) -> Result<Owned, Raised> {
    errors::check_args_iterable(thread, callable, arguments)?;
    // SAFETY: a live object; the result is new, or NULL with an exception.
    unsafe { Owned::from_c(ffi::PySequence_Tuple(arguments.as_ptr())) }
}
