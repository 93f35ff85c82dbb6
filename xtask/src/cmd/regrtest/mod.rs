//! `cargo xtask regrtest`: CPython's own suite on our interpreter (or another), each unit in a process of its own,
//! judged against the ledger of expected failures and, test by test, against the record of stock CPython.
mod display;
mod embed;
mod gdb;
mod ledger;
mod pool;
mod results;
mod sandbox;
mod surroundings;
mod unit;

use crate::compiler::Mode;
use crate::interpreter::Interpreter;
use crate::record::{Outcomes, Record, Totals, compare};
use crate::{paths, proc, system};
use anyhow::{Result, bail};
use ledger::{Ledger, Verdict};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;
use surroundings::Surroundings;
use unit::{Setup, State, UnitRun};

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// The units to run (test_os, test.test_asyncio.test_tasks); all when none is named.
    units: Vec<String>,
    /// The interpreter: ours, reference, or a path.
    #[arg(long, default_value = "ours")]
    python: Interpreter,
    /// How many units run at once; as many as there are processors when not said.
    #[arg(short, long)]
    jobs: Option<usize>,
    /// Seconds until a unit is ended; four times as many with the compiler eager.
    #[arg(long, default_value_t = 1200)]
    timeout: u64,
    /// What the tests may use (regrtest's -u). The default is all that makes sense without a network, a screen, a
    /// sound card and many gigabytes of disk.
    #[arg(long, default_value = "all,-network,-urlfetch,-gui,-audio,-largefile")]
    resources: String,
    /// The mode of ours' compiler.
    #[arg(long, value_enum, default_value_t)]
    jit: Mode,
    /// A variable for the interpreter, NAME=VALUE.
    #[arg(long, value_parser = variable)]
    env: Vec<(String, String)>,
    /// Keep what this run gave as the record of stock CPython, with which later runs are compared.
    #[arg(long)]
    record: bool,
    /// More arguments for regrtest.
    #[arg(last = true)]
    extra: Vec<String>,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Above this number of failing units nobody wonders whether they are flaky, and no second chance is given.
const SECOND_CHANCES: usize = 40;

/// Runs the command.
///
/// # Errors
/// When anything is otherwise than the ledger and the record say, or the suite cannot run.
pub fn run(args: Args) -> Result<()> {
    system::ensure(system::TESTS)?;
    let python = args.python.ensure()?;
    let kind = args.jit.label(args.python.kind());
    let reference = args.python == Interpreter::Reference;
    let ledger = Ledger::read(&sandbox::folder().join("ledger.toml"), reference, args.jit)?;
    let stock = Record::read(&record_file()).ok();
    let setup = Setup {
        sandbox: sandbox::Sandbox::new(&python)?,
        timeout: args.timeout * u64::from(args.jit.patience()),
        resources: args.resources.clone(),
        env: environment(&args, &python),
        extra: args.extra.clone(),
    };
    let mut units = setup.units(&args.units)?;
    let around = Surroundings::new(&setup.sandbox, &ledger, &units)?;
    let last = stock
        .as_ref()
        .map(|record| record.parts.clone())
        .unwrap_or_default();
    pool::longest_first(&mut units, &last);
    let jobs = match args.jobs {
        Some(jobs) => jobs,
        None => std::thread::available_parallelism()?.get(),
    };
    let logs = paths::target()
        .join("logs")
        .join(format!("regrtest-{kind}"));
    eprintln!(
        "{} units of CPython's suite on {} as {}, jit={}, {jobs} at a time",
        units.len(),
        python.display(),
        setup.sandbox.user(),
        args.jit.name()
    );

    let begin = Instant::now();
    let runs = pool::run(&setup, &around, units, jobs, &logs, &ledger)?;
    let seconds = begin.elapsed().as_secs_f64();
    let again = second_chance(&setup, &around, &runs, &ledger, &logs)?;

    let whole = args.units.is_empty();
    let mut verdict = ledger::judge(&ledger, &runs, &again, whole);
    let outcomes = by_unit(&runs);
    // Extra arguments may choose among the tests.
    if let Some(stock) = stock
        .as_ref()
        .filter(|_| !reference && args.extra.is_empty())
    {
        verdict.deviations.extend(unrun(&runs, &outcomes, stock));
    }
    let mut record = Record::new(about(&setup, &args)?, seconds, &outcomes);
    record.parts = runs
        .iter()
        .map(|run| (run.unit.clone(), run.seconds.round()))
        .collect();
    record.parts.retain(|_, seconds| *seconds >= 2.0);
    record.write(&paths::target().join(format!("regrtest-{kind}.json.zst")))?;
    if args.record && whole {
        record.write(&record_file())?;
    }
    report(&runs, &outcomes, &verdict, seconds, &logs)
}

/// Variables for the interpreter. A stock CPython finds its library in the system's folders, so a copy of its
/// executable, which `venv --copies` makes, works; the reference, which is not installed there, needs to be told.
fn environment(args: &Args, python: &Path) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut env: Vec<_> = args.jit.variables().iter().map(owned).collect();
    env.extend(args.env.iter().cloned());
    if args.python == Interpreter::Reference
        && let Some(prefix) = python.parent().and_then(Path::parent)
    {
        let library = prefix.join("lib").to_string_lossy().into_owned();
        env.push(("LD_LIBRARY_PATH".to_owned(), library));
    }
    env
}

fn record_file() -> PathBuf {
    sandbox::folder().join("record.json.zst")
}

impl Setup {
    /// The units to run by name: `asked`, packages split into their modules, or all.
    fn units(&self, asked: &[String]) -> Result<Vec<String>> {
        let mut command = self.regrtest(&self.sandbox.python, &self.sandbox.folder("t")?);
        let text = proc::output(command.arg("--list-tests").args(asked))?;
        // Asked for a package, regrtest leaves "test." out of its modules' names; asked for all, it does not.
        let whole = |unit: &str| match unit.split_once('.') {
            Some((package, _)) if package != "test" => format!("test.{unit}"),
            _ => unit.to_owned(),
        };
        Ok(text.lines().map(whole).collect())
    }
}

/// Runs each unit that failed unexpectedly once more, alone on the machine.
fn second_chance(
    setup: &Setup,
    around: &Surroundings,
    runs: &[UnitRun],
    ledger: &Ledger,
    logs: &Path,
) -> Result<BTreeMap<String, UnitRun>> {
    let failed: Vec<String> = runs
        .iter()
        .filter(|run| matches!(run.state, State::Failed | State::TimedOut) && !ledger.covers(run))
        .map(|run| run.unit.clone())
        .collect();
    if failed.is_empty() || failed.len() > SECOND_CHANCES {
        return Ok(BTreeMap::new());
    }
    eprintln!("once more, alone: {}", failed.join(" "));
    let runs = pool::run(setup, around, failed, 1, &logs.join("alone"), ledger)?;
    Ok(runs
        .into_iter()
        .map(|run| (run.unit.clone(), run))
        .collect())
}

/// Outcomes by unit and test: one test can come up in several units.
fn by_unit(runs: &[UnitRun]) -> Outcomes {
    let each = |run: &UnitRun| {
        let unit = run.unit.clone();
        run.tests
            .clone()
            .into_iter()
            .map(move |(id, outcome)| (format!("{unit} {id}"), outcome))
    };
    runs.iter().flat_map(each).collect()
}

/// Tests that stock runs and this interpreter does not, in units that otherwise ran.
fn unrun(runs: &[UnitRun], here: &Outcomes, stock: &Record) -> Vec<String> {
    let ran: Vec<&str> = runs
        .iter()
        .filter(|run| matches!(run.state, State::Passed | State::Failed))
        .map(|run| run.unit.as_str())
        .collect();
    compare(here, &stock.outcomes())
        .into_iter()
        .filter(|difference| difference.is_worse())
        .filter(|difference| !difference.here.is_some_and(|outcome| outcome.is_bad()))
        .filter(|difference| {
            difference
                .id
                .split_once(' ')
                .is_some_and(|(unit, _)| ran.contains(&unit))
        })
        .map(|difference| difference.to_string())
        .collect()
}

fn about(setup: &Setup, args: &Args) -> Result<BTreeMap<String, String>> {
    let mut command = setup
        .sandbox
        .command(&setup.sandbox.python, &setup.sandbox.folder("t")?);
    let version = proc::output(command.args(["-c", "import sys; print(sys.version)"]))?;
    let entries = [
        ("python", version.trim().replace('\n', " ")),
        ("resources", args.resources.clone()),
        ("user", setup.sandbox.user().to_owned()),
        (
            "made by",
            "cargo xtask regrtest --python reference --record".to_owned(),
        ),
    ];
    Ok(entries
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect())
}

fn report(
    runs: &[UnitRun],
    outcomes: &Outcomes,
    verdict: &Verdict,
    seconds: f64,
    logs: &Path,
) -> Result<()> {
    let count = |wanted: fn(&State) -> bool| runs.iter().filter(|run| wanted(&run.state)).count();
    let skipped = count(|state| matches!(state, State::Skipped(_)));
    println!(
        "{} units in {:.0} s: {} passed, {skipped} skipped as a whole, {} failed, {} crashed, {} ran out of time",
        runs.len(),
        seconds,
        count(|state| *state == State::Passed),
        count(|state| matches!(state, State::Failed | State::NoResult(_))),
        count(|state| matches!(state, State::Crashed(_))),
        count(|state| *state == State::TimedOut),
    );
    println!("{} failures are in the ledger", verdict.known);
    for test in &verdict.flaky {
        println!("flaky: {test} failed, and passed when its unit ran alone");
    }
    for deviation in &verdict.deviations {
        println!("deviation: {deviation}");
    }
    let tests = Totals::of(outcomes);
    let failed = verdict.deviations.len();
    let passed = tests.passed + verdict.flaky.len();
    println!(
        "{passed} passed, {failed} failed, {} skipped",
        tests.skipped + skipped
    );
    if failed > 0 {
        bail!(
            "{failed} deviations from the ledger and the record; logs are in {}",
            logs.display()
        );
    }
    Ok(())
}
