//! Lets the specialiser look at instructions of which nothing is known yet, and that machine code has a helper do: what was not
//! there when the specialiser looked last, such as an attribute that a loop's first rounds make, may have come since.
use crate::bytecode::Opcode;
use crate::bytecode::cache::{Cache, Family};
use crate::frame::Frame;
use crate::object::Borrowed;
use crate::profile;
use crate::specialize::Site;
use crate::thread::ThreadState;
use core::ptr::NonNull;

/// Does with the instruction at which the running frame stands what the evaluator does before it runs it, if it is the generic one of
/// the family: counts, and has it specialised when it is time. Runs no other code.
#[inline(always)]
pub(super) fn adapt<F: Family>(
    operands: &[Option<Borrowed<'_>>],
    specialise: impl FnOnce(Site<'_, F>),
) {
    let thread = ThreadState::current();
    // SAFETY: a thread that runs machine code has a frame, which is in memory when a helper is called, and stands at the instruction.
    let (frame, instruction, opcode) = unsafe {
        let frame = Frame::from_raw_unchecked((*thread.as_ptr()).current_frame);
        let instruction = frame.instruction();
        (frame, instruction, instruction.cast::<Opcode>().read())
    };
    if opcode != F::GENERIC {
        return;
    }
    // SAFETY: it is one of the family, with its cache, and not the last of its code; the thread has the GIL.
    let site = unsafe { Site::<F>::from_raw(NonNull::new_unchecked(instruction)) };
    let counter = site.cache().counter();
    if !counter.get().triggers() {
        counter.set(counter.get().advanced());
        return;
    }
    specialise(site);
    if profile::notes(thread) {
        let index = usize::try_from(frame.instruction_index()).expect("it stands in its code");
        profile::table::note(frame.code(), index, operands);
    }
}
