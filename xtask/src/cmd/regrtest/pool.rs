//! Runs many units at once, the longest first, and shows how far it is.
use super::ledger::Ledger;
use super::surroundings::Surroundings;
use super::unit::{Setup, State, UnitRun};
use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Runs `units`, `jobs` at a time; each one's log is `<logs>/<unit>.log`, kept when it fails.
///
/// # Errors
/// When a process cannot be started.
pub fn run(
    setup: &Setup,
    around: &Surroundings,
    units: Vec<String>,
    jobs: usize,
    logs: &Path,
    ledger: &Ledger,
) -> Result<Vec<UnitRun>> {
    std::fs::create_dir_all(logs).with_context(|| format!("cannot make {}", logs.display()))?;
    let progress = Progress::new(units.len());
    let queue = Mutex::new(units.into_iter());
    let next = || queue.lock().expect("no unit panics").next();
    let work = || -> Result<Vec<UnitRun>> {
        let mut done = Vec::new();
        while let Some(unit) = next() {
            progress.begins(&unit);
            let log = log(logs, &unit);
            let run = setup.run(around, &unit, &log)?;
            let fine = matches!(run.state, State::Passed | State::Skipped(_));
            progress.ends(&run, fine || ledger.covers(&run), &log);
            if fine {
                let _ = std::fs::remove_file(&log);
            }
            done.push(run);
        }
        Ok(done)
    };
    let mut runs = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        let mut runs = Vec::new();
        for worker in workers {
            runs.extend(worker.join().expect("a worker does not panic")?);
        }
        anyhow::Ok(runs)
    })?;
    progress.bar.finish_and_clear();
    runs.sort_by(|a, b| a.unit.cmp(&b.unit));
    Ok(runs)
}

/// The log of a unit.
pub fn log(logs: &Path, unit: &str) -> PathBuf {
    logs.join(format!("{unit}.log"))
}

/// Puts the units that took longest last time first, so that none of them runs alone at the end.
pub fn longest_first(units: &mut [String], seconds: &BTreeMap<String, f64>) {
    let time = |unit: &String| seconds.get(unit).copied().unwrap_or(0.0);
    units.sort_by(|a, b| time(b).total_cmp(&time(a)));
}

/// A bar on a terminal; elsewhere a line every half minute.
struct Progress {
    bar: ProgressBar,
    terminal: bool,
    state: Mutex<Shown>,
}

struct Shown {
    running: BTreeSet<String>,
    done: usize,
    failed: usize,
    all: usize,
    begin: Instant,
    last: Instant,
}

impl Progress {
    fn new(all: usize) -> Self {
        let bar = ProgressBar::new(all as u64);
        let style = "{bar:30} {pos}/{len} [{elapsed}] {wide_msg}";
        bar.set_style(ProgressStyle::with_template(style).expect("a constant template"));
        bar.enable_steady_tick(Duration::from_secs(1));
        let now = Instant::now();
        let shown = Shown {
            running: BTreeSet::new(),
            done: 0,
            failed: 0,
            all,
            begin: now,
            last: now,
        };
        Self {
            bar,
            terminal: std::io::stderr().is_terminal(),
            state: Mutex::new(shown),
        }
    }

    fn begins(&self, unit: &str) {
        let mut shown = self.state.lock().expect("no panic while held");
        shown.running.insert(unit.to_owned());
        self.bar.set_message(shown.line());
    }

    fn ends(&self, run: &UnitRun, expected: bool, log: &Path) {
        let mut shown = self.state.lock().expect("no panic while held");
        shown.running.remove(&run.unit);
        shown.done += 1;
        if !expected {
            shown.failed += 1;
            let line = format!("  {}: {:?}, see {}", run.unit, run.state, log.display());
            self.say(&line);
        }
        self.bar.inc(1);
        self.bar.set_message(shown.line());
        if !self.terminal && shown.last.elapsed() > Duration::from_secs(30) {
            shown.last = Instant::now();
            eprintln!(
                "  {}/{} after {} s, {}",
                shown.done,
                shown.all,
                shown.begin.elapsed().as_secs(),
                shown.line()
            );
        }
    }

    fn say(&self, line: &str) {
        if self.terminal {
            self.bar.println(line)
        } else {
            eprintln!("{line}")
        }
    }
}

impl Shown {
    fn line(&self) -> String {
        let names: Vec<&str> = self.running.iter().map(String::as_str).collect();
        let failed = match self.failed {
            0 => String::new(),
            n => format!("{n} unexpected; "),
        };
        format!("{failed}running {}", names.join(", "))
    }
}
