//! `cargo xtask bench`: speed and memory of our interpreter against stock's, interleaved in one run.
pub mod catalogue;
mod machine;
pub mod measure;
mod results;
pub mod sides;
mod statistics;
mod table;
mod turns;

use crate::interpreter::Interpreter;
use crate::progress;
use anyhow::{Context, Result, bail};
use catalogue::{Catalogue, Program};
use indicatif::{ProgressBar, ProgressStyle};
use machine::Subject;
use measure::{Clock, Plan};
use results::Results;
use sides::Side;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// Benchmarks by name; without any, those of the set.
    names: Vec<String>,
    /// Which set.
    #[arg(long, default_value = "quick", value_parser = ["quick", "full", "web", "numpy"])]
    set: String,
    /// How many times each program runs on each interpreter.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many values a process measures.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    values: u32,
    /// How many values a process throws away before.
    #[arg(long, default_value_t = 1)]
    warmups: u32,
    /// Name the benchmarks, and do nothing else.
    #[arg(long)]
    list: bool,
    /// Write the table as Markdown too.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// What to measure: the time that passes, or the processor time (for machines that others use too).
    #[arg(long, value_enum, default_value = "wall")]
    clock: Clock,
    /// Do not bind everything to one processor.
    #[arg(long)]
    no_pin: bool,
    /// The interpreter to look at: ours, reference, or a path.
    #[arg(long, default_value = "ours", value_name = "PYTHON")]
    python: Interpreter,
    /// The interpreter to compare it with.
    #[arg(long, default_value = "reference", value_name = "PYTHON")]
    against: Interpreter,
}

/// Runs the command.
///
/// # Errors
/// When a benchmark that runs on stock fails on ours, or nothing can be measured.
pub fn run(args: Args) -> Result<()> {
    let tools = sides::tools(&args.against)?;
    let catalogue = Catalogue::read(&tools)?;
    let programs = catalogue.select(&args.set, &args.names)?;
    if args.list {
        programs
            .iter()
            .for_each(|program| println!("{}", catalogue.describe(program)));
        return Ok(());
    }
    let wheel = sides::wheel(&tools)?;
    let mut needs: Vec<_> = programs.iter().map(|program| program.needs).collect();
    needs.sort();
    needs.dedup();
    let ours = Side::new(&args.python, &needs, &wheel)?;
    let reference = Side::new(&args.against, &needs, &wheel)?;
    let plan = Plan {
        values: args.values,
        warmups: args.warmups,
        cpu: if args.no_pin {
            None
        } else {
            measure::last_cpu()
        },
        clock: args.clock,
        timeout: 600,
    };
    let set = if args.names.is_empty() {
        &args.set
    } else {
        "names"
    };
    let results = Results::new(set, plan, Subject::of(&ours)?, Subject::of(&reference)?);
    if results.machine.is_busy() && plan.clock == Clock::Wall {
        eprintln!(
            "  this machine is busy (load {:.1}): the ratios will spread; --clock cpu helps",
            results.machine.load
        );
    }
    let mut run = Run {
        ours,
        reference,
        plan,
        results,
        loops: BTreeMap::new(),
    };
    let path = run.all(&programs, args.rounds)?;
    let results = run.results;
    println!("{}\n{}", table::about(&results), table::terminal(&results));
    println!("every value: {}", path.display());
    if let Some(file) = args.markdown {
        std::fs::write(&file, table::markdown(&results))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    if !results.failed.is_empty() {
        bail!(
            "{} benchmarks run on stock and fail on ours",
            results.failed.len()
        );
    }
    Ok(())
}

/// A run while it goes on.
struct Run {
    ours: Side,
    reference: Side,
    plan: Plan,
    results: Results,
    /// How often a value repeats its statement, found out in the first round: by program, ours or not.
    loops: BTreeMap<(String, bool), u64>,
}

impl Run {
    /// Every round over `programs`; gives the file of the results.
    fn all(&mut self, programs: &[Program], rounds: u32) -> Result<PathBuf> {
        let bar = ProgressBar::new(u64::from(rounds) * programs.len() as u64);
        bar.set_style(
            ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} [{elapsed} of {duration}]")
                .context("a constant template")?,
        );
        bar.enable_steady_tick(Duration::from_millis(500));
        let mut path = PathBuf::new();
        for round in 0..rounds {
            for (index, program) in programs.iter().enumerate() {
                bar.set_message(program.name.clone());
                let known = [&self.results.unfit, &self.results.failed];
                if !known.iter().any(|list| list.contains_key(&program.name)) {
                    // Who goes first changes from program to program and from round to round.
                    let line = self.pair(program, (round as usize + index).is_multiple_of(2));
                    progress::say(
                        &bar,
                        &format!("round {}/{rounds} {}: {line}", round + 1, program.name),
                    );
                }
                // Written at once: who stops a long run keeps what it found.
                self.results.sum_up();
                path = self.results.write()?;
                bar.inc(1);
            }
        }
        bar.finish_and_clear();
        Ok(path)
    }

    /// One process of each side; gives a line about it.
    fn pair(&mut self, program: &Program, ours_first: bool) -> String {
        let key = |ours: bool| (program.name.clone(), ours);
        let loops = [true, false].map(|ours| program.loops.or(self.loops.get(&key(ours)).copied()));
        let sides = [&self.ours, &self.reference];
        let [ours, reference] =
            measure::run(sides, program, &self.plan, loops, usize::from(!ours_first));
        for (is_ours, samples) in [(true, &ours), (false, &reference)] {
            // What one benchmark found out may not suit another of the same program.
            if let Ok(samples) = samples
                && samples.len() == 1
                && let Some(sample) = samples.values().next()
            {
                self.loops.insert(key(is_ours), sample.loops);
            }
        }
        match (ours, reference) {
            (Ok(ours), Ok(reference)) => {
                let speeds = self.results.add(program, ours, reference);
                let speeds: Vec<String> = speeds.iter().map(|s| format!("{s:.2}×")).collect();
                speeds.join(" ")
            }
            (_, Err(reason)) => {
                let line = format!("does not run on stock: {reason:#}");
                self.results
                    .unfit
                    .insert(program.name.clone(), format!("{reason:#}"));
                line
            }
            (Err(reason), Ok(_)) => {
                let line = format!("FAILED on ours: {reason:#}");
                self.results
                    .failed
                    .insert(program.name.clone(), format!("{reason:#}"));
                line
            }
        }
    }
}
