//! The manifest: the pin and the fate of every upstream file. Reads `manifest.toml`, which is part of this crate.
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Upstream paths with what becomes of them, in the order of their names.
pub type Files = BTreeMap<String, Entry>;

/// The whole of `manifest.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Which release, and the hash that proves it.
    pub upstream: Upstream,
    /// Where the tarball may come from.
    pub sources: Sources,
    /// The files of libpython.
    pub libpython: Files,
    /// C of our own that goes into libpython, by its path in this crate's folder.
    pub glue: BTreeMap<String, Glue>,
    /// The files of the interpreter's executable.
    pub program: Files,
    /// The files of programs that run during the build only.
    pub helpers: Files,
    /// The files of each extension module, under the module's name.
    pub extensions: BTreeMap<String, Files>,
}

/// The pinned release.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// As in `3.13.5`.
    pub version: String,
    /// The tarball's name.
    pub archive: String,
    /// The folder in the tarball.
    pub folder: String,
    /// The tarball's SHA-256 in hexadecimal.
    pub sha256: String,
    /// The date that `sys.version` shows.
    pub date: String,
    /// The time that `sys.version` shows.
    pub time: String,
}

/// Where the tarball may come from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// The environment variable that names a tarball.
    pub environment: String,
    /// The folder's name in the user's cache.
    pub cache: String,
    /// Upstream's own address.
    pub url: String,
    /// Debian's source package.
    pub debian: Debian,
}

/// The Debian source package that holds the same tarball.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Debian {
    /// The package's name.
    pub package: String,
    /// The suite that has it.
    pub suite: String,
    /// The tarball's name there.
    pub file: String,
}

/// What becomes of a file: a word alone, or with the Rust module that replaces it or is going to.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Entry {
    /// No Rust module is planned.
    Plain(Fate),
    /// A Rust module replaces the file, now or soon.
    Planned(Planned),
}

/// A file with its Rust module.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// What becomes of the file today.
    pub fate: Fate,
    /// The Rust module.
    pub by: String,
    /// Why it is replaced.
    pub why: String,
}

/// A C file of our own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Glue {
    /// The upstream file of libpython whose flags it is compiled with.
    pub like: String,
    /// Why it is not Rust.
    pub why: String,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// Compiled as upstream ships it.
    Compile,
    /// Not compiled: a Rust module stands in for all of it.
    Replace,
}

impl Entry {
    /// What becomes of the file today.
    pub fn fate(&self) -> Fate {
        match self {
            Self::Plain(fate) => *fate,
            Self::Planned(planned) => planned.fate,
        }
    }
}

impl Manifest {
    /// The manifest that this crate was compiled with.
    ///
    /// # Panics
    /// When `manifest.toml` is not what this module describes; a test of this crate finds that first.
    pub fn get() -> &'static Self {
        static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
            toml::from_str(include_str!("../manifest.toml")).expect("manifest.toml is well formed")
        });
        &MANIFEST
    }

    /// Every file that is compiled for some purpose, replaced ones left out.
    pub fn compiled(&self) -> Vec<&str> {
        let mut all: Vec<&str> = [&self.libpython, &self.program, &self.helpers]
            .into_iter()
            .chain(self.extensions.values())
            .flat_map(compiled_of)
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Every file of libpython that a Rust module replaces, with that module.
    pub fn replaced(&self) -> impl Iterator<Item = (&str, &str)> {
        self.libpython
            .iter()
            .filter_map(|(path, entry)| match entry {
                Entry::Planned(planned) if planned.fate == Fate::Replace => {
                    Some((path.as_str(), planned.by.as_str()))
                }
                _ => None,
            })
    }
}

/// The files of one list that are compiled.
pub fn compiled_of(files: &Files) -> impl Iterator<Item = &str> {
    files
        .iter()
        .filter(|(_, entry)| entry.fate() == Fate::Compile)
        .map(|(path, _)| path.as_str())
}
