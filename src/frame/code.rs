//! What frames want to know of the code that they run: its instructions, lines, flags, and the names and kinds of its
//! variables. Reads code objects.
use crate::ffi;
use crate::field;
use crate::object::Borrowed;
use core::ffi::c_int;

/// Of which kind a variable of some code is: a set of `CO_FAST_…` (pycore_code.h `_PyLocals_Kind`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kind(u8);

impl Kind {
    /// Whether it comes from a function around this one, by a cell.
    #[inline(always)]
    pub const fn is_free(self) -> bool {
        self.has(ffi::CO_FAST_FREE)
    }

    /// Whether a function within this one refers to it, so that it lives in a cell once the function has begun.
    #[inline(always)]
    pub const fn is_cell(self) -> bool {
        self.has(ffi::CO_FAST_CELL)
    }

    /// Whether it belongs to a comprehension that was compiled into this code (PEP 709), and is not there outside of it.
    #[inline(always)]
    pub const fn is_hidden(self) -> bool {
        self.has(ffi::CO_FAST_HIDDEN)
    }

    #[inline(always)]
    const fn has(self, flag: u32) -> bool {
        self.0 as u32 & flag != 0
    }
}

impl<'a> Borrowed<'a, ffi::PyCodeObject> {
    /// Whether the code has one of the flags `CO_…`.
    #[inline]
    pub fn has_flag(self, flag: u32) -> bool {
        field!(self.co_flags).cast_unsigned() & flag != 0
    }

    /// Whether calls of it make what has the frame in it: a generator or a coroutine, of any kind.
    #[inline]
    pub fn makes_generator(self) -> bool {
        self.has_flag(ffi::CO_GENERATOR | ffi::CO_COROUTINE | ffi::CO_ASYNC_GENERATOR)
    }

    /// Its first instruction (pycore_code.h `_PyCode_CODE`).
    #[inline(always)]
    pub fn first_instruction(self) -> *mut ffi::_Py_CODEUNIT {
        // SAFETY: only an address inside the object is taken, where its instructions begin.
        unsafe { (&raw mut (*self.as_ptr()).co_code_adaptive).cast() }
    }

    /// The instruction from which on its frames are complete: the first `RESUME`.
    #[inline(always)]
    pub fn first_traceable(self) -> *mut ffi::_Py_CODEUNIT {
        self.instruction_at(field!(self._co_firsttraceable) as usize)
    }

    /// The instruction at an index; an address only.
    #[inline(always)]
    pub fn instruction_at(self, index: usize) -> *mut ffi::_Py_CODEUNIT {
        self.first_instruction().wrapping_add(index)
    }

    /// Its length in code units.
    #[inline]
    pub fn unit_count(self) -> usize {
        field!(self.ob_base.ob_size) as usize
    }

    /// The line of the instruction at an offset in bytes; `None` where there is none (codeobject.c `PyCode_Addr2Line`).
    #[inline]
    pub fn line_at(self, offset: c_int) -> Option<c_int> {
        // SAFETY: the code is alive; its line table is walked.
        let line = unsafe { ffi::PyCode_Addr2Line(self.as_ptr(), offset) };
        (line >= 0).then_some(line)
    }

    /// The number of its locals, cells and free variables, which lie in a frame in this order.
    #[inline(always)]
    pub fn variable_count(self) -> usize {
        field!(self.co_nlocalsplus) as usize
    }

    /// The names of its variables, each an interned `str`.
    #[inline]
    pub fn variable_names(self) -> &'a [Borrowed<'a>] {
        // SAFETY: the code holds a tuple with as many names as variables.
        let names: Borrowed<'a, ffi::PyTupleObject> =
            unsafe { Borrowed::from_raw_unchecked(field!(self.co_localsplusnames).cast()) };
        names.items()
    }

    /// The kind of the variable at an index below [`variable_count`](Self::variable_count).
    #[inline]
    pub fn variable_kind(self, index: usize) -> Kind {
        // SAFETY: the code holds bytes with as many kinds as variables.
        let kinds: Borrowed<'a, ffi::PyBytesObject> =
            unsafe { Borrowed::from_raw_unchecked(field!(self.co_localspluskinds).cast()) };
        Kind(kinds.content()[index])
    }
}
