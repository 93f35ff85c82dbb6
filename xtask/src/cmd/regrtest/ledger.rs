//! The ledger of expected failures (`tests/cpython/ledger.toml`) and the judgement of a run against it, in both
//! directions: what fails and is not in it, and what is in it and no longer fails.
use super::unit::{State, UnitRun};
use crate::compiler::Mode;
use crate::record::{Outcome, Outcomes};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The ledger.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// How many units the whole suite has.
    pub units: usize,
    /// Tests that fail.
    #[serde(default)]
    pub failure: Vec<Failure>,
    /// Units that are skipped as a whole.
    #[serde(default)]
    pub skip: Vec<Skip>,
    /// Tests that are not run at all.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
}

/// A test that fails.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The test's id, or the unit when it fails as a whole.
    pub test: String,
    /// Why.
    #[allow(
        dead_code,
        reason = "for the reader of the ledger; that it is there is checked"
    )]
    pub reason: String,
    /// Whether stock CPython fails it too on the same machine.
    pub reference: bool,
    /// In which modes of the compiler; without them, in all.
    #[serde(default)]
    pub jit: Vec<Mode>,
    /// Whether it may pass as well.
    #[serde(default)]
    pub unsteady: bool,
}

/// A unit that is skipped as a whole, on stock at least.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skip {
    /// The unit.
    pub unit: String,
    /// Whether it runs here.
    #[serde(default)]
    pub stock_only: bool,
    /// Why.
    #[allow(
        dead_code,
        reason = "for the reader of the ledger; that it is there is checked"
    )]
    pub reason: String,
}

/// A test that is not run at all, because it cannot hold on an installed Python, stock included.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The test's id.
    pub test: String,
    /// Why.
    #[allow(
        dead_code,
        reason = "for the reader of the ledger; that it is there is checked"
    )]
    pub reason: String,
}

impl Ledger {
    /// Reads the ledger for a mode of the compiler; `reference` tells that stock CPython is judged, so that only its entries
    /// count.
    ///
    /// # Errors
    /// When the file cannot be read or has an unknown key.
    pub fn read(path: &Path, reference: bool, mode: Mode) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text, reference, mode)
            .with_context(|| format!("{} is no ledger", path.display()))
    }

    fn parse(text: &str, reference: bool, mode: Mode) -> Result<Self> {
        let mut ledger: Self = toml::from_str(text)?;
        ledger
            .failure
            .retain(|failure| failure.jit.is_empty() || failure.jit.contains(&mode));
        if reference {
            ledger.failure.retain(|failure| failure.reference);
        } else {
            ledger.skip.retain(|skip| !skip.stock_only);
        }
        Ok(ledger)
    }

    fn expects(&self, test: &str) -> bool {
        self.failure.iter().any(|failure| failure.test == test)
    }

    /// Whether the ledger knows everything that went wrong in the unit. A crash or a timeout it never knows.
    pub fn covers(&self, run: &UnitRun) -> bool {
        match &run.state {
            State::Crashed(_) | State::TimedOut | State::NoResult(_) => false,
            State::Skipped(_) | State::Passed => true,
            State::Failed => failures(run).iter().all(|test| self.expects(test)),
        }
    }
}

/// What fails in a unit: the tests that do, or the unit itself where it fails without one.
fn failures(run: &UnitRun) -> BTreeSet<String> {
    let mut tests: BTreeSet<String> = run
        .tests
        .iter()
        .filter(|(_, outcome)| outcome.is_bad())
        .map(|(id, _)| id.clone())
        .collect();
    if tests.is_empty() && run.state == State::Failed {
        tests.insert(run.unit.clone());
    }
    tests
}

/// What a run comes to.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Everything that is otherwise than the ledger says, a sentence each.
    pub deviations: Vec<String>,
    /// What failed first and passed when it was run alone.
    pub flaky: Vec<String>,
    /// How many failures the ledger expected and got.
    pub known: usize,
}

/// Judges `runs` (with the second runs of what failed first, by unit) against the ledger. `whole` says that the
/// entire suite was meant to run.
pub fn judge(
    ledger: &Ledger,
    runs: &[UnitRun],
    again: &BTreeMap<String, UnitRun>,
    whole: bool,
) -> Verdict {
    let mut verdict = Verdict::default();
    if whole && runs.len() != ledger.units {
        let message = format!("{} units ran, {} are expected", runs.len(), ledger.units);
        verdict.deviations.push(message);
    }
    let mut failed = BTreeSet::new();
    for run in runs {
        judge_unit(ledger, run, again.get(&run.unit), &mut verdict, &mut failed);
    }
    let ran: BTreeSet<&str> = runs.iter().map(|run| run.unit.as_str()).collect();
    let seen: Outcomes = runs.iter().flat_map(|run| run.tests.clone()).collect();
    for entry in &ledger.failure {
        let came_up = whole || seen.contains_key(&entry.test) || ran.contains(entry.test.as_str());
        let passes = seen
            .get(&entry.test)
            .is_some_and(|outcome| outcome.is_good());
        if came_up && !failed.contains(&entry.test) && !(entry.unsteady && passes) {
            let how = match seen.get(&entry.test) {
                Some(Outcome::Skipped) => "is skipped",
                None if !ran.contains(entry.test.as_str()) => "did not come up",
                _ => "passes",
            };
            verdict
                .deviations
                .push(format!("{} is in the ledger and {how}", entry.test));
        }
    }
    for skip in &ledger.skip {
        let ran = runs.iter().find(|run| run.unit == skip.unit);
        if ran.is_some_and(|run| !matches!(run.state, State::Skipped(_))) {
            let message = format!("{} is skipped in the ledger and runs", skip.unit);
            verdict.deviations.push(message);
        }
    }
    verdict
}

fn judge_unit(
    ledger: &Ledger,
    run: &UnitRun,
    second: Option<&UnitRun>,
    verdict: &mut Verdict,
    failed: &mut BTreeSet<String>,
) {
    match &run.state {
        State::Passed => {}
        State::Skipped(reason) => {
            if !ledger.skip.iter().any(|skip| skip.unit == run.unit) {
                verdict
                    .deviations
                    .push(format!("{} is skipped as a whole: {reason}", run.unit));
            }
        }
        State::Crashed(how) => {
            verdict
                .deviations
                .push(format!("{} crashed: {how}", run.unit));
        }
        State::NoResult(why) => {
            verdict
                .deviations
                .push(format!("{} gave no result: {why}", run.unit));
        }
        State::TimedOut | State::Failed => {
            for test in failures(run) {
                if ledger.expects(&test) {
                    verdict.known += 1;
                    failed.insert(test);
                } else if second.is_some_and(|second| !failures(second).contains(&test)) {
                    // It has to come up in the second run to count; a crash there is judged below.
                    verdict.flaky.push(test);
                } else {
                    verdict.deviations.push(format!("{test} failed"));
                }
            }
            match (&run.state, second.map(|second| &second.state)) {
                (State::TimedOut, Some(State::Passed)) => verdict.flaky.push(run.unit.clone()),
                (State::TimedOut, _) => {
                    verdict
                        .deviations
                        .push(format!("{} did not end in time", run.unit));
                }
                (_, Some(State::Crashed(how) | State::NoResult(how))) => {
                    let message = format!("{} crashed when run alone: {how}", run.unit);
                    verdict.deviations.push(message);
                }
                (_, Some(State::TimedOut)) => {
                    let message = format!("{} did not end in time when run alone", run.unit);
                    verdict.deviations.push(message);
                }
                (_, Some(_) | None) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEDGER: &str = r#"
units = 2
[[failure]]
test = "test.test_a.A.test_known"
reason = "known"
reference = false
[[failure]]
test = "test.test_a.A.test_time"
reason = "the compiler takes time"
jit = ["on"]
unsteady = true
reference = false
[[skip]]
unit = "test_gdb"
reason = "no source tree"
[[skip]]
unit = "test_b"
reason = "only ours can run it"
stock_only = true
"#;

    fn ledger() -> Ledger {
        Ledger::parse(LEDGER, false, Mode::Off).unwrap()
    }

    fn unit(name: &str, state: State, tests: &[(&str, Outcome)]) -> UnitRun {
        UnitRun {
            unit: name.to_owned(),
            state,
            seconds: 1.0,
            tests: tests
                .iter()
                .map(|(id, outcome)| ((*id).to_owned(), *outcome))
                .collect(),
        }
    }

    fn known() -> UnitRun {
        unit(
            "test_a",
            State::Failed,
            &[("test.test_a.A.test_known", Outcome::Failed)],
        )
    }

    #[test]
    fn what_the_ledger_says_is_no_deviation() {
        let gdb = unit(
            "test_gdb",
            State::Skipped("not a source build".to_owned()),
            &[],
        );
        let verdict = judge(&ledger(), &[known(), gdb], &BTreeMap::new(), true);
        assert_eq!(verdict.deviations, Vec::<String>::new());
        assert_eq!(verdict.known, 1);
    }

    #[test]
    fn each_interpreter_has_entries_of_its_own() {
        let skips = |reference| {
            let ledger = Ledger::parse(LEDGER, reference, Mode::Off).unwrap();
            let skipped = ledger.skip.into_iter().map(|skip| skip.unit).collect();
            (ledger.failure.len(), skipped)
        };
        assert_eq!(skips(false), (1, vec!["test_gdb".to_owned()]));
        let both = vec!["test_gdb".to_owned(), "test_b".to_owned()];
        assert_eq!(skips(true), (0, both));
    }

    #[test]
    fn each_mode_has_entries_of_its_own() {
        let deviations = |mode, outcome| {
            let ledger = Ledger::parse(LEDGER, false, mode).unwrap();
            let tests = [
                ("test.test_a.A.test_known", Outcome::Failed),
                ("test.test_a.A.test_time", outcome),
            ];
            let run = unit("test_a", State::Failed, &tests);
            judge(&ledger, &[run], &BTreeMap::new(), false).deviations
        };
        let failed = ["test.test_a.A.test_time failed"];
        assert_eq!(deviations(Mode::Off, Outcome::Failed), failed);
        assert_eq!(deviations(Mode::Eager, Outcome::Failed), failed);
        assert!(deviations(Mode::On, Outcome::Failed).is_empty());
        assert!(deviations(Mode::On, Outcome::Passed).is_empty());
        assert_eq!(
            deviations(Mode::On, Outcome::Skipped),
            ["test.test_a.A.test_time is in the ledger and is skipped"]
        );
    }

    #[test]
    fn both_directions_are_deviations() {
        let runs = [
            unit(
                "test_a",
                State::Failed,
                &[
                    ("test.test_a.A.test_known", Outcome::Passed),
                    ("test.test_a.A.test_new", Outcome::Failed),
                ],
            ),
            unit("test_gdb", State::Passed, &[]),
            unit("test_b", State::Skipped("no _b".to_owned()), &[]),
        ];
        let verdict = judge(&ledger(), &runs, &BTreeMap::new(), true);
        assert_eq!(
            verdict.deviations,
            [
                "3 units ran, 2 are expected",
                "test.test_a.A.test_new failed",
                "test_b is skipped as a whole: no _b",
                "test.test_a.A.test_known is in the ledger and passes",
                "test_gdb is skipped in the ledger and runs",
            ]
        );
    }

    #[test]
    fn a_crash_is_never_accepted() {
        let mut ledger = ledger();
        ledger.failure[0].test = "test_a".to_owned();
        let runs = [unit("test_a", State::Crashed("SIGSEGV".to_owned()), &[])];
        let again = BTreeMap::from([("test_a".to_owned(), unit("test_a", State::Passed, &[]))]);
        assert!(!ledger.covers(&runs[0]));
        let verdict = judge(&ledger, &runs, &again, false);
        assert_eq!(verdict.deviations[0], "test_a crashed: SIGSEGV");
    }

    #[test]
    fn a_second_run_that_passes_is_flaky_and_one_that_crashes_is_not() {
        let first = || {
            unit(
                "test_b",
                State::Failed,
                &[("test.test_b.t", Outcome::Failed)],
            )
        };
        let passes = unit(
            "test_b",
            State::Passed,
            &[("test.test_b.t", Outcome::Passed)],
        );
        let again = BTreeMap::from([("test_b".to_owned(), passes)]);
        let verdict = judge(&ledger(), &[first()], &again, false);
        assert_eq!(verdict.flaky, ["test.test_b.t"]);
        assert_eq!(verdict.deviations, Vec::<String>::new());

        let crash = unit("test_b", State::Crashed("SIGABRT".to_owned()), &[]);
        let again = BTreeMap::from([("test_b".to_owned(), crash)]);
        let verdict = judge(&ledger(), &[first()], &again, false);
        assert_eq!(
            verdict.deviations,
            ["test_b crashed when run alone: SIGABRT"]
        );
    }
}
