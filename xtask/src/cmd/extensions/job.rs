//! What folders and recipes have in common: how one is run and reported, and how the output of tests becomes totals.
use super::stamp;
use crate::interpreter::Interpreter;
use crate::{paths, proc, session};
use anyhow::{Context as _, Result, bail};
use cpython_sources::files;
use indicatif::ProgressBar;
use regex::Regex;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Something to build and to test.
pub trait Job: Sync {
    /// The name by which the user asks for it.
    fn name(&self) -> &str;

    /// Makes the environment that it needs, and has the system's packages installed.
    ///
    /// # Errors
    /// When pip or apt fails.
    fn prepare(&self, context: &Context) -> Result<()>;

    /// Builds and installs it unless that is done.
    ///
    /// # Errors
    /// When it does not build; the message holds the end of the log.
    fn build(&self, context: &Context) -> Result<()>;

    /// Runs its tests.
    ///
    /// # Errors
    /// When they cannot be started, or end without totals.
    fn test(&self, context: &Context) -> Result<Totals>;
}

/// On what the jobs run.
pub struct Context {
    /// The interpreter under test.
    pub python: PathBuf,
    /// The word that tells its files from those of other interpreters.
    pub kind: &'static str,
    /// The digest of all that a build sees of the interpreter.
    pub identity: String,
    /// Build again what is built already.
    pub rebuild: bool,
}

impl Context {
    /// Makes sure that the interpreter is there.
    ///
    /// # Errors
    /// When it is not and cannot be built.
    pub fn new(interpreter: &Interpreter, rebuild: bool) -> Result<Self> {
        let python = interpreter.ensure()?;
        Ok(Self {
            identity: stamp::of_interpreter(&python)?,
            kind: interpreter.kind(),
            python,
            rebuild,
        })
    }

    /// The folder in which a job works.
    pub fn work(&self, name: &str) -> PathBuf {
        paths::target()
            .join("extensions")
            .join(self.kind)
            .join(name)
    }

    /// The log of a step of a job.
    pub fn log(&self, name: &str, step: &str) -> Result<PathBuf> {
        proc::log_file(&format!("extensions-{name}-{step}-{}", self.kind))
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

/// Runs `command` with its output in `log`, ending it and what it left behind when `minutes` are over.
/// Gives what it printed.
///
/// # Errors
/// When it cannot be started, takes too long, or fails with a status that `good` refuses.
pub fn logged(
    command: &mut Command,
    log: &Path,
    minutes: u64,
    good: impl Fn(i32) -> bool,
) -> Result<String> {
    let out = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    command
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out);
    let ended = session::run(command, Duration::from_secs(minutes * 60), || ())?;
    let text = String::from_utf8_lossy(&fs::read(log)?).into_owned();
    let why = if ended.timed_out {
        format!("not over after {minutes} minutes")
    } else if ended.status.code().is_some_and(good) {
        return Ok(text);
    } else {
        ended.status.to_string()
    };
    bail!(
        "{why}; the end of {}:\n{}",
        log.display(),
        files::last_lines(&text, 40)
    )
}

/// Tells the user what goes on and how it went, from two threads.
pub struct Report {
    bar: ProgressBar,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Vec<String>,
    totals: Totals,
}

impl Report {
    /// A report of `count` jobs.
    pub fn new(count: usize) -> Self {
        Self {
            bar: proc::spinner(&format!("{count} to build and test")),
            state: Mutex::default(),
        }
    }

    /// Runs one job; a job that cannot be built or tested counts as one failed test.
    pub fn run(&self, job: &impl Job, context: &Context) {
        let name = job.name();
        let begin = Instant::now();
        self.now(name, "building");
        let built = job.build(context);
        let build_time = begin.elapsed();
        let result = built.context("it does not build").and_then(|()| {
            self.now(name, "testing");
            job.test(context)
        });
        let totals = match &result {
            Ok(totals) => *totals,
            Err(_) => Totals {
                failed: 1,
                ..Totals::default()
            },
        };
        let test_time = begin.elapsed().saturating_sub(build_time);
        let mut line =
            format!("{name:16} {totals} (built in {build_time:.0?}, tested in {test_time:.0?})");
        if let Err(error) = result {
            line += &format!("\n{error:#}");
        } else if totals.failed > 0 {
            line += "\n  the log of its tests lies in target/logs";
        }
        self.done(name, totals, &line);
    }

    /// The sum over all jobs.
    pub fn totals(self) -> Totals {
        self.bar.finish_and_clear();
        self.state
            .into_inner()
            .expect("no thread panics while it counts")
            .totals
    }

    fn now(&self, name: &str, what: &str) {
        let mut state = self.state.lock().expect("no thread panics while it counts");
        state
            .running
            .retain(|other| !other.ends_with(&format!(" {name}")));
        state.running.push(format!("{what} {name}"));
        self.bar.set_message(state.running.join(", "));
    }

    fn done(&self, name: &str, totals: Totals, line: &str) {
        let mut state = self.state.lock().expect("no thread panics while it counts");
        state
            .running
            .retain(|other| !other.ends_with(&format!(" {name}")));
        self.bar.set_message(state.running.join(", "));
        state.totals.passed += totals.passed;
        state.totals.failed += totals.failed;
        state.totals.skipped += totals.skipped;
        self.bar.suspend(|| println!("{line}"));
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
