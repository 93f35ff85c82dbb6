//! One instruction, for machine code that does not know how to run it: the same functions as in the loop, once.
use super::flow::Leave;
use super::machine::Machine;
use super::recursion;
use super::table::dispatch;
use crate::ffi;
use crate::thread::ThreadState;

pub(crate) use super::instructions::iteration::end_by_exception;

/// What became of the instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stepped {
    /// The frame stands before another instruction.
    On,
    /// An exception is set, and the frame stands at the instruction that raised.
    Raised,
    /// The thread runs another frame, about to be entered: its own count against the limit of recursion is still to be
    /// made.
    Switched,
}

/// Runs the instruction at which a frame stands. The frame that the thread runs afterwards has its stack saved.
///
/// # Safety
/// The thread runs the frame, which has its stack saved; the instruction is none that returns, yields, raises again or
/// enters machine code.
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
            Stepped::Switched
        }
        Some(Leave::Enter) => Stepped::Switched,
        Some(Leave::Error) => {
            machine.save_stack();
            Stepped::Raised
        }
        Some(Leave::Again | Leave::Reraise | Leave::Unwind | Leave::Exit) => {
            unreachable!(
                "machine code does not have such instructions run: {:?}",
                machine.opcode()
            )
        }
    }
}
