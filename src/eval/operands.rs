//! The operands of a call on the value stack: the callable, above it `self` or NULL, and on top the arguments, as many as
//! the operand of the instruction says. Reads and moves the stack of a [`Machine`], and knows which calls stay in the loop.
//!
//! What the callee gets are the arguments, after `self` where it is there: the topmost [`Machine::argument_count`] entries.
use super::flow::Flow;
use super::machine::Machine;
use crate::call::Arguments;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised};

impl Machine {
    /// What is called.
    #[inline(always)]
    pub(super) fn callable(&self) -> Borrowed<'_> {
        self.peek(self.operand() + 2)
    }

    /// How many arguments the callee gets.
    #[inline(always)]
    pub(super) fn argument_count(&self) -> usize {
        let has_self = self.peek_optional(self.operand() + 1).is_some();
        self.operand() + usize::from(has_self)
    }

    /// Whether frames of Python functions stay in this loop: nobody has put another evaluator in place of ours (PEP 523).
    #[inline(always)]
    pub(super) fn keeps_frames(&self) -> bool {
        // SAFETY: the interpreter of the running thread is alive.
        unsafe { (*self.thread().interpreter()).eval_frame.is_none() }
    }

    /// Whether a function that is called runs in this loop: one of Python that nobody made behave otherwise.
    #[inline(always)]
    pub(super) fn enters(&self, callable: Borrowed<'_>) -> bool {
        if !callable.is_exactly(&raw const ffi::PyFunction_Type) || !self.keeps_frames() {
            return false;
        }
        // SAFETY: a function, as just checked.
        let vectorcall = unsafe { (*callable.as_ptr().cast::<ffi::PyFunctionObject>()).vectorcall };
        vectorcall.is_some_and(|vectorcall| {
            vectorcall as usize == ffi::_PyFunction_Vectorcall as *const () as usize
        })
    }

    /// The bound method that is called, where no `self` is given besides its own.
    #[inline(always)]
    pub(super) fn bound_method(&self) -> Option<*mut ffi::PyMethodObject> {
        let callable = self.callable();
        let is_bound = self.peek_optional(self.operand() + 1).is_none()
            && callable.is_exactly(&raw const ffi::PyMethod_Type);
        is_bound.then(|| callable.as_ptr().cast())
    }

    /// Puts the function and the `self` of a bound method in the places of the method and of the NULL above it.
    ///
    /// # Safety
    /// `method` is what [`Machine::bound_method`] gives.
    #[inline(always)]
    pub(super) unsafe fn unbind(&mut self, method: *mut ffi::PyMethodObject) {
        // SAFETY: a bound method has both. The stack gets references to them, and then gives up that to the method.
        unsafe {
            let place = self.top(self.operand() + 2);
            *place.add(1) = Borrowed::from_raw_unchecked((*method).im_self)
                .new_ref()
                .into_raw();
            *place = Borrowed::from_raw_unchecked((*method).im_func)
                .new_ref()
                .into_raw();
            drop(Owned::from_raw_unchecked(method.cast::<ffi::PyObject>()));
        }
    }

    /// Drops the operands of a call with so many arguments: these, the first one first, then the callable.
    #[inline(always)]
    pub(super) fn drop_operands(&mut self, count: usize) {
        self.drop_values(count);
        // SAFETY: where `self` is not among the arguments, its entry is NULL.
        unsafe { self.forget(self.operand() + 1 - count) };
        drop(self.pop());
    }

    /// Ends a call of a function of C: drops the operands and puts the result in their place. Others may then interrupt.
    #[inline(always)]
    pub(super) fn end_call(&mut self, count: usize, result: Result<Owned, Raised>) -> Flow {
        debug_assert!(result.is_ok() != Raised::is_pending());
        self.drop_operands(count);
        self.push(result?);
        self.check_eval_breaker()
    }

    /// Takes the callable out of its entry, so that whatever the callee does to the place before its arguments, the right
    /// reference is dropped (PEP 590 lets it write there for a while).
    ///
    /// # Safety
    /// The entry is dead from now on: the call ends with [`Machine::end_vectorcall`], or with a frame that takes over all.
    #[inline(always)]
    pub(super) unsafe fn take_callable(&self) -> Owned {
        // SAFETY: the stack owned the callable, and the caller promises that it does not drop it.
        unsafe { Owned::from_raw_unchecked(self.callable().as_ptr()) }
    }

    /// The arguments that lie on top of the stack, so many; these are the names of the last of them. The place before them may
    /// be written to: it is that of the callable, or of NULL.
    ///
    /// # Safety
    /// The callable was taken by [`Machine::take_callable`]. The arguments are used until [`Machine::end_vectorcall`] only.
    #[inline(always)]
    pub(super) unsafe fn arguments<'a>(
        &self,
        count: usize,
        names: Option<Borrowed<'a, ffi::PyTupleObject>>,
    ) -> Arguments<'a> {
        let positional = count - names.map_or(0, |names| names.items().len());
        let flagged_count = positional | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
        // SAFETY: the stack owns so many; the compiler gives a name to so many of them. The rest is as the caller promises.
        unsafe { Arguments::from_c(self.top(count), flagged_count, names) }
    }

    /// Ends a call of anything: drops the callable, then the arguments, the first one first, and puts the result in their
    /// place. Others may then interrupt.
    ///
    /// # Safety
    /// `callable` comes from [`Machine::take_callable`].
    #[inline(always)]
    pub(super) unsafe fn end_vectorcall(
        &mut self,
        callable: Owned,
        count: usize,
        result: Result<Owned, Raised>,
    ) -> Flow {
        debug_assert!(result.is_ok() != Raised::is_pending());
        drop(callable);
        self.drop_values(count);
        // SAFETY: what is left is the callable's dead entry, and NULL where `self` is not among the arguments.
        unsafe { self.forget(self.operand() + 2 - count) };
        self.push(result?);
        self.check_eval_breaker()
    }
}
