//! Reads what the dynamic linker sees of a shared library: symbols, the dynamic section, segments.
use anyhow::{Context, Result};
use object::elf;
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym};
use object::{Endianness, SymbolIndex};
use std::collections::BTreeMap;
use std::path::Path;

type Header = elf::FileHeader64<Endianness>;

/// What a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Code.
    Func,
    /// Data.
    Object,
    /// A thread's own data.
    Tls,
    /// Anything else, by its ELF number.
    Other(u8),
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Func => f.write_str("FUNC"),
            Self::Object => f.write_str("OBJECT"),
            Self::Tls => f.write_str("TLS"),
            Self::Other(number) => write!(f, "TYPE{number}"),
        }
    }
}

impl Kind {
    fn of(st_type: u8) -> Self {
        match st_type {
            elf::STT_FUNC => Self::Func,
            elf::STT_OBJECT => Self::Object,
            elf::STT_TLS => Self::Tls,
            other => Self::Other(other),
        }
    }
}

/// A symbol that the library exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Code or data.
    pub kind: Kind,
    /// Its size in bytes.
    pub size: u64,
    /// The section that holds it.
    pub section: String,
    /// Whether its visibility is the default one.
    pub default_visibility: bool,
    /// Where it is in the image.
    pub address: u64,
}

/// A shared library as the dynamic linker sees it.
#[derive(Debug)]
pub struct Library {
    /// Exported symbols by name.
    pub symbols: BTreeMap<String, Symbol>,
    /// Its own name.
    pub soname: Option<String>,
    /// The libraries that it asks for.
    pub needed: Vec<String>,
    /// Where it looks for them, entry by entry.
    pub run_path: Vec<String>,
    /// Whether loading it writes into its code.
    pub text_relocations: bool,
    /// Whether it defines symbol versions.
    pub defines_versions: bool,
    /// Whether a segment, or the stack it asks for, is writable and executable at once.
    pub writable_code: bool,
    /// Address and size of each section by name.
    pub sections: BTreeMap<String, (u64, u64)>,
    /// The file.
    pub data: Vec<u8>,
}

impl Library {
    /// Reads the library at `path`.
    ///
    /// # Errors
    /// When the file is missing or is no 64-bit ELF library.
    pub fn read(path: &Path) -> Result<Self> {
        let data = std::fs::read(path).with_context(|| format!("no {}", path.display()))?;
        Self::parse(data).with_context(|| format!("{} is no library", path.display()))
    }

    fn parse(data: Vec<u8>) -> Result<Self> {
        let bytes = data.as_slice();
        let header = Header::parse(bytes)?;
        let endian = header.endian()?;
        let table = header.sections(endian, bytes)?;
        let mut library = Self {
            symbols: symbols(endian, bytes, &table)?,
            soname: None,
            needed: vec![],
            run_path: vec![],
            text_relocations: false,
            defines_versions: table.gnu_verdef(endian, bytes)?.is_some(),
            writable_code: false,
            sections: BTreeMap::new(),
            data: vec![],
        };
        for section in table.iter() {
            let name = String::from_utf8_lossy(table.section_name(endian, section)?).into_owned();
            let place = (section.sh_addr(endian), section.sh_size(endian));
            library.sections.insert(name, place);
        }
        for segment in header.program_headers(endian, bytes)? {
            let flags = segment.p_flags(endian);
            let mapped = matches!(segment.p_type(endian), elf::PT_LOAD | elf::PT_GNU_STACK);
            library.writable_code |= mapped && flags & elf::PF_W != 0 && flags & elf::PF_X != 0;
        }
        library.dynamic(endian, bytes, &table)?;
        library.data = data;
        Ok(library)
    }

    fn dynamic(
        &mut self,
        endian: Endianness,
        data: &[u8],
        table: &SectionTable<'_, Header>,
    ) -> Result<()> {
        let (entries, strings) = table.dynamic(endian, data)?.context("no dynamic section")?;
        let strings = table.strings(endian, data, strings)?;
        for entry in entries {
            let text = || -> Result<String> {
                Ok(String::from_utf8_lossy(entry.string(endian, strings)?).into_owned())
            };
            match entry.tag(endian) {
                elf::DT_SONAME => self.soname = Some(text()?),
                elf::DT_NEEDED => self.needed.push(text()?),
                elf::DT_RPATH | elf::DT_RUNPATH => {
                    self.run_path.extend(text()?.split(':').map(str::to_owned));
                }
                elf::DT_TEXTREL => self.text_relocations = true,
                elf::DT_FLAGS => {
                    let flags = entry.d_val(endian);
                    self.text_relocations |= flags & u64::from(elf::DF_TEXTREL) != 0;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The bytes of the image from `address` on, as many as `size`.
    ///
    /// # Errors
    /// When the file does not hold them.
    pub fn bytes(&self, address: u64, size: usize) -> Result<&[u8]> {
        let data = self.data.as_slice();
        let header = Header::parse(data)?;
        let endian = header.endian()?;
        for segment in header.program_headers(endian, data)? {
            if let Ok(Some(found)) = segment.data_range(endian, data, address, size as u64) {
                return Ok(found);
            }
        }
        anyhow::bail!("the file holds no bytes for address {address:#x}")
    }
}

fn symbols(
    endian: Endianness,
    data: &[u8],
    table: &SectionTable<'_, Header>,
) -> Result<BTreeMap<String, Symbol>> {
    let dynamic = table.symbols(endian, data, elf::SHT_DYNSYM)?;
    let mut found = BTreeMap::new();
    for (index, symbol) in dynamic.enumerate() {
        let local = symbol.st_bind() == elf::STB_LOCAL;
        if index == SymbolIndex(0) || local || symbol.is_undefined(endian) {
            continue;
        }
        let name = String::from_utf8_lossy(dynamic.symbol_name(endian, symbol)?).into_owned();
        let section = match dynamic.symbol_section(endian, symbol, index)? {
            Some(section) => table.section_name(endian, table.section(section)?)?,
            None => b"-",
        };
        found.insert(
            name,
            Symbol {
                kind: Kind::of(symbol.st_type()),
                size: symbol.st_size(endian),
                section: String::from_utf8_lossy(section).into_owned(),
                default_visibility: symbol.st_visibility() == elf::STV_DEFAULT,
                address: symbol.st_value(endian),
            },
        );
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_program_needs_the_c_library() {
        let program = Library::read(&std::env::current_exe().unwrap()).unwrap();
        assert!(program.needed.iter().any(|name| name == "libc.so.6"));
        assert_eq!(program.soname, None);
        assert!(!program.text_relocations && !program.writable_code);
        let (address, size) = program.sections[".rodata"];
        assert!(size >= 4 && program.bytes(address, 4).is_ok());
        assert!(program.bytes(u64::MAX - 8, 4).is_err());
    }

    #[test]
    fn what_is_no_library_is_refused() {
        assert!(Library::parse(b"#!/bin/sh".to_vec()).is_err());
    }
}
