//! Layouts of C structs by name, their record (compressed, in `tests/abi`), and the comparison with it.
use super::section::Section;
use crate::packed;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The file in `tests/abi` that keeps the record.
pub const RECORD: &str = "reference-layouts.json.zst";

/// A member of a struct or union, or a constant of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name, after the names of what it lies in.
    pub path: String,
    /// Its place in bits from the beginning; for a constant its value.
    pub at: i64,
    /// How many bits it has, for a bit field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u64>,
    /// Whether no members of its own follow.
    #[serde(skip)]
    pub leaf: bool,
}

/// One struct, union or enum.
#[derive(Clone, Debug, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Its size in bytes.
    pub size: u64,
    /// What it consists of.
    pub members: Vec<Member>,
}

impl PartialEq for Layout {
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&Member, &Member)| (&a.path, a.at, a.bits) == (&b.path, b.at, b.bits);
        self.size == other.size
            && self.members.len() == other.members.len()
            && self.members.iter().zip(&other.members).all(same)
    }
}

/// Layouts by name. Files that have nothing to do with each other may use one name for several things.
pub type Structs = BTreeMap<String, Vec<Layout>>;

/// What is known of stock's layouts.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What the installed headers declare, internal ones included.
    pub headers: Structs,
    /// What the C files of the library declare besides.
    pub library: Structs,
}

impl Record {
    /// Reads the record from `dir`.
    ///
    /// # Errors
    /// When it is not there or is none.
    pub fn read(dir: &Path) -> Result<Self> {
        packed::read(&dir.join(RECORD))
    }

    /// Writes the record to `dir`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, dir: &Path) -> Result<()> {
        packed::write(&dir.join(RECORD), self)
    }

    /// Every layout that stock has for `name`.
    fn variants(&self, name: &str) -> impl Iterator<Item = &Layout> {
        [&self.headers, &self.library]
            .into_iter()
            .filter_map(|all| all.get(name))
            .flatten()
    }
}

/// Our headers against stock's: everything that those declare is there and is the same.
pub fn compare_headers(ours: &Structs, record: &Record) -> Section {
    let mut section = Section::new("layouts in headers");
    for name in record.headers.keys() {
        match ours.get(name) {
            Some(layouts) => compare_all(&mut section, name, layouts, record),
            None => section.fail(format!("{name}: not declared")),
        }
    }
    section
}

/// The C in our library against the C in stock's, for every name that both have.
pub fn compare_library(ours: &Structs, record: &Record) -> Section {
    let mut section = Section::new("layouts in the library's C");
    let mut unknown = 0;
    for (name, layouts) in ours {
        match record.variants(name).next() {
            Some(_) => compare_all(&mut section, name, layouts, record),
            None => unknown += 1,
        }
    }
    section.note(format!(
        "{unknown} structs of ours have no namesake in stock"
    ));
    section
}

fn compare_all(section: &mut Section, name: &str, ours: &[Layout], record: &Record) {
    let odd = ours
        .iter()
        .find(|have| !record.variants(name).any(|want| want == *have));
    match (odd, record.variants(name).next()) {
        (Some(have), Some(want)) => section.fail(format!("{name}: {}", deviation(have, want))),
        _ => section.passed += 1,
    }
}

/// The first thing in which two layouts differ.
fn deviation(have: &Layout, want: &Layout) -> String {
    if have.size != want.size {
        return format!("{} bytes, stock has {}", have.size, want.size);
    }
    for (have, want) in have.members.iter().zip(&want.members) {
        if have.path != want.path {
            return format!("has {} where stock has {}", have.path, want.path);
        }
        if (have.at, have.bits) != (want.at, want.bits) {
            return format!(
                "{} at bit {}, stock has it at {}",
                have.path, have.at, want.at
            );
        }
    }
    format!(
        "{} members, stock has {}",
        have.members.len(),
        want.members.len()
    )
}

/// The Rust in our library against stock's C: sizes, and the place of each member that both name.
pub fn compare_rust(ours: &Structs, record: &Record) -> Section {
    let mut section = Section::new("layouts in Rust");
    for (name, layouts) in ours {
        let wants: Vec<&Layout> = record.variants(name).collect();
        if wants.is_empty() {
            continue;
        }
        for have in layouts {
            let hows: Vec<_> = wants
                .iter()
                .map(|want| rust_deviation(have, want))
                .collect();
            section.check(hows.contains(&None), || {
                format!("{name}: {}", hows[0].clone().unwrap_or_default())
            });
        }
    }
    section
}

fn rust_deviation(have: &Layout, want: &Layout) -> Option<String> {
    if have.size != want.size {
        return Some(format!("{} bytes, stock has {}", have.size, want.size));
    }
    for member in have
        .members
        .iter()
        .filter(|member| !is_made_up(&member.path))
    {
        // A word of Rust's gets an underscore: `type_` is `type`.
        let name = &member.path;
        let same = |other: &&Member| other.path == *name || format!("{}_", other.path) == *name;
        match want.members.iter().find(same) {
            Some(there) if there.at == member.at => {}
            Some(there) => {
                return Some(format!(
                    "{name} at bit {}, stock has it at {}",
                    member.at, there.at
                ));
            }
            None => return Some(format!("has {name}, which stock has not")),
        }
    }
    None
}

/// Whether a member's name is bindgen's own: for nameless structs, bit fields and what it cannot express.
fn is_made_up(path: &str) -> bool {
    ["__bindgen", "_bitfield", "_unused", "_address", "__0"]
        .iter()
        .any(|begin| path.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: u64, members: &[(&str, i64)]) -> Layout {
        let member = |(path, at): &(&str, i64)| Member {
            path: (*path).to_owned(),
            at: *at,
            bits: None,
            leaf: true,
        };
        Layout {
            size,
            members: members.iter().map(member).collect(),
        }
    }

    fn structs(list: &[(&str, Layout)]) -> Structs {
        list.iter()
            .map(|(name, layout)| ((*name).to_owned(), vec![layout.clone()]))
            .collect()
    }

    fn record() -> Record {
        let object = layout(16, &[("ob_refcnt", 0), ("ob_type", 64)]);
        let spec = layout(16, &[("type", 0), ("flags", 32)]);
        Record {
            headers: structs(&[("_object", object), ("Spec", spec)]),
            library: structs(&[("state", layout(8, &[("x", 0)]))]),
        }
    }

    #[test]
    fn a_record_survives_its_file() {
        let dir = std::env::temp_dir().join(format!("layouts-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        record().write(&dir).unwrap();
        let read = Record::read(&dir).unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(read, record());
    }

    #[test]
    fn headers_must_declare_everything_alike() {
        let ours = structs(&[("_object", layout(16, &[("ob_refcnt", 0), ("ob_type", 96)]))]);
        let section = compare_headers(&ours, &record());
        assert_eq!(section.failures.len(), 2, "{:?}", section.failures);
        assert!(
            section
                .failures
                .iter()
                .any(|line| line.contains("ob_type at bit 96"))
        );
        assert_eq!(compare_headers(&record().headers, &record()).passed, 2);
    }

    #[test]
    fn the_library_is_compared_where_names_meet() {
        let ours = structs(&[
            ("state", layout(9, &[("x", 0)])),
            ("ours_alone", layout(1, &[])),
        ]);
        let section = compare_library(&ours, &record());
        assert_eq!(section.failures, ["state: 9 bytes, stock has 8"]);
    }

    #[test]
    fn rust_may_rename_and_add_only_what_bindgen_makes_up() {
        let good = layout(16, &[("type_", 0), ("flags", 32), ("__bindgen_anon_1", 64)]);
        assert_eq!(
            compare_rust(&structs(&[("Spec", good)]), &record()).passed,
            1
        );
        let bad = layout(16, &[("type_", 32)]);
        assert_eq!(
            compare_rust(&structs(&[("Spec", bad)]), &record())
                .failures
                .len(),
            1
        );
    }
}
