//! One instruction, for machine code that does not know how to run it: the same functions as in the loop, once. If it calls
//! a function, that runs at once, on the C stack, in machine code or in a loop of its own.
use super::data_stack;
use super::flow::Leave;
use super::instructions::function::{copy_free_vars, make_cell};
use super::instructions::generator::return_generator;
use super::machine::Machine;
use super::run::After;
use super::table::dispatch;
use super::unwind::{Ended, end, raised_in_call};
use super::{frames, nested, recursion, run};
use crate::bytecode::Opcode;
use crate::ffi;
use crate::frame::make_current;
use crate::jit::enter::{Left, enter};
use crate::jit::executor::executor_of;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::{ThreadState, c_stack};
use core::ptr::null_mut;

pub(crate) use super::instructions::iteration::end_by_exception;

/// What became of the instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stepped {
    /// The frame stands before another instruction.
    On,
    /// An exception is set, raised by the instruction, at which the frame stands. If it may have been raised before, the
    /// traceback has the frame already.
    Raised,
    /// The thread runs another frame, which goes on with the instruction at which it stands.
    Resumed,
    /// The thread runs another frame, about to be entered: its own count against the limit of recursion is still to be
    /// made.
    Switched,
}

/// Runs the instruction at which a frame stands. The frame that the thread runs afterwards has its stack saved.
///
/// # Safety
/// The thread runs the frame, which has its stack saved; the instruction is none that returns, yields or enters machine code.
#[inline(never)]
pub unsafe fn step(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) -> Stepped {
    // SAFETY: as the caller promises.
    let mut machine = unsafe { Machine::new(thread, frame) };
    machine.load_next(0);
    machine.load_stack();
    machine.fetch();
    let machine = &mut machine;
    let leave = dispatch!(stepped, machine);
    match leave {
        None if machine.frame() == frame => {
            machine.save_next();
            machine.save_stack();
            Stepped::On
        }
        None => {
            machine.save_next();
            machine.save_stack();
            // Who enters the frame counts it.
            recursion::leave_python(thread);
            // SAFETY: the frame is new, and its caller has its stack saved.
            unsafe { call(thread, frame) }
        }
        // SAFETY: as above.
        Some(Leave::Enter) => unsafe { call(thread, frame) },
        Some(leave @ (Leave::Error | Leave::Reraise)) => {
            // Who gets it cannot tell the two apart, of which only the second is in the traceback.
            if leave == Leave::Error && may_raise_again(machine) {
                run::note_error(machine);
            }
            machine.save_stack();
            Stepped::Raised
        }
        Some(Leave::Again | Leave::Unwind | Leave::Exit) => {
            unreachable!(
                "machine code does not have such instructions run: {:?}",
                machine.opcode()
            )
        }
    }
}

/// Whether the instruction may raise what was raised before.
fn may_raise_again(machine: &Machine) -> bool {
    match machine.opcode() {
        Opcode::RERAISE => true,
        Opcode::RAISE_VARARGS => machine.operand() == 0,
        _ => false,
    }
}

/// Runs the frame that an instruction has made, if its code has machine code and there is room on the C stack.
///
/// # Safety
/// The thread runs the new frame, which is about to be entered; `caller` or the frame of a class that makes an instance for it
/// has called it.
unsafe fn call(thread: ThreadState, caller: *mut ffi::_PyInterpreterFrame) -> Stepped {
    // SAFETY: as the caller promises; an `ENTER_EXECUTOR` stands in the code with its record.
    let (frame, left) = unsafe {
        let frame = (*thread.as_ptr()).current_frame;
        let Some(floor) = c_stack::floor().filter(|_| recursion::has_python(thread, 1)) else {
            return Stepped::Switched;
        };
        let mut machine = Machine::new(thread, frame);
        match begin(&mut machine, true) {
            Begun::Enters(index) => {
                recursion::count_python(thread);
                let entrance = executor_of(machine.code().as_ptr(), index).entrance();
                (frame, enter(thread, frame, entrance, floor))
            }
            Begun::Ended if machine.frame() == caller => return Stepped::On,
            Begun::Ended => return Stepped::Resumed,
            // SAFETY: the frame is new, and its caller has its stack saved.
            Begun::Stands => return go_on(thread, caller, After::Enter),
        }
    };
    match left {
        // SAFETY: the frame is gone, and its caller runs.
        Left::Returned(value) => unsafe { returned(thread, caller, value) },
        Left::Yielded(_) => unreachable!("a new frame pauses nowhere: it is no generator's"),
        // SAFETY: the frame that has left is written, and so are its callers.
        Left::Resume => unsafe { ended(thread, caller, end(thread, frame, caller)) },
        // SAFETY: as above.
        Left::Error => unsafe { ended(thread, caller, raised_in_call(thread, caller)) },
        // SAFETY: as above.
        Left::Switched => unsafe { go_on(thread, caller, After::Enter) },
    }
}

/// What an instruction has called goes on in the loop, at once if that may be.
///
/// # Safety
/// See [`call`]. The thread's frame is to go on so.
unsafe fn go_on(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    after: After,
) -> Stepped {
    // SAFETY: as the caller promises.
    unsafe {
        if !nested::may_finish(thread, caller) {
            return match after {
                After::Enter => Stepped::Switched,
                After::Resume | After::Error => Stepped::Resumed,
            };
        }
        match nested::finish(thread, caller, after) {
            Ok(value) => returned(thread, caller, value),
            Err(_) => Stepped::Raised,
        }
    }
}

/// Tells the instruction that has called what became of that.
///
/// # Safety
/// See [`call`].
unsafe fn ended(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    ended: Ended,
) -> Stepped {
    match ended {
        // SAFETY: the frame is gone, and its caller runs.
        Ended::Returned(value) => unsafe { returned(thread, caller, value) },
        Ended::Raised => Stepped::Raised,
        // SAFETY: the frame that goes on is the one that the thread runs.
        Ended::GoesOn => unsafe { go_on(thread, caller, After::Resume) },
    }
}

/// How far a new frame has come.
pub(super) enum Begun {
    /// Machine code is to be entered; the argument of the instruction there.
    Enters(usize),
    /// It has made a generator, and its caller runs.
    Ended,
    /// The evaluator goes on with it. It may have begun all the same.
    Stands,
}

/// Runs a new frame up to where machine code is entered, or to its end if that makes a generator and `may_end`: then the
/// caller gets it onto its stack.
pub(super) fn begin(machine: &mut Machine, may_end: bool) -> Begun {
    machine.load_next(0);
    machine.load_stack();
    loop {
        machine.save_next();
        machine.fetch();
        let opcode = machine.opcode();
        let prologue = match opcode {
            // It stands for the `RESUME`: jumps backward come later.
            Opcode::ENTER_EXECUTOR => return Begun::Enters(machine.operand()),
            Opcode::COPY_FREE_VARS => copy_free_vars,
            Opcode::MAKE_CELL => make_cell,
            Opcode::RETURN_GENERATOR if may_end => {
                recursion::count_python(machine.thread());
                return_generator
            }
            _ => {
                machine.save_stack();
                return Begun::Stands;
            }
        };
        machine.begin(0);
        let has_failed = prologue(machine).is_err();
        if has_failed {
            // Without memory: the evaluator tries once more, and raises.
            Raised::on_c_word().clear();
        }
        match (opcode, has_failed) {
            (Opcode::RETURN_GENERATOR, false) => {
                machine.save_next();
                machine.save_stack();
                return Begun::Ended;
            }
            (_, false) => {}
            (_, true) => {
                if opcode == Opcode::RETURN_GENERATOR {
                    recursion::leave_python(machine.thread());
                }
                machine.save_stack();
                return Begun::Stands;
            }
        }
    }
}

/// Gives the caller what a function has returned.
///
/// # Safety
/// The thread runs the frame that has called it: `caller`, or the one in between if a class makes an instance.
unsafe fn returned(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    value: Owned,
) -> Stepped {
    // SAFETY: as the caller promises.
    unsafe {
        let value = if (*thread.as_ptr()).current_frame == caller {
            Some(value)
        } else {
            end_instance(thread, caller, value)
        };
        match value {
            Some(value) => {
                resume_caller(thread, caller, value);
                Stepped::On
            }
            None => Stepped::Resumed,
        }
    }
}

/// A new instance of a class; nothing without memory.
///
/// # Safety
/// The class makes its instances in the usual way.
pub unsafe fn new_instance(class: *mut ffi::PyTypeObject) -> Option<Owned> {
    // SAFETY: as the caller promises.
    let instance = unsafe { Owned::from_c(ffi::_PyType_NewManagedObject(class)) };
    instance.map_err(|_raised| Raised::on_c_word().clear()).ok()
}

/// Makes an instance of a class, which it takes over, and the frame that is between that of a caller and that of the class's
/// `__init__`: with two references to the instance, one of which is for that. The thread runs the frame from now on. NULL
/// without memory: then nothing was done, nor taken.
///
/// # Safety
/// The thread runs the caller, there is room for the frame and under the limit of recursion, and the class makes its
/// instances in the usual way.
pub unsafe fn begin_instance(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    class: *mut ffi::PyTypeObject,
) -> *mut ffi::_PyInterpreterFrame {
    // SAFETY: as the caller promises.
    unsafe {
        let Some(instance) = new_instance(class) else {
            return null_mut();
        };
        drop(Owned::<ffi::PyTypeObject>::from_raw_unchecked(class));
        let frame = data_stack::push_init_cleanup(thread);
        *ffi::_PyFrame_GetLocalsArray(frame) = instance.borrow().new_ref().into_raw();
        core::mem::forget(instance);
        (*frame).previous = caller;
        make_current(thread, frame);
        recursion::count_python(thread);
        frame
    }
}

/// Takes away the frame between that of `__init__`, which is gone, and that of the caller: gives the instance. Nothing if
/// `__init__` has not returned `None`: the evaluator goes on in that frame, and raises.
///
/// # Safety
/// The thread runs that frame, and the caller has called it.
pub unsafe fn end_instance(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    value: Owned,
) -> Option<Owned> {
    // SAFETY: as the caller promises. The frame in between has the instance on its stack, and nobody knows of it.
    unsafe {
        let between = (*thread.as_ptr()).current_frame;
        if !value.borrow().is_none() {
            resume_caller(thread, between, value);
            return None;
        }
        let place = ffi::_PyFrame_GetLocalsArray(between);
        let instance = Borrowed::<ffi::PyObject>::from_raw_unchecked(*place).new_ref();
        make_current(thread, caller);
        recursion::leave_python(thread);
        frames::clear_and_pop(thread, between);
        Some(instance)
    }
}

/// Puts what a call gives onto the stack of the frame that has made it, behind the instruction that did.
///
/// # Safety
/// The thread runs the frame, which has its stack saved.
unsafe fn resume_caller(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame, value: Owned) {
    // SAFETY: as the caller promises.
    let mut machine = unsafe { Machine::new(thread, frame) };
    machine.resume_caller(value);
    machine.save_next();
    machine.save_stack();
}
