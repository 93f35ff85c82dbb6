//! One unit of the suite (a `test_*` module) in a process of its own: start, watch, and read what it left behind.
use super::results;
use super::sandbox::Sandbox;
use super::surroundings::Surroundings;
use crate::record::Outcomes;
use crate::session;
use anyhow::{Context, Result};
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

/// How a unit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Every test held or skipped itself.
    Passed,
    /// A test failed, or the unit changed its process for the worse.
    Failed,
    /// The unit skipped itself as a whole, for the reason given.
    Skipped(String),
    /// The process ended by a signal or an exit code that is not regrtest's.
    Crashed(String),
    /// It did not end in time.
    TimedOut,
    /// The process ended well and left no result that we understand.
    NoResult(String),
}

/// What became of a unit.
#[derive(Clone, Debug)]
pub struct UnitRun {
    /// Its name.
    pub unit: String,
    /// How it ended.
    pub state: State,
    /// How long it took.
    pub seconds: f64,
    /// Its tests, as far as they were reported.
    pub tests: Outcomes,
}

/// What all units of a run have in common.
pub struct Setup {
    /// Where and as whom they run.
    pub sandbox: Sandbox,
    /// Seconds until a unit is ended.
    pub timeout: u64,
    /// The value of regrtest's `-u`.
    pub resources: String,
    /// Variables for the interpreter.
    pub env: Vec<(String, String)>,
    /// More arguments for regrtest.
    pub extra: Vec<String>,
}

/// How much longer than the timeout we wait for regrtest to end the unit itself, with a traceback of each thread.
const GRACE: Duration = Duration::from_secs(60);

impl Setup {
    /// `python -m test` with what all units have in common.
    pub fn regrtest(&self, python: &Path, tmp: &Path) -> Command {
        let mut command = self.sandbox.command(python, tmp);
        command
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .args(["-m", "test"]);
        command
    }

    /// Runs a unit in `around`; its output goes to `log`.
    ///
    /// # Errors
    /// When the process cannot be started. A unit that fails or crashes is a result, not an error.
    pub fn run(&self, around: &Surroundings, unit: &str, log: &Path) -> Result<UnitRun> {
        let tmp = self.sandbox.folder(&format!("t/{unit}"))?;
        let xml = self.sandbox.folder("xml")?.join(format!("{unit}.xml"));
        let _ = std::fs::remove_file(&xml);
        let out = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let python = around.python(unit).unwrap_or(&self.sandbox.python);
        let mut command = self.regrtest(python, &tmp);
        command
            .args(["-v", "--fail-env-changed", "--junit-xml"])
            .arg(&xml)
            .args([
                "--timeout",
                &self.timeout.to_string(),
                "-u",
                &self.resources,
            ])
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out);
        around.add(unit, &mut command);
        command.args(&self.extra).arg(unit);
        let limit = Duration::from_secs(self.timeout) + GRACE;
        let ended = session::run(&mut command, limit, || ())?;
        let text = String::from_utf8_lossy(&std::fs::read(log)?).into_owned();
        let tests = results::tests(&std::fs::read(&xml).unwrap_or_default(), &text);
        let state = match ended.timed_out {
            true => State::TimedOut,
            false => state(unit, ended.status, &text),
        };
        let _ = std::fs::remove_dir_all(&tmp);
        Ok(UnitRun {
            unit: unit.to_owned(),
            state,
            seconds: ended.seconds,
            tests,
        })
    }
}

/// Reads regrtest's exit status and the summary at the end of its log.
fn state(unit: &str, status: ExitStatus, log: &str) -> State {
    if let Some(signal) = status.signal() {
        return State::Crashed(format!("signal {signal}{}", results::last_test(log)));
    }
    match status.code() {
        Some(1) if results::has_timed_out(log) => State::TimedOut,
        Some(0 | 2 | 3 | 4) => {
            results::state(unit, log).unwrap_or_else(|why| State::NoResult(why.to_string()))
        }
        code => State::Crashed(format!(
            "exit code {}{}",
            code.unwrap_or(-1),
            results::last_test(log)
        )),
    }
}
