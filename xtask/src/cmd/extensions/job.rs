//! What folders and recipes have in common: they are built, then tested, on one interpreter.
use super::stamp;
use super::totals::Tested;
use crate::compiler::Mode;
use crate::interpreter::Interpreter;
use crate::{paths, proc, session};
use anyhow::{Context as _, Result, bail};
use cpython_sources::files;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

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
    fn test(&self, context: &Context) -> Result<Tested>;
}

/// On what the jobs run.
pub struct Context {
    /// The interpreter under test.
    pub python: PathBuf,
    /// The word that tells its files from those of other interpreters.
    pub kind: &'static str,
    /// In which mode of the compiler the tests run.
    pub mode: Mode,
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
    pub fn new(interpreter: &Interpreter, mode: Mode, rebuild: bool) -> Result<Self> {
        let python = interpreter.ensure()?;
        Ok(Self {
            identity: stamp::of_interpreter(&python)?,
            kind: interpreter.kind(),
            mode,
            python,
            rebuild,
        })
    }

    /// How long tests may take that take so many minutes at most without the compiler.
    pub fn minutes(&self, minutes: u64) -> u64 {
        minutes * u64::from(self.mode.patience())
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
        proc::log_file(&format!(
            "extensions-{name}-{step}-{}",
            self.mode.label(self.kind)
        ))
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
