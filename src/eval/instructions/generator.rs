//! Generators, and coroutines as far as they are the same: making them, leaving them at a `yield`, and going on with them.
//!
//! A generator that runs Python code goes on in this loop, with its own frame, whose caller is then the frame that wants a
//! value. The states that are set here are those of [`crate::generator::frame`].
use super::exception::raise_again;
use crate::bytecode::Opcode;
use crate::bytecode::cache::Send;
use crate::eval::flow::{Flow, Leave};
use crate::eval::machine::Machine;
use crate::eval::{monitor, recursion};
use crate::ffi;
use crate::frame::{Frame, Owner};
use crate::generator::Generator;
use crate::generator::async_gen::Awaited;
use crate::generator::async_gen_send::{self, Awaitable};
use crate::generator::frame::State;
use crate::generator::{make, stop_iteration};
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use crate::specialize;
use crate::static_id;
use crate::thread::ThreadState;
use core::ptr::null_mut;

/// The code units of a `SEND` or a `FOR_ITER`, behind which their frame goes on when the generator yields. It does not matter
/// which of the two has called.
pub(in crate::eval) const SEND_UNITS: usize = 1 + Opcode::SEND.caches();

const _: () = assert!(Opcode::SEND.caches() == Opcode::FOR_ITER.caches());

/// `RETURN_GENERATOR`: ends the call of a generator function at its start, with a generator that takes over the frame.
#[inline(always)]
pub(in crate::eval) fn return_generator(m: &mut Machine) -> Flow {
    let generator = make::from_function(m.thread(), m.function())?;
    debug_assert_eq!(m.height(), 0);
    m.save_stack();
    recursion::leave_python(m.thread());
    let frame = m.frame();
    // SAFETY: the frame, which nobody has an object of yet, moves into the generator, and its place is given back. Its
    // caller is alive.
    unsafe {
        (*frame).instr_ptr = m.next();
        debug_assert!((*frame).frame_obj.is_null());
        let place = generator.borrow().frame_place();
        let moved = Frame::from_raw_unchecked(frame).move_to(place);
        moved.set_owner(Owner::GENERATOR);
        generator.borrow().set_state(State::CREATED);
        let caller = (*frame).previous;
        ffi::_PyThreadState_PopFrame(m.thread().as_ptr(), frame);
        m.switch_to(caller);
    }
    m.resume_caller(generator.upcast());
    Ok(())
}

/// `YIELD_VALUE(delegates)`: gives the value on top to whoever wants the generator's next one. It never raises, because the
/// compiler takes an exception there for one that was thrown in.
#[inline(always)]
pub(in crate::eval) fn yield_value(m: &mut Machine) -> Flow {
    let value = m.pop();
    stand(m);
    m.save_stack();
    suspend(m, value);
    Ok(())
}

/// Notes that the generator stands behind the instruction that runs.
#[inline(always)]
pub(super) fn stand(m: &mut Machine) {
    // SAFETY: the frame is alive, and the instruction only stands in code of generators.
    let generator = unsafe {
        (*m.frame()).instr_ptr = m.next();
        generator_of(m.frame())
    };
    generator.set_state(State::suspended(m.operand() != 0));
}

/// The generator in which a frame lies.
///
/// # Safety
/// The frame is one of a generator, which lives as long as is wanted.
#[inline(always)]
pub(in crate::eval) unsafe fn generator_of<'a>(
    frame: *mut ffi::_PyInterpreterFrame,
) -> Generator<'a> {
    // SAFETY: as the caller promises.
    unsafe { Frame::from_raw_unchecked(frame).holding_generator() }
}

/// Leaves the generator, whose stack is saved, and gives a value to its caller.
#[inline(always)]
pub(super) fn suspend(m: &mut Machine, value: Owned) {
    // SAFETY: the frame is the generator's that goes on, and its caller is alive.
    unsafe {
        let caller = pause(m.thread(), m.frame());
        m.switch_to(caller);
        m.resume(SEND_UNITS, value);
    }
}

/// The generator or coroutine that an object is, if its frame can go on in this loop.
#[inline(always)]
pub(in crate::eval) fn resumable(object: Borrowed<'_>) -> Option<*mut ffi::PyGenObject> {
    let generator = Generator::of_delegate(object)?;
    generator.state().can_resume().then(|| generator.as_ptr())
}

/// Makes a generator ready to go on with a value, and gives its frame.
///
/// # Safety
/// It is alive, and [`State::can_resume`].
#[inline(always)]
pub(in crate::eval) unsafe fn prepare(
    thread: ThreadState,
    generator: *mut ffi::PyGenObject,
    value: Owned,
) -> *mut ffi::_PyInterpreterFrame {
    // SAFETY: as the caller promises; a frame that is not running has room for a value.
    unsafe {
        let borrowed = Borrowed::from_raw_unchecked(generator);
        let frame = borrowed.frame();
        frame.push(value);
        start(thread, borrowed);
        frame.as_ptr()
    }
}

/// Says that a generator goes on: the exceptions that it handles are the thread's innermost from now on.
///
/// # Safety
/// It is alive, and [`State::can_resume`].
#[inline(always)]
pub(in crate::eval) unsafe fn start(thread: ThreadState, generator: Generator<'_>) {
    generator.settle();
    generator.set_state(State::EXECUTING);
    // SAFETY: as the caller promises.
    unsafe {
        let exceptions = &raw mut (*generator.as_ptr()).gi_exc_state;
        (*exceptions).previous_item = (*thread.as_ptr()).exc_info;
        (*thread.as_ptr()).exc_info = exceptions;
    }
}

/// Says that a generator has paused, which its state tells already: the exceptions that it handles are the thread's no more,
/// and its frame has no caller. Gives that.
///
/// # Safety
/// The frame is a generator's that goes on, the thread's innermost.
#[inline(always)]
pub(in crate::eval) unsafe fn pause(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
) -> *mut ffi::_PyInterpreterFrame {
    // SAFETY: as the caller promises; the generator's exceptions are the thread's innermost.
    unsafe {
        let exceptions = &raw mut (*generator_of(frame).as_ptr()).gi_exc_state;
        (*thread.as_ptr()).exc_info = (*exceptions).previous_item;
        (*exceptions).previous_item = null_mut();
        recursion::leave_python(thread);
        let caller = (*frame).previous;
        (*frame).previous = null_mut();
        caller
    }
}

/// `SEND(distance)`: sends the value on top to the iterator below it, and replaces it by what that yields. When it returns
/// instead, jumps.
#[inline(always)]
pub(in crate::eval) fn send(m: &mut Machine) -> Flow {
    m.adapt::<Send>(|m, site| specialize::send::send(site, m.peek(2)))?;
    if m.keeps_frames()
        && let Some(generator) = resumable(m.peek(2))
    {
        return enter(m, generator);
    }
    // SAFETY: the frame runs at `this`.
    let sent = unsafe { send_to(m.thread(), m.frame(), m.this(), m.peek(2), m.peek(1)) }?;
    let value = match sent {
        Sent::Yielded(value) => value,
        Sent::Returned(value) => {
            m.jump(m.operand().cast_signed());
            value
        }
    };
    drop(m.replace(1, value));
    Ok(())
}

/// `SEND_GEN`: the same for a generator or coroutine.
#[inline(always)]
pub(in crate::eval) fn send_gen(m: &mut Machine) -> Flow {
    m.guard(m.keeps_frames(), Opcode::SEND)?;
    let Some(generator) = resumable(m.peek(2)) else {
        return m.run_instead(Opcode::SEND);
    };
    enter(m, generator)
}

/// Goes on in the generator below the value on top, which it is sent.
#[inline(always)]
fn enter(m: &mut Machine, generator: *mut ffi::PyGenObject) -> Flow {
    let value = m.pop();
    // SAFETY: the stack keeps the generator, which can go on.
    unsafe {
        let frame = prepare(m.thread(), generator, value);
        m.enter(frame, m.return_offset() + m.operand())
    }
}

/// What an iterator did with a value that it was sent.
pub(in crate::eval) enum Sent {
    /// It has given this, and can go on.
    Yielded(Owned),
    /// It has ended with this.
    Returned(Owned),
}

/// Sends a value to an iterator whose code is not run by this loop.
///
/// # Safety
/// `frame` runs on the thread, at `this`.
pub(in crate::eval) unsafe fn send_to(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    this: *mut ffi::_Py_CODEUNIT,
    receiver: Borrowed<'_>,
    value: Borrowed<'_>,
) -> Result<Sent, Raised> {
    let step = Awaitable::of(receiver).filter(|_| value.is_none());
    // SAFETY: a live object.
    let sent = if let Some(awaitable) = step {
        match async_gen_send::step(awaitable, None) {
            // The end of the awaitable, of which nobody is told.
            Ok(Awaited::Result(value)) if !monitor::tells_of_raised(thread) => {
                return Ok(Sent::Returned(value));
            }
            step => step.and_then(Awaited::or_stop).ok(),
        }
    } else if value.is_none() && unsafe { ffi::PyIter_Check(receiver.as_ptr()) } != 0 {
        let class = receiver.type_of();
        // SAFETY: an iterator's slot is called with it; the result is new, or NULL, with an exception or at the end.
        unsafe {
            let next = crate::field!(class.tp_iternext).unwrap_unchecked();
            Owned::from_c_optional(next(receiver.as_ptr()))
        }
    } else {
        let sent = receiver.call_method_in(thread, static_id!(_py_send), &[value]);
        // The exception, which may be the end, is looked at below.
        sent.ok()
    };
    if let Some(value) = sent {
        return Ok(Sent::Yielded(value));
    }
    if let Err(raised) = Raised::pending()
        && raised.matches(exception::StopIteration)
    {
        // SAFETY: as the caller promises.
        unsafe { monitor::raise(thread, frame, this) };
    }
    stop_iteration::take_value().map(Sent::Returned)
}

/// `END_SEND`: drops the iterator below the value that it returned.
#[inline(always)]
pub(in crate::eval) fn end_send(m: &mut Machine) -> Flow {
    let value = m.pop();
    drop(m.replace(1, value));
    Ok(())
}

/// `GET_YIELD_FROM_ITER`: the iterator of what `yield from` is given.
#[inline(always)]
pub(in crate::eval) fn get_yield_from_iter(m: &mut Machine) -> Flow {
    if let Some(iterator) = delegate(m.code(), m.peek(1))? {
        drop(m.replace(1, iterator));
    }
    Ok(())
}

/// The iterator of what `yield from` is given, or `None` if that is a generator or coroutine, which is one itself.
///
/// # Errors
/// `TypeError` for a coroutine where the code is none, and for what cannot be iterated over; what `__iter__` raises.
pub(in crate::eval) fn delegate(
    code: Borrowed<'_, ffi::PyCodeObject>,
    iterable: Borrowed<'_>,
) -> Result<Option<Owned>, Raised> {
    const AWAITING: u32 = ffi::CO_COROUTINE | ffi::CO_ITERABLE_COROUTINE;
    if iterable.is_exactly(&raw const ffi::PyCoro_Type) {
        if crate::field!(code.co_flags).cast_unsigned() & AWAITING == 0 {
            return Err(raise(
                exception::TypeError,
                c"cannot 'yield from' a coroutine object in a non-coroutine generator",
            ));
        }
        return Ok(None);
    }
    if iterable.is_exactly(&raw const ffi::PyGen_Type) {
        return Ok(None);
    }
    // SAFETY: a live object; the result is new, or NULL with an exception.
    unsafe { Owned::from_c(ffi::PyObject_GetIter(iterable.as_ptr())).map(Some) }
}

/// `CLEANUP_THROW`: where an exception was thrown into a `yield from` or an `await`: takes iterator, value and exception. If
/// that is a `StopIteration`, the expression ends with its value; else it goes on its way.
#[inline(always)]
pub(in crate::eval) fn cleanup_throw(m: &mut Machine) -> Flow {
    match stop_value(m.peek(1)) {
        Some(value) => {
            m.drop_values(3);
            m.push(Borrowed::none().new_ref());
            m.push(value);
            Ok(())
        }
        None => {
            // SAFETY: the frame runs at `this`.
            unsafe { raise_again(m.thread(), m.frame(), m.this(), m.peek(1)) };
            Err(Leave::Reraise)
        }
    }
}

/// The value of a `StopIteration`.
pub(in crate::eval) fn stop_value(exception: Borrowed<'_>) -> Option<Owned> {
    // SAFETY: two live objects; an instance of StopIteration or of a subclass has this layout, and may have no value.
    unsafe {
        let class = exception::StopIteration.as_ptr();
        if ffi::PyErr_GivenExceptionMatches(exception.as_ptr(), class) == 0 {
            return None;
        }
        let value = (*exception.as_ptr().cast::<ffi::PyStopIterationObject>()).value;
        Some(
            Borrowed::from_c_optional(value)
                .unwrap_or(Borrowed::none())
                .new_ref(),
        )
    }
}
