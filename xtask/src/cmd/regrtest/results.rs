//! Reads what regrtest leaves behind: the JUnit file, which names every test that reported itself, and the verbose
//! log, which alone names tests with failing subtests, failing fixtures and the state of the unit.
use super::unit::State;
use crate::record::{Outcome, Outcomes};
use anyhow::{Context, Result};
use regex::Regex;
use std::sync::LazyLock;

/// The outcomes of a unit's tests.
pub fn tests(xml: &[u8], log: &str) -> Outcomes {
    let mut outcomes = Outcomes::new();
    if let Ok(text) = std::str::from_utf8(xml) {
        junit(text, &mut outcomes);
    }
    for id in failed(log) {
        outcomes.insert(id, Outcome::Failed);
    }
    outcomes
}

fn junit(xml: &str, outcomes: &mut Outcomes) {
    let Ok(document) = roxmltree::Document::parse(xml) else {
        return;
    };
    for case in document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
    {
        // A test with failing subtests has no name here; the log has it.
        let Some(name) = case.attribute("name") else {
            continue;
        };
        let has = |tag: &str| case.children().any(|child| child.has_tag_name(tag));
        let outcome = if has("failure") || has("error") {
            Outcome::Failed
        } else if has("skipped") {
            Outcome::Skipped
        } else if has("outcome") {
            Outcome::XPassed
        } else if has("output") {
            Outcome::XFailed
        } else {
            Outcome::Passed
        };
        // The same test can come up twice (a class that is loaded through two suites): the worse counts.
        let entry = outcomes
            .entry(without_subtest(name).to_owned())
            .or_insert(outcome);
        *entry = (*entry).max(outcome);
    }
}

/// `test.test_x.T.test_y (i=1)` and `test.test_x.T.test_y [message] (i=1)` are subtests of `test.test_x.T.test_y`.
fn without_subtest(id: &str) -> &str {
    id.split([' ', '[']).next().unwrap_or(id)
}

static FAILED: LazyLock<Regex> = LazyLock::new(|| {
    let header = r"(?m)^={70}\n(?:FAIL|ERROR|UNEXPECTED SUCCESS): (\S+) \(([^()\s]+)\)";
    Regex::new(header).expect("a constant expression")
});

/// The ids in the headers that unittest prints before each traceback.
fn failed(log: &str) -> Vec<String> {
    let id = |found: regex::Captures<'_>| {
        let (name, path) = (&found[1], &found[2]);
        if path.ends_with(&format!(".{name}")) {
            path.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    FAILED.captures_iter(log).map(id).collect()
}

static TOTALS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^Total test files: run=(.*)$").expect("a constant expression")
});

/// The state of the unit by regrtest's closing lines.
///
/// # Errors
/// When they are not there, or speak of something that we do not expect.
pub fn state(unit: &str, log: &str) -> Result<State> {
    let totals = TOTALS
        .captures_iter(log)
        .last()
        .context("no closing lines in its log")?;
    let totals = &totals[1];
    let has = |word: &str| totals.split(' ').any(|part| part == format!("{word}=1"));
    Ok(if has("failed") || has("env_changed") {
        State::Failed
    } else if has("skipped") || has("resource_denied") {
        State::Skipped(skip_reason(unit, log))
    } else if has("run_no_tests") {
        State::Skipped("no test in it is meant for this machine".to_owned())
    } else {
        State::Passed
    })
}

fn skip_reason(unit: &str, log: &str) -> String {
    let head = format!("{unit} skipped -- ");
    log.lines()
        .find_map(|line| line.strip_prefix(&head))
        .unwrap_or("no reason given")
        .to_owned()
}

/// Whether regrtest ended the unit because its time was over, which faulthandler says.
pub fn has_timed_out(log: &str) -> bool {
    let said = Regex::new(r"Timeout \(\d+:\d\d:\d\d[^)]*\)!").expect("a constant expression");
    said.is_match(log)
}

/// Which test was running when the log broke off, for the message about a crash.
pub fn last_test(log: &str) -> String {
    let start = Regex::new(r"(?m)^(\S+ \(test\.[^()\s]+\))").expect("a constant expression");
    match start.find_iter(log).last() {
        Some(found) => format!(" in or after {}", found.as_str()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junit_and_log_together_name_every_test() {
        let xml = r#"<testsuites><testsuite>
            <testcase name="test.test_a.A.test_good" status="run" />
            <testcase name="test.test_a.A.test_skip (i=1)"><skipped>no</skipped></testcase>
            <testcase name="test.test_a.A.test_bad"><failure type="x">...</failure></testcase>
            <testcase name="test.test_a.A.test_xfail"><output type="x">...</output></testcase>
            <testcase />
        </testsuite></testsuites>"#;
        let line = "=".repeat(70);
        let log = format!(
            "{line}\nFAIL: test_sub (test.test_a.A.test_sub) [m] (i=2)\nDoc.\n\n\
             {line}\nERROR: setUpClass (test.test_a.B)\n"
        );
        let outcomes = super::tests(xml.as_bytes(), &log);
        let list: Vec<(&str, Outcome)> = outcomes.iter().map(|(id, o)| (id.as_str(), *o)).collect();
        assert_eq!(
            list,
            [
                ("test.test_a.A.test_bad", Outcome::Failed),
                ("test.test_a.A.test_good", Outcome::Passed),
                ("test.test_a.A.test_skip", Outcome::Skipped),
                ("test.test_a.A.test_sub", Outcome::Failed),
                ("test.test_a.A.test_xfail", Outcome::XFailed),
                ("test.test_a.B.setUpClass", Outcome::Failed),
            ]
        );
    }

    #[test]
    fn what_faulthandler_says_at_the_end_of_a_units_time_is_known() {
        assert!(has_timed_out(
            "test_a (test.test_a.A.test_a) ... Timeout (0:20:00)!\nThread 0x1"
        ));
        assert!(!has_timed_out("TimeoutError: Timeout (context)"));
    }

    #[test]
    fn the_closing_lines_tell_the_state() {
        let log = "test_x skipped -- no _x\nTotal test files: run=1/1 skipped=1\n";
        assert_eq!(
            state("test_x", log).unwrap(),
            State::Skipped("no _x".to_owned())
        );
        let log = "Total test files: run=1/1 env_changed=1\n";
        assert_eq!(state("test_x", log).unwrap(), State::Failed);
        assert_eq!(
            state("test_x", "Total test files: run=1/1\n").unwrap(),
            State::Passed
        );
        assert!(state("test_x", "Fatal Python error").is_err());
    }
}
