//! Overwriting single instructions so that they tell tools, and back. Writes bytecode and the tables of its code object.
//!
//! Three things can be told of an instruction, and each has its own way: its own event, by its twin; that it runs, by the
//! mark `INSTRUMENTED_INSTRUCTION`; that its line starts, by the mark `INSTRUMENTED_LINE`. The mark of a line stands in the
//! bytecode and hides whatever is below, the mark of an instruction hides the twin.
use super::code::Code;
use super::data::{Data, Table};
use super::event::Event;
use super::tool::ToolSet;
use crate::bytecode::Opcode;

impl Code<'_> {
    /// Has an instruction tell the tools of the event, which is the instruction's own, [`Event::Line`] or
    /// [`Event::Instruction`] (instrumentation.c `add_tools`, `add_line_tools`, `add_per_instruction_tools`).
    pub(super) fn add_tools(self, data: Data<'_>, index: usize, event: Event, tools: ToolSet) {
        match data.tools(table_of(event)) {
            Some(places) => places[index].set(places[index].get().union(tools)),
            None => debug_assert_eq!(tools.len(), 1),
        }
        match event {
            Event::Line => self.mark_line(data, index),
            Event::Instruction => self.mark_instruction(data, index),
            _ => self.put_twin(index),
        }
    }

    /// Has an instruction no longer tell these tools of the event (instrumentation.c `remove_tools`, `remove_line_tools`,
    /// `remove_per_instruction_tools`).
    pub(super) fn remove_tools(self, data: Data<'_>, index: usize, event: Event, tools: ToolSet) {
        let left = match data.tools(table_of(event)) {
            Some(places) => {
                let left = places[index].get().minus(tools);
                places[index].set(left);
                left
            }
            None => data.members.active_monitors.get().tools(event).minus(tools),
        };
        if !left.is_empty() {
            return;
        }
        match event {
            Event::Line => self.unmark_line(data, index),
            Event::Instruction => self.unmark_instruction(data, index),
            _ => self.remove_twin(index),
        }
    }

    /// Puts the twin in the place of an instruction (instrumentation.c `instrument`).
    fn put_twin(self, index: usize) {
        let place = self.under_marks(index);
        let opcode = place.get();
        if opcode.is_instrumented() {
            return;
        }
        let generic = opcode.generic();
        if let Some(twin) = generic.twin() {
            place.set(twin);
            self.warm_up(index, generic);
        }
    }

    /// Puts the instruction back in the place of its twin (instrumentation.c `de_instrument`).
    fn remove_twin(self, index: usize) {
        let place = self.under_marks(index);
        if let Some(base) = place.get().twin_of() {
            place.set(base);
            self.warm_up(index, base);
        }
    }

    /// Marks the start of a line (instrumentation.c `instrument_line`).
    fn mark_line(self, data: Data<'_>, index: usize) {
        let place = &self.unit(index).opcode;
        let opcode = place.get();
        if opcode != Opcode::INSTRUMENTED_LINE
            && let Some(lines) = data.lines()
        {
            lines.hidden(index).set(opcode.generic());
            place.set(Opcode::INSTRUMENTED_LINE);
        }
    }

    /// Takes the mark of a line away (instrumentation.c `de_instrument_line`). The evaluator, which may just be telling of
    /// the line, goes on with what the table says; that must not be the mark of an instruction, which its tools may take
    /// away at any time.
    fn unmark_line(self, data: Data<'_>, index: usize) {
        let place = &self.unit(index).opcode;
        if place.get() != Opcode::INSTRUMENTED_LINE {
            return;
        }
        let Some(lines) = data.lines() else { return };
        let hidden = lines.hidden(index).get();
        if hidden == Opcode::INSTRUMENTED_INSTRUCTION
            && let Some(opcodes) = data.instruction_opcodes()
        {
            lines.hidden(index).set(opcodes[index].get());
        }
        place.set(hidden);
        self.warm_up(index, hidden);
    }

    /// Marks an instruction (instrumentation.c `instrument_per_instruction`).
    fn mark_instruction(self, data: Data<'_>, index: usize) {
        let place = self.under_line(index);
        let opcode = place.get();
        if opcode != Opcode::INSTRUMENTED_INSTRUCTION
            && let Some(opcodes) = data.instruction_opcodes()
        {
            // A twin is its own generic instruction.
            opcodes[index].set(opcode.generic());
            place.set(Opcode::INSTRUMENTED_INSTRUCTION);
        }
    }

    /// Takes the mark of an instruction away (instrumentation.c `de_instrument_per_instruction`).
    fn unmark_instruction(self, data: Data<'_>, index: usize) {
        let place = self.under_line(index);
        if place.get() == Opcode::INSTRUMENTED_INSTRUCTION
            && let Some(opcodes) = data.instruction_opcodes()
        {
            let hidden = opcodes[index].get();
            place.set(hidden);
            self.warm_up(index, hidden);
        }
    }
}

/// Where it stands whom an event tells.
pub(super) const fn table_of(event: Event) -> Table {
    match event {
        Event::Line => Table::LineTools,
        Event::Instruction => Table::InstructionTools,
        _ => Table::Tools,
    }
}
