//! Calls that tell tools (PEP 669): before the call, and after one that runs no Python code of this loop.
use super::call::{Unpacked, make_arguments_a_tuple, pop_names, unbind_method};
use crate::bytecode::Opcode;
use crate::call::{Arguments, vectorcall};
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::monitoring::{Event, Place, fire};
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;

/// Where a call happens, and of what with what: what tools are told.
#[derive(Clone, Copy)]
pub(super) struct Told {
    pub(super) thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    this: *mut ffi::_Py_CODEUNIT,
    callable: *mut ffi::PyObject,
    /// The first argument, or what stands for none.
    first: *mut ffi::PyObject,
}

impl Told {
    /// The call of the instruction that runs.
    #[inline(always)]
    pub(super) fn of(m: &Machine, callable: Borrowed<'_>, first: Option<Borrowed<'_>>) -> Self {
        let missing = || (&raw mut ffi::_PyInstrumentation_MISSING).cast();
        Self {
            thread: m.thread(),
            frame: m.frame(),
            this: m.this(),
            callable: callable.as_ptr(),
            first: first.map_or_else(missing, Borrowed::as_ptr),
        }
    }

    /// The call of the operands on the stack.
    #[inline(always)]
    fn on_stack(m: &Machine) -> Self {
        let count = m.argument_count();
        let first = (count > 0).then(|| m.peek(count));
        Self::of(m, m.callable(), first)
    }

    /// Tells that the call is about to happen.
    ///
    /// # Errors
    /// What a tool's function raises.
    ///
    /// # Safety
    /// The frame runs at the instruction, and callable and argument are alive.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn before(self) -> Result<(), Raised> {
        // SAFETY: as the caller promises.
        let (place, arguments) = unsafe { self.place() };
        fire::event(self.thread, Event::Call, place, &arguments)
    }

    /// Tells how the call of a function of C ended, which may change that.
    ///
    /// # Safety
    /// As [`Told::before`].
    pub(super) unsafe fn after(self, result: Result<Owned, Raised>) -> Result<Owned, Raised> {
        // SAFETY: as the caller promises.
        let (place, arguments) = unsafe { self.place() };
        match result {
            Ok(value) => {
                fire::event(self.thread, Event::CReturn, place, &arguments)?;
                Ok(value)
            }
            Err(raised) => Err(fire::event_while_raising(
                self.thread,
                Event::CRaise,
                place,
                &arguments,
                raised,
            )),
        }
    }

    /// Where it happens, and the arguments that tools get besides.
    ///
    /// # Safety
    /// As [`Told::before`], for as long as the result is used.
    unsafe fn place<'a>(self) -> (Place<'a>, [Borrowed<'a>; 2]) {
        // SAFETY: as the caller promises.
        unsafe {
            let arguments = [self.callable, self.first];
            (
                Place::new(self.frame, self.this),
                arguments.map(|argument| Borrowed::from_raw_unchecked(argument)),
            )
        }
    }
}

/// `INSTRUMENTED_CALL(arguments)`.
#[inline(always)]
pub(in crate::eval) fn instrumented_call(m: &mut Machine) -> Flow {
    // SAFETY: the frame runs at `this`, and the stack keeps callable and arguments.
    unsafe { Told::on_stack(m).before() }?;
    m.pause_counter();
    unbind_method(m);
    if m.enters(m.callable()) {
        return m.run_instead(Opcode::CALL);
    }
    m.advance_counter();
    let count = m.argument_count();
    let told = Told::on_stack(m);
    // SAFETY: as above; the callable is taken before the arguments are used, and the call ends after that.
    unsafe {
        let callable = m.take_callable();
        let result = call_and_tell(told, m.arguments(count, None));
        m.end_vectorcall(callable, count, result)
    }
}

/// `INSTRUMENTED_CALL_KW(arguments)`.
#[inline(always)]
pub(in crate::eval) fn instrumented_call_kw(m: &mut Machine) -> Flow {
    let names = pop_names(m);
    // SAFETY: the frame runs at `this`, and the stack keeps callable and arguments.
    if let Err(raised) = unsafe { Told::on_stack(m).before() } {
        m.push(names.upcast());
        return Err(raised.into());
    }
    unbind_method(m);
    if m.enters(m.callable()) {
        m.push(names.upcast());
        return m.run_instead(Opcode::CALL_KW);
    }
    let count = m.argument_count();
    let told = Told::on_stack(m);
    // SAFETY: as above; the callable is taken before the arguments are used, and the call ends after that.
    unsafe {
        let callable = m.take_callable();
        let arguments = m.arguments(count, Some(names.borrow()));
        let result = call_and_tell(told, arguments);
        drop(names);
        m.end_vectorcall(callable, count, result)
    }
}

/// Calls what does not go on in the loop, and tells how that ended.
///
/// # Safety
/// As [`Told::before`].
#[cold]
#[inline(never)]
unsafe fn call_and_tell(told: Told, arguments: Arguments<'_>) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises.
    unsafe {
        let callable = Borrowed::from_raw_unchecked(told.callable);
        let result = vectorcall::call(told.thread, callable, arguments);
        told.after(result)
    }
}

/// `INSTRUMENTED_CALL_FUNCTION_EX(keywords)`. The call takes C stack, whatever is called.
#[inline(always)]
pub(in crate::eval) fn instrumented_call_function_ex(m: &mut Machine) -> Flow {
    make_arguments_a_tuple(m)?;
    let above = m.operand() & 1;
    let arguments = m.peek(1 + above).downcast::<ffi::PyTupleObject>();
    let first = arguments.and_then(|tuple| tuple.items().first().copied());
    let told = Told::of(m, m.peek(3 + above), first);
    // SAFETY: the frame runs at `this`, and the stack keeps callable and arguments.
    unsafe { told.before() }?;
    let operands = Unpacked::pop(m);
    // SAFETY: as above, but that the operands keep them now.
    let result = unsafe { call_unpacked_and_tell(told, &operands) };
    operands.end(m, result)
}

/// Calls something with unpacked arguments. If that is neither a function nor a method of Python, tells how it ended.
///
/// # Safety
/// As [`Told::before`]; the operands are those of the call.
#[cold]
#[inline(never)]
unsafe fn call_unpacked_and_tell(told: Told, operands: &Unpacked) -> Result<Owned, Raised> {
    let result = operands.call(told.thread);
    let class = operands.callable.borrow().type_of();
    if class.is_at(&raw const ffi::PyFunction_Type) || class.is_at(&raw const ffi::PyMethod_Type) {
        return result;
    }
    // SAFETY: as the caller promises.
    unsafe { told.after(result) }
}
