//! The command lines: tables in tests/differential, each of which stands for one or for many that differ in one thing.
use crate::paths;
use anyhow::{Context, Result, ensure};
use cpython_sources::hashes;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A file of tables.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Table>,
}

/// A table. At most one thing varies.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    #[serde(flatten)]
    common: Case,
    /// Arguments that come before the others, or where `{vary}` stands.
    #[serde(default)]
    vary: Vec<Vec<String>>,
    /// More variables of the environment.
    #[serde(default)]
    vary_env: Vec<BTreeMap<String, String>>,
    /// The standard input.
    #[serde(default)]
    vary_stdin: Vec<String>,
    /// What `-c` runs.
    #[serde(default)]
    vary_code: Vec<String>,
}

/// A command line, and how what it prints is compared. `{dir}` stands for the folder where it runs, `{prefix}` for that of
/// the interpreter.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Case {
    /// The arguments of the interpreter.
    #[serde(default)]
    pub args: Vec<String>,
    /// Arguments of a run that comes first, to make ready what this one needs.
    #[serde(default)]
    pub before: Vec<String>,
    /// The standard input.
    #[serde(default)]
    pub stdin: String,
    /// Variables of the environment, besides those of every case.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Files in the folder, with their text.
    #[serde(default)]
    pub files: BTreeMap<PathBuf, String>,
    /// Whether all three streams are a terminal.
    #[serde(default)]
    pub terminal: bool,
    /// Streams that are not compared.
    #[serde(default)]
    pub quiet: Vec<Stream>,
    /// Compare only what this finds.
    #[serde(default)]
    pub keep: Option<String>,
    /// Pairs of what is looked for and what takes its place.
    #[serde(default)]
    pub replace: Vec<(String, String)>,
}

/// A stream of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Case {
    /// A hash of everything that it says: what is recorded for it holds for no other.
    ///
    /// # Errors
    /// Never, as every case came from a text.
    pub fn digest(&self) -> Result<String> {
        Ok(hashes::of_bytes(serde_json::to_vec(self)?)[..16].to_owned())
    }

    /// The command line for people.
    pub fn shown(&self) -> String {
        let variables = self
            .env
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let arguments = self.args.iter().map(|argument| format!("{argument:?}"));
        let mut words: Vec<String> = variables.collect();
        words.push("python3.13".to_owned());
        words.extend(arguments);
        if !self.stdin.is_empty() {
            words.push(format!("<<< {:?}", self.stdin));
        }
        words.join(" ")
    }
}

impl Table {
    /// The command lines that it stands for, each with the word for what is its own.
    fn expand(self) -> Result<Vec<(String, Case)>> {
        let lists = [
            self.vary.len(),
            self.vary_env.len(),
            self.vary_stdin.len(),
            self.vary_code.len(),
        ];
        ensure!(
            lists.iter().filter(|&&length| length > 0).count() <= 1,
            "{}: more than one thing varies",
            self.name
        );
        let mut found = Vec::new();
        let common = self.common;
        for arguments in self.vary {
            let mut case = common.clone();
            case.args = place(&common.args, &arguments);
            found.push((arguments.join(" "), case));
        }
        for variables in self.vary_env {
            let words: Vec<String> = variables
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let mut case = common.clone();
            case.env.extend(variables);
            found.push((words.join(" "), case));
        }
        for stdin in self.vary_stdin {
            found.push((
                stdin.clone(),
                Case {
                    stdin,
                    ..common.clone()
                },
            ));
        }
        for code in self.vary_code {
            let mut case = common.clone();
            case.args.extend(["-c".to_owned(), code.clone()]);
            found.push((code, case));
        }
        if found.is_empty() {
            found.push((String::new(), common));
        }
        Ok(found)
    }
}

/// Puts `arguments` where `{vary}` stands in `common`, or before it.
fn place(common: &[String], arguments: &[String]) -> Vec<String> {
    match common.iter().position(|argument| argument == "{vary}") {
        None => [arguments, common].concat(),
        Some(at) => [&common[..at], arguments, &common[at + 1..]].concat(),
    }
}

/// Where the tables and the record lie.
pub fn folder() -> PathBuf {
    paths::root().join("tests/differential")
}

/// Every command line, with a name that no other has.
///
/// # Errors
/// When a file is not what it should be.
pub fn all() -> Result<Vec<(String, Case)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "toml") {
            files.push(path);
        }
    }
    files.sort();
    let mut found = Vec::new();
    for file in files {
        found.extend(read(&file).with_context(|| file.display().to_string())?);
    }
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<(String, Case)>> {
    let file: File = toml::from_str(&std::fs::read_to_string(path)?)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut found: Vec<(String, Case)> = Vec::new();
    for table in file.case {
        let name = table.name.clone();
        for (number, (word, case)) in table.expand()?.into_iter().enumerate() {
            for pattern in case
                .keep
                .iter()
                .chain(case.replace.iter().map(|(what, _)| what))
            {
                Regex::new(pattern)?;
            }
            let short: String = word.escape_default().take(50).collect();
            found.push((
                format!("{stem}/{name}[{number}] {short}")
                    .trim_end()
                    .to_owned(),
                case,
            ));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_in_the_tree_reads_and_names_are_unique() {
        let found = all().unwrap();
        let names: std::collections::BTreeSet<_> = found.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), found.len());
        assert!(found.len() >= 250);
    }

    #[test]
    fn what_varies_comes_first_or_where_it_is_said() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(place(&words("-c 1"), &words("-b")), words("-b -c 1"));
        assert_eq!(place(&words("-x {vary} -c"), &words("y")), words("-x y -c"));
    }
}
