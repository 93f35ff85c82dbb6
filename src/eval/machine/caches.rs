//! Inline caches: reading them, their counters, and letting the specialiser look at an instruction. Reads and writes the code
//! units behind the instruction that runs.
use super::Machine;
use crate::bytecode::Counter;
use crate::bytecode::cache::{Cache, Family};
use crate::eval::flow::{Flow, Leave};
use crate::frame::Frame;
use crate::object::Borrowed;
use crate::profile;
use crate::specialize::Site;
use core::ptr::NonNull;

impl Machine {
    /// Counts a round of a loop in the inline cache of its jump, and tells the compiler when there have been many.
    #[inline(always)]
    pub(in crate::eval) fn count_round(&mut self) {
        if !crate::jit::is_on() {
            return;
        }
        // SAFETY: `JUMP_BACKWARD` has a counter for its cache; the frame is alive, with its code.
        unsafe {
            let counter = self.this.add(1).cast::<Counter>();
            if (*counter).triggers() {
                *counter = (*counter).restarted();
                self.save_stack();
                crate::jit::heat::round(self.thread, Frame::from_raw_unchecked(self.frame));
                self.load_stack();
            } else {
                *counter = (*counter).advanced();
            }
        }
    }

    /// Shifts into the inline cache of a conditional jump whether it jumps.
    #[inline(always)]
    pub(in crate::eval) fn note_branch(&mut self, jumps: bool) {
        // SAFETY: conditional jumps have one unit of cache.
        unsafe {
            let cache = self.this.add(1).cast::<u16>();
            *cache = *cache << 1 | u16::from(jumps);
        }
    }

    /// The inline cache of the instruction that runs, which is of family `F`.
    #[inline(always)]
    pub(in crate::eval) fn cache<'m, F: Family>(&self) -> &'m F::Cache
    where
        F::Cache: 'm,
    {
        // SAFETY: the instruction, which names its own family, has that cache behind it.
        unsafe { &*self.this.add(1).cast() }
    }

    /// Lets the specialiser look at the instruction when its counter says so; it then runs again as what it became.
    /// Else counts down.
    #[inline(always)]
    pub(in crate::eval) fn adapt<F: Family>(
        &mut self,
        specialise: impl FnOnce(&Self, Site<'_, F>),
    ) -> Flow {
        let counter = self.cache::<F>().counter();
        if counter.get().triggers() {
            // SAFETY: `this` is an instruction of the family, with its cache and one more behind it.
            specialise(self, unsafe {
                Site::from_raw(NonNull::new_unchecked(self.this))
            });
            if profile::notes(self.thread) {
                self.note::<F>();
            }
            self.next = self.this;
            self.fetch_opcode();
            return Err(Leave::Again);
        }
        counter.set(counter.get().advanced());
        Ok(())
    }

    /// Notes for a compiler what the instruction has met, and what it has become.
    #[inline(always)]
    fn note<F: Family>(&self) {
        let count = F::GENERIC.popped(self.operand).unwrap_or(0) as usize;
        // SAFETY: both addresses are in the frame's code; so many entries, each a reference or NULL, lie on the stack.
        let (index, operands) = unsafe {
            let deepest = self.stack.sub(count).cast::<Option<Borrowed<'_>>>();
            (
                self.this.offset_from(self.code_start()),
                core::slice::from_raw_parts(deepest, count),
            )
        };
        profile::table::note(self.code(), index.cast_unsigned(), operands);
    }

    /// Runs what stands at the place of this instruction now.
    #[inline(always)]
    pub(in crate::eval) fn run_again(&mut self) -> Flow {
        self.next = self.this;
        Ok(())
    }

    /// Keeps an adaptive instruction from being specialised, which would overwrite the one that tells tools: it counts down
    /// in vain.
    #[inline(always)]
    pub(in crate::eval) fn pause_counter(&mut self) {
        self.change_counter(Counter::paused);
    }

    /// Counts a run of an adaptive instruction, where another one does its work.
    #[inline(always)]
    pub(in crate::eval) fn advance_counter(&mut self) {
        self.change_counter(Counter::advanced);
    }

    #[inline(always)]
    fn change_counter(&mut self, change: impl FnOnce(Counter) -> Counter) {
        // SAFETY: the first unit of an adaptive instruction's cache is its counter.
        unsafe {
            let counter = self.this.add(1).cast::<Counter>();
            *counter = change(*counter);
        }
    }
}
