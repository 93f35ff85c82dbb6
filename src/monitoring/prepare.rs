//! Filling the tables that instrumentation of a code object wants, before it starts. Reads bytecode, the compiler's table of
//! lines and the table of exception handlers.
use super::code::Code;
use super::data::{Data, Table};
use super::event::Event;
use super::lines::{CompiledLines, Lines};
use super::monitors::LocalMonitors;
use crate::bytecode::Opcode;
use crate::bytecode::handlers::entries;
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
            data.make_lines(|| self.bytes_per_line(), |lines| self.fill_lines(lines))?;
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
        for (_, handler) in entries(self.object()) {
            // The end of an `async for` has its line, but is none of its own.
            if lines.distance(handler.target).is_some()
                && self.base_opcode(handler.target) != Opcode::END_ASYNC_FOR
            {
                self.start_line(lines, handler.target);
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
            if index < self.first_traceable() || !can_start_line(opcode) {
                continue;
            }
            if line.is_some() && line != current {
                lines.hidden(index).set(opcode);
            }
            current = line;
        }
    }

    /// Where jumps lead. Those to the end of an iteration, which is skipped, lead behind it.
    fn jump_targets(self) -> impl Iterator<Item = usize> + use<'a> {
        let mut next = self.first_traceable();
        let instructions = core::iter::from_fn(move || {
            let instruction = self.extended(next)?;
            next = instruction.next;
            Some(instruction)
        });
        instructions.filter_map(|instruction| {
            let skipped = matches!(instruction.opcode, Opcode::FOR_ITER | Opcode::SEND);
            Some(instruction.jump_target()? + usize::from(skipped))
        })
    }
}

/// Whether a line can start at a generic instruction: not where it ends an iteration, for the loop skips that, and not at a
/// `RESUME`, which instrumentation itself needs to see.
fn can_start_line(opcode: Opcode) -> bool {
    !matches!(
        opcode,
        Opcode::END_ASYNC_FOR | Opcode::END_FOR | Opcode::END_SEND | Opcode::RESUME
    )
}

/// Writes one byte everywhere.
fn fill_with(table: &[Cell<u8>], byte: u8) {
    for entry in table {
        entry.set(byte);
    }
}
