//! What the runners tell while they run: a line of JSON for each thing that happens to a test.
use crate::record::{Outcome, Outcomes};
use anyhow::{Context, Result};
use regex::Regex;
use serde::Deserialize;
use std::path::Path;
use std::sync::LazyLock;

/// One line from the pytest plugin or the unittest runner.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event {
    /// A test begins.
    Start { id: String },
    /// A test, or one of its phases, is over.
    Outcome { id: String, outcome: Outcome },
    /// The run is over.
    Finish,
}

/// What a run told.
#[derive(Debug, Default)]
pub struct Told {
    /// The outcomes.
    pub outcomes: Outcomes,
    /// Whether it came to its end.
    pub finished: bool,
}

impl Told {
    /// A test can have several outcomes, as when it fails and then cannot be torn down: the worst counts.
    fn add(&mut self, id: String, outcome: Outcome) {
        let entry = self.outcomes.entry(id).or_insert(outcome);
        *entry = (*entry).max(outcome);
    }
}

/// Reads the lines. A test that began and is not over when the lines end is the one that took the process down.
pub fn read(text: &str) -> Told {
    let mut told = Told::default();
    let mut open: Vec<String> = Vec::new();
    for line in text.lines() {
        match serde_json::from_str(line) {
            Ok(Event::Start { id }) => open.push(id),
            Ok(Event::Outcome { id, outcome }) => {
                open.retain(|other| *other != id);
                told.add(id, outcome);
            }
            Ok(Event::Finish) => told.finished = true,
            // The last line of a process that was killed can be half a line.
            Err(_) => {}
        }
    }
    if !told.finished {
        told.outcomes
            .extend(open.into_iter().map(|id| (id, Outcome::Crashed)));
    }
    told
}

static LINE: LazyLock<Regex> = LazyLock::new(|| {
    let test = r"(?m)^(\S+) \(([^()\s]+)\)";
    let outcome = r"(ok|FAIL|ERROR|skipped|expected failure|unexpected success)\b";
    Regex::new(&format!(r"{test}[^\n]*(?:\n[^\n]*?)? \.\.\. {outcome}"))
        .expect("a constant expression")
});

static END: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^(OK|FAILED)\b").expect("a constant expression"));

/// Reads the verbose output of a unittest program.
pub fn read_lines(text: &str) -> Told {
    let mut told = Told {
        finished: END.is_match(text),
        ..Told::default()
    };
    for found in LINE.captures_iter(text) {
        let outcome = match &found[3] {
            "ok" => Outcome::Passed,
            "skipped" => Outcome::Skipped,
            "expected failure" => Outcome::XFailed,
            "unexpected success" => Outcome::XPassed,
            _ => Outcome::Failed,
        };
        let (name, path) = (&found[1], &found[2]);
        let id = match path.ends_with(&format!(".{name}")) {
            true => path.to_owned(),
            false => format!("{path}.{name}"),
        };
        told.add(id, outcome);
    }
    told
}

/// Reads the XML files of a program that writes them at its end.
///
/// # Errors
/// When a file cannot be read.
pub fn read_xml(folder: &Path) -> Result<Told> {
    let mut told = Told::default();
    let Ok(files) = std::fs::read_dir(folder) else {
        return Ok(told);
    };
    for file in files {
        let path = file?.path();
        let text = std::fs::read_to_string(&path)?;
        let document = roxmltree::Document::parse(&text)
            .with_context(|| format!("{} is no XML", path.display()))?;
        for case in document
            .descendants()
            .filter(|node| node.has_tag_name("testcase"))
        {
            let attribute = |name: &str| case.attribute(name).unwrap_or_default();
            let has = |tag: &str| case.children().any(|child| child.has_tag_name(tag));
            let outcome = match () {
                () if has("failure") || has("error") => Outcome::Failed,
                () if has("skipped") => Outcome::Skipped,
                () => Outcome::Passed,
            };
            told.add(
                format!("{} {}", attribute("classname"), attribute("name")),
                outcome,
            );
        }
        told.finished = true;
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_breaks_off_names_the_test_that_was_running() {
        let told = read(
            r#"{"event":"start","id":"a"}
{"event":"outcome","id":"a","outcome":"passed"}
{"event":"start","id":"b"}
{"event":"outc"#,
        );
        assert!(!told.finished);
        assert_eq!(told.outcomes["a"], Outcome::Passed);
        assert_eq!(told.outcomes["b"], Outcome::Crashed);
    }

    #[test]
    fn the_worse_of_two_phases_counts() {
        let told = read(
            r#"{"event":"outcome","id":"a","outcome":"passed"}
{"event":"outcome","id":"a","outcome":"failed"}
{"event":"finish"}"#,
        );
        assert!(told.finished);
        assert_eq!(told.outcomes["a"], Outcome::Failed);
    }

    #[test]
    fn verbose_lines_are_read() {
        let text = "test_a (m.T.test_a) ... ok\n\
                    test_b (m.T.test_b)\nWhat it is for. ... skipped 'no'\n\
                    test_c (m.T) ... FAIL\n\nOK\n";
        let told = read_lines(text);
        let list: Vec<(&str, Outcome)> = told
            .outcomes
            .iter()
            .map(|(id, outcome)| (id.as_str(), *outcome))
            .collect();
        assert_eq!(
            list,
            [
                ("m.T.test_a", Outcome::Passed),
                ("m.T.test_b", Outcome::Skipped),
                ("m.T.test_c", Outcome::Failed)
            ]
        );
        assert!(told.finished);
    }
}
