//! Reads the layout of every struct, union and enum that a library's debug information describes.
use super::layout::{Layout, Member, Structs};
use anyhow::{Context, Result};
use gimli::constants as dw;
use gimli::{DebuggingInformationEntry, EndianSlice, LittleEndian, UnitOffset};
use object::{Object, ObjectSection};
use std::collections::HashMap;

type Slice<'a> = EndianSlice<'a, LittleEndian>;
type Unit<'a> = gimli::Unit<Slice<'a>>;
type Dwarf<'a> = gimli::Dwarf<Slice<'a>>;
type Entry<'a> = DebuggingInformationEntry<Slice<'a>>;

/// Structs whose named inner structs are spelled out as well: the record of their values is by name.
const SPELLED_OUT: &str = "_Py_DebugOffsets";

/// What a library's debug information describes.
#[derive(Debug, Default)]
pub struct Described {
    /// What its C says, system headers left out.
    pub c: Structs,
    /// What its Rust says, by the last part of the name, for names inside one of our modules of bindings.
    pub rust: Structs,
}

/// Reads the debug information of `file`; `None` when it has none.
///
/// # Errors
/// When it has some that cannot be read.
pub fn read(file: &[u8]) -> Result<Option<Described>> {
    let elf = object::File::parse(file)?;
    if elf.section_by_name(".debug_info").is_none() {
        return Ok(None);
    }
    let dwarf = Dwarf::load(|id| -> Result<Slice<'_>> {
        let data = match elf.section_by_name(id.name()) {
            Some(section) => section.data()?,
            None => &[],
        };
        Ok(EndianSlice::new(data, LittleEndian))
    })?;
    let mut described = Described::default();
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        let language = unit
            .entry(unit.header.root_offset())?
            .attr_value(dw::DW_AT_language);
        let mut reader = Reader::new(&dwarf, &unit);
        match language {
            Some(gimli::AttributeValue::Language(dw::DW_LANG_Rust)) => {
                reader.rust(&mut described.rust)?;
            }
            _ => reader.c(&mut described.c)?,
        }
    }
    Ok(Some(described))
}

/// One unit of compilation.
struct Reader<'d, 'a> {
    dwarf: &'d Dwarf<'a>,
    unit: &'d Unit<'a>,
    /// Whether a file of the line table is a header of the system, by its number.
    system_files: HashMap<u64, bool>,
}

/// A type of the unit: where it is, and inside what.
struct Place {
    offset: UnitOffset,
    parents: Vec<UnitOffset>,
}

impl<'d, 'a> Reader<'d, 'a> {
    fn new(dwarf: &'d Dwarf<'a>, unit: &'d Unit<'a>) -> Self {
        Self {
            dwarf,
            unit,
            system_files: HashMap::new(),
        }
    }

    fn c(&mut self, into: &mut Structs) -> Result<()> {
        for place in self.types()? {
            // What a function declares for itself is nobody's ABI.
            if place.parents.len() > 1 {
                continue;
            }
            let entry = self.unit.entry(place.offset)?;
            let (name, aggregate) = match self.aggregate_of(&entry)? {
                Some(found) => found,
                None => continue,
            };
            if !self.is_system(&entry)? {
                self.add(into, name, &aggregate)?;
            }
        }
        Ok(())
    }

    fn rust(&mut self, into: &mut Structs) -> Result<()> {
        for place in self.types()? {
            let mut of_bindings = false;
            for parent in &place.parents {
                let name = self.name(&self.unit.entry(*parent)?)?;
                of_bindings |= name.as_deref() == Some("bindings");
            }
            let entry = self.unit.entry(place.offset)?;
            if of_bindings
                && entry.tag() != dw::DW_TAG_typedef
                && let Some(name) = self.name(&entry)?
            {
                self.add(into, name, &entry)?;
            }
        }
        Ok(())
    }

    /// Adds the layout of `entry` under `name`, unless it is there or has no layout.
    fn add(&self, into: &mut Structs, name: String, entry: &Entry<'a>) -> Result<()> {
        let Some(size) = number(entry, dw::DW_AT_byte_size) else {
            return Ok(());
        };
        let mut members = vec![];
        self.members(entry.offset(), "", 0, name == SPELLED_OUT, &mut members)?;
        let layout = Layout { size, members };
        let variants = into.entry(name).or_default();
        if !variants.contains(&layout) {
            variants.push(layout);
        }
        Ok(())
    }

    /// Every struct, union, enum and typedef of the unit.
    fn types(&self) -> Result<Vec<Place>> {
        let mut found = vec![];
        let mut open: Vec<(isize, UnitOffset)> = vec![];
        let mut raw = self.unit.entries_raw(None)?;
        while !raw.is_empty() {
            let (depth, offset) = (raw.next_depth(), raw.next_offset());
            let Some(abbreviation) = raw.read_abbreviation()? else {
                continue;
            };
            while open.last().is_some_and(|(inner, _)| *inner >= depth) {
                open.pop();
            }
            if is_type(abbreviation.tag()) {
                let parents = open.iter().map(|(_, offset)| *offset).collect();
                found.push(Place { offset, parents });
            }
            if abbreviation.has_children() {
                open.push((depth, offset));
            }
            raw.skip_attributes(abbreviation.attributes())?;
        }
        Ok(found)
    }

    /// The name and the aggregate that `entry` stands for: itself, or what a typedef gives its only name to.
    fn aggregate_of(&self, entry: &Entry<'a>) -> Result<Option<(String, Entry<'a>)>> {
        let Some(name) = self.name(entry)? else {
            return Ok(None);
        };
        if entry.tag() != dw::DW_TAG_typedef {
            return Ok(Some((name, entry.clone())));
        }
        let Some(target) = self.type_of(entry)? else {
            return Ok(None);
        };
        let nameless = is_aggregate(target.tag()) && self.name(&target)?.is_none();
        Ok(nameless.then_some((name, target)))
    }

    /// The members of the aggregate at `offset`; those of nameless inner aggregates count as its own.
    fn members(
        &self,
        offset: UnitOffset,
        prefix: &str,
        base: u64,
        deep: bool,
        into: &mut Vec<Member>,
    ) -> Result<()> {
        let mut tree = self.unit.entries_tree(Some(offset))?;
        let mut children = tree.root()?.children();
        while let Some(child) = children.next()? {
            let entry = child.entry();
            let name = self.name(entry)?;
            if entry.tag() == dw::DW_TAG_enumerator {
                let value = entry
                    .attr(dw::DW_AT_const_value)
                    .and_then(|attr| attr.sdata_value());
                let at = value.unwrap_or_default();
                let path = name.clone().unwrap_or_default();
                into.push(Member {
                    path,
                    at,
                    bits: None,
                    leaf: true,
                });
            }
            if entry.tag() != dw::DW_TAG_member {
                continue;
            }
            let at = base
                + number(entry, dw::DW_AT_data_bit_offset).unwrap_or_default()
                + 8 * number(entry, dw::DW_AT_data_member_location).unwrap_or_default();
            let path = match &name {
                Some(name) if prefix.is_empty() => name.clone(),
                Some(name) => format!("{prefix}.{name}"),
                None => prefix.to_owned(),
            };
            let inner = match self.type_of(entry)? {
                Some(kind) if is_struct(kind.tag()) => {
                    (deep || self.name(&kind)?.is_none()).then(|| kind.offset())
                }
                _ => None,
            };
            if name.is_some() {
                let bits = number(entry, dw::DW_AT_bit_size);
                let at = i64::try_from(at)?;
                into.push(Member {
                    path: path.clone(),
                    at,
                    bits,
                    leaf: inner.is_none(),
                });
            }
            if let Some(inner) = inner {
                self.members(inner, &path, at, deep, into)?;
            }
        }
        Ok(())
    }

    fn type_of(&self, entry: &Entry<'a>) -> Result<Option<Entry<'a>>> {
        match entry.attr_value(dw::DW_AT_type) {
            Some(gimli::AttributeValue::UnitRef(offset)) => Ok(Some(self.unit.entry(offset)?)),
            _ => Ok(None),
        }
    }

    fn name(&self, entry: &Entry<'a>) -> Result<Option<String>> {
        let Some(value) = entry.attr_value(dw::DW_AT_name) else {
            return Ok(None);
        };
        let name = self.dwarf.attr_string(self.unit, value)?;
        Ok(Some(name.to_string_lossy().into_owned()))
    }

    /// Whether `entry` is declared by a header of the system, or by the compiler itself.
    fn is_system(&mut self, entry: &Entry<'a>) -> Result<bool> {
        let Some(file) = number(entry, dw::DW_AT_decl_file) else {
            return Ok(true);
        };
        if let Some(known) = self.system_files.get(&file) {
            return Ok(*known);
        }
        let path = self.file(file).context("a type of an unknown file")?;
        let system = path.starts_with("/usr/");
        self.system_files.insert(file, system);
        Ok(system)
    }

    fn file(&self, number: u64) -> Option<String> {
        let program = self.unit.line_program.as_ref()?.header();
        let file = program.file(number)?;
        let text = |value| {
            let text = self.dwarf.attr_string(self.unit, value).ok()?;
            Some(text.to_string_lossy().into_owned())
        };
        let name = text(file.path_name())?;
        if name.starts_with('/') {
            return Some(name);
        }
        Some(format!("{}/{name}", text(file.directory(program)?)?))
    }
}

fn number(entry: &Entry<'_>, name: gimli::DwAt) -> Option<u64> {
    entry
        .attr(name)
        .and_then(|attribute| match attribute.value() {
            gimli::AttributeValue::FileIndex(index) => Some(index),
            _ => attribute.udata_value(),
        })
}

fn is_struct(tag: gimli::DwTag) -> bool {
    matches!(tag, dw::DW_TAG_structure_type | dw::DW_TAG_union_type)
}

fn is_aggregate(tag: gimli::DwTag) -> bool {
    is_struct(tag) || tag == dw::DW_TAG_enumeration_type
}

fn is_type(tag: gimli::DwTag) -> bool {
    is_aggregate(tag) || tag == dw::DW_TAG_typedef
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const SOURCE: &str = "
        typedef struct { char first; union { int left; double right; }; } Nameless;
        struct Flags { unsigned low : 3, high : 5; struct Inner { long deep; } inner; };
        enum Colour { RED = 2, BLUE = -1 };
        Nameless nameless; struct Flags flags; enum Colour colour;
        void function(void) { struct Local { int x; } local; (void)local; }
    ";

    fn described() -> Structs {
        let dir = std::env::temp_dir().join(format!("dwarf-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("a.c"), SOURCE).unwrap();
        let status = Command::new("cc")
            .args(["-g", "-fPIC", "-shared", "-nostdlib", "-o", "a.so", "a.c"])
            .current_dir(&dir)
            .status()
            .unwrap();
        assert!(status.success());
        let library = std::fs::read(dir.join("a.so")).unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        read(&library).unwrap().unwrap().c
    }

    fn members(structs: &Structs, name: &str) -> Vec<(String, i64, Option<u64>)> {
        let layout = &structs[name][0];
        layout
            .members
            .iter()
            .map(|m| (m.path.clone(), m.at, m.bits))
            .collect()
    }

    #[test]
    fn layouts_of_c_are_read() {
        let structs = described();
        let member = |path: &str, at| (path.to_owned(), at, None);
        assert_eq!(structs["Nameless"][0].size, 16);
        let nameless = [member("first", 0), member("left", 64), member("right", 64)];
        assert_eq!(members(&structs, "Nameless"), nameless);
        let flags = members(&structs, "Flags");
        assert_eq!(flags[1], ("high".to_owned(), 3, Some(5)));
        assert_eq!(flags[2..], [member("inner", 64)]);
        assert_eq!(
            members(&structs, "Colour"),
            [member("RED", 2), member("BLUE", -1)]
        );
        assert!(structs.contains_key("Inner") && !structs.contains_key("Local"));
    }
}
