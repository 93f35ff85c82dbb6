//! From the output of test runners to totals and the names of what failed.
use anyhow::{Context, Result};
use regex::Regex;
use std::fmt;
use std::path::PathBuf;

/// A run of tests.
pub struct Tested {
    /// How many passed and so on.
    pub totals: Totals,
    /// What the runner said of each that failed, a line each.
    pub failures: Vec<String>,
    /// Its output.
    pub log: PathBuf,
}

impl Tested {
    /// Reads the output of a runner, which `sum` knows how to sum up.
    ///
    /// # Errors
    /// When the output has no summary.
    pub fn read(output: &str, log: PathBuf, sum: fn(&str) -> Option<Totals>) -> Result<Self> {
        let totals = sum(output)
            .with_context(|| format!("the tests did not sum up, see {}", log.display()))?;
        // pytest's short summary, and the headings of unittest.
        let starts = ["FAILED ", "ERROR ", "FAIL: ", "ERROR: "];
        let failures = output
            .lines()
            .filter(|line| starts.iter().any(|start| line.starts_with(start)))
            .map(str::to_owned)
            .collect();
        Ok(Self {
            totals,
            failures,
            log,
        })
    }
}

/// How many tests passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Held, or failed as their authors expect.
    pub passed: u64,
    /// Failed, or could not be set up.
    pub failed: u64,
    /// Did not run.
    pub skipped: u64,
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

impl Totals {
    /// Reads the last line in which pytest sums up.
    pub fn of_pytest(output: &str) -> Option<Self> {
        let line = Regex::new(r"(?m)^.*\bin [0-9.]+s\b.*$").expect("a constant pattern");
        let part = Regex::new(r"(\d+) (passed|failed|skipped|error|errors|xfailed|xpassed)\b")
            .expect("a constant pattern");
        let mut totals = Self::default();
        for found in part.captures_iter(line.find_iter(output).last()?.as_str()) {
            let count: u64 = found[1].parse().ok()?;
            match &found[2] {
                "passed" | "xfailed" | "xpassed" => totals.passed += count,
                "skipped" => totals.skipped += count,
                _ => totals.failed += count,
            }
        }
        Some(totals)
    }

    /// Reads what unittest's text runner prints at its end.
    pub fn of_unittest(output: &str) -> Option<Self> {
        let ran = Regex::new(r"(?m)^Ran (\d+) tests? in ").expect("a constant pattern");
        let end = Regex::new(r"(?m)^(?:OK|FAILED)(?: \((.*)\))?$").expect("a constant pattern");
        let part = Regex::new(r"(failures|errors|skipped|unexpected successes)=(\d+)")
            .expect("a constant pattern");
        let all: u64 = ran.captures_iter(output).last()?[1].parse().ok()?;
        let mut totals = Self::default();
        let end = end.captures_iter(output).last()?;
        for found in part.captures_iter(end.get(1).map_or("", |m| m.as_str())) {
            let count: u64 = found[2].parse().ok()?;
            match &found[1] {
                "skipped" => totals.skipped += count,
                _ => totals.failed += count,
            }
        }
        totals.passed = all.checked_sub(totals.failed + totals.skipped)?;
        Some(totals)
    }
}

#[cfg(test)]
mod tests {
    use super::Totals;

    fn totals(passed: u64, failed: u64, skipped: u64) -> Option<Totals> {
        Some(Totals {
            passed,
            failed,
            skipped,
        })
    }

    #[test]
    fn pytest_sums_up() {
        let text = "F..s\n=== 1 failed, 2 passed, 1 skipped, 3 xfailed, 2 errors in 0.08s ===\n";
        assert_eq!(Totals::of_pytest(text), totals(5, 3, 1));
        assert_eq!(
            Totals::of_pytest("31 passed in 61.10s (0:01:01)\n"),
            totals(31, 0, 0)
        );
        assert_eq!(Totals::of_pytest("..... Segmentation fault"), None);
    }

    #[test]
    fn unittest_sums_up() {
        let text = "...\nRan 12 tests in 5.918s\n\nFAILED (failures=1, errors=2, skipped=3)\n";
        assert_eq!(Totals::of_unittest(text), totals(6, 3, 3));
        let text = "Ran 2006 tests in 5.9s\n\nOK\n";
        assert_eq!(Totals::of_unittest(text), totals(2006, 0, 0));
        assert_eq!(Totals::of_unittest("Ran 1 test"), None);
    }
}
