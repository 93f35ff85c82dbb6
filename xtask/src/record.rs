//! What became of each test of a suite, by test id: kept compressed as the record of the reference, and compared.
use crate::packed;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What became of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It ran and held.
    Passed,
    /// It failed as its author expects.
    XFailed,
    /// It held although its author expected a failure.
    XPassed,
    /// It did not run, for a reason of its own.
    Skipped,
    /// It ran and failed, or could not be set up.
    Failed,
    /// The process that ran it ended abnormally.
    Crashed,
}

impl Outcome {
    /// Whether the suite that holds the test counts it as broken.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::Crashed)
    }

    /// Whether the test ran to its end and held.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Passed | Self::XPassed)
    }
}

/// A run of a suite.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Versions of everything that decides the outcomes, and how the run was made.
    pub about: BTreeMap<String, String>,
    /// How long the whole suite took, in seconds.
    pub seconds: f64,
    /// Ids by outcome.
    tests: BTreeMap<Outcome, Vec<String>>,
    /// How long the longer parts of the suite took, in seconds: tells in which order to start them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, f64>,
}

/// Outcomes by test id.
pub type Outcomes = BTreeMap<String, Outcome>;

impl Record {
    /// A record of `outcomes`.
    pub fn new(about: BTreeMap<String, String>, seconds: f64, outcomes: &Outcomes) -> Self {
        let mut tests: BTreeMap<Outcome, Vec<String>> = BTreeMap::new();
        for (id, outcome) in outcomes {
            tests.entry(*outcome).or_default().push(id.clone());
        }
        Self {
            about,
            seconds,
            tests,
            parts: BTreeMap::new(),
        }
    }

    /// Outcomes by test id.
    pub fn outcomes(&self) -> Outcomes {
        let each = |(outcome, ids): (&Outcome, &Vec<String>)| {
            let outcome = *outcome;
            ids.clone().into_iter().map(move |id| (id, outcome))
        };
        self.tests.iter().flat_map(each).collect()
    }

    /// Reads a record that [`Record::write`] wrote.
    ///
    /// # Errors
    /// When the file is missing or is not a record.
    pub fn read(path: &Path) -> Result<Self> {
        packed::read(path)
    }

    /// Writes the record as compressed JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        packed::write(path, self)
    }
}

/// How many tests passed, failed and were skipped. Failures that their author expects are none of the three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Held.
    pub passed: usize,
    /// Did not hold.
    pub failed: usize,
    /// Did not run.
    pub skipped: usize,
}

impl Totals {
    /// Counts `outcomes`.
    pub fn of(outcomes: &Outcomes) -> Self {
        let mut totals = Self::default();
        for outcome in outcomes.values() {
            match outcome {
                Outcome::Passed | Outcome::XPassed => totals.passed += 1,
                Outcome::XFailed => {}
                Outcome::Skipped => totals.skipped += 1,
                Outcome::Failed | Outcome::Crashed => totals.failed += 1,
            }
        }
        totals
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// A test that does otherwise in a run than in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The test.
    pub id: String,
    /// What the record says; `None` when it does not know the test.
    pub there: Option<Outcome>,
    /// What happened now; `None` when the test did not come up.
    pub here: Option<Outcome>,
}

impl Difference {
    /// Whether the run is the worse of the two: this is what must not be.
    pub fn is_worse(&self) -> bool {
        match (self.there, self.here) {
            (there, Some(here)) if here.is_bad() => !there.is_some_and(Outcome::is_bad),
            (Some(there), None | Some(Outcome::Skipped)) => there.is_good(),
            (Some(Outcome::Passed), Some(Outcome::XFailed)) => true,
            _ => false,
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = |outcome: Option<Outcome>| match outcome {
            Some(outcome) => format!("{outcome:?}").to_lowercase(),
            None => "absent".to_owned(),
        };
        write!(
            f,
            "{}: {} here, {} on stock",
            self.id,
            word(self.here),
            word(self.there)
        )
    }
}

/// Every test that does otherwise `here` than `there`.
pub fn compare(here: &Outcomes, there: &Outcomes) -> Vec<Difference> {
    let mut ids: Vec<&String> = here.keys().chain(there.keys()).collect();
    ids.sort();
    ids.dedup();
    ids.into_iter()
        .map(|id| Difference {
            id: id.clone(),
            there: there.get(id).copied(),
            here: here.get(id).copied(),
        })
        .filter(|difference| difference.here != difference.there)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(list: &[(&str, Outcome)]) -> Outcomes {
        list.iter()
            .map(|(id, outcome)| ((*id).to_owned(), *outcome))
            .collect()
    }

    #[test]
    fn a_record_survives_its_file() {
        let dir = std::env::temp_dir().join(format!("record-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let made = BTreeMap::from([("numpy".to_owned(), "2".to_owned())]);
        let all = outcomes(&[("a", Outcome::Passed), ("b[1-x]", Outcome::Skipped)]);
        let record = Record::new(made, 1.5, &all);
        record.write(&dir.join("r.zst")).unwrap();
        let read = Record::read(&dir.join("r.zst")).unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(read, record);
        assert_eq!(read.outcomes(), all);
    }

    #[test]
    fn only_what_is_worse_counts_against_us() {
        use Outcome::*;
        let there = outcomes(&[
            ("same", Passed),
            ("broken", Passed),
            ("gone", Passed),
            ("muted", Passed),
            ("skipped there", Skipped),
            ("bad there", Failed),
            ("bad on both", Failed),
        ]);
        let here = outcomes(&[
            ("same", Passed),
            ("broken", Failed),
            ("muted", Skipped),
            ("new and bad", Crashed),
            ("new and good", Passed),
            ("skipped there", Passed),
            ("bad there", Passed),
            ("bad on both", Failed),
        ]);
        let all = compare(&here, &there);
        let worse: Vec<&str> = all
            .iter()
            .filter(|d| d.is_worse())
            .map(|d| d.id.as_str())
            .collect();
        assert_eq!(worse, ["broken", "gone", "muted", "new and bad"]);
        assert_eq!(all.len(), 7);
    }
}
