//! Entering machine code.
use super::generator::SEND_UNITS;
use crate::eval::flow::{Flow, Leave};
use crate::eval::machine::Machine;
use crate::eval::unwind::load_raised;
use crate::jit;
use crate::jit::enter::{Left, enter, has_room};
use crate::jit::executor::executor_of;
use crate::thread::c_stack;

/// `ENTER_EXECUTOR(index)`: goes on in machine code, which stands for the instruction in whose place this one was put.
#[inline(always)]
pub(in crate::eval) fn enter_executor(m: &mut Machine) -> Flow {
    // SAFETY: the instruction stands in the code with its record.
    let executor = unsafe { executor_of(m.code().as_ptr(), m.operand()) };
    // What that instruction would have looked at: somebody wants something, or the tools that watch have changed. Without room
    // machine code would leave at once. What it knows is of the main interpreter; another may have got the code by a module that
    // they share.
    let may_enter = m.eval_breaker() == m.code_version()
        && has_room(m.thread())
        && jit::is_main(m.thread().interpreter());
    let floor = match c_stack::floor() {
        Some(floor) if may_enter => floor,
        _ => {
            let (opcode, operand) = executor.original();
            m.set_low_operand(operand);
            return m.run_instead(opcode);
        }
    };
    // SAFETY: the frame is the one that runs, and stands at the patch.
    let left = unsafe { enter(m.thread(), m.frame(), executor.entrance(), floor) };
    // Machine code calls machine code: it may be another frame.
    m.switch_to_current();
    match left {
        Left::Returned(value) => {
            m.resume_caller(value);
            Ok(())
        }
        Left::Yielded(value) => {
            m.resume(SEND_UNITS, value);
            Ok(())
        }
        Left::Resume => {
            m.load_next(0);
            m.load_stack();
            Ok(())
        }
        Left::Error => {
            load_raised(m);
            Err(Leave::Error)
        }
        Left::Switched => Err(Leave::Enter),
    }
}
