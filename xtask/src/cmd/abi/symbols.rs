//! Exported symbols: ours against the record of stock's, one line a symbol in `tests/abi/reference-symbols.tsv`.
use super::elf::{Kind, Library, Symbol};
use super::section::Section;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::Path;

/// The file in `tests/abi` that keeps the record.
pub const RECORD: &str = "reference-symbols.tsv";

/// What the record keeps of a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// FUNC, OBJECT or TLS.
    pub kind: String,
    /// The size of data; code has none that matters.
    pub size: Option<u64>,
    /// The section that holds it.
    pub section: String,
}

impl Entry {
    fn of(symbol: &Symbol) -> Self {
        let size = (symbol.kind != Kind::Func).then_some(symbol.size);
        Self {
            kind: symbol.kind.to_string(),
            size,
            section: symbol.section.clone(),
        }
    }
}

/// The record: entries by name.
pub type Record = BTreeMap<String, Entry>;

/// The record of `library`.
pub fn of(library: &Library) -> Record {
    library
        .symbols
        .iter()
        .map(|(name, symbol)| (name.clone(), Entry::of(symbol)))
        .collect()
}

/// The text that keeps `record`.
pub fn to_text(record: &Record) -> String {
    let mut text = String::from("# name\tkind\tsize\tsection\n");
    for (name, entry) in record {
        let size = entry.size.map_or("-".to_owned(), |size| size.to_string());
        text.push_str(&format!(
            "{name}\t{}\t{size}\t{}\n",
            entry.kind, entry.section
        ));
    }
    text
}

/// The record that `text` keeps.
///
/// # Errors
/// When a line has not four fields.
pub fn from_text(text: &str) -> Result<Record> {
    let mut record = Record::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, kind, size, section] = fields[..] else {
            bail!("not four fields: {line}");
        };
        let size = (size != "-").then(|| size.parse()).transpose();
        let size = size.with_context(|| format!("no number: {line}"))?;
        let entry = Entry {
            kind: kind.to_owned(),
            size,
            section: section.to_owned(),
        };
        record.insert(name.to_owned(), entry);
    }
    Ok(record)
}

/// Whether a symbol belongs to what is ours alone.
fn is_our_own(name: &str) -> bool {
    name.starts_with("pyroxene_") || name.starts_with("Pyroxene_")
}

/// Whether the section of that name can be written while the program runs.
fn is_writable(section: &str) -> bool {
    [".data", ".bss", ".PyRuntime", ".tdata", ".tbss"]
        .iter()
        .any(|name| {
            section == *name
                || section
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with('.'))
        })
        && !section.starts_with(".data.rel.ro")
}

/// Compares what `library` exports with `record`.
pub fn compare(library: &Library, record: &Record) -> Section {
    let mut section = Section::new("symbols");
    for (name, want) in record {
        match library.symbols.get(name) {
            Some(have) => match deviation(have, want) {
                None => section.passed += 1,
                Some(how) => section.fail(format!("{name}: {how}")),
            },
            None => section.fail(format!("{name}: missing ({})", want.kind)),
        }
    }
    let mut own = 0;
    for (name, symbol) in &library.symbols {
        if is_our_own(name) {
            own += 1;
        } else if !record.contains_key(name) {
            section.fail(format!(
                "{name}: exported ({}) but not by stock",
                symbol.kind
            ));
        }
    }
    section.note(format!(
        "{} recorded, {own} of our own beside them",
        record.len()
    ));
    section
}

fn deviation(have: &Symbol, want: &Entry) -> Option<String> {
    let kind = have.kind.to_string();
    if kind != want.kind {
        return Some(format!("{kind}, stock has {}", want.kind));
    }
    if let Some(size) = want.size
        && size != have.size
    {
        return Some(format!("{} bytes, stock has {size}", have.size));
    }
    if !have.default_visibility {
        return Some("its visibility is not the default one".to_owned());
    }
    let runtime = ".PyRuntime";
    if (have.section == runtime) != (want.section == runtime)
        || is_writable(&want.section) && !is_writable(&have.section)
    {
        return Some(format!(
            "in {}, stock has it in {}",
            have.section, want.section
        ));
    }
    None
}

/// The names that extension modules in the wild import: each must be there to be found.
///
/// # Errors
/// When the list cannot be read.
pub fn imports(library: &Library, list: &Path) -> Result<Section> {
    let mut section = Section::new("imports of wheels");
    let text =
        std::fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
    for name in text.lines().filter(|line| !line.is_empty()) {
        section.check(library.symbols.contains_key(name), || {
            format!("{name}: not exported")
        });
    }
    Ok(section)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(kind: Kind, size: u64, section: &str) -> Symbol {
        let section = section.to_owned();
        Symbol {
            kind,
            size,
            section,
            default_visibility: true,
            address: 0,
        }
    }

    #[test]
    fn a_record_survives_its_text() {
        let text = "# name\nPyFoo\tFUNC\t-\t.text\nPyFoo_Type\tOBJECT\t416\t.data\n";
        let record = from_text(text).unwrap();
        assert_eq!(from_text(&to_text(&record)).unwrap(), record);
        assert_eq!(record["PyFoo_Type"].size, Some(416));
        assert!(from_text("PyFoo FUNC").is_err());
    }

    #[test]
    fn each_kind_of_deviation_has_its_words() {
        let want = Entry::of(&symbol(Kind::Object, 416, ".data"));
        assert_eq!(deviation(&symbol(Kind::Object, 416, ".bss"), &want), None);
        for (have, word) in [
            (symbol(Kind::Func, 416, ".text"), "FUNC"),
            (symbol(Kind::Object, 408, ".data"), "408"),
            (symbol(Kind::Object, 416, ".data.rel.ro"), ".data.rel.ro"),
            (symbol(Kind::Object, 416, ".PyRuntime"), ".PyRuntime"),
        ] {
            assert!(deviation(&have, &want).unwrap().contains(word), "{have:?}");
        }
        let hidden = Symbol {
            default_visibility: false,
            ..symbol(Kind::Object, 416, ".data")
        };
        assert!(deviation(&hidden, &want).unwrap().contains("visibility"));
        let code = Entry::of(&symbol(Kind::Func, 10, ".text"));
        assert_eq!(deviation(&symbol(Kind::Func, 99, ".text.hot"), &code), None);
    }

    #[test]
    fn what_can_be_written() {
        assert!(is_writable(".data") && is_writable(".bss") && is_writable(".data.cold"));
        assert!(!is_writable(".rodata") && !is_writable(".data.rel.ro"));
    }
}
