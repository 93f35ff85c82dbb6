//! `Site`: one instruction of a family in somebody's bytecode. Reads and writes that instruction and its cache.
use crate::bytecode::cache::{Cache, Family};
use crate::bytecode::{Counter, Opcode, Unit};
use crate::ffi;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// An instruction of the family `F` in the bytecode of a code object that lives for `'c`.
///
/// It has the bits of C's pointer to the instruction.
#[repr(transparent)]
pub struct Site<'c, F: Family> {
    instruction: NonNull<Unit>,
    _code: PhantomData<(&'c ffi::PyCodeObject, F)>,
}

impl<F: Family> Clone for Site<'_, F> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: Family> Copy for Site<'_, F> {}

impl<'c, F: Family> Site<'c, F> {
    /// The instruction at an address.
    ///
    /// # Safety
    /// There is an instruction of the family, not an entry of a cache, with its whole cache and one more instruction
    /// behind it, in a code object that lives for `'c`; the thread holds the GIL.
    #[inline(always)]
    pub const unsafe fn from_raw(instruction: NonNull<ffi::_Py_CODEUNIT>) -> Self {
        Self {
            instruction: instruction.cast(),
            _code: PhantomData,
        }
    }

    /// The low eight bits of its argument.
    #[inline(always)]
    pub fn oparg(self) -> u8 {
        // SAFETY: the maker promised an instruction.
        unsafe { (*self.instruction.as_ptr()).oparg }
    }

    /// Its cache.
    #[inline(always)]
    pub fn cache(self) -> &'c F::Cache {
        // SAFETY: the maker promised the cache behind the instruction, which is of this type for the family; views take
        // any bytes, and let others write.
        unsafe { self.instruction.add(1).cast().as_ref() }
    }

    /// The instruction behind the cache.
    #[inline(always)]
    pub fn next(self) -> Unit {
        // SAFETY: the maker promised one.
        unsafe { self.instruction.add(1 + F::GENERIC.caches()).read() }
    }

    /// Ends an attempt: makes this the specialised instruction that was chosen and lets it run for a while, or, if there
    /// is none, the generic one, which will wait longer this time.
    #[inline]
    pub(super) fn settle(self, chosen: Option<Opcode>) {
        let counter = self.cache().counter();
        match chosen {
            Some(opcode) => {
                debug_assert_eq!(opcode.generic(), F::GENERIC);
                self.set_opcode(opcode);
                counter.set(Counter::COOLDOWN);
            }
            None => {
                self.set_opcode(F::GENERIC);
                counter.set(counter.get().restarted());
            }
        }
    }

    fn set_opcode(self, opcode: Opcode) {
        // SAFETY: the maker promised an instruction, and the GIL guards it.
        unsafe { (*self.instruction.as_ptr()).opcode = opcode }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::cache::LoadGlobal;
    use core::cell::Cell;

    /// `LOAD_GLOBAL 7` with its cache, and `POP_TOP`.
    fn code() -> [Cell<u16>; 6] {
        let unit = |opcode: Opcode, oparg: u8| u16::from_le_bytes([opcode.number(), oparg]);
        let counter = Counter::WARMUP.bits();
        let load = unit(Opcode::LOAD_GLOBAL, 7);
        let pop = unit(Opcode::POP_TOP, 0);
        [load, counter, 0, 0, 0, pop].map(Cell::new)
    }

    fn site(code: &[Cell<u16>; 6]) -> Site<'_, LoadGlobal> {
        // SAFETY: the cells hold such an instruction with its cache and another one, and live as long as the site.
        unsafe { Site::from_raw(NonNull::from(code).cast()) }
    }

    #[test]
    fn what_was_chosen_replaces_the_opcode_alone() {
        let code = code();
        let site = site(&code);
        site.cache().index.set(3);
        site.settle(Some(Opcode::LOAD_GLOBAL_MODULE));
        assert_eq!(site.oparg(), 7);
        assert_eq!(site.next().opcode, Opcode::POP_TOP);
        let [opcode, _] = code[0].get().to_le_bytes();
        assert_eq!(Opcode::new(opcode), Opcode::LOAD_GLOBAL_MODULE);
        assert_eq!(code[1].get(), Counter::COOLDOWN.bits());
        assert_eq!(code[4].get(), 3);
    }

    #[test]
    fn a_failure_makes_it_generic_and_wait() {
        let code = code();
        let site = site(&code);
        site.settle(Some(Opcode::LOAD_GLOBAL_BUILTIN));
        site.settle(None);
        let [opcode, _] = code[0].get().to_le_bytes();
        assert_eq!(Opcode::new(opcode), Opcode::LOAD_GLOBAL);
        assert_eq!(code[1].get(), Counter::COOLDOWN.restarted().bits());
    }
}
