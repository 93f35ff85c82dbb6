//! `cargo xtask leaks`: units of CPython's suite run several times in one process, on ours and where that seems to leak on
//! stock too. Runs `tests/leaks/hunt.py`.
use crate::interpreter::Interpreter;
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// The units to run; those that touch evaluation when none is named.
    units: Vec<String>,
    /// On what: ours, reference, or the path of an interpreter.
    #[arg(long, default_value = "ours")]
    python: Interpreter,
    /// The interpreter whose leaks are no findings.
    #[arg(long, default_value = "reference")]
    against: Interpreter,
    /// How many units run at once.
    #[arg(short, long, default_value_t = 2)]
    jobs: usize,
}

/// What became of a unit.
enum Outcome {
    /// It runs again and again, and nothing becomes more.
    Clean,
    /// What the other interpreter does too.
    AsStock,
    /// What was said of it.
    Leaks(String),
}

/// Runs the command.
///
/// # Errors
/// When a unit leaks or fails that does neither on stock, or none can be run.
pub fn run(args: Args) -> Result<()> {
    let (python, against) = (args.python.ensure()?, args.against.ensure()?);
    let units = units(&args.units)?;
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..args.jobs.max(1) {
            scope.spawn(|| {
                while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = look_at(unit, &python, &against);
                    tell(unit, &outcome);
                    outcomes
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .push(outcome);
                }
            });
        }
    });
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for outcome in outcomes
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
    {
        match outcome? {
            Outcome::Clean => passed += 1,
            Outcome::AsStock => skipped += 1,
            Outcome::Leaks(_) => failed += 1,
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    if failed > 0 {
        bail!("{failed} units leak that do not on stock");
    }
    Ok(())
}

/// The units named, or those of the list.
fn units(named: &[String]) -> Result<Vec<String>> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let path = folder().join("units.txt");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn folder() -> PathBuf {
    paths::root().join("tests/leaks")
}

/// What becomes of a unit, on the other interpreter too if it does not pass on the first.
fn look_at(unit: &str, python: &Path, against: &Path) -> Result<Outcome> {
    let Some(said) = hunt(unit, python)? else {
        return Ok(Outcome::Clean);
    };
    Ok(match hunt(unit, against)? {
        Some(_) => Outcome::AsStock,
        None => Outcome::Leaks(said),
    })
}

/// Runs a unit; what was said if it does not pass.
fn hunt(unit: &str, python: &Path) -> Result<Option<String>> {
    let mut command = Command::new(python);
    command
        .arg(folder().join("hunt.py"))
        .arg(unit)
        .env_remove("PYTHONPATH")
        .stdin(Stdio::null());
    let out = proc::default_signals(&mut command)
        .output()
        .with_context(|| format!("cannot start {}", python.display()))?;
    if out.status.success() {
        return Ok(None);
    }
    let text = [out.stdout, out.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let leaks: Vec<&str> = text
        .lines()
        .filter(|line| line.contains(" leaked "))
        .collect();
    Ok(Some(if leaks.is_empty() {
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    } else {
        leaks.join("\n")
    }))
}

fn tell(unit: &str, outcome: &Result<Outcome>) {
    match outcome {
        Ok(Outcome::Clean) => println!("{unit}: clean"),
        Ok(Outcome::AsStock) => println!("{unit}: leaks or fails on stock too"),
        Ok(Outcome::Leaks(said)) => println!("{unit}: {said}"),
        Err(why) => println!("{unit}: {why:#}"),
    }
}
