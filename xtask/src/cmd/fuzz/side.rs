//! One interpreter of a comparison: runs batches of programs in processes of its own and gives what became of each.
use crate::compiler::Mode;
use crate::interpreter::Interpreter;
use crate::proc::default_signals;
use crate::{paths, session};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Programs that one process runs. Batches begin at its multiples, so that a program always has the same ones before it.
pub const BATCH: u64 = 200;
/// How long a program may take; the longest take a tenth of a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// Programs of a series, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What the random choices begin with.
    pub seed: u64,
    /// The number of the first program.
    pub first: u64,
    /// How many follow, itself included.
    pub count: u64,
}

impl Span {
    /// The number after the last one.
    pub fn end(self) -> u64 {
        self.first + self.count
    }

    /// The first part of it that one process runs, and the rest.
    fn batch(self) -> (Self, Self) {
        let count = (BATCH - self.first % BATCH).min(self.count);
        let rest = Self {
            first: self.first + count,
            count: self.count - count,
            ..self
        };
        (Self { count, ..self }, rest)
    }
}

/// What became of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ended; this is the hash of its text and of what it logged.
    Logged(String),
    /// It took the process down.
    Crashed(String),
    /// It did not end.
    Hung,
}

/// An interpreter.
#[derive(Clone)]
pub struct Side {
    /// The word for it in what is printed.
    pub name: &'static str,
    python: PathBuf,
    /// The mode of its compiler.
    jit: Mode,
}

impl Side {
    /// That interpreter, built where it has to be.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(interpreter: &Interpreter) -> Result<Self> {
        Ok(Self {
            name: interpreter.kind(),
            python: interpreter.ensure()?,
            jit: Mode::Off,
        })
    }

    /// The same with a mode of the compiler.
    pub fn with_jit(self, mode: Mode) -> Self {
        Self { jit: mode, ..self }
    }

    /// Its path.
    pub fn python(&self) -> &Path {
        &self.python
    }

    /// The command that runs a file of tests/fuzz.
    pub fn command(&self, script: &str) -> Command {
        let mut command = Command::new(&self.python);
        // The order of sets is part of what is compared.
        command
            .env_clear()
            .env("PYTHONHASHSEED", "0")
            .arg("-B")
            .arg(folder().join(script))
            .stdin(Stdio::null());
        self.jit.set(&mut command);
        default_signals(&mut command);
        command
    }

    /// The command for some programs, which prints hashes, or what `what` asks for.
    pub fn programs(&self, span: Span, what: &[&str]) -> Command {
        let mut command = self.command("run.py");
        for (option, value) in [
            ("--seed", span.seed),
            ("--first", span.first),
            ("--count", span.count),
        ] {
            command.arg(option).arg(value.to_string());
        }
        command.args(what);
        command
    }

    /// What becomes of a program of `span` once more, after those that came before it in its batch.
    ///
    /// # Errors
    /// As for [`Side::run`].
    pub fn again(&self, span: Span, number: u64) -> Result<Outcome> {
        let first = span.first.max(number / BATCH * BATCH);
        let span = Span {
            first,
            count: number - first + 1,
            ..span
        };
        let mut last = None;
        self.run(span, |outcome| {
            last = Some(outcome);
            true
        })?;
        last.context("a batch has programs")
    }

    /// Runs programs one after the other and tells `sink` what became of each, in order, until it says that it has
    /// enough. A program that takes its process down or hangs costs nothing but itself.
    ///
    /// # Errors
    /// When a process cannot be started, or says something else than it should.
    pub fn run(&self, span: Span, mut sink: impl FnMut(Outcome) -> bool) -> Result<()> {
        let mut rest = span;
        while rest.count > 0 {
            let (batch, after) = rest.batch();
            let mut next = batch.first;
            let mut process = Process::start(self.programs(batch, &[]))?;
            let failed = loop {
                match process.line(next)? {
                    Line::Hash(hash) => {
                        next += 1;
                        if !sink(Outcome::Logged(hash)) {
                            return Ok(());
                        }
                    }
                    Line::End if next == batch.end() => break None,
                    Line::End => break Some(Outcome::Crashed(process.end()?)),
                    Line::Silence => break Some(Outcome::Hung),
                }
            };
            rest = after;
            if let Some(outcome) = failed {
                if !sink(outcome) {
                    return Ok(());
                }
                rest = Span {
                    first: next + 1,
                    count: span.end() - next - 1,
                    ..span
                };
            }
        }
        Ok(())
    }
}

/// Where the fuzzer's own files lie.
pub fn folder() -> PathBuf {
    paths::root().join("tests/fuzz")
}

enum Line {
    Hash(String),
    End,
    Silence,
}

/// A process that runs a batch; it ends with us.
struct Process {
    child: Child,
    lines: Receiver<std::io::Result<String>>,
}

impl Process {
    fn start(mut command: Command) -> Result<Self> {
        let mut child = session::lead_session(&mut command)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let lines = read(child.stdout.take().context("a pipe")?);
        Ok(Self { child, lines })
    }

    /// What it says next, which must be about the program `number`.
    fn line(&mut self, number: u64) -> Result<Line> {
        let line = match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line?,
            Err(RecvTimeoutError::Disconnected) => return Ok(Line::End),
            Err(RecvTimeoutError::Timeout) => return Ok(Line::Silence),
        };
        match line.split_once(' ') {
            Some((found, hash)) if found == number.to_string() => Ok(Line::Hash(hash.to_owned())),
            _ => bail!("it said {line:?} where the hash of program {number} was due"),
        }
    }

    /// How it ended.
    fn end(&mut self) -> Result<String> {
        Ok(self.child.wait()?.to_string())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(stdout: ChildStdout) -> Receiver<std::io::Result<String>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_begin_at_multiples() {
        let mut rest = Span {
            seed: 1,
            first: 150,
            count: 300,
        };
        let mut found = Vec::new();
        while rest.count > 0 {
            let (batch, after) = rest.batch();
            found.push((batch.first, batch.count));
            rest = after;
        }
        assert_eq!(found, [(150, 50), (200, 200), (400, 50)]);
    }
}
