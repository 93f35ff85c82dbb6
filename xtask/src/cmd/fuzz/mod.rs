//! `cargo xtask fuzz`: programs from the generator in tests/fuzz run on ours, and what they log is compared with what stock
//! CPython logs: with the record in tests/fuzz, or with an interpreter that runs them at the same time.
mod finding;
mod record;
mod side;

use crate::compiler::Mode;
use crate::interpreter::Interpreter;
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use finding::Finding;
use indicatif::{ProgressBar, ProgressStyle};
use record::Record;
use side::{Outcome, Side, Span};
use std::io::IsTerminal;
use std::process::Command;
use std::str::FromStr;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

/// How many programs the record has.
const RECORDED: u64 = 4000;

/// With what the runs of our interpreter are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Against {
    /// With the record.
    Record,
    /// With an interpreter, which runs the same programs.
    Side(Interpreter),
}

impl FromStr for Against {
    type Err = std::convert::Infallible;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name {
            "record" => Self::Record,
            name => Self::Side(name.parse()?),
        })
    }
}

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// How many programs; as many as the record has when nothing is said.
    #[arg(long)]
    programs: Option<u64>,
    /// The number of the first program.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// The series; the record knows one.
    #[arg(long)]
    seed: Option<u64>,
    /// On what: ours, reference, or the path of an interpreter.
    #[arg(long, default_value = "ours")]
    python: Interpreter,
    /// With what it is compared: record, reference, ours, or the path of an interpreter.
    #[arg(long, default_value = "record")]
    against: Against,
    /// Run the programs on the reference and keep what they log as the record.
    #[arg(long)]
    record: bool,
    /// The mode of ours' compiler.
    #[arg(long, value_enum, default_value_t)]
    jit: Mode,
    /// After so many differences it is over.
    #[arg(long, default_value_t = 10)]
    most: usize,
    /// Do not make the programs smaller that differ.
    #[arg(long)]
    whole: bool,
}

/// Runs the command.
///
/// # Errors
/// When a program does otherwise than on stock, or none can be run.
pub fn run(args: Args) -> Result<()> {
    if args.record {
        return make_record(&args);
    }
    match &args.against {
        Against::Record => with_record(&args),
        Against::Side(other) => with_side(&args, other),
    }
}

fn make_record(args: &Args) -> Result<()> {
    let side = Side::new(&Interpreter::Reference)?;
    let span = Span {
        seed: args.seed.unwrap_or(1),
        first: 0,
        count: args.programs.unwrap_or(RECORDED),
    };
    let mut progress = Progress::new(span);
    let mut outcomes = Vec::new();
    let mut unsteady = 0;
    in_step([&side, &side], span, |number, once, again| {
        if once == again {
            outcomes.push(Some(once));
        } else {
            // What is not the same in two runs says nothing of an interpreter.
            println!("program {number} does one thing once and another thing again");
            unsteady += 1;
            outcomes.push(None);
        }
        progress.step(0);
        Ok(true)
    })?;
    progress.end();
    let line = "import sys; print(sys.version)";
    let version = proc::output(Command::new(side.python()).args(["-I", "-c", line]))?;
    let record = Record::new(&version, span.seed, &outcomes)?;
    record.write()?;
    println!(
        "{} programs kept as the record, {unsteady} of them unsteady, {} of them crash stock: {}",
        record.len(),
        record.unknown() - unsteady,
        Record::path().display()
    );
    Ok(())
}

fn with_record(args: &Args) -> Result<()> {
    let record = Record::read()?;
    let first = args.first.min(record.len());
    let span = Span {
        seed: record.seed,
        first,
        count: args.programs.unwrap_or(u64::MAX).min(record.len() - first),
    };
    if args.seed.is_some_and(|seed| seed != record.seed) || args.programs > Some(span.count) {
        bail!(
            "the record knows the first {} programs of seed {}; any others run with --against reference",
            record.len(),
            record.seed
        );
    }
    let side = Side::new(&args.python)?.with_jit(args.jit);
    let mut progress = Progress::new(span);
    let mut totals = Totals::default();
    let mut number = span.first;
    side.run(span, |outcome| {
        if !record.agrees(number, &outcome) {
            let finding = Finding::new(span.seed, number, outcome, None);
            totals.found.push(finding);
        }
        number += 1;
        totals.ran += 1;
        progress.step(totals.found.len());
        totals.found.len() < args.most
    })?;
    progress.end();
    // With the reference at hand, the record's hash can be turned into words.
    let there = paths::reference_python().is_file();
    let other = there
        .then(|| Side::new(&Interpreter::Reference))
        .transpose()?;
    conclude(args, &side, other.as_ref(), &totals)
}

fn with_side(args: &Args, other: &Interpreter) -> Result<()> {
    let (ours, theirs) = (
        Side::new(&args.python)?.with_jit(args.jit),
        Side::new(other)?,
    );
    let span = Span {
        seed: args.seed.unwrap_or(1),
        first: args.first,
        count: args.programs.unwrap_or(RECORDED),
    };
    let mut progress = Progress::new(span);
    let mut totals = Totals::default();
    in_step([&ours, &theirs], span, |number, here, there| {
        totals.ran += 1;
        match (&here, &there) {
            // What both do not survive is compared no further.
            (Outcome::Crashed(how), Outcome::Crashed(_)) => {
                println!("program {number} takes both down ({how})");
                totals.lost += 1;
            }
            _ if here == there => {}
            _ if theirs.again(span, number)? != there => {
                println!("program {number} does one thing once and another thing again");
                totals.unsteady += 1;
            }
            _ => {
                let finding = Finding::new(span.seed, number, here, Some(there));
                totals.found.push(finding);
            }
        }
        progress.step(totals.found.len());
        Ok(totals.found.len() < args.most)
    })?;
    progress.end();
    conclude(args, &ours, Some(&theirs), &totals)
}

/// Runs the same programs on two sides at the same time, and tells `sink` what became of each, until it has enough.
fn in_step(
    sides: [&Side; 2],
    span: Span,
    mut sink: impl FnMut(u64, Outcome, Outcome) -> Result<bool>,
) -> Result<()> {
    std::thread::scope(|scope| {
        let receivers = sides.map(|side| {
            // Neither gets so far ahead of the other that much would be lost when it is over.
            let (sender, receiver) = sync_channel(1000);
            scope.spawn(move || {
                let told = side.run(span, |outcome| sender.send(Ok(outcome)).is_ok());
                if let Err(error) = told {
                    // Nobody to tell it to is no error: the other side may have failed before.
                    let _ = sender.send(Err(error));
                }
            });
            receiver
        });
        for number in span.first..span.end() {
            let [here, there] = receivers.each_ref().map(next_of);
            if !sink(number, here?, there?)? {
                break;
            }
        }
        Ok(())
    })
}

fn next_of(receiver: &Receiver<Result<Outcome>>) -> Result<Outcome> {
    receiver.recv().context("a side broke off")?
}

/// What a comparison gave.
#[derive(Default)]
struct Totals {
    /// How many programs ran.
    ran: u64,
    /// How many took both interpreters down.
    lost: u64,
    /// How many do not the same in every run of the interpreter that ours is compared with.
    unsteady: u64,
    /// What differs.
    found: Vec<Finding>,
}

/// Explains the findings and prints the totals.
fn conclude(args: &Args, here: &Side, there: Option<&Side>, totals: &Totals) -> Result<()> {
    for finding in &totals.found {
        finding.explain(here, there, !args.whole)?;
    }
    if totals.lost > 0 {
        println!("{} programs take both interpreters down", totals.lost);
    }
    if totals.unsteady > 0 {
        println!("{} programs do not the same in every run", totals.unsteady);
    }
    let failed = totals.found.len();
    println!("{} passed, {failed} failed", totals.ran - failed as u64);
    if failed > 0 {
        bail!("{failed} programs do otherwise than on stock CPython");
    }
    Ok(())
}

/// A bar on a terminal; elsewhere a line every half minute.
struct Progress {
    bar: ProgressBar,
    begin: Instant,
    said: Instant,
}

impl Progress {
    fn new(span: Span) -> Self {
        let bar = ProgressBar::new(span.count);
        let style = "{bar:30} {pos}/{len} [{elapsed}, {eta} to go] {msg}";
        bar.set_style(ProgressStyle::with_template(style).expect("a constant template"));
        let now = Instant::now();
        Self {
            bar,
            begin: now,
            said: now,
        }
    }

    fn step(&mut self, found: usize) {
        self.bar.inc(1);
        if found > 0 {
            self.bar.set_message(format!("{found} differ"));
        }
        if !std::io::stderr().is_terminal() && self.said.elapsed() > Duration::from_secs(30) {
            self.said = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            let seconds = self.begin.elapsed().as_secs();
            eprintln!("  {done}/{all} programs after {seconds} s, {found} differ");
        }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}
