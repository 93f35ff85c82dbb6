//! The value stack. Its top is a register; its entries lie in the frame, behind the locals.
use super::Machine;
use crate::ffi;
use crate::object::{Borrowed, Owned};
use core::ptr::null_mut;

impl Machine {
    // --- the value stack ---

    /// How many values lie on the stack.
    #[inline(always)]
    pub(in crate::eval) fn height(&self) -> isize {
        // SAFETY: both point into the frame.
        unsafe { self.stack.offset_from(self.stack_base()) }
    }

    /// The lowest place of the stack.
    #[inline(always)]
    pub(in crate::eval) fn stack_base(&self) -> *mut *mut ffi::PyObject {
        // SAFETY: the frame is alive; its stack begins behind its locals.
        unsafe {
            let code = (*self.frame).f_executable.cast::<ffi::PyCodeObject>();
            self.locals_start().add((*code).co_nlocalsplus as usize)
        }
    }

    /// The first free place of the stack.
    #[inline(always)]
    pub(in crate::eval) fn stack(&self) -> *mut *mut ffi::PyObject {
        self.stack
    }

    /// In debug builds, that the stack is as high as the code allows.
    #[inline(always)]
    pub(super) fn check_stack(&self) {
        #[cfg(debug_assertions)]
        // SAFETY: the frame is alive. A frame of C has no code.
        if unsafe { crate::frame::Owner::of(self.frame) } != crate::frame::Owner::C_STACK {
            let depth = self.code();
            let most = crate::field!(depth.co_stacksize) as isize;
            let height = self.height();
            assert!(
                (0..=most).contains(&height),
                "{:?} left {height} values on a stack for {most}",
                self.opcode
            );
        }
    }

    /// Puts a value on the stack.
    #[inline(always)]
    pub(in crate::eval) fn push(&mut self, value: Owned) {
        self.push_raw(value.into_raw());
    }

    /// Puts a value, or the NULL that stands for none, on the stack.
    #[inline(always)]
    pub(in crate::eval) fn push_optional(&mut self, value: Option<Owned>) {
        self.push_raw(value.map_or(null_mut(), Owned::into_raw));
    }

    /// Puts `True` or `False` on the stack.
    #[inline(always)]
    pub(in crate::eval) fn push_bool(&mut self, value: bool) {
        self.push_raw(Borrowed::from_bool(value).as_ptr());
    }

    /// Puts `True` or `False` in the place of the top, which is immortal like them.
    #[inline(always)]
    pub(in crate::eval) fn replace_immortal(&mut self, value: bool) {
        // SAFETY: the instruction finds a value there; neither is counted.
        unsafe { *self.stack.sub(1) = Borrowed::from_bool(value).as_ptr() };
    }

    /// Makes the stack higher by `count` entries, which somebody has put there.
    ///
    /// # Safety
    /// They are there, and the stack owns them now.
    #[inline(always)]
    pub(in crate::eval) unsafe fn grow(&mut self, count: usize) {
        // SAFETY: the compiler gave the frame room for what its instructions push.
        self.stack = unsafe { self.stack.add(count) };
    }

    #[inline(always)]
    fn push_raw(&mut self, value: *mut ffi::PyObject) {
        // SAFETY: the compiler gave the frame room for what its instructions push.
        unsafe {
            *self.stack = value;
            self.stack = self.stack.add(1);
        }
    }

    /// Takes the value on top of the stack.
    #[inline(always)]
    pub(in crate::eval) fn pop(&mut self) -> Owned {
        // SAFETY: the instruction finds a value there, which the stack owned.
        unsafe {
            self.stack = self.stack.sub(1);
            Owned::from_raw_unchecked(*self.stack)
        }
    }

    /// Takes what is on top of the stack: a value or the NULL that stands for none.
    #[inline(always)]
    pub(in crate::eval) fn pop_optional(&mut self) -> Option<Owned> {
        // SAFETY: the instruction finds an entry there, which the stack owned.
        unsafe {
            self.stack = self.stack.sub(1);
            Owned::from_c_optional(*self.stack)
        }
    }

    /// The value `depth` places from the top: 1 is the top itself.
    #[inline(always)]
    pub(in crate::eval) fn peek(&self, depth: usize) -> Borrowed<'_> {
        // SAFETY: the instruction finds a value there, and the stack, which owns it, cannot move while we are borrowed.
        unsafe { Borrowed::from_raw_unchecked(*self.stack.sub(depth)) }
    }

    /// What is `depth` places from the top: a value or the NULL that stands for none.
    #[inline(always)]
    pub(in crate::eval) fn peek_optional(&self, depth: usize) -> Option<Borrowed<'_>> {
        // SAFETY: as in `peek`, where NULL may be.
        unsafe { Borrowed::from_c_optional(*self.stack.sub(depth)) }
    }

    /// Puts a value in the place of the one `depth` from the top, and gives that back.
    #[inline(always)]
    pub(in crate::eval) fn replace(&mut self, depth: usize, value: Owned) -> Owned {
        // SAFETY: the instruction finds a value there; the references change places.
        unsafe { Owned::from_raw_unchecked(self.stack.sub(depth).replace(value.into_raw())) }
    }

    /// Exchanges two entries of the stack.
    #[inline(always)]
    pub(in crate::eval) fn swap(&mut self, depth: usize, other: usize) {
        // SAFETY: the instruction finds both entries.
        unsafe { core::ptr::swap(self.stack.sub(depth), self.stack.sub(other)) }
    }

    /// The topmost `count` entries, in the order in which they were pushed, for C functions that look at them.
    #[inline(always)]
    pub(in crate::eval) fn top(&self, count: usize) -> *mut *mut ffi::PyObject {
        // SAFETY: the instruction finds as many.
        unsafe { self.stack.sub(count) }
    }

    /// Makes the stack lower by `count` entries, whose references have gone elsewhere.
    ///
    /// # Safety
    /// Somebody else owns them now.
    #[inline(always)]
    pub(in crate::eval) unsafe fn forget(&mut self, count: usize) {
        // SAFETY: the instruction finds as many.
        self.stack = unsafe { self.stack.sub(count) };
    }

    /// Drops the topmost `count` values, the lowest first.
    #[inline(always)]
    pub(in crate::eval) fn drop_values(&mut self, count: usize) {
        // SAFETY: the instruction finds as many, which the stack owned; they stay in place until they are dropped.
        unsafe {
            let first = self.stack.sub(count);
            for place in 0..count {
                drop(Owned::from_raw_unchecked(*first.add(place)));
            }
            self.stack = first;
        }
    }

    /// Drops the topmost `count` values, the highest first.
    #[inline(always)]
    pub(in crate::eval) fn drop_values_from_top(&mut self, count: usize) {
        // SAFETY: as for `drop_values`.
        unsafe {
            let first = self.stack.sub(count);
            for place in (0..count).rev() {
                drop(Owned::from_raw_unchecked(*first.add(place)));
            }
            self.stack = first;
        }
    }

    /// Drops entries from the top until the stack is `height` high.
    #[inline(always)]
    pub(in crate::eval) fn drop_to(&mut self, height: isize) {
        // SAFETY: `height` is not above the stack's.
        let low = unsafe { self.stack_base().offset(height) };
        while self.stack > low {
            drop(self.pop_optional());
        }
    }
}
