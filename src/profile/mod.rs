//! What a compiler wants to know of running code beside its inline caches: which forms the instructions took for which
//! types. A side table of our own; nothing that C can see changes. Reads code objects and types.
//!
//! Off until somebody [turns it on](turn_on), and then free where code is hot: something is noted only when the specialiser
//! is asked, which is when an instruction is new or has met what it was not made for several times. What is noted is a hint.
//! It may be out of date, of a type that is gone, or of another code object that had the same place and version; whoever uses
//! it checks what it says.
//!
//! The directions of conditional jumps need no table: the last sixteen of each stand in its inline cache
//! ([`jumps`](jumps::jumps)).
pub mod jumps;
pub mod operand;
pub mod sight;
pub mod table;

use crate::ffi;
use crate::thread::ThreadState;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

static ON: AtomicBool = AtomicBool::new(false);

/// Whether anything is noted.
#[inline(always)]
fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// Whether anything is noted of what a thread runs. Other interpreters than the main one have code objects and types whose
/// versions are those of others there, and nothing of theirs is compiled.
#[inline(always)]
pub fn notes(thread: ThreadState) -> bool {
    // SAFETY: the runtime's state is there while interpreters are.
    is_on() && thread.interpreter() == unsafe { ffi::_PyRuntime.interpreters.main }
}

/// From now on, things are noted: those that are met each time and not only when the specialiser is asked, one time in so many.
pub fn turn_on(every: u32) {
    EVERY.store(every, Ordering::Relaxed);
    ON.store(true, Ordering::Relaxed);
}

static EVERY: AtomicU32 = AtomicU32::new(1);
static TURNS: AtomicU32 = AtomicU32::new(0);

/// Whether it is time again to note what is met each time. Which of several places has its turn when depends on nothing that they do:
/// what is noted is a hint.
#[inline(always)]
pub fn is_turn() -> bool {
    let turns = TURNS.load(Ordering::Relaxed);
    let is_turn = turns == 0;
    let next = if is_turn {
        EVERY.load(Ordering::Relaxed)
    } else {
        turns
    };
    TURNS.store(next - 1, Ordering::Relaxed);
    is_turn
}

/// A code object goes.
pub fn forget(code: usize) {
    table::forget(code);
}

/// From now on, nothing is noted, and what was is forgotten.
pub fn turn_off() {
    ON.store(false, Ordering::Relaxed);
    table::forget_all();
}
