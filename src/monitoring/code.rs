//! A code object as instrumentation sees it: its instructions, under the marks of lines and instructions too. Reads its
//! members, and gives its bytecode to be overwritten.
use super::data::Data;
use super::event::Event;
use super::opcode::Opcode;
use crate::ffi;
use crate::field;
use crate::object::Borrowed;
use core::cell::Cell;
use core::ffi::c_int;

/// A unit of bytecode: an instruction, or an entry of the inline cache behind one (pycore_code.h `_Py_CODEUNIT`).
///
/// The evaluator overwrites units while it runs the code, so they are cells.
#[derive(Debug)]
#[repr(C)]
pub struct Unit {
    /// Which instruction it is.
    pub opcode: Cell<Opcode>,
    argument: Cell<u8>,
}

const _: () = assert!(size_of::<Unit>() == size_of::<ffi::_Py_CODEUNIT>());

impl Unit {
    /// The bytes of a unit.
    pub const SIZE: usize = size_of::<Self>();

    /// Writes a number over both bytes.
    fn set(&self, number: u16) {
        let [first, second] = number.to_ne_bytes();
        self.opcode.set(Opcode::new(first));
        self.argument.set(second);
    }
}

/// A code object and its units.
///
/// The marks `INSTRUMENTED_LINE` and `INSTRUMENTED_INSTRUCTION` stand where an instruction stood, a line's above an
/// instruction's; what they hide is kept in the code object's [`Data`]. Places are indices of units throughout; Python sees
/// offsets in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Code<'a> {
    object: Borrowed<'a, ffi::PyCodeObject>,
    units: &'a [Unit],
}

impl<'a> Code<'a> {
    /// What there is to see of a code object.
    #[inline(always)]
    pub fn of(object: Borrowed<'a, ffi::PyCodeObject>) -> Self {
        let count = field!(object.ob_base.ob_size).cast_unsigned();
        // SAFETY: a code object ends with as many units as its size says, and lives as long as the borrow. The GIL keeps
        // other threads from writing to the cells.
        let units = unsafe { core::slice::from_raw_parts(first_unit(object), count) };
        Self { object, units }
    }

    /// The object.
    #[inline(always)]
    pub fn object(self) -> Borrowed<'a, ffi::PyCodeObject> {
        self.object
    }

    /// How many units there are.
    #[inline(always)]
    pub fn len(self) -> usize {
        self.units.len()
    }

    /// Whether there are none.
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.units.is_empty()
    }

    /// The index of the unit at an address, which may be an address of anything: then it is no index of this code's units.
    #[inline(always)]
    pub fn index_of(self, unit: *const ffi::_Py_CODEUNIT) -> isize {
        let distance = unit.addr().wrapping_sub(self.units.as_ptr().addr());
        distance.cast_signed() / Unit::SIZE.cast_signed()
    }

    /// What monitoring keeps for the code object, if it was ever instrumented.
    #[inline(always)]
    pub fn data(self) -> Option<Data<'a>> {
        Data::of(self)
    }

    /// A unit.
    #[inline(always)]
    pub(super) fn unit(self, index: usize) -> &'a Unit {
        &self.units[index]
    }

    /// All units.
    #[inline(always)]
    pub(super) fn units(self) -> &'a [Unit] {
        self.units
    }

    /// The unit from which on the code may be instrumented; what stands before makes the frame.
    pub(super) fn first_traceable(self) -> usize {
        let object = self.object;
        field!(object._co_firsttraceable).max(0) as usize
    }

    /// Whether there is nothing to instrument, as in the evaluator's own little pieces of code.
    pub fn is_shim(self) -> bool {
        self.first_traceable() >= self.len()
    }

    /// Whether nothing in it ever fires (`CO_NO_MONITORING_EVENTS`).
    pub(super) fn is_silent(self) -> bool {
        let object = self.object;
        field!(object.co_flags).cast_unsigned() & ffi::CO_NO_MONITORING_EVENTS != 0
    }

    /// The line at which it starts.
    #[inline(always)]
    pub(super) fn first_line(self) -> c_int {
        let object = self.object;
        field!(object.co_firstlineno)
    }

    /// The version of what was watched when it was last instrumented.
    #[inline(always)]
    pub(super) fn version(self) -> usize {
        let object = self.object;
        field!(object._co_instrumentation_version)
    }

    /// Where the opcode of an instruction stands, under the mark of a line if there is one.
    #[inline(always)]
    pub(super) fn under_line(self, index: usize) -> &'a Cell<Opcode> {
        let place = &self.unit(index).opcode;
        if place.get() != Opcode::INSTRUMENTED_LINE {
            return place;
        }
        let lines = self.data().and_then(Data::lines);
        lines.map_or(place, |lines| lines.hidden(index))
    }

    /// Where the opcode of an instruction stands, under whatever marks there are.
    #[inline(always)]
    pub(super) fn under_marks(self, index: usize) -> &'a Cell<Opcode> {
        let place = self.under_line(index);
        if place.get() != Opcode::INSTRUMENTED_INSTRUCTION {
            return place;
        }
        let hidden = self.data().and_then(Data::instruction_opcodes);
        hidden.map_or(place, |hidden| &hidden[index])
    }

    /// The generic instruction that the compiler made there (instrumentation.c `_Py_GetBaseOpcode`).
    #[inline]
    pub fn base_opcode(self, index: usize) -> Opcode {
        self.under_marks(index).get().base()
    }

    /// The units of an instruction and its inline cache (instrumentation.c `_PyInstruction_GetLength`).
    #[inline]
    pub fn length(self, index: usize) -> usize {
        1 + self.base_opcode(index).caches()
    }

    /// The event of an instruction itself, if it has one: not that of a line or of any instruction.
    #[inline]
    pub(super) fn event(self, index: usize) -> Option<Event> {
        self.base_opcode(index).event(self.argument(index))
    }

    /// The low eight bits of an instruction's argument.
    #[inline(always)]
    pub(super) fn argument(self, index: usize) -> u8 {
        self.unit(index).argument.get()
    }

    /// Where instructions stand, from one of them on.
    pub(super) fn instructions_from(self, first: usize) -> impl Iterator<Item = usize> + use<'a> {
        let mut next = first;
        core::iter::from_fn(move || {
            let index = next;
            if index >= self.len() {
                return None;
            }
            next += self.length(index);
            Some(index)
        })
    }

    /// Has an instruction whose opcode has just become this one wait a little before it is specialised, if it can be.
    pub(super) fn warm_up(self, index: usize, opcode: Opcode) {
        if opcode.caches() > 0
            && let Some(counter) = self.units.get(index + 1)
        {
            counter.set(ffi::adaptive_counter_warmup());
        }
    }
}

/// The first unit of a code object.
#[inline(always)]
fn first_unit(object: Borrowed<'_, ffi::PyCodeObject>) -> *const Unit {
    // SAFETY: only an address inside the object is taken.
    unsafe { ffi::_PyCode_CODE(object.as_ptr()) }.cast()
}
