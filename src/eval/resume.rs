//! Generators, for machine code: what the loop does by its instructions to make one, to go on in one, to end one, and to send to whatever
//! else yields. Runs machine code.
use super::instructions::generator::{
    SEND_UNITS, Sent, generator_of, pause, prepare, resumable, send_to, start,
};
use super::recursion;
use crate::bytecode::{Opcode, original};
use crate::ffi;
use crate::field;
use crate::frame::{Frame, Owner, make_current};
use crate::generator::Generator;
use crate::generator::chain::{Kept, Moment};
use crate::generator::coroutine::origin_depth;
use crate::generator::frame::{Kind, State};
use crate::generator::make;
use crate::jit::executor::{Executor, executor_of};
use crate::object::generic::type_attribute;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ptr::null_mut;
use pyroxene_jit_api::{Exit, ExitKind, Run};

/// Goes on in a generator of any kind for a frame ([`Helpers::resume`](pyroxene_jit_api::Helpers::resume)).
///
/// # Safety
/// The thread runs the frame, which is written whole and keeps the generator. The value is NULL or a reference, which is given
/// away unless the result is [`ExitKind::Unable`].
#[inline(always)]
pub(crate) unsafe fn resume(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    generator: Generator<'_>,
    value: *mut ffi::PyObject,
    floor: usize,
) -> Exit {
    // SAFETY: as the caller promises.
    unsafe {
        match begin(thread, caller, generator, value, floor) {
            Some(entrance) => run(thread, generator.frame_place(), entrance, floor),
            None => go_on(thread, caller, generator.as_ptr(), value, floor),
        }
    }
}

/// Prepares a generator's frame to be run by machine code, which is what is given, if the generator has not begun or has yielded: the
/// value is given away then.
///
/// # Safety
/// As [`resume`].
#[inline(always)]
pub(crate) unsafe fn begin(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    generator: Generator<'_>,
    value: *mut ffi::PyObject,
    floor: usize,
) -> Option<(Run, u32)> {
    if !may_run(thread, floor) {
        return None;
    }
    let frame = generator.frame_place();
    // SAFETY: as the caller promises. The frames of generators have their code, and what `executor` gives is there until other
    // code runs.
    unsafe {
        let entrance = match generator.written_state() {
            State::SUSPENDED => {
                let entrance = executor(frame)?.entrance();
                prepare(thread, generator.as_ptr(), sent(value));
                entrance
            }
            State::CREATED if is_at_pop(frame) => {
                let beginning = (*frame).instr_ptr.add(1);
                let entrance = executor_at(frame, beginning)?.entrance();
                // The evaluator drops there what it was sent: nothing.
                drop(Owned::from_c_optional(value));
                start(thread, generator);
                (*frame).instr_ptr = beginning;
                entrance
            }
            _ => return None,
        };
        (*frame).previous = caller;
        enters(thread, frame);
        Some(entrance)
    }
}

/// Whether machine code may run that is called from here.
#[inline(always)]
pub(super) fn may_run(thread: ThreadState, floor: usize) -> bool {
    let here = (&raw const floor).addr();
    !others_evaluate(thread) && here > floor && recursion::has_python(thread, 1)
}

/// What a generator is sent: the value, or `None`.
///
/// # Safety
/// It is a reference, which is given away, or NULL.
#[inline(always)]
unsafe fn sent(value: *mut ffi::PyObject) -> Owned {
    // SAFETY: as the caller promises.
    unsafe { Owned::from_c_optional(value) }.unwrap_or_else(|| Borrowed::none().new_ref())
}

/// Goes on in a generator that [`begin`] does not prepare, as one that waits for another.
///
/// # Safety
/// As [`resume`].
#[inline(never)]
unsafe fn go_on(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    outermost: *mut ffi::PyGenObject,
    value: *mut ffi::PyObject,
    floor: usize,
) -> Exit {
    if !may_run(thread, floor) {
        return unable();
    }
    // SAFETY: as the caller promises. The frames of generators have their code, and what `executor` gives is there until other
    // code runs.
    unsafe {
        let mut generator = outermost;
        if !Borrowed::from_raw_unchecked(generator).state().can_resume() {
            return unable();
        }
        let Some(mut executor) = executor(frame_of(generator)) else {
            return unable();
        };
        let moment = Moment::now();
        // Those that wait for another generator only pass on what they are sent, and what that yields.
        let mut above = caller;
        let mut waiting = 0;
        if let Some(chain) = take_up(thread, outermost, caller) {
            (generator, executor) = (chain.innermost, chain.executor);
            (above, waiting) = (chain.above, chain.waiting);
        }
        while let Some((awaited, of_awaited)) = awaited(thread, generator, executor)
            && recursion::has_python(thread, 1)
        {
            above = wait(thread, generator, above);
            waiting += 1;
            (generator, executor) = (awaited, of_awaited);
        }
        let frame = prepare(thread, generator, sent(value));
        (*frame).previous = above;
        enters(thread, frame);
        let mut exit = run(thread, frame, executor.entrance(), floor);
        while (*thread.as_ptr()).current_frame != caller {
            match exit.kind {
                ExitKind::Yielded => match u16::try_from(waiting) {
                    Ok(waiting @ 2..) => put_down(thread, outermost, waiting, moment),
                    _ => pass_on(thread, caller),
                },
                ExitKind::Returned => {
                    waiting -= 1;
                    let value = Owned::from_raw_unchecked(exit.payload.cast());
                    exit = go_on_with(thread, value, floor);
                }
                ExitKind::Resume
                | ExitKind::Error
                | ExitKind::Switched
                | ExitKind::Unable
                | ExitKind::Float
                | ExitKind::Int => break,
            }
        }
        exit
    }
}

/// A chain of generators that was kept, and goes on.
struct TakenUp<'a> {
    /// The one that is to be resumed.
    innermost: *mut ffi::PyGenObject,
    /// The machine code that it stands at.
    executor: &'a Executor,
    /// The frame of the one that waits for it.
    above: *mut ffi::_PyInterpreterFrame,
    /// How many wait, the outermost too.
    waiting: u32,
}

/// Has a generator wait, and all of the chain of which it is the outermost, if one is kept that can go on. Otherwise nothing is
/// kept any more.
///
/// # Safety
/// The generator can be resumed, for the caller.
#[inline(always)]
unsafe fn take_up<'a>(
    thread: ThreadState,
    outermost: *mut ffi::PyGenObject,
    caller: *mut ffi::_PyInterpreterFrame,
) -> Option<TakenUp<'a>> {
    // SAFETY: as the caller promises: the stack of one that waits has on top what it waits for. Chains are kept below their
    // outermost generator as they were put down.
    unsafe {
        let first = Borrowed::from_raw_unchecked(outermost);
        if !first.keeps_chain() {
            return None;
        }
        let Some((chain, (innermost, executor))) = first.kept().and_then(|chain| {
            let innermost = suspended(chain.waiting.frame().top())?;
            let room = i32::from(chain.length) + 1;
            recursion::has_python(thread, room).then_some((chain, innermost))
        }) else {
            first.settle();
            return None;
        };
        let exceptions = &raw mut (*outermost).gi_exc_state.previous_item;
        let innermost_exceptions = exceptions.replace(null_mut());
        wait(thread, outermost, caller);
        (*thread.as_ptr()).exc_info = innermost_exceptions;
        recursion::count_python_by(thread, i32::from(chain.length) - 1);
        Some(TakenUp {
            innermost,
            executor,
            above: chain.waiting.frame_place(),
            waiting: chain.length.into(),
        })
    }
}

/// Pauses a generator and those of its chain that wait, for one that has yielded: the chain is kept.
///
/// # Safety
/// So many, two at least, were made to [wait](wait), the first of which is the generator. The thread runs the last of them.
unsafe fn put_down(
    thread: ThreadState,
    outermost: *mut ffi::PyGenObject,
    waiting: u16,
    moment: Moment,
) {
    // SAFETY: as the caller promises.
    unsafe {
        let last = generator_of((*thread.as_ptr()).current_frame);
        let frame = frame_of(outermost);
        let first = Borrowed::from_raw_unchecked(outermost);
        recursion::count_python_by(thread, 1 - i32::from(waiting));
        (*frame).instr_ptr = (*frame).instr_ptr.add(SEND_TO_RESUME);
        first.set_state(State::SUSPENDED_YIELD_FROM);
        make_current(thread, pause(thread, frame));
        let chain = Kept {
            waiting: last,
            length: waiting,
        };
        first.keep(chain, moment);
    }
}

/// Runs machine code on the frame of a generator, which the thread [runs](enters).
///
/// # Safety
/// The frame is one that its machine code can be entered with there, and its caller is set and right.
unsafe fn run(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    (run, entry): (Run, u32),
    floor: usize,
) -> Exit {
    // SAFETY: as the caller promises.
    unsafe { run(thread.as_ptr().cast(), frame.cast(), entry, floor) }
}

/// Makes the frame of a generator, of which everything but its stack pointer is right, the one that the thread runs in machine code.
///
/// # Safety
/// Its caller is set and right.
#[inline(always)]
unsafe fn enters(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) {
    // SAFETY: as the caller promises.
    unsafe {
        (*frame).stacktop = -1;
        make_current(thread, frame);
    }
    recursion::count_python(thread);
}

/// How many units a `RESUME` at which a generator waits for another is behind the `SEND` that does so: that is followed by its
/// cache and the `YIELD_VALUE`.
pub(crate) const SEND_TO_RESUME: usize = SEND_UNITS + 1;

/// The generator for which one waits that is to be resumed, if both can go on in machine code. An asynchronous generator has other
/// things where a chain would be kept, and resumes by its own code what it waits for.
///
/// # Safety
/// The generator can be resumed, there.
#[inline(always)]
unsafe fn awaited<'a>(
    thread: ThreadState,
    generator: *mut ffi::PyGenObject,
    executor: &Executor,
) -> Option<(*mut ffi::PyGenObject, &'a Executor)> {
    // SAFETY: as the caller promises: what it waits for is on top of its stack.
    unsafe {
        let generator = Borrowed::from_raw_unchecked(generator);
        if generator.state() != State::SUSPENDED_YIELD_FROM
            || executor.entrance_with_returned().is_none()
            || generator.kind() == Kind::AsyncGenerator
            || !is_as_tools_want(thread, generator.frame())
        {
            return None;
        }
        suspended(generator.frame().top())
    }
}

/// What a generator waits for, if that is a generator that is suspended at machine code.
///
/// # Safety
/// It is alive.
#[inline(always)]
unsafe fn suspended<'a>(awaited: Borrowed<'_>) -> Option<(*mut ffi::PyGenObject, &'a Executor)> {
    let awaited = resumable(awaited)?;
    // SAFETY: as the caller promises.
    unsafe {
        let is_suspended = Borrowed::from_raw_unchecked(awaited).state().is_suspended();
        let executor = executor(frame_of(awaited)).filter(|_| is_suspended)?;
        Some((awaited, executor))
    }
}

/// Whether the code of a frame is prepared for the tools that watch now. Otherwise the evaluator prepares it where the frame
/// goes on.
#[inline(always)]
fn is_as_tools_want(thread: ThreadState, frame: Frame<'_>) -> bool {
    let code = frame.code();
    let tools = thread.eval_breaker() & !(ffi::_PY_EVAL_EVENTS_MASK as usize);
    tools == field!(code._co_instrumentation_version)
}

/// Has a generator stand at the `SEND` by which it waits for another one that is being resumed. Gives its frame.
///
/// # Safety
/// See [`awaited`].
#[inline(always)]
unsafe fn wait(
    thread: ThreadState,
    generator: *mut ffi::PyGenObject,
    caller: *mut ffi::_PyInterpreterFrame,
) -> *mut ffi::_PyInterpreterFrame {
    let frame = frame_of(generator);
    // SAFETY: as the caller promises.
    unsafe {
        start(thread, Borrowed::from_raw_unchecked(generator));
        recursion::count_python(thread);
        (*frame).previous = caller;
        (*frame).instr_ptr = (*frame).instr_ptr.sub(SEND_TO_RESUME);
        (*frame).return_offset = SEND_UNITS as u16 + u16::from((*(*frame).instr_ptr).op.arg);
    }
    frame
}

/// Pauses the generators between the thread's frame and a caller, all of which wait for one that has yielded.
///
/// # Safety
/// They were made to [wait](wait).
unsafe fn pass_on(thread: ThreadState, caller: *mut ffi::_PyInterpreterFrame) {
    // SAFETY: as the caller promises.
    unsafe {
        let mut frame = (*thread.as_ptr()).current_frame;
        while frame != caller {
            (*frame).instr_ptr = (*frame).instr_ptr.add(SEND_TO_RESUME);
            generator_of(frame).set_state(State::SUSPENDED_YIELD_FROM);
            frame = pause(thread, frame);
        }
        make_current(thread, caller);
    }
}

/// Goes on in the generator that the thread runs with what the one has returned for which it waited.
///
/// # Safety
/// It was made to [wait](wait).
unsafe fn go_on_with(thread: ThreadState, value: Owned, floor: usize) -> Exit {
    // SAFETY: as the caller promises. There is room for a value in the place of the one that it was sent.
    unsafe {
        let frame = (*thread.as_ptr()).current_frame;
        let send = (*frame).instr_ptr;
        Frame::from_raw_unchecked(frame).push(value);
        let there = executor_at(frame, send.add(SEND_TO_RESUME));
        let entrance = there.and_then(Executor::entrance_with_returned);
        let is_as_wanted = is_as_tools_want(thread, Frame::from_raw_unchecked(frame));
        match entrance {
            Some(entrance) if is_as_wanted => {
                // It counts already.
                recursion::leave_python(thread);
                enters(thread, frame);
                run(thread, frame, entrance, floor)
            }
            _ => {
                (*frame).instr_ptr = send.add(usize::from((*frame).return_offset));
                Exit {
                    index: 0,
                    kind: ExitKind::Resume,
                    payload: null_mut(),
                }
            }
        }
    }
}

const fn unable() -> Exit {
    Exit {
        index: 0,
        kind: ExitKind::Unable,
        payload: null_mut(),
    }
}

/// The frame in a generator.
fn frame_of(generator: *mut ffi::PyGenObject) -> *mut ffi::_PyInterpreterFrame {
    // SAFETY: only an address inside the object is taken.
    unsafe { Borrowed::from_raw_unchecked(generator) }.frame_place()
}

/// Whether a generator's frame stands at a `POP_TOP`: that of what it is sent at its beginning, if it has not begun.
///
/// # Safety
/// It can be resumed.
#[inline(always)]
unsafe fn is_at_pop(frame: *mut ffi::_PyInterpreterFrame) -> bool {
    // SAFETY: as the caller promises.
    unsafe { (*(*frame).instr_ptr).op.code == Opcode::POP_TOP.number() }
}

/// What enters the machine code where a generator's frame stands.
///
/// # Safety
/// The generator is alive, and can be resumed.
#[inline(always)]
unsafe fn executor<'a>(frame: *mut ffi::_PyInterpreterFrame) -> Option<&'a Executor> {
    // SAFETY: as the caller promises.
    unsafe { executor_at(frame, (*frame).instr_ptr) }
}

/// What enters machine code at a unit of the code of a frame.
///
/// # Safety
/// It is one.
#[inline(always)]
unsafe fn executor_at<'a>(
    frame: *mut ffi::_PyInterpreterFrame,
    unit: *mut ffi::_Py_CODEUNIT,
) -> Option<&'a Executor> {
    // SAFETY: as the caller promises.
    unsafe {
        let is_entered = (*unit).op.code == Opcode::ENTER_EXECUTOR.number();
        is_entered.then(|| executor_of((*frame).f_executable.cast(), (*unit).op.arg.into()))
    }
}

/// Whether [`make`] can call functions with this code: nothing but free variables is set up before the generator is made.
pub(crate) fn can_make(code: Borrowed<'_, ffi::PyCodeObject>) -> bool {
    let first = original(code, 0).opcode;
    let second = usize::from(first == Opcode::COPY_FREE_VARS);
    original(code, second).opcode == Opcode::RETURN_GENERATOR
}

/// Calls a generator function: its generator, with the frame in it as after `RETURN_GENERATOR`. Nothing if the evaluator has to
/// do it, and then nothing was done.
///
/// # Errors
/// `MemoryError`.
///
/// # Safety
/// The function, to whose code [`can_make`] applies, and the arguments, one for each of its parameters, are references, which
/// are given away unless the result is nothing.
pub(crate) unsafe fn make(
    thread: ThreadState,
    function: *mut ffi::PyFunctionObject,
    arguments: &[*mut ffi::PyObject],
) -> Result<Option<Owned>, Raised> {
    if others_evaluate(thread) || !recursion::has_python(thread, 1) || origin_depth(thread) != 0 {
        return Ok(None);
    }
    // SAFETY: as the caller promises. A new generator has room for a frame of the code, which is its function's; before the
    // instruction that makes it there is at most the one that copies the closure, which has as many cells as that says.
    unsafe {
        let function = Owned::from_raw_unchecked(function);
        let generator = match make::without_origin(thread, function.borrow()) {
            Ok(generator) => generator,
            Err(raised) => {
                for &argument in arguments {
                    drop(Owned::from_raw_unchecked(argument));
                }
                return Err(raised);
            }
        };
        let place = generator.borrow().frame_place();
        let code = Borrowed::from_raw_unchecked((*function.as_ptr()).func_code.cast());
        let closure = (*function.as_ptr()).func_closure.cast();
        let frame = Frame::initialize(place, function, None, code, arguments.len());
        for (index, &argument) in arguments.iter().enumerate() {
            // Volatile only so that LLVM does not make it a call of memcpy: it is a few words.
            frame.entry(index).write_volatile(argument);
        }
        let mut unit = code.first_instruction();
        if (*unit).op.code == Opcode::COPY_FREE_VARS.number() {
            let count = usize::from((*unit).op.arg);
            let cells = ffi::_PyTuple_ITEMS(closure);
            for index in 0..count {
                let cell: Borrowed<'_> = Borrowed::from_raw_unchecked(*cells.add(index));
                let slot = code.variable_count() - count + index;
                frame.entry(slot).write(cell.new_ref().into_raw());
            }
            unit = unit.add(1);
        }
        (*place).instr_ptr = unit.add(1);
        (*place).previous = null_mut();
        frame.set_owner(Owner::GENERATOR);
        generator.borrow().set_state(State::CREATED);
        Ok(Some(generator.upcast()))
    }
}

/// What a method of a class of Python gives that makes its instances' iterators, such as `__iter__`, if that is a function whose
/// code makes a generator and has the flag. Nothing if it is another one, and then nothing was done: such a method is to be
/// called by the type's slot.
///
/// # Errors
/// `MemoryError`.
pub(crate) fn iterator_by_function(
    object: Borrowed<'_>,
    name: Borrowed<'_>,
    flag: u32,
) -> Result<Option<Owned>, Raised> {
    const MORE: u32 = ffi::CO_VARARGS | ffi::CO_VARKEYWORDS;
    let class = object.type_of();
    if !class.has_feature(ffi::Py_TPFLAGS_HEAPTYPE) {
        return Ok(None);
    }
    let Some(method) = type_attribute(class, name) else {
        return Ok(None);
    };
    if !method.borrow().is_exactly(&raw const ffi::PyFunction_Type) {
        return Ok(None);
    }
    let function = method.as_ptr().cast::<ffi::PyFunctionObject>();
    // SAFETY: a function has its code. Such a one has one parameter; what is not given away is dropped.
    unsafe {
        let code: Borrowed<'_, ffi::PyCodeObject> =
            Borrowed::from_raw_unchecked((*function).func_code.cast());
        let takes_one = field!(code.co_argcount) == 1
            && field!(code.co_kwonlyargcount) == 0
            && !code.has_flag(MORE);
        if !takes_one || !code.has_flag(flag) || !can_make(code) {
            return Ok(None);
        }
        let arguments = [object.new_ref().into_raw()];
        let made = make(ThreadState::current(), method.into_raw().cast(), &arguments)?;
        if made.is_none() {
            drop(Owned::from_raw_unchecked(function.cast::<ffi::PyObject>()));
            drop(Owned::from_raw_unchecked(arguments[0]));
        }
        Ok(made)
    }
}

/// Has a generator go on whose code is a part of the machine code that runs: gives its frame, which gets its caller next.
///
/// # Safety
/// It is alive, pauses or has not begun, or was [unlinked](unlink).
pub(crate) unsafe fn link(
    thread: ThreadState,
    generator: Generator<'_>,
) -> *mut ffi::_PyInterpreterFrame {
    // SAFETY: as the caller promises.
    unsafe { start(thread, generator) };
    generator.frame_place()
}

/// Takes the frame of such a generator away from the thread again, whose machine code has what is in it.
///
/// # Safety
/// The thread runs it.
pub(crate) unsafe fn unlink(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) {
    // SAFETY: as the caller promises.
    unsafe { make_current(thread, pause(thread, frame)) };
}

/// Whether somebody has put another evaluator in place of ours (PEP 523).
pub(super) fn others_evaluate(thread: ThreadState) -> bool {
    // SAFETY: the interpreter of the running thread is alive.
    unsafe { (*thread.interpreter()).eval_frame.is_some() }
}

/// Sends a value to an iterator: whether it has yielded, and what it gave.
///
/// # Errors
/// What the iterator raises.
///
/// # Safety
/// The thread runs the frame, which stands at the `SEND`.
pub(crate) unsafe fn send(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    receiver: Borrowed<'_>,
    value: Borrowed<'_>,
) -> Result<(bool, Owned), Raised> {
    // SAFETY: as the caller promises.
    let sent = unsafe { send_to(thread, frame, (*frame).instr_ptr, receiver, value) }?;
    Ok(match sent {
        Sent::Yielded(value) => (true, value),
        Sent::Returned(value) => (false, value),
    })
}
