//! What the loop does with a frame that returns or raises, for machine code that has called it on the C stack: one frame at a
//! time, until its caller goes on. Runs destructors, and tells tools.
use super::flow::{Flow, Leave};
use super::instructions::exception::{raise_varargs, reraise};
use super::instructions::function::{return_const, return_value};
use super::machine::Machine;
use super::{frames, monitor, run};
use crate::bytecode::Opcode;
use crate::ffi;
use crate::monitoring::code::Code;
use crate::object::{Owned, Raised};
use crate::thread::ThreadState;
use pyroxene_jit_api::Catch;

/// What became of a call.
pub enum Ended {
    /// It has returned. The thread runs the caller again, which has its stack saved.
    Returned(Owned),
    /// An exception is set. The thread runs the caller again, which stands at the instruction that called and has its stack
    /// saved.
    Raised,
    /// A frame of the call goes on with the instruction at which it stands. It is the one that the thread runs, and has its
    /// stack saved.
    GoesOn,
}

/// An exception is set, raised by the instruction at which the thread's frame stands: takes away the frames that do not
/// handle it, down to the caller of them all.
///
/// # Safety
/// The frame has its stack saved, and so have its callers, of which `caller` is one.
#[cold]
pub unsafe fn raised_in_call(thread: ThreadState, caller: *mut ffi::_PyInterpreterFrame) -> Ended {
    // SAFETY: as the caller promises.
    let mut machine = unsafe { Machine::new(thread, (*thread.as_ptr()).current_frame) };
    load_raised(&mut machine);
    unwind(&mut machine, caller, Leave::Error)
}

/// Runs the instruction at which a frame stands that was called, if it is one by which frames end: returns, or raises. Does
/// nothing if the thread runs another frame, which that has called.
///
/// # Safety
/// The thread's frame has its stack saved, and so have its callers, of which `caller` is one.
#[cold]
pub unsafe fn end(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    caller: *mut ffi::_PyInterpreterFrame,
) -> Ended {
    // SAFETY: as the caller promises.
    let mut machine = unsafe {
        if (*thread.as_ptr()).current_frame != frame {
            return Ended::GoesOn;
        }
        Machine::new(thread, frame)
    };
    fetch_all(&mut machine);
    let run: fn(&mut Machine) -> Flow = match machine.opcode() {
        Opcode::RETURN_VALUE => return_value,
        Opcode::RETURN_CONST => return_const,
        Opcode::RAISE_VARARGS => raise_varargs,
        Opcode::RERAISE => reraise,
        _ => return Ended::GoesOn,
    };
    machine.load_stack();
    machine.begin(0);
    match run(&mut machine) {
        Ok(()) if machine.frame() == caller => {
            let value = machine.pop();
            machine.save_stack();
            Ended::Returned(value)
        }
        Ok(()) => {
            machine.save_next();
            machine.save_stack();
            Ended::GoesOn
        }
        Err(leave) => unwind(&mut machine, caller, leave),
    }
}

/// Ends a frame that stands at an instruction by which frames return, and gives what that returns. The thread runs its caller.
///
/// # Safety
/// The thread runs the frame, which is that of a call and has its stack saved.
#[cold]
pub unsafe fn return_from(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) -> Owned {
    // SAFETY: as the caller promises.
    let mut machine = unsafe { Machine::new(thread, frame) };
    fetch_all(&mut machine);
    machine.load_stack();
    machine.begin(0);
    let value = match machine.opcode() {
        Opcode::RETURN_VALUE => machine.pop(),
        Opcode::RETURN_CONST => machine.constant(machine.operand()).new_ref(),
        other => unreachable!("no frame returns by {other:?}"),
    };
    machine.save_stack();
    // SAFETY: as the caller promises.
    unsafe { frames::end_running(thread, frame) };
    value
}

/// Fetches the instruction at which the frame stands, with what extends its operand.
fn fetch_all(machine: &mut Machine) {
    machine.load_next(0);
    machine.fetch();
    while machine.opcode() == Opcode::EXTENDED_ARG {
        machine.begin(0);
        machine.fetch_extended();
    }
}

/// An exception is set that the instruction at which a frame stands has raised: does what the loop does on the way to the
/// handler. Afterwards the stack holds what the handler is given, and the frame does not know its height. False if the loop
/// shall do it, because tools want to be told, or there is no memory.
///
/// # Safety
/// The thread runs the frame, which has its stack saved; the handler is the one for the instruction.
#[cold]
pub unsafe fn catch(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    handler: Catch,
) -> bool {
    if monitor::tells_of_exceptions(thread) {
        return false;
    }
    // SAFETY: as the caller promises.
    let mut machine = unsafe { Machine::new(thread, frame) };
    // No tool asks where exactly.
    machine.load_next(1);
    machine.load_stack();
    // First of all, because the loop does all of it if there is no memory for this.
    let raised = Raised::on_c_word().take();
    let place = run::place_for(&machine, handler.lasti).map_err(Raised::clear);
    let _still_set = Raised::restore(raised);
    let Ok(place) = place else {
        machine.save_stack();
        return false;
    };
    if !handler.noted {
        run::note_error(&mut machine);
    }
    run::give(&mut machine, handler.level as usize, place);
    true
}

/// Loads the registers for a frame that stands at an instruction which has raised: they are behind it and its cache, as when
/// the loop has run it, so that tools are told where that is.
#[inline(always)]
pub(super) fn load_raised(machine: &mut Machine) {
    machine.load_next(0);
    let raised = Code::of(machine.code()).base_opcode(machine.offset().cast_unsigned());
    machine.load_next(1 + raised.caches());
    machine.load_stack();
}

/// Finds the handler of the exception that is set, in the frame that runs or in those below it down to `caller`.
fn unwind(machine: &mut Machine, caller: *mut ffi::_PyInterpreterFrame, mut leave: Leave) -> Ended {
    loop {
        leave = match leave {
            Leave::Error => {
                run::note_error(machine);
                Leave::Reraise
            }
            Leave::Reraise => run::handle(machine),
            Leave::Unwind => {
                run::end_frame(machine);
                if machine.frame() == caller {
                    return Ended::Raised;
                }
                load_raised(machine);
                Leave::Error
            }
            Leave::Again => {
                machine.save_next();
                machine.save_stack();
                return Ended::GoesOn;
            }
            Leave::Enter | Leave::Exit => unreachable!("no handler enters or leaves: {leave:?}"),
        }
    }
}
