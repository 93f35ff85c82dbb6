//! Which lines machine code belongs to: the table of lines that LLVM puts into an object, as DWARF.
use core::fmt;
use gimli::{
    AttributeValue, DebugLine, DebugLineOffset, EndianSlice, FileEntry, LineProgramHeader,
    LittleEndian,
};
use object::read::elf::ElfFile64;
use object::{Object, ObjectSection};
use pyroxene_jit_api::LineAt;

/// Why they cannot be read.
#[derive(Debug)]
pub enum Failure {
    /// The object is not as LLVM writes objects.
    Object(object::Error),
    /// The table is not.
    Table(gimli::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(why) => write!(f, "a malformed object: {why}"),
            Self::Table(why) => write!(f, "a malformed table of lines: {why}"),
        }
    }
}

impl From<object::Error> for Failure {
    fn from(why: object::Error) -> Self {
        Self::Object(why)
    }
}

impl From<gimli::Error> for Failure {
    fn from(why: gimli::Error) -> Self {
        Self::Table(why)
    }
}

/// The lines of the only function of an object, which lies at an address, in these files.
///
/// # Errors
/// When the object is not as expected.
pub fn lines(object: &[u8], function: usize, files: &[String]) -> Result<Vec<LineAt>, Failure> {
    let file: ElfFile64<'_, object::LittleEndian> = ElfFile64::parse(object)?;
    let Some(section) = file.section_by_name(".debug_line") else {
        return Ok(Vec::new());
    };
    let table = DebugLine::new(section.data()?, LittleEndian);
    // Where the function begins is left to the linker: without it, addresses count from there.
    let program = table.program(DebugLineOffset(0), 8, None, None::<EndianSlice<'_, _>>)?;
    let mut rows = program.rows();
    let mut lines: Vec<LineAt> = Vec::new();
    while let Some((header, row)) = rows.next_row()? {
        // What serves no line in particular, which has line 0, counts as what lies before it.
        let Some(line) = row.line() else { continue };
        let name = row.file(header).map(|file| path(file, header));
        let file = files.iter().position(|file| Some(file) == name.as_ref());
        let found = LineAt {
            address: function + row.address() as usize,
            line: line.get() as u32,
            file: file.unwrap_or_default() as u32,
        };
        let known = lines.last().map(|last| (last.file, last.line));
        match lines.last_mut() {
            _ if row.end_sequence() => {}
            Some(last) if last.address == found.address => *last = found,
            _ if known == Some((found.file, found.line)) => {}
            _ => lines.push(found),
        }
    }
    Ok(lines)
}

type Reader<'o> = EndianSlice<'o, LittleEndian>;

/// The whole path of a file, which the table has in two parts.
fn path(file: &FileEntry<Reader<'_>>, header: &LineProgramHeader<Reader<'_>>) -> String {
    let text = |part: Option<AttributeValue<Reader<'_>>>| match part {
        Some(AttributeValue::String(text)) => text.to_string_lossy().into_owned(),
        _ => String::new(),
    };
    let (folder, name) = (text(file.directory(header)), text(Some(file.path_name())));
    match folder.strip_suffix('/').unwrap_or(&folder) {
        "" if folder.is_empty() => name,
        folder => format!("{folder}/{name}"),
    }
}
