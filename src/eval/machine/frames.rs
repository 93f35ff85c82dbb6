//! From frame to frame: what of the registers is written into one, and read from another.
use super::Machine;
use crate::eval::flow::{Flow, Leave};
use crate::eval::recursion;
use crate::ffi;
use crate::frame::make_current;
use crate::object::Owned;

impl Machine {
    // --- frames ---

    /// Writes the stack's height into the frame: others may look at it now.
    #[inline(always)]
    pub(in crate::eval) fn save_stack(&mut self) {
        // SAFETY: the frame is alive; its size in values fits an int.
        unsafe { (*self.frame).stacktop = self.stack.offset_from(self.locals_start()) as i32 };
    }

    /// Takes the stack's height from the frame, which from now on does not know it.
    #[inline(always)]
    pub(in crate::eval) fn load_stack(&mut self) {
        // SAFETY: the frame is alive and knows its height, because it did not run.
        unsafe {
            debug_assert!((*self.frame).stacktop >= 0);
            self.stack = self.locals_start().add((*self.frame).stacktop as usize);
            (*self.frame).stacktop = -1;
        }
    }

    /// Makes `frame` the one that runs. Its registers are loaded by [`Machine::load_stack`] and
    /// [`Machine::load_next`].
    ///
    /// # Safety
    /// As for [`Machine::new`]; the frame that ran has its stack saved, or is gone.
    #[inline(always)]
    pub(in crate::eval) unsafe fn switch_to(&mut self, frame: *mut ffi::_PyInterpreterFrame) {
        self.frame = frame;
        // SAFETY: the thread state is alive, and ours.
        unsafe { make_current(self.thread, frame) };
    }

    /// Takes from the thread which frame is the one that runs: somebody else has switched.
    #[inline(always)]
    pub(in crate::eval) fn switch_to_current(&mut self) {
        // SAFETY: the thread state is alive, and ours.
        self.frame = unsafe { (*self.thread.as_ptr()).current_frame };
    }

    /// Writes into the frame where it goes on.
    #[inline(always)]
    pub(in crate::eval) fn save_next(&mut self) {
        // SAFETY: the frame is alive.
        unsafe { (*self.frame).instr_ptr = self.next };
    }

    /// Goes on `distance` code units behind the instruction at which the frame stood.
    #[inline(always)]
    pub(in crate::eval) fn load_next(&mut self, distance: usize) {
        // SAFETY: the frame is alive, and stood at an instruction of its code.
        self.next = unsafe { (*self.frame).instr_ptr.add(distance) };
    }

    /// Enters a new frame, which the one that runs has called. It goes on `return_offset` behind its instruction when the
    /// new one returns.
    ///
    /// # Safety
    /// As for [`Machine::new`].
    #[inline(always)]
    pub(in crate::eval) unsafe fn enter(
        &mut self,
        frame: *mut ffi::_PyInterpreterFrame,
        return_offset: usize,
    ) -> Flow {
        self.save_stack();
        // SAFETY: both frames are alive. An instruction is a few code units long.
        unsafe {
            (*self.frame).return_offset = return_offset as u16;
            (*frame).previous = self.frame;
            self.switch_to(frame);
        }
        Err(Leave::Enter)
    }

    /// Enters a new frame as [`Machine::enter`] does, and goes on there at once: whether Python code may call still deeper
    /// is for the caller to have looked at.
    ///
    /// # Safety
    /// As for [`Machine::new`].
    #[inline(always)]
    pub(in crate::eval) unsafe fn enter_unchecked(
        &mut self,
        frame: *mut ffi::_PyInterpreterFrame,
        return_offset: usize,
    ) -> Flow {
        // SAFETY: as the caller promises.
        let _enter = unsafe { self.enter(frame, return_offset) };
        recursion::count_python(self.thread);
        self.load_stack();
        self.load_next(0);
        Ok(())
    }

    /// Goes on in the frame that has become the one that runs, with what its call gave, `return_offset` behind the
    /// instruction that called.
    #[inline(always)]
    pub(in crate::eval) fn resume(&mut self, return_offset: usize, value: Owned) {
        self.load_stack();
        self.load_next(return_offset);
        self.push(value);
    }

    /// The same, as far behind as the frame itself says.
    #[inline(always)]
    pub(in crate::eval) fn resume_caller(&mut self, value: Owned) {
        // SAFETY: the frame is alive.
        let return_offset = unsafe { (*self.frame).return_offset };
        self.resume(usize::from(return_offset), value);
    }

    /// How many code units lie between the instruction that runs and where it goes on.
    #[inline(always)]
    pub(in crate::eval) fn return_offset(&self) -> usize {
        // SAFETY: both point into the frame's code.
        unsafe { self.next.offset_from(self.this) as usize }
    }
}
