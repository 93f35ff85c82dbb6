//! Runs a suite on ours, the reference or both, and compares them test by test.
use super::definition::{Runner, Suite};
use super::execute::{self, Choice, Run};
use super::place::Place;
use crate::compiler::Mode;
use crate::interpreter::Interpreter;
use crate::proc;
use crate::record::{Difference, Outcome, Outcomes, Record, Totals, compare};
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::str::FromStr;

/// On what a suite runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// On one interpreter; stock's part is read from the record.
    One(Interpreter),
    /// On ours and on the reference.
    Both,
}

impl FromStr for Which {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(match name {
            "both" => Self::Both,
            name => Self::One(name.parse()?),
        })
    }
}

/// What the user may say about any suite.
#[derive(Clone, clap::Args)]
pub struct Options {
    /// On what: ours (compared with the record of stock), reference, both, or the path of an interpreter.
    #[arg(long, default_value = "ours")]
    python: Which,
    /// The mode of ours' compiler.
    #[arg(long, value_enum, default_value_t)]
    jit: Mode,
    /// Keep what the reference gives as the record.
    #[arg(long)]
    record: bool,
    /// More arguments for the runner (pytest's -k …); only tests that come up are compared then.
    #[arg(last = true)]
    extra: Vec<String>,
}

/// Above this number of failing tests nobody wonders whether they are flaky, and no second chance is given.
const SECOND_CHANCES: usize = 60;

/// Runs `suite` as `options` say and prints how it compares.
///
/// # Errors
/// When a test does worse than on stock, or the suite cannot run.
pub fn check(suite: &Suite, options: &Options) -> Result<()> {
    println!("{}: {}", suite.name, suite.about);
    let whole = options.extra.is_empty();
    let reference = match &options.python {
        Which::Both | Which::One(Interpreter::Reference) => {
            let (record, run) = run_on(suite, &Interpreter::Reference, options)?;
            if options.record && whole {
                if let Some(why) = run.broke_off {
                    bail!(
                        "a run that broke off is no record: {why}, see {}",
                        run.log.display()
                    );
                }
                record.write(&suite.record)?;
                println!("kept as the record: {}", suite.record.display());
            }
            Some(record)
        }
        Which::One(_) => None,
    };
    let ours = match &options.python {
        Which::Both => Interpreter::Ours,
        Which::One(Interpreter::Reference) => {
            let stock = reference.expect("the reference ran");
            println!("{}", Totals::of(&stock.outcomes()));
            return Ok(());
        }
        Which::One(other) => other.clone(),
    };
    let recorded = reference.is_none();
    let stock = match reference {
        Some(stock) => stock,
        None => Record::read(&suite.record)?,
    };
    if stock.about.get("packages") != Some(&suite.packages.join(" ")) {
        bail!("the record was made with other packages; make it anew with --python both --record");
    }
    let (record, run) = run_on(suite, &ours, options)?;
    let verdict = judge(suite, &record.outcomes(), &stock.outcomes(), whole);
    let again = second_chance(suite, &ours, options.jit, &verdict.worse)?;
    report(&record, &stock, &run, verdict, &again, recorded)
}

fn run_on(suite: &Suite, interpreter: &Interpreter, options: &Options) -> Result<(Record, Run)> {
    // Stock knows nothing of it.
    let mode = match interpreter {
        Interpreter::Reference => Mode::Off,
        Interpreter::Ours | Interpreter::Other(_) => options.jit,
    };
    let place = Place::new(suite, &interpreter.ensure()?, interpreter.kind(), mode)?;
    let label = mode.label(interpreter.kind());
    let run = execute::run(suite, &place, mode, &label, &Choice::All(&options.extra))?;
    let line = "import sys; print(sys.version)";
    let version = proc::output(place.env.command().args(["-c", line]))?;
    let about = BTreeMap::from([
        ("python".to_owned(), version.trim().replace('\n', " ")),
        ("packages".to_owned(), suite.packages.join(" ")),
        (
            "made by".to_owned(),
            format!("cargo xtask, suite {}, --record", suite.name),
        ),
    ]);
    let record = Record::new(about, run.seconds.round(), &run.told.outcomes);
    let totals = Totals::of(&run.told.outcomes);
    println!("{label}: {totals} in {:.0} s", run.seconds);
    Ok((record, run))
}

/// How a run compares with stock's.
struct Verdict {
    worse: Vec<Difference>,
    /// Neither better nor worse, or better: worth a line.
    other: Vec<Difference>,
}

fn judge(suite: &Suite, here: &Outcomes, there: &Outcomes, whole: bool) -> Verdict {
    let by_machine = |id: &str| suite.machine.iter().any(|start| id.starts_with(start));
    let counts = |difference: &Difference| {
        difference.is_worse()
            && match difference.here {
                None => whole && !by_machine(&difference.id),
                Some(Outcome::Skipped) => !by_machine(&difference.id),
                Some(_) => true,
            }
    };
    let differences = compare(here, there)
        .into_iter()
        .filter(|d| whole || d.here.is_some());
    let (worse, other) = differences.partition(counts);
    Verdict { worse, other }
}

/// Runs what failed once more, alone.
fn second_chance(
    suite: &Suite,
    ours: &Interpreter,
    mode: Mode,
    worse: &[Difference],
) -> Result<Outcomes> {
    let failed: Vec<String> = worse
        .iter()
        .filter(|difference| difference.here == Some(Outcome::Failed))
        .map(|difference| difference.id.clone())
        .filter(|id| !id.starts_with("collecting "))
        .collect();
    let by_id = matches!(suite.runner, Runner::Pytest | Runner::Unittest);
    if failed.is_empty() || failed.len() > SECOND_CHANCES || !by_id {
        return Ok(Outcomes::new());
    }
    let place = Place::new(suite, &ours.ensure()?, ours.kind(), mode)?;
    let label = mode.label(ours.kind());
    let run = execute::run(suite, &place, mode, &label, &Choice::Only(&failed))?;
    Ok(run.told.outcomes)
}

fn report(
    here: &Record,
    there: &Record,
    run: &Run,
    verdict: Verdict,
    again: &Outcomes,
    recorded: bool,
) -> Result<()> {
    println!(
        "stock: {} in {:.0} s{}; ours takes {:.2} of its time",
        Totals::of(&there.outcomes()),
        there.seconds,
        if recorded {
            " (as recorded, on another day and perhaps another machine)"
        } else {
            ""
        },
        here.seconds / there.seconds
    );
    for difference in &verdict.other {
        println!("different: {difference}");
    }
    let is_flaky = |difference: &Difference| {
        difference.here == Some(Outcome::Failed)
            && again
                .get(&difference.id)
                .is_some_and(|outcome| outcome.is_good())
    };
    let (flaky, worse): (Vec<_>, Vec<_>) = verdict.worse.into_iter().partition(is_flaky);
    for difference in &flaky {
        println!("flaky: {difference}, and passed when it ran alone");
    }
    for difference in &worse {
        println!("worse: {difference}");
    }
    let mut failed = worse.len();
    if let Some(why) = &run.broke_off {
        println!("worse: the run broke off: {why}");
        failed += 1;
    }
    let totals = Totals::of(&here.outcomes());
    println!(
        "{} passed, {failed} failed, {} skipped",
        totals.passed + flaky.len(),
        totals.skipped
    );
    if failed > 0 {
        bail!(
            "{failed} tests do worse than on stock CPython; the log is {}",
            run.log.display()
        );
    }
    Ok(())
}
