//! Puts an object that LLVM wrote into executable memory: lays out its sections, resolves its symbols, applies its
//! relocations. LLVM is asked for position-independent code in which every symbol is near, so there are few kinds of them.
use super::debugger;
use super::range::{Block, Range};
use super::unwind;
use core::fmt;
use core::ops;
use core::ptr::NonNull;
use object::elf::{self, FileHeader64};
use object::read::elf::{ElfFile64, FileHeader, SectionHeader};
use object::{
    LittleEndian, Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget,
    SectionFlags, SectionIndex,
};
use std::collections::HashMap;

/// Why an object cannot be linked.
#[derive(Debug)]
pub enum Failure {
    /// It is not as LLVM writes objects.
    Malformed(object::Error),
    /// It wants a symbol that there is not.
    Unresolved(String),
    /// It has a kind of relocation that is not known here.
    Relocation(RelocationFlags),
    /// A symbol is too far away.
    TooFar(String),
    /// There is no memory for it.
    Memory(std::io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "a malformed object: {why}"),
            Self::Unresolved(name) => write!(f, "nobody knows {name}"),
            Self::Relocation(flags) => write!(f, "an unknown relocation: {flags:?}"),
            Self::TooFar(name) => write!(f, "{name} is too far away"),
            Self::Memory(why) => write!(f, "no memory for code: {why}"),
        }
    }
}

impl From<object::Error> for Failure {
    fn from(why: object::Error) -> Self {
        Self::Malformed(why)
    }
}

impl From<std::io::Error> for Failure {
    fn from(why: std::io::Error) -> Self {
        Self::Memory(why)
    }
}

/// Machine code in memory. Dropping it frees the memory.
pub struct Loaded {
    // Their order is that in which they are dropped: who knows of the code forgets it before it goes.
    _debugger: Option<debugger::Registration>,
    _unwind: Option<unwind::Registration>,
    block: Block,
    functions: HashMap<String, ops::Range<usize>>,
    size: usize,
}

impl Loaded {
    /// Where the instructions of a function lie, by its name.
    pub fn function(&self, name: &str) -> Option<ops::Range<usize>> {
        self.functions.get(name).cloned()
    }

    /// Where it begins.
    pub fn start(&self) -> NonNull<u8> {
        self.block.start()
    }

    /// How many bytes it takes, with its constants and tables.
    pub fn size(&self) -> usize {
        self.size
    }
}

/// The name by which code refers to its literals: an array of 64-bit words.
pub const LITERALS: &str = "literals";

/// Four bytes of zero end an unwind table.
const UNWIND_END: usize = 4;

/// Puts an object into memory.
///
/// `literals` are the words that it knows as [`LITERALS`]; `resolve` gives the addresses of all other symbols that it does
/// not define itself. With `for_debugger`, gdb is told of it.
///
/// # Errors
/// When it is not as expected, or there is no memory.
pub fn load(
    range: &'static Range,
    object: &[u8],
    literals: &[u64],
    resolve: &dyn Fn(&str) -> Option<usize>,
    for_debugger: bool,
) -> Result<Loaded, Failure> {
    let file: ElfFile64<'_, LittleEndian> = ElfFile64::parse(object)?;
    let plan = Plan::new(&file, literals.len());
    let mut block = range.allocate(plan.size)?;
    let base = block.start().as_ptr().addr();
    // SAFETY: the block is new.
    let bytes = unsafe { block.bytes() };
    for section in file.sections() {
        if let Some(&offset) = plan.sections.get(&section.index()) {
            let data = section.data()?;
            bytes[offset..offset + data.len()].copy_from_slice(data);
        }
    }
    for (index, word) in literals.iter().enumerate() {
        let place = plan.literals + index * 8;
        bytes[place..place + 8].copy_from_slice(&word.to_le_bytes());
    }
    let linker = Linker {
        file: &file,
        plan: &plan,
        base,
        resolve,
    };
    linker.relocate(bytes)?;
    let functions = linker.functions()?;
    block.make_executable()?;
    let table = plan.unwind.map(|offset| {
        // SAFETY: the offset lies within the block; a relocated table is there, with its end.
        unsafe { unwind::Registration::new(block.start().add(offset)) }
    });
    let debugger = for_debugger
        .then(|| with_addresses(object, base, &plan))
        .transpose()?
        .map(debugger::Registration::new);
    Ok(Loaded {
        _debugger: debugger,
        _unwind: table,
        block,
        functions,
        size: plan.size,
    })
}

/// What lies where, counted from the start of the block.
struct Plan {
    sections: HashMap<SectionIndex, usize>,
    unwind: Option<usize>,
    literals: usize,
    size: usize,
}

impl Plan {
    fn new(file: &ElfFile64<'_, LittleEndian>, literals: usize) -> Self {
        let mut sections = HashMap::new();
        let mut unwind = None;
        let mut size: usize = 0;
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags } = section.flags() else {
                continue;
            };
            if sh_flags & u64::from(elf::SHF_ALLOC) == 0 || section.size() == 0 {
                continue;
            }
            size = size.next_multiple_of(section.align().max(1) as usize);
            sections.insert(section.index(), size);
            if section.name_bytes() == Ok(b".eh_frame") {
                unwind = Some(size);
                size += UNWIND_END;
            }
            size += section.size() as usize;
        }
        let literals_at = size.next_multiple_of(8);
        Self {
            sections,
            unwind,
            literals: literals_at,
            size: literals_at + literals * 8,
        }
    }
}

struct Linker<'a> {
    file: &'a ElfFile64<'a, LittleEndian>,
    plan: &'a Plan,
    base: usize,
    resolve: &'a dyn Fn(&str) -> Option<usize>,
}

impl Linker<'_> {
    fn relocate(&self, bytes: &mut [u8]) -> Result<(), Failure> {
        for section in self.file.sections() {
            let Some(&start) = self.plan.sections.get(&section.index()) else {
                continue;
            };
            for (offset, relocation) in section.relocations() {
                let RelocationTarget::Symbol(symbol) = relocation.target() else {
                    return Err(Failure::Relocation(relocation.flags()));
                };
                let symbol = self.file.symbol_by_index(symbol)?;
                let target = self
                    .address(&symbol)?
                    .wrapping_add_signed(relocation.addend() as isize);
                let place = start + offset as usize;
                let here = self.base + place;
                let RelocationFlags::Elf { r_type } = relocation.flags() else {
                    return Err(Failure::Relocation(relocation.flags()));
                };
                match r_type {
                    elf::R_X86_64_64 => {
                        bytes[place..place + 8].copy_from_slice(&target.to_le_bytes());
                    }
                    elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => {
                        let distance = target.wrapping_sub(here) as isize;
                        let near = i32::try_from(distance)
                            .map_err(|_| Failure::TooFar(name_of(&symbol)))?;
                        bytes[place..place + 4].copy_from_slice(&near.to_le_bytes());
                    }
                    _ => return Err(Failure::Relocation(relocation.flags())),
                }
            }
        }
        Ok(())
    }

    /// The address of a symbol.
    fn address<'f>(&self, symbol: &impl ObjectSymbol<'f>) -> Result<usize, Failure> {
        if let Some(section) = symbol.section_index() {
            return match self.plan.sections.get(&section) {
                Some(start) => Ok(self.base + start + symbol.address() as usize),
                None => Err(Failure::Unresolved(name_of(symbol))),
            };
        }
        let name = name_of(symbol);
        if name == LITERALS {
            return Ok(self.base + self.plan.literals);
        }
        (self.resolve)(&name).ok_or(Failure::Unresolved(name))
    }

    /// The functions that the object exports.
    fn functions(&self) -> Result<HashMap<String, ops::Range<usize>>, Failure> {
        self.file
            .symbols()
            .filter(|symbol| symbol.is_definition() && symbol.is_global())
            .map(|symbol| {
                let start = self.address(&symbol)?;
                let end = start + symbol.size() as usize;
                Ok((symbol.name()?.to_owned(), start..end))
            })
            .collect()
    }
}

fn name_of<'f>(symbol: &impl ObjectSymbol<'f>) -> String {
    symbol.name().unwrap_or("?").to_owned()
}

/// The object with the addresses of its sections in their headers, as gdb wants it.
fn with_addresses(object: &[u8], base: usize, plan: &Plan) -> Result<Vec<u8>, object::Error> {
    let header = FileHeader64::<LittleEndian>::parse(object)?;
    let start = header.e_shoff(LittleEndian) as usize;
    let mut copy = object.to_vec();
    for (index, section) in header
        .section_headers(LittleEndian, object)?
        .iter()
        .enumerate()
    {
        if let Some(offset) = plan.sections.get(&SectionIndex(index)) {
            let mut section = *section;
            section.sh_addr.set(LittleEndian, (base + offset) as u64);
            debug_assert_ne!(section.sh_size(LittleEndian), 0);
            let bytes = object::pod::bytes_of(&section);
            let place = start + index * bytes.len();
            copy[place..place + bytes.len()].copy_from_slice(bytes);
        }
    }
    Ok(copy)
}
