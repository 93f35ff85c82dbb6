//! Filling the tables that instrumentation of a code object wants, before it starts. Reads bytecode, the compiler's table of
//! lines and the table of exception handlers.
use super::code::Code;
use super::data::{Data, Table};
use super::event::Event;
use super::lines::{CompiledLines, Lines};
use super::monitors::LocalMonitors;
use super::opcode::Opcode;
use crate::ffi;
use crate::field;
use crate::object::Raised;
use core::cell::Cell;

impl<'a> Code<'a> {
    /// Makes the tables that are wanted when these tools watch the code and that it does not have yet
    /// (instrumentation.c `update_instrumentation_data`).
    ///
    /// # Errors
    /// `MemoryError`.
    pub(super) fn prepare(self, data: Data<'_>, wanted: &LocalMonitors) -> Result<(), Raised> {
        let shared = wanted.has_shared_event();
        if shared {
            let active = data.members.active_monitors.get();
            data.make_table(Table::Tools, |table| self.fill_tools(table, &active))?;
        }
        let line_tools = wanted.tools(Event::Line);
        if !line_tools.is_empty() {
            data.make_lines(self.bytes_per_line(), |lines| self.fill_lines(lines))?;
            if shared {
                let fill = |table: &[Cell<u8>]| fill_with(table, line_tools.bits());
                data.make_table(Table::LineTools, fill)?;
            }
        }
        if !wanted.tools(Event::Instruction).is_empty() {
            data.make_table(Table::InstructionOpcodes, |table| self.fill_opcodes(table))?;
            if shared {
                data.make_table(Table::InstructionTools, |_| ())?;
            }
        }
        Ok(())
    }

    /// Whom each event of an instruction tells: where it is instrumented, those for whom that was done
    /// (instrumentation.c `initialize_tools`).
    fn fill_tools(self, table: &[Cell<u8>], active: &LocalMonitors) {
        for index in self.instructions_from(0) {
            if self.under_marks(index).get().is_instrumented()
                && let Some(event) = self.event(index)
            {
                table[index].set(active.tools(event).bits());
            }
        }
    }

    /// What every instruction would be without marks. The mark of an instruction that is put later writes it anew, but until
    /// then another thread may be executing the instruction.
    fn fill_opcodes(self, table: &[Cell<u8>]) {
        for (entry, unit) in table.iter().zip(self.units()) {
            entry.set(unit.opcode.get().generic().number());
        }
    }

    /// How large the entries of the table of lines must be.
    fn bytes_per_line(self) -> u8 {
        let mut compiled = CompiledLines::of(self);
        let farthest = self
            .instructions_from(self.first_traceable())
            .filter_map(|index| compiled.line(index))
            .map(|line| line.wrapping_sub(self.first_line()))
            .fold(1, i32::max);
        Lines::bytes_per_entry(farthest)
    }

    /// The line of every instruction, and where lines start (instrumentation.c `initialize_lines`): at the first instruction
    /// of each run of instructions of one line, and wherever a jump or an exception comes from elsewhere.
    fn fill_lines(self, lines: Lines<'_>) {
        self.fill_runs(lines);
        for target in self.jump_targets() {
            self.start_line(lines, target);
        }
        for handler in self.exception_handlers() {
            // The end of an `async for` has its line, but is none of its own.
            if handler < self.len() && self.base_opcode(handler) != Opcode::END_ASYNC_FOR {
                self.start_line(lines, handler);
            }
        }
    }

    /// Marks down the instruction as the start of a line, if it has one.
    fn start_line(self, lines: Lines<'_>, index: usize) {
        if lines.distance(index).is_some() {
            lines.hidden(index).set(self.base_opcode(index));
        }
    }

    /// The lines, and the starts of runs. Caches have no line.
    fn fill_runs(self, lines: Lines<'_>) {
        let mut compiled = CompiledLines::of(self);
        let mut current = None;
        for index in self.instructions_from(0) {
            let line = compiled.line(index);
            lines.set_distance(index, line.map(|line| line.wrapping_sub(self.first_line())));
            let opcode = self.base_opcode(index);
            if index < self.first_traceable() || !opcode.can_start_line() {
                continue;
            }
            if line.is_some() && line != current {
                lines.hidden(index).set(opcode);
            }
            current = line;
        }
    }

    /// Where jumps lead. Those over the end of an iteration, which is skipped, lead behind it.
    fn jump_targets(self) -> impl Iterator<Item = usize> + use<'a> {
        let mut next = self.first_traceable();
        core::iter::from_fn(move || {
            while next < self.len() {
                let (opcode, argument, after) = self.extended(next);
                next = after;
                if let Some(target) = opcode.jump_target(after, argument)
                    && target < self.len()
                {
                    return Some(target);
                }
            }
            None
        })
    }

    /// The instruction at an index, or the one that the `EXTENDED_ARG`s there belong to: its opcode, its whole argument, and
    /// the index after it.
    fn extended(self, mut index: usize) -> (Opcode, u32, usize) {
        let mut argument = 0;
        loop {
            let opcode = self.base_opcode(index);
            argument = argument << 8 | u32::from(self.argument(index));
            let after = index + 1 + opcode.caches();
            if opcode != Opcode::EXTENDED_ARG || after >= self.len() {
                return (opcode, argument, after);
            }
            index = after;
        }
    }

    /// Where the handlers of exceptions start, once for each range of instructions that has one.
    fn exception_handlers(self) -> impl Iterator<Item = usize> + use<'a> {
        let mut numbers = Varints(self.exception_table());
        // An entry is four numbers: the start of the range, its length, the handler, and how deep the stack is there.
        core::iter::from_fn(move || {
            let _range = (numbers.next()?, numbers.next()?);
            let handler = numbers.next()?;
            let _depth = numbers.next()?;
            Some(handler)
        })
    }

    /// The table of exception handlers as the compiler made it.
    fn exception_table(self) -> &'a [u8] {
        let object = self.object();
        let table: *mut ffi::PyBytesObject = field!(object.co_exceptiontable).cast();
        // SAFETY: the code object keeps the bytes, which do not change, as long as it lives.
        unsafe {
            let length = (*table).ob_base.ob_size.cast_unsigned();
            core::slice::from_raw_parts((&raw const (*table).ob_sval).cast(), length)
        }
    }
}

impl Opcode {
    /// Whether a line can start at a generic instruction: not where it ends an iteration, for the loop skips that, and not
    /// at a `RESUME`, which instrumentation itself needs to see.
    fn can_start_line(self) -> bool {
        !matches!(
            self,
            Self::END_ASYNC_FOR | Self::END_FOR | Self::END_SEND | Self::RESUME
        )
    }

    /// Where a generic instruction with this argument jumps to, if it jumps; `after` is the index behind it.
    fn jump_target(self, after: usize, argument: u32) -> Option<usize> {
        let argument = argument as usize;
        match self {
            Self::POP_JUMP_IF_FALSE
            | Self::POP_JUMP_IF_TRUE
            | Self::POP_JUMP_IF_NONE
            | Self::POP_JUMP_IF_NOT_NONE
            | Self::JUMP_FORWARD => Some(after + argument),
            // Behind the END_FOR or END_SEND.
            Self::FOR_ITER | Self::SEND => Some(after + argument + 1),
            Self::JUMP_BACKWARD | Self::JUMP_BACKWARD_NO_INTERRUPT => after.checked_sub(argument),
            _ => None,
        }
    }
}

/// The numbers of a table of exception handlers, in groups of six bits, the most significant first; bit 6 says that the
/// number goes on (pycore_code.h `parse_varint`).
struct Varints<'a>(&'a [u8]);

impl Iterator for Varints<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let mut number = 0;
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number = number << 6 | usize::from(byte & 0x3F);
            if byte & 0x40 == 0 {
                return Some(number);
            }
        }
    }
}

/// Writes one byte everywhere.
fn fill_with(table: &[Cell<u8>], byte: u8) {
    for entry in table {
        entry.set(byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_in_groups_of_six_bits() {
        // Bit 7 marks the first byte of an entry.
        let numbers: Vec<usize> = Varints(&[0x80 | 5, 0x40 | 1, 0, 0x41, 0x42, 3]).collect();
        assert_eq!(numbers, [5, 64, 1 << 12 | 2 << 6 | 3]);
        assert_eq!(Varints(&[0x41]).next(), None);
    }

    #[test]
    fn jumps_lead_where_the_evaluator_goes() {
        assert_eq!(Opcode::JUMP_FORWARD.jump_target(10, 4), Some(14));
        assert_eq!(Opcode::FOR_ITER.jump_target(10, 4), Some(15));
        assert_eq!(Opcode::JUMP_BACKWARD.jump_target(10, 4), Some(6));
        assert_eq!(Opcode::JUMP_BACKWARD.jump_target(3, 4), None);
        assert_eq!(Opcode::RESUME.jump_target(10, 4), None);
    }
}
