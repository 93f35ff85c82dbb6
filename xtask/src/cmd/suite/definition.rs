//! What a suite is: a TOML file that says what to install, where its tests come from and how they are started.
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A suite.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Its name: that of the file.
    #[serde(skip)]
    pub name: String,
    /// Where the reference's record lies.
    #[serde(skip)]
    pub record: PathBuf,
    /// One line on what it is.
    pub about: String,
    /// pip requirement strings, pinned: the record holds for these versions.
    pub packages: Vec<String>,
    /// The source distribution that the tests come from, where the wheel has none.
    pub sdist: Option<Sdist>,
    /// What starts the tests and how their outcomes come to us.
    pub runner: Runner,
    /// The runner's options. `{jobs}` becomes the number of processes, `{site}` the folder of installed packages,
    /// `{work}` an empty folder, `{suites}` tests/suites in the repository.
    pub args: Vec<String>,
    /// What it shall run.
    #[serde(default)]
    pub tests: Vec<String>,
    /// Variables for the run, with the same placeholders.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Seconds until pytest-timeout ends a test, if the suite has that; more in modes of the compiler that ask for patience.
    pub test_seconds: Option<u64>,
    /// Minutes until the whole run is ended; more in modes of the compiler that ask for patience.
    pub minutes: u64,
    /// Starts of the ids of tests of which only a failure counts, because the machine decides which of them run.
    #[serde(default)]
    pub machine: Vec<String>,
}

/// A source distribution.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sdist {
    /// What pip shall download.
    pub requirement: String,
    /// What to take of it; everything when empty. What is left out cannot hide the installed package.
    #[serde(default)]
    pub take: Vec<String>,
    /// Paths in it that shall lead to installed packages: path → package.
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    /// The folder in it where the tests are started.
    #[serde(default)]
    pub folder: PathBuf,
}

/// What starts the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runner {
    /// pytest with our plugin.
    Pytest,
    /// unittest's own runner with our result class.
    Unittest,
    /// A program of the suite's own, whose output has unittest's verbose lines.
    Lines,
    /// A program of the suite's own that writes JUnit's XML in `{work}/xml`.
    Xunit,
}

impl Suite {
    /// Reads a definition; the record lies at `record`.
    ///
    /// # Errors
    /// When the file is missing or is no definition.
    pub fn read(file: &Path, name: &str, record: PathBuf) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("there is no suite {name}; there are {}", known(file)))?;
        let mut suite: Self =
            toml::from_str(&text).with_context(|| format!("{} is no suite", file.display()))?;
        name.clone_into(&mut suite.name);
        suite.record = record;
        Ok(suite)
    }
}

/// The names of the suites beside a file.
fn known(file: &Path) -> String {
    let entries = file.parent().and_then(|folder| folder.read_dir().ok());
    let files = entries.into_iter().flatten().flatten();
    let mut names: Vec<String> = files
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_in_the_tree_reads() {
        let root = crate::paths::root();
        let mut files: Vec<PathBuf> = std::fs::read_dir(root.join("tests/suites"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "toml"))
            .collect();
        files.push(root.join("numpy_tests/suite.toml"));
        assert!(files.len() > 2);
        for file in files {
            Suite::read(&file, "x", PathBuf::new()).unwrap();
        }
    }
}
