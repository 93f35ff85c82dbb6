//! Runs a suite once on one interpreter and gives what became of its tests.
use super::definition::{Runner, Suite};
use super::events::{self, Told};
use super::place::Place;
use crate::compiler::Mode;
use crate::{paths, proc, session};
use anyhow::{Context, Result};
use indicatif::ProgressBar;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// One run.
pub struct Run {
    /// What it told.
    pub told: Told,
    /// How long it took.
    pub seconds: f64,
    /// How it ended, when it did not end well.
    pub broke_off: Option<String>,
    /// Its output.
    pub log: PathBuf,
}

/// What a run shall run.
pub enum Choice<'a> {
    /// The whole suite, with more arguments of the user's.
    All(&'a [String]),
    /// These tests alone, one after the other.
    Only(&'a [String]),
}

/// Runs `suite` in `place`, in a mode of the compiler; `kind` names the interpreter and the mode.
///
/// # Errors
/// When the run cannot be started.
pub fn run(
    suite: &Suite,
    place: &Place,
    mode: Mode,
    kind: &str,
    choice: &Choice<'_>,
) -> Result<Run> {
    let label = match choice {
        Choice::All(_) => format!("suite-{}-{kind}", suite.name),
        Choice::Only(_) => format!("suite-{}-{kind}-alone", suite.name),
    };
    let log = proc::log_file(&label)?;
    let outcomes = place.work.join(format!("{label}.jsonl"));
    let _ = std::fs::remove_file(&outcomes);
    let mut command = command(suite, place, mode, choice)?;
    let out = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    mode.set(&mut command)
        .env("PYROXENE_OUTCOMES", &outcomes)
        .current_dir(&place.start)
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out);
    let what = format!("{} on {kind}", suite.name);
    let mut progress = Progress::new(&what, &outcomes);
    let minutes = suite.minutes * u64::from(mode.patience());
    let limit = Duration::from_secs(minutes * 60);
    let ended = session::run(&mut command, limit, || progress.tick())?;
    progress.bar.finish_and_clear();
    let told = match suite.runner {
        Runner::Lines => events::read_lines(&String::from_utf8_lossy(&std::fs::read(&log)?)),
        Runner::Xunit => events::read_xml(&place.work.join("xml"))?,
        _ => events::read(&std::fs::read_to_string(&outcomes).unwrap_or_default()),
    };
    let broke_off = if ended.timed_out {
        Some(format!("not over after {minutes} minutes"))
    } else if !told.finished {
        Some(format!("{}, before its end", ended.status))
    } else {
        None
    };
    Ok(Run {
        told,
        seconds: ended.seconds,
        broke_off,
        log,
    })
}

fn command(suite: &Suite, place: &Place, mode: Mode, choice: &Choice<'_>) -> Result<Command> {
    let jobs = std::thread::available_parallelism()?.get().to_string();
    let site = place.site.to_string_lossy();
    let work = place.work.to_string_lossy();
    let suites = paths::root().join("tests/suites");
    let fill = |text: &String| {
        text.replace("{jobs}", &jobs)
            .replace("{site}", &site)
            .replace("{work}", &work)
            .replace("{suites}", &suites.to_string_lossy())
    };
    let runners = suites.join("runners");

    let mut command = place.env.command();
    let bin = place.env.dir().join("bin");
    session::clean_environment(
        &mut command,
        &place.work.join("home"),
        &place.work.join("tmp"),
    )
    .env(
        "PATH",
        format!("{}:{}", bin.display(), session::SYSTEM_PATH),
    )
    .env("VIRTUAL_ENV", place.env.dir())
    .envs(suite.env.iter().map(|(name, value)| (name, fill(value))));
    match suite.runner {
        Runner::Pytest => {
            command
                .env("PYTHONPATH", &runners)
                .args(["-m", "pytest", "-p", "pytest_outcomes"]);
            command.args(["-p", "no:cacheprovider", "-q", "-rfE"]);
            if let Some(seconds) = suite.test_seconds {
                let seconds = seconds * u64::from(mode.patience());
                command.arg(format!("--timeout={seconds}"));
            }
            if suite.sdist.is_none() {
                // An empty configuration of our own, so that ids start at the packages' folder and no file that
                // happens to lie above it is read.
                let ini = place.work.join("pytest.ini");
                std::fs::write(&ini, "[pytest]\n")?;
                command.arg("-c").arg(ini).arg("--rootdir").arg(&place.site);
            }
        }
        Runner::Unittest => {
            command.arg(runners.join("unittest_outcomes.py"));
        }
        Runner::Lines | Runner::Xunit => {}
    }
    match choice {
        Choice::All(extra) => {
            command.args(suite.args.iter().map(fill)).args(*extra);
            command.args(suite.tests.iter().map(fill));
        }
        Choice::Only(ids) => only(&mut command, suite, place, ids, fill)?,
    }
    Ok(command)
}

/// The arguments that run `ids` and nothing else, one after the other.
fn only(
    command: &mut Command,
    suite: &Suite,
    place: &Place,
    ids: &[String],
    fill: impl Fn(&String) -> String,
) -> Result<()> {
    match suite.runner {
        Runner::Pytest => {
            let root = if suite.sdist.is_none() {
                &place.site
            } else {
                &place.start
            };
            let list: Vec<String> = ids
                .iter()
                .map(|id| root.join(id).to_string_lossy().into_owned())
                .collect();
            let file = place.work.join("again.txt");
            std::fs::write(&file, list.join("\n") + "\n")?;
            command.args(suite.args.iter().map(fill));
            if suite.args.iter().any(|arg| arg.starts_with("-n")) {
                command.arg("-n0");
            }
            command.arg(format!("@{}", file.display()));
        }
        // unittest takes ids instead of its `discover`.
        Runner::Unittest => {
            let apart = suite.args.first().filter(|first| *first == "--apart");
            command.arg(apart.map_or("-v", String::as_str)).args(ids);
        }
        // A program of the suite's own knows other names; it is not asked for single tests.
        Runner::Lines | Runner::Xunit => {}
    }
    Ok(())
}

/// How many tests are over: a spinner on a terminal, elsewhere a line every minute.
struct Progress<'a> {
    what: &'a str,
    bar: ProgressBar,
    outcomes: &'a Path,
    file: Option<File>,
    done: usize,
    begin: Instant,
    looked: Instant,
    said: Instant,
}

impl<'a> Progress<'a> {
    fn new(what: &'a str, outcomes: &'a Path) -> Self {
        let now = Instant::now();
        Self {
            what,
            bar: proc::spinner(what),
            outcomes,
            file: None,
            done: 0,
            begin: now,
            looked: now,
            said: now,
        }
    }

    fn tick(&mut self) {
        if self.looked.elapsed() < Duration::from_secs(1) {
            return;
        }
        self.looked = Instant::now();
        if self.file.is_none() {
            self.file = File::open(self.outcomes).ok();
        }
        let mut new = Vec::new();
        if let Some(file) = &mut self.file {
            let _ = file.read_to_end(&mut new);
        }
        self.done += String::from_utf8_lossy(&new)
            .matches("\"event\": \"outcome\"")
            .count();
        self.bar
            .set_message(format!("{}: {} tests", self.what, self.done));
        if !std::io::stderr().is_terminal() && self.said.elapsed() > Duration::from_secs(60) {
            self.said = Instant::now();
            let seconds = self.begin.elapsed().as_secs();
            eprintln!("  {}: {} tests after {seconds} s", self.what, self.done);
        }
    }
}
