//! The table of lines of a code object: for each instruction its line, and what the mark of a line hides there. Reads and
//! writes that table, and walks over line tables of the compiler.
use super::code::{Code, UNIT_BYTES};
use crate::bytecode::Opcode;
use crate::ffi;
use core::cell::Cell;
use core::ffi::c_int;
use core::marker::PhantomData;
use core::mem::MaybeUninit;

/// What is added to a line's distance from the first line of its code: 0 says that there is no line, and code of a module
/// may have line 0, one before its first.
const BIAS: u32 = 2;

/// The table of lines (`_PyCoLineInstrumentationData`).
///
/// An entry is the opcode that the mark of a line hides, or 0 where no line starts; then, in as many bytes as the
/// farthest line wants, the least significant first, the line's distance from the first line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines<'a> {
    entries: &'a [Cell<u8>],
    bytes_per_entry: usize,
}

impl<'a> Lines<'a> {
    /// The table at an address, unless that is NULL.
    ///
    /// # Safety
    /// The table has an entry for each of `units`, and lives for `'a`.
    #[inline(always)]
    pub(super) unsafe fn of(
        table: *mut ffi::_PyCoLineInstrumentationData,
        units: usize,
    ) -> Option<Self> {
        if table.is_null() {
            return None;
        }
        // SAFETY: the caller promises the table, which goes on behind the struct's end. The GIL guards the cells.
        unsafe {
            let bytes_per_entry = usize::from((*table).bytes_per_entry);
            let entries = (&raw const (*table).data).cast();
            Some(Self {
                entries: core::slice::from_raw_parts(entries, units * bytes_per_entry),
                bytes_per_entry,
            })
        }
    }

    /// How many bytes an entry must have for a line that far from the first.
    pub(super) const fn bytes_per_entry(farthest: c_int) -> u8 {
        let distance_bytes = match farthest as i64 + BIAS as i64 {
            ..0x100 => 1,
            0x100..0x1_0000 => 2,
            0x1_0000..0x100_0000 => 3,
            0x100_0000.. => 4,
        };
        1 + distance_bytes
    }

    /// The entry of a unit.
    #[inline(always)]
    fn entry(self, unit: usize) -> Option<&'a [Cell<u8>]> {
        let start = unit.checked_mul(self.bytes_per_entry)?;
        self.entries.get(start..)?.get(..self.bytes_per_entry)
    }

    /// Where the opcode stands that the mark of a line hides, or 0 where no line starts.
    #[inline(always)]
    pub(super) fn hidden(self, unit: usize) -> &'a Cell<Opcode> {
        let opcode = &raw const self.entries[unit * self.bytes_per_entry];
        // SAFETY: any byte is an opcode.
        unsafe { &*opcode.cast() }
    }

    /// Whether a line starts at the instruction, so that it is marked when somebody watches lines.
    #[inline(always)]
    pub(super) fn starts_at(self, unit: usize) -> bool {
        self.hidden(unit).get() != Opcode::CACHE
    }

    /// How far the line of an instruction is from the first line; `None` when it has no line.
    #[inline(always)]
    pub(super) fn distance(self, unit: usize) -> Option<c_int> {
        let (_opcode, bytes) = self.entry(unit)?.split_first()?;
        let stored = bytes
            .iter()
            .rev()
            .fold(0, |number: u32, byte| number << 8 | u32::from(byte.get()));
        (stored != 0).then(|| stored.wrapping_sub(BIAS).cast_signed())
    }

    /// Says how far the line of an instruction is from the first line, or that it has none.
    pub(super) fn set_distance(self, unit: usize, distance: Option<c_int>) {
        let stored = distance.map_or(0, |distance| distance.cast_unsigned().wrapping_add(BIAS));
        let Some((_opcode, bytes)) = self.entry(unit).and_then(<[_]>::split_first) else {
            return;
        };
        for (byte, part) in bytes.iter().zip(stored.to_le_bytes()) {
            byte.set(part);
        }
    }
}

impl Code<'_> {
    /// The line of an instruction from the table of lines, which must be there; -1 when the instruction has no line, or
    /// there is no such instruction (instrumentation.c `_Py_Instrumentation_GetLine`). It allocates nothing and cannot
    /// panic: a crashing process may ask.
    #[inline]
    pub fn line(self, index: usize) -> c_int {
        let lines = self.data().and_then(|data| data.lines());
        match lines.and_then(|lines| lines.distance(index)) {
            Some(distance) => self.first_line().wrapping_add(distance),
            None => -1,
        }
    }
}

/// The lines of a code object as the compiler left them, for whoever asks for one instruction after the other.
pub(super) struct CompiledLines<'a> {
    range: ffi::PyCodeAddressRange,
    _code: PhantomData<Code<'a>>,
}

impl<'a> CompiledLines<'a> {
    /// Those of a code object.
    pub(super) fn of(code: Code<'a>) -> Self {
        let mut range = MaybeUninit::uninit();
        // SAFETY: the code object is alive, and the function fills the range.
        unsafe { ffi::_PyCode_InitAddressRange(code.object().as_ptr(), range.as_mut_ptr()) };
        Self {
            // SAFETY: just filled.
            range: unsafe { range.assume_init() },
            _code: PhantomData,
        }
    }

    /// The line of an instruction, if it has one.
    pub(super) fn line(&mut self, index: usize) -> Option<c_int> {
        let offset = (index * UNIT_BYTES) as c_int;
        // SAFETY: the range walks over the table of a code object that is alive.
        let line = unsafe { ffi::_PyCode_CheckLineNumber(offset, &raw mut self.range) };
        (line >= 0).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls `test` with a table for four units.
    fn with_lines(bytes_per_entry: u8, test: impl FnOnce(Lines<'_>)) {
        let mut memory = [0_u8; 1 + 4 * 5];
        memory[0] = bytes_per_entry;
        // SAFETY: the struct is made of bytes, and the memory is large enough for four entries of five bytes.
        let lines = unsafe { Lines::of(memory.as_mut_ptr().cast(), 4) };
        test(lines.expect("not NULL"));
    }

    #[test]
    fn distances_come_back() {
        for bytes in 2..=5 {
            with_lines(bytes, |lines| {
                let farthest = [0xFF, 0xFFFF, 0xFF_FFFF, i32::MAX][usize::from(bytes) - 2];
                for distance in [Some(-1), Some(0), None, Some(3), Some(farthest - 2)] {
                    lines.set_distance(2, distance);
                    assert_eq!(lines.distance(2), distance, "{bytes}");
                }
                assert_eq!(lines.distance(1), None);
                assert_eq!(lines.distance(3), None);
                assert_eq!(lines.distance(4), None);
            });
        }
    }

    #[test]
    fn an_opcode_does_not_disturb_a_distance() {
        with_lines(3, |lines| {
            lines.set_distance(1, Some(300));
            assert!(!lines.starts_at(1));
            lines.hidden(1).set(Opcode::RESUME);
            assert!(lines.starts_at(1));
            assert_eq!(lines.distance(1), Some(300));
        });
    }

    #[test]
    fn entries_are_as_large_as_the_farthest_line_wants() {
        for (farthest, bytes) in [
            (1, 2),
            (253, 2),
            (254, 3),
            (0xFFFD, 3),
            (0xFFFE, 4),
            (0xFF_FFFD, 4),
            (0xFF_FFFE, 5),
            (c_int::MAX, 5),
        ] {
            assert_eq!(Lines::bytes_per_entry(farthest), bytes, "{farthest}");
        }
    }
}
