//! The two-byte units of bytecode. Reads code objects.
use crate::bytecode::Opcode;
use crate::ffi;
use crate::field;
use crate::object::Borrowed;
use core::cell::Cell;

/// A unit of bytecode that is an instruction (pycore_code.h `_Py_CODEUNIT`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, align(2))]
pub struct Unit {
    /// Which instruction it is.
    pub opcode: Opcode,
    /// The low eight bits of its argument; the others are in `EXTENDED_ARG` instructions before it.
    pub oparg: u8,
}

const _: () = assert!(size_of::<Unit>() == size_of::<ffi::_Py_CODEUNIT>());
const _: () = assert!(align_of::<Unit>() == align_of::<ffi::_Py_CODEUNIT>());

/// A unit where it stands, in bytecode that the evaluator and instrumentation overwrite while it runs: an instruction, or an
/// entry of an inline cache. The GIL guards it.
#[derive(Debug)]
#[repr(C, align(2))]
pub struct UnitCell {
    /// Which instruction it is, if it is one.
    pub opcode: Cell<Opcode>,
    oparg: Cell<u8>,
}

const _: () = assert!(size_of::<UnitCell>() == size_of::<Unit>());

impl UnitCell {
    /// The low eight bits of the instruction's argument.
    #[inline(always)]
    pub fn oparg(&self) -> u8 {
        self.oparg.get()
    }

    /// Both bytes, as a number: an entry of a cache.
    #[inline(always)]
    pub fn entry(&self) -> u16 {
        u16::from_ne_bytes([self.opcode.get().number(), self.oparg.get()])
    }

    /// Writes both bytes: an entry of a cache.
    #[inline(always)]
    pub fn set_entry(&self, entry: u16) {
        let [first, second] = entry.to_ne_bytes();
        self.opcode.set(Opcode::new(first));
        self.oparg.set(second);
    }
}

/// All units of a code object, for whoever walks over instructions and caches alike (pycore_code.h `_PyCode_CODE`,
/// `_PyCode_NBYTES`).
#[inline]
pub fn units(code: Borrowed<'_, ffi::PyCodeObject>) -> &[UnitCell] {
    let count = crate::field!(code.ob_base.ob_size).cast_unsigned();
    // SAFETY: a code object ends with as many units as its size says; it lives as long as the borrow, and the GIL guards
    // the cells.
    unsafe { core::slice::from_raw_parts(ffi::_PyCode_CODE(code.as_ptr()).cast(), count) }
}

/// The instruction at an index as it was before machine code was patched in, if that was: whoever reads instructions of live
/// code sees through `ENTER_EXECUTOR` by this (codeobject.c does the same).
#[inline]
pub fn original(code: Borrowed<'_, ffi::PyCodeObject>, index: usize) -> Unit {
    // SAFETY: the code is alive, the index one of its units; behind the instruction stands a record of upstream's layout.
    unsafe {
        let unit = *code.instruction_at(index).cast::<Unit>();
        if unit.opcode != Opcode::ENTER_EXECUTOR {
            return unit;
        }
        let executors = (&raw const (*field!(code.co_executors)).executors)
            .cast::<*mut ffi::_PyExecutorObject>();
        let data = &raw const (**executors.add(usize::from(unit.oparg))).vm_data;
        Unit {
            opcode: Opcode::new((*data).opcode),
            oparg: (*data).oparg,
        }
    }
}
