//! Entering machine code and leaving it. Runs it on the evaluator's own frames, and counts its exits.
use super::code::MachineCode;
use super::{helpers, registry};
use crate::eval::{data_stack, recursion};
use crate::ffi;
use crate::frame::{Frame, Owner};
use crate::generator::frame::State;
use crate::object::{Owned, Raised};
use crate::thread::ThreadState;
use core::sync::atomic::{AtomicU8, Ordering};
use pyroxene_jit_api::{Exit, ExitKind, INLINED_FRAMES, INLINED_WORDS, Raw, Run};
use std::sync::Mutex;

/// What the evaluator does after machine code. The thread's current frame is the one that goes on.
pub enum Left {
    /// The frame is gone, and its caller gets this.
    Returned(Owned),
    /// The frame, a generator's, has paused, and whoever has resumed it gets this.
    Yielded(Owned),
    /// It goes on with the instruction at which the frame stands.
    Resume,
    /// An exception is set, raised by the instruction at which the frame stands.
    Error,
    /// The frame is about to be entered.
    Switched,
}

/// Whether there is room for what machine code inlines.
#[inline(always)]
pub fn has_room(thread: ThreadState) -> bool {
    // SAFETY: this thread runs.
    let has_space = unsafe { data_stack::has_space(thread, INLINED_WORDS as i32) };
    has_space && recursion::has_python(thread, INLINED_FRAMES as i32)
}

/// Runs machine code, and says what the evaluator does then. Calls from machine code to machine code use the C stack down
/// to `floor`.
///
/// # Safety
/// The thread runs the frame, which stands at the patch that the entrance belongs to: at a `RESUME`, whose machine code looks
/// first whether the code is as the tools want it, or elsewhere in code that is.
#[inline(never)]
pub unsafe fn enter(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    (run, entry): (Run, u32),
    floor: usize,
) -> Left {
    was_written(frame);
    // SAFETY: as the caller promises. The patch may be removed meanwhile: the code counts itself, and stays while it runs.
    let exit = unsafe { run(thread.as_ptr().cast(), frame.cast(), entry, floor) };
    // SAFETY: it has just ended so.
    unsafe { left(thread, exit) }
}

/// What the evaluator does after machine code has ended.
///
/// # Safety
/// It has just ended so, and has done something.
#[inline(always)]
pub unsafe fn left(thread: ThreadState, exit: Exit) -> Left {
    if matches!(exit.kind, ExitKind::Returned | ExitKind::Yielded) {
        let no_memory = helpers::without_memory();
        if no_memory {
            // There was none for an object in the slot of a local, which a destructor might have looked at. The frame is
            // gone, and nobody is left to be told.
            Raised::on_c_word().clear();
        }
        // SAFETY: what a function gives is a reference.
        let value = unsafe { Owned::from_raw_unchecked(exit.payload.cast()) };
        return if exit.kind == ExitKind::Returned {
            Left::Returned(value)
        } else {
            Left::Yielded(value)
        };
    }
    if !exit.payload.is_null() {
        // SAFETY: the code that has left names itself, and counts as running until its exit is done with. The thread runs its
        // frame.
        unsafe { MachineCode::left_by(exit.payload.cast(), exit.index, thread) };
    }
    let no_memory = helpers::without_memory();
    match exit.kind {
        _ if no_memory => Left::Error,
        ExitKind::Error => Left::Error,
        ExitKind::Switched => Left::Switched,
        ExitKind::Resume => Left::Resume,
        ExitKind::Returned
        | ExitKind::Yielded
        | ExitKind::Unable
        | ExitKind::Float
        | ExitKind::Int => {
            unreachable!("machine code has left by an exit")
        }
    }
}

/// Notes that machine code which C calls was not able to run.
///
/// # Safety
/// It has just ended so.
#[cold]
pub unsafe fn note_unable(thread: ThreadState, exit: Exit) {
    // SAFETY: as the caller promises: it names itself.
    unsafe { MachineCode::left_by(exit.payload.cast(), exit.index, thread) };
}

/// Where machine code finds whether it has to ask if it was disturbed: a byte that is not 0 then.
pub(super) fn alarm() -> Raw {
    (&raw const ALARM).cast_mut().cast()
}

/// The frames that had a local variable written from outside since they entered machine code.
static WRITTEN: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Why machine code has to ask, as bits.
static ALARM: AtomicU8 = AtomicU8::new(0);

/// A local variable of some frame was written from outside.
const LOCAL_WRITTEN: u8 = 1;

/// Machine code was taken away, and not replaced, while it ran.
const CODE_WITHDRAWN: u8 = 2;

/// Whether there is machine code that was taken away, and not replaced, while it ran.
#[inline]
pub(super) fn is_withdrawn() -> bool {
    ALARM.load(Ordering::Relaxed) & CODE_WITHDRAWN != 0
}

/// Notes whether there is machine code that was taken away, and not replaced, while it ran.
pub(super) fn set_withdrawn(is_some: bool) {
    if is_some {
        ALARM.fetch_or(CODE_WITHDRAWN, Ordering::Relaxed);
    } else {
        ALARM.fetch_and(!CODE_WITHDRAWN, Ordering::Relaxed);
    }
}

/// Notes that a local variable of a frame was written by somebody else than its own code: if it runs in machine code, this
/// has to give up what it knows of it. A frame that does not run has nothing elsewhere: who enters it reads it anew.
pub fn locals_written(frame: Frame<'_>) {
    let code = frame.code();
    let is_entered = !crate::field!(code.co_executors).is_null();
    if registry::may_look() && (is_entered || registry::is_inlined(code)) && runs(frame) {
        let frame = frame.as_ptr();
        let mut written = written();
        if !written.contains(&frame.addr()) {
            written.push(frame.addr());
        }
        ALARM.fetch_or(LOCAL_WRITTEN, Ordering::Relaxed);
    }
}

/// Whether a frame has begun and neither pauses nor has ended.
fn runs(frame: Frame<'_>) -> bool {
    match frame.owner() {
        Owner::THREAD => true,
        // SAFETY: such a frame lies in a generator.
        Owner::GENERATOR => unsafe { frame.holding_generator() }.state() == State::EXECUTING,
        _ => false,
    }
}

/// Whether a local variable of the frame was written by somebody else since it entered machine code, which then leaves: it is
/// told once.
pub(super) fn was_written(frame: *mut ffi::_PyInterpreterFrame) -> bool {
    ALARM.load(Ordering::Relaxed) & LOCAL_WRITTEN != 0 && forget_written(frame)
}

/// Forgets that the frame was written; whether it had been.
#[cold]
fn forget_written(frame: *mut ffi::_PyInterpreterFrame) -> bool {
    let mut written = written();
    let before = written.len();
    written.retain(|&known| known != frame.addr());
    if written.is_empty() {
        ALARM.fetch_and(!LOCAL_WRITTEN, Ordering::Relaxed);
    }
    written.len() < before
}

fn written() -> std::sync::MutexGuard<'static, Vec<usize>> {
    WRITTEN
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
