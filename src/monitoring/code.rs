//! A code object as instrumentation sees it: its instructions, under the marks of lines and instructions too. Reads its
//! members, and gives its bytecode to be overwritten.
use super::data::Data;
use super::event::Event;
use super::opcode::event_of;
use crate::bytecode::unit::{UnitCell, units};
use crate::bytecode::{Counter, Opcode, Unit, original};
use crate::ffi;
use crate::field;
use crate::jit;
use crate::object::Borrowed;
use core::cell::Cell;
use core::ffi::c_int;

/// The bytes of a unit: the difference between the offsets that Python sees, and indices.
pub(super) const UNIT_BYTES: usize = size_of::<Unit>();

/// A code object and its units.
///
/// The marks `INSTRUMENTED_LINE` and `INSTRUMENTED_INSTRUCTION` stand where an instruction stood, a line's above an
/// instruction's; what they hide is kept in the code object's [`Data`]. Places are indices of units throughout; Python sees
/// offsets in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Code<'a> {
    object: Borrowed<'a, ffi::PyCodeObject>,
    units: &'a [UnitCell],
}

/// An instruction that the compiler made, with its whole argument.
#[derive(Clone, Copy, Debug)]
pub struct Instruction {
    /// Which generic instruction it is.
    pub opcode: Opcode,
    /// The argument, of which prefixes hold the higher bits.
    pub argument: usize,
    /// Where it stands, behind its prefixes.
    pub index: usize,
    /// Where the next one stands, behind its inline cache.
    pub next: usize,
}

impl Instruction {
    /// Where it jumps to, if it jumps.
    pub fn jump_target(&self) -> Option<usize> {
        self.opcode.jump_target(self.next, self.argument)
    }
}

impl<'a> Code<'a> {
    /// What there is to see of a code object.
    #[inline(always)]
    pub fn of(object: Borrowed<'a, ffi::PyCodeObject>) -> Self {
        Self {
            object,
            units: units(object),
        }
    }

    /// The object.
    #[inline(always)]
    pub fn object(self) -> Borrowed<'a, ffi::PyCodeObject> {
        self.object
    }

    /// How many units there are.
    #[inline(always)]
    pub(super) fn len(self) -> usize {
        self.units.len()
    }

    /// The index of the unit at an address, which may be an address of anything: then it is no index of this code's units.
    #[inline(always)]
    pub(super) fn index_of(self, unit: *const ffi::_Py_CODEUNIT) -> isize {
        let distance = unit.addr().wrapping_sub(self.units.as_ptr().addr());
        distance.cast_signed() / UNIT_BYTES.cast_signed()
    }

    /// What monitoring keeps for the code object, if it was ever instrumented.
    #[inline(always)]
    pub(super) fn data(self) -> Option<Data<'a>> {
        Data::of(self)
    }

    /// A unit.
    #[inline(always)]
    pub(super) fn unit(self, index: usize) -> &'a UnitCell {
        &self.units[index]
    }

    /// All units.
    #[inline(always)]
    pub(super) fn units(self) -> &'a [UnitCell] {
        self.units
    }

    /// The unit from which on the code may be instrumented; what stands before makes the frame.
    pub(super) fn first_traceable(self) -> usize {
        let object = self.object;
        field!(object._co_firsttraceable).max(0) as usize
    }

    /// Whether there is nothing to instrument, as in the evaluator's own little pieces of code.
    pub(super) fn is_shim(self) -> bool {
        self.first_traceable() >= self.len()
    }

    /// Whether nothing in it ever fires (`CO_NO_MONITORING_EVENTS`).
    pub(super) fn is_silent(self) -> bool {
        self.object.has_flag(ffi::CO_NO_MONITORING_EVENTS)
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
        match self.patched_opcode(index) {
            // Machine code is entered there. Nothing marks such a place.
            Opcode::ENTER_EXECUTOR => original(self.object, index).opcode.base(),
            opcode => opcode,
        }
    }

    /// The same, or `ENTER_EXECUTOR` where machine code is entered: whoever asks looks behind that himself.
    #[inline]
    pub fn patched_opcode(self, index: usize) -> Opcode {
        self.under_marks(index).get().base()
    }

    /// The units of an instruction and its inline cache (instrumentation.c `_PyInstruction_GetLength`).
    #[inline]
    fn length(self, index: usize) -> usize {
        1 + self.base_opcode(index).caches()
    }

    /// The event of an instruction itself, if it has one: not that of a line or of any instruction.
    #[inline]
    pub(super) fn event(self, index: usize) -> Option<Event> {
        event_of(self.base_opcode(index), self.argument(index))
    }

    /// The low eight bits of an instruction's argument.
    #[inline(always)]
    pub(super) fn argument(self, index: usize) -> u8 {
        original(self.object, index).oparg
    }

    /// The instruction at an index, or the one to which the `EXTENDED_ARG`s belong that stand there. `None` where there is
    /// none.
    pub fn extended(self, start: usize) -> Option<Instruction> {
        let (mut index, mut argument) = (start, 0);
        while index < self.len() {
            let opcode = self.base_opcode(index);
            argument = argument << 8 | usize::from(self.argument(index));
            if opcode != Opcode::EXTENDED_ARG {
                return Some(Instruction {
                    opcode,
                    argument,
                    index,
                    next: index + 1 + opcode.caches(),
                });
            }
            index += 1;
        }
        None
    }

    /// Where instructions stand, from one of them on.
    pub fn instructions_from(self, first: usize) -> impl Iterator<Item = usize> + use<'a> {
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

    /// Has the instruction there, which is this one again or whose twin was put in its place, wait a little before it is
    /// specialised, if it can be. One that is instrumented has nothing to wait for.
    pub(super) fn warm_up(self, index: usize, opcode: Opcode) {
        if opcode.caches() > 0
            && !opcode.is_instrumented()
            && let Some(counter) = self.units.get(index + 1)
        {
            let counts = match opcode.generic() {
                Opcode::JUMP_BACKWARD if jit::is_on() => jit::heat::loop_counter(),
                _ => Counter::WARMUP,
            };
            counter.set_entry(counts.bits());
        }
    }
}
