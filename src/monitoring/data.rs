//! What monitoring keeps for a code object (`_co_monitoring`): who watches what in it, and tables with an entry for each
//! unit of its bytecode. Allocates these; code_dealloc frees them, and nothing does before.
use super::code::Code;
use super::lines::Lines;
use super::monitors::LocalMonitors;
use super::tool::ToolSet;
use crate::bytecode::Opcode;
use crate::ffi;
use crate::field;
use crate::object::Raised;
use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::NonNull;

/// What is kept for a code object that was instrumented at least once.
///
/// The tables appear when they are first wanted. As long as no event has more than one tool, there are none that say
/// which tools: a marked place is then the one tool's.
#[derive(Clone, Copy)]
pub(super) struct Data<'a> {
    pub(super) members: &'a Members,
    units: usize,
}

/// The members as C has them (`_PyCoMonitoringData`). A table is NULL or has an entry for each unit.
#[repr(C)]
pub(super) struct Members {
    /// Who watches what in this code object alone.
    pub(super) local_monitors: Cell<LocalMonitors>,
    /// For whom the bytecode is instrumented: this code object's tools and, when it was last brought up to date, those of
    /// all code.
    pub(super) active_monitors: Cell<LocalMonitors>,
    tools: Cell<*mut u8>,
    lines: Cell<*mut ffi::_PyCoLineInstrumentationData>,
    line_tools: Cell<*mut u8>,
    per_instruction_opcodes: Cell<*mut u8>,
    per_instruction_tools: Cell<*mut u8>,
}

macro_rules! same_places {
    ($($member:ident)*) => {$(
        const _: () = assert!(
            offset_of!(Members, $member) == offset_of!(ffi::_PyCoMonitoringData, $member)
        );
    )*};
}

same_places! {
    local_monitors active_monitors tools lines line_tools per_instruction_opcodes per_instruction_tools
}

const _: () = assert!(size_of::<Members>() == size_of::<ffi::_PyCoMonitoringData>());

/// The members that are tables of bytes.
#[derive(Clone, Copy)]
pub(super) enum Table {
    /// Whom the event of each instruction tells.
    Tools,
    /// Whom each line tells.
    LineTools,
    /// What the mark of each instruction hides.
    InstructionOpcodes,
    /// Whom each instruction tells.
    InstructionTools,
}

impl<'a> Data<'a> {
    /// What is kept for the code object, if something is.
    #[inline(always)]
    pub(super) fn of(code: Code<'a>) -> Option<Self> {
        let object = code.object();
        let members: *const Members = field!(object._co_monitoring).cast();
        // SAFETY: the member is NULL or the struct of C, which has this layout and is freed with the code object; the GIL
        // guards the cells.
        unsafe { members.as_ref() }.map(|members| Self {
            members,
            units: code.len(),
        })
    }

    /// The same, which is made if there is nothing yet (instrumentation.c `allocate_instrumentation_data`).
    ///
    /// # Errors
    /// `MemoryError`.
    pub(super) fn of_or_new(code: Code<'a>) -> Result<Self, Raised> {
        if let Some(data) = Self::of(code) {
            return Ok(data);
        }
        // Zeros are what it starts with: nobody watches anything, and there are no tables.
        let memory = allocate(size_of::<Members>())?;
        // SAFETY: the code object is alive and has none; zeros are a value of every member.
        unsafe {
            (*code.object().as_ptr())._co_monitoring = memory.as_ptr().cast();
            Ok(Self {
                members: memory.cast().as_ref(),
                units: code.len(),
            })
        }
    }

    /// A table of tools.
    #[inline(always)]
    pub(super) fn tools(self, table: Table) -> Option<&'a [Cell<ToolSet>]> {
        // SAFETY: any byte is a set of tools.
        unsafe { self.table(table) }
    }

    /// What the marks of instructions hide.
    #[inline(always)]
    pub(super) fn instruction_opcodes(self) -> Option<&'a [Cell<Opcode>]> {
        // SAFETY: any byte is an opcode.
        unsafe { self.table(Table::InstructionOpcodes) }
    }

    /// Makes a table that is not there yet and gives it to be filled; it is there when that is done, and in one moment.
    ///
    /// # Errors
    /// `MemoryError`.
    pub(super) fn make_table(
        self,
        table: Table,
        fill: impl FnOnce(&[Cell<u8>]),
    ) -> Result<(), Raised> {
        // SAFETY: any byte is a byte.
        if unsafe { self.table::<u8>(table) }.is_some() {
            return Ok(());
        }
        let bytes = allocate(self.units)?;
        // SAFETY: so many bytes were just allocated, and nobody else knows of them.
        fill(unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), self.units) });
        self.place(table).set(bytes.as_ptr());
        Ok(())
    }

    /// A table of bytes, or of what has the size of one.
    ///
    /// # Safety
    /// Any byte is a valid `T`.
    #[inline(always)]
    unsafe fn table<T>(self, table: Table) -> Option<&'a [Cell<T>]> {
        const { assert!(size_of::<T>() == 1) };
        // SAFETY: a table has a byte for each unit, and is freed with the code object; the GIL guards the cells.
        unsafe {
            let bytes = NonNull::new(self.place(table).get())?;
            Some(core::slice::from_raw_parts(
                bytes.as_ptr().cast(),
                self.units,
            ))
        }
    }

    #[inline(always)]
    fn place(self, table: Table) -> &'a Cell<*mut u8> {
        match table {
            Table::Tools => &self.members.tools,
            Table::LineTools => &self.members.line_tools,
            Table::InstructionOpcodes => &self.members.per_instruction_opcodes,
            Table::InstructionTools => &self.members.per_instruction_tools,
        }
    }

    /// The lines of the instructions, and what the marks of lines hide.
    #[inline(always)]
    pub(super) fn lines(self) -> Option<Lines<'a>> {
        // SAFETY: the member is NULL or a table for so many units, which is freed with the code object.
        unsafe { Lines::of(self.members.lines.get(), self.units) }
    }

    /// Makes the table of lines if it is not there yet and gives it to be filled; it is there when that is done.
    ///
    /// # Errors
    /// `MemoryError`.
    pub(super) fn make_lines(
        self,
        bytes_per_entry: impl FnOnce() -> u8,
        fill: impl FnOnce(Lines<'_>),
    ) -> Result<(), Raised> {
        if self.lines().is_some() {
            return Ok(());
        }
        let bytes_per_entry = bytes_per_entry();
        let bytes = 1 + self.units * usize::from(bytes_per_entry);
        let memory = allocate(bytes)?.cast::<ffi::_PyCoLineInstrumentationData>();
        // SAFETY: the memory is as large as the table wants it, and nobody else knows of it.
        unsafe {
            (&raw mut (*memory.as_ptr()).bytes_per_entry).write(bytes_per_entry);
            if let Some(lines) = Lines::of(memory.as_ptr(), self.units) {
                fill(lines);
            }
        }
        self.members.lines.set(memory.as_ptr());
        Ok(())
    }
}

/// Memory that a code object frees, filled with zeros.
///
/// # Errors
/// `MemoryError`.
fn allocate(bytes: usize) -> Result<NonNull<u8>, Raised> {
    // SAFETY: two numbers; the thread holds the GIL, as the allocator wants it.
    let memory = unsafe { ffi::PyMem_Calloc(1, bytes) };
    NonNull::new(memory.cast()).ok_or_else(Raised::no_memory)
}
