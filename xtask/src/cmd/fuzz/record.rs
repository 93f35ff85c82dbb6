//! What stock logs for the first programs of a series, as hashes: enough to see that ours logs the same, without stock.
use super::side::{Outcome, folder};
use crate::packed;
use anyhow::{Result, bail};
use cpython_sources::hashes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many digits of a hash are kept: one program in four thousand millions would slip through.
const DIGITS: usize = 8;
/// In place of the hash of a program that stock does not survive, or of which it says one thing once and another again.
const NONE: &str = "--------";

/// The record.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Which interpreter, and how it was made.
    about: BTreeMap<String, String>,
    /// The series.
    pub seed: u64,
    /// What the programs come from: they are others when it changes.
    generator: String,
    /// A hash a program, one after the other.
    hashes: String,
}

impl Record {
    /// A record of the first programs of a series; `None` stands for one that is not the same in every run.
    ///
    /// # Errors
    /// When the generator cannot be read.
    pub fn new(version: &str, seed: u64, outcomes: &[Option<Outcome>]) -> Result<Self> {
        let about = [
            ("python", version.trim().replace('\n', " ")),
            ("made by", "cargo xtask fuzz --record".to_owned()),
        ];
        Ok(Self {
            about: about
                .map(|(key, value)| (key.to_owned(), value))
                .into_iter()
                .collect(),
            seed,
            generator: generator()?,
            hashes: outcomes.iter().map(|one| digits(one.as_ref())).collect(),
        })
    }

    /// Where it lies.
    pub fn path() -> PathBuf {
        folder().join("record.json.zst")
    }

    /// Reads it.
    ///
    /// # Errors
    /// When there is none, or when it is one of other programs.
    pub fn read() -> Result<Self> {
        let record: Self = packed::read(&Self::path())?;
        if record.generator != generator()? {
            bail!(
                "tests/fuzz has changed since the record was made, and its programs with it; \
                 make the record anew: cargo xtask fuzz --record"
            );
        }
        Ok(record)
    }

    /// Writes it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self) -> Result<()> {
        packed::write(&Self::path(), self)
    }

    /// How many programs it knows.
    pub fn len(&self) -> u64 {
        (self.hashes.len() / DIGITS) as u64
    }

    /// Of how many it says nothing.
    pub fn unknown(&self) -> u64 {
        let hashes = self.hashes.as_bytes().chunks(DIGITS);
        hashes.filter(|&hash| hash == NONE.as_bytes()).count() as u64
    }

    /// Whether the program of that number did there what it did here. What stock does not survive is nobody's fault.
    pub fn agrees(&self, number: u64, outcome: &Outcome) -> bool {
        let at = usize::try_from(number).unwrap_or(usize::MAX) * DIGITS;
        match self.hashes.get(at..at + DIGITS) {
            None => false,
            Some(hash) => hash == NONE || hash == digits(Some(outcome)),
        }
    }
}

fn digits(outcome: Option<&Outcome>) -> String {
    match outcome {
        Some(Outcome::Logged(hash)) if hash.len() >= DIGITS => hash[..DIGITS].to_owned(),
        _ => NONE.to_owned(),
    }
}

/// A hash of everything that decides what the programs are and what they log.
fn generator() -> Result<String> {
    let mut files = Vec::new();
    list(&folder(), &mut files)?;
    files.sort();
    let mut all = Vec::new();
    for file in files {
        all.extend(hashes::of_file(&file)?.into_bytes());
    }
    Ok(hashes::of_bytes(all))
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|end| end == "py" || end == "txt")
            && path.file_name().is_some_and(|name| name != "reduce.py")
        {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_tells_programs_apart() {
        let logged = |hash: &str| Outcome::Logged(hash.to_owned());
        let outcomes = [Some(logged("0123456789abcdef")), Some(Outcome::Hung), None];
        let record = Record::new("3.13", 1, &outcomes).unwrap();
        assert_eq!((record.len(), record.unknown()), (3, 2));
        assert!(record.agrees(0, &logged("01234567ffffffff")));
        assert!(!record.agrees(0, &logged("1123456789abcdef")));
        assert!(!record.agrees(0, &Outcome::Hung));
        assert!(record.agrees(1, &logged("0123456789abcdef")));
        assert!(record.agrees(2, &logged("0123456789abcdef")));
        assert!(!record.agrees(3, &logged("0123456789abcdef")));
    }
}
