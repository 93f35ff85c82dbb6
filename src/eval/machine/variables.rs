//! What instructions name by number: locals, constants, names; and the namespaces. Reads and writes the locals of the frame.
use super::Machine;
use crate::ffi;
use crate::object::{Borrowed, Owned};

impl Machine {
    // --- locals ---

    #[inline(always)]
    pub(super) fn locals_start(&self) -> *mut *mut ffi::PyObject {
        // SAFETY: the frame is alive.
        unsafe { ffi::_PyFrame_GetLocalsArray(self.frame) }
    }

    /// Where a local variable, cell or free variable lies.
    #[inline(always)]
    pub(in crate::eval) fn local_place(&self, index: usize) -> *mut *mut ffi::PyObject {
        // SAFETY: operands name locals that the code has.
        unsafe { self.locals_start().add(index) }
    }

    /// A local variable, if it is bound.
    #[inline(always)]
    pub(in crate::eval) fn local(&self, index: usize) -> Option<Borrowed<'_>> {
        // SAFETY: the frame owns its locals, and instructions alone change them.
        unsafe { Borrowed::from_c_optional(*self.local_place(index)) }
    }

    /// A local variable that the compiler knows to be bound.
    #[inline(always)]
    pub(in crate::eval) fn bound_local(&self, index: usize) -> Borrowed<'_> {
        // SAFETY: as in `local`, and the instruction is only used where the variable is bound.
        unsafe { Borrowed::from_raw_unchecked(*self.local_place(index)) }
    }

    /// Binds a local variable, or unbinds it, and gives back what it was bound to. To be dropped by the caller, after
    /// the new value is in place: a destructor may look.
    #[inline(always)]
    pub(in crate::eval) fn exchange_local(
        &mut self,
        index: usize,
        value: Option<Owned>,
    ) -> Option<Owned> {
        // SAFETY: the frame owns its locals.
        unsafe { Owned::exchange(self.local_place(index), value) }
    }

    // --- what the code refers to ---

    /// A constant of the code.
    #[inline(always)]
    pub(in crate::eval) fn constant(&self, index: usize) -> Borrowed<'_> {
        let code = self.code();
        self.tuple_item(crate::field!(code.co_consts), index)
    }

    /// A name of the code.
    #[inline(always)]
    pub(in crate::eval) fn name(&self, index: usize) -> Borrowed<'_> {
        let code = self.code();
        self.tuple_item(crate::field!(code.co_names), index)
    }

    /// An item of a tuple that belongs to the code.
    #[inline(always)]
    fn tuple_item(&self, tuple: *mut ffi::PyObject, index: usize) -> Borrowed<'_> {
        // SAFETY: constants and names are tuples, which never change and live as long as the code; operands lie within.
        unsafe { Borrowed::from_raw_unchecked(*ffi::_PyTuple_ITEMS(tuple.cast()).add(index)) }
    }

    /// The frame's globals: a dict nearly always.
    #[inline(always)]
    pub(in crate::eval) fn globals(&self) -> Borrowed<'_> {
        // SAFETY: a frame that runs has its globals, alive through its function.
        unsafe { Borrowed::from_raw_unchecked((*self.frame).f_globals) }
    }

    /// The frame's builtins: a dict nearly always.
    #[inline(always)]
    pub(in crate::eval) fn builtins(&self) -> Borrowed<'_> {
        // SAFETY: a frame that runs has its builtins, alive through its function.
        unsafe { Borrowed::from_raw_unchecked((*self.frame).f_builtins) }
    }

    /// The namespace of a class body or a module, which a function does not have.
    #[inline(always)]
    pub(in crate::eval) fn namespace(&self) -> Option<Borrowed<'_>> {
        // SAFETY: a frame owns its namespace or has none.
        unsafe { Borrowed::from_c_optional((*self.frame).f_locals) }
    }

    /// The function that runs.
    #[inline(always)]
    pub(in crate::eval) fn function(&self) -> Borrowed<'_, ffi::PyFunctionObject> {
        // SAFETY: a frame that runs bytecode owns its function.
        unsafe { Borrowed::from_raw_unchecked((*self.frame).f_funcobj.cast()) }
    }
}
