//! `cargo xtask jit-cost`: what the compiler costs in each of pyperformance's programs, and how long it takes until they are as fast
//! as they will be. Runs them in one process each, with the compiler on, and reads its logs.
use crate::cmd::bench::catalogue::Program;
use crate::cmd::bench::measure::{self, Sample};
use crate::cmd::jit_coverage::Benchmarks;
use crate::compiler::Mode;
use crate::interpreter::Interpreter;
use crate::jit_logs::Folder;
use crate::{proc, progress};
use anyhow::{Context, Result, bail};
use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, ContentArrangement, Table};
use indicatif::ProgressBar;
use pyroxene_jit_log::{Event, Line, Tier};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// Benchmarks by name; without any, all of pyperformance's.
    benchmarks: Vec<String>,
    /// How many iterations a program makes at most.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(i64::from(FEWEST)..))]
    iterations: u32,
    /// How long an iteration takes at least without the compiler, in milliseconds: it repeats what is short.
    #[arg(long, default_value_t = 50)]
    milliseconds: u32,
    /// For how many seconds a program runs, more or less.
    #[arg(long, default_value_t = 15)]
    seconds: u32,
    /// How much slower than the last ones iterations may be to be steady, in percent.
    #[arg(long, default_value_t = 5, value_name = "PERCENT")]
    within: u32,
    /// Write the table as Markdown too.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// The interpreter: ours, or a path.
    #[arg(long, default_value = "ours", value_name = "PYTHON")]
    python: Interpreter,
}

/// Runs the command.
///
/// # Errors
/// When nothing can be run, or a program dies.
pub fn run(args: Args) -> Result<()> {
    let benchmarks = Benchmarks::new(&args.benchmarks, &args.python)?;
    let mut rows = Vec::new();
    let bar = ProgressBar::new(benchmarks.programs.len() as u64);
    for program in &benchmarks.programs {
        bar.inc(1);
        match cost(&benchmarks, program, &args) {
            Ok(cost) => rows.push((program.name.clone(), cost)),
            Err(why) => progress::say(&bar, &format!("{}: {why}", program.name)),
        }
    }
    bar.finish_and_clear();
    if rows.is_empty() {
        bail!("nothing was measured");
    }
    println!("{}", table(&rows, UTF8_FULL_CONDENSED));
    if let Some(file) = &args.markdown {
        let text = format!("{}\n", table(&rows, ASCII_MARKDOWN));
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// What the compiler cost in a program.
struct Cost {
    compiled: Compiled,
    /// The time that compilations took, as a part of the time that the program took.
    share: f64,
    /// How many iterations there were.
    iterations: usize,
    /// How many there were until they were as fast as the last ones, if they ever were for a while.
    steady: Option<Steady>,
    /// How many times as fast the last ones were as the last ones without the compiler.
    gain: f64,
}

/// The fewest iterations of which the last ones say something.
const FEWEST: u32 = 8;

/// Runs a program without the compiler for a moment, to see how long it takes, then with it, and then without it once more.
fn cost(benchmarks: &Benchmarks, program: &Program, args: &Args) -> Result<Cost> {
    let (once, _) = execute(benchmarks, program, Mode::Off, 1, 3)?;
    let shortest = fastest(&once.values).context("it measured nothing")?;
    // Some programs have a statement many times in a loop, and say how long one of them takes.
    let length = Length::of(shortest * once.inner_loops as f64, args);
    let (sample, logs) = execute(
        benchmarks,
        program,
        Mode::On,
        length.loops,
        length.iterations,
    )?;
    // It has less to get used to.
    let few = (length.iterations / 4).max(FEWEST);
    let (plain, _) = execute(benchmarks, program, Mode::Off, length.loops, few)?;
    let (mut compiled, mut elapsed) = (Compiled::default(), 0);
    for log in logs {
        elapsed = elapsed.max(log.last().map_or(0, |line| line.at));
        compiled.add(&log);
    }
    let of_last = |sample: &Sample| last(&sample.values).context("it measured nothing");
    Ok(Cost {
        share: compiled.time as f64 / (elapsed as f64).max(1.0),
        compiled,
        iterations: sample.values.len(),
        steady: Steady::of(&sample.values, f64::from(args.within) / 100.0),
        gain: of_last(&plain)? / of_last(&sample)?,
    })
}

/// For how long a program runs.
struct Length {
    /// How often an iteration repeats what it measures.
    loops: u64,
    iterations: u32,
}

impl Length {
    /// What `args` want of a program whose loop takes so many seconds.
    fn of(seconds: f64, args: &Args) -> Self {
        let loops = (f64::from(args.milliseconds) / 1000.0 / seconds)
            .ceil()
            .clamp(1.0, 1e9);
        let iterations = f64::from(args.seconds) / (seconds * loops);
        Self {
            loops: loops as u64,
            iterations: iterations.clamp(f64::from(FEWEST), f64::from(args.iterations)) as u32,
        }
    }
}

/// Runs a program in one process; gives what it measured first, and its logs if the compiler is on.
fn execute(
    benchmarks: &Benchmarks,
    program: &Program,
    mode: Mode,
    loops: u64,
    iterations: u32,
) -> Result<(Sample, Vec<Vec<Line>>)> {
    let folder = Folder::new("jit-cost")?;
    let scratch = folder.path().join("scratch");
    std::fs::create_dir_all(&scratch)?;
    let output = folder.path().join("sample.json");
    let mut command = benchmarks.side.env(program.needs)?.command();
    command
        .arg(&program.script)
        .args(&program.options)
        .args(["--worker", "--warmups=0", "--output"])
        .arg(&output)
        .arg(format!("--loops={loops}"))
        .arg(format!("--values={iterations}"));
    mode.set(&mut command)
        // It is hot when it is for users.
        .env_remove("PYROXENE_JIT_AFTER")
        .env_remove("PYROXENE_JIT_ONLY")
        .env_remove("PYROXENE_JIT_LOG")
        .current_dir(&scratch)
        .stdin(Stdio::null());
    if mode != Mode::Off {
        command.env("PYROXENE_JIT_LOG", folder.log());
    }
    let out = proc::default_signals(&mut command)
        .output()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if !out.status.success() {
        bail!("{}", out.status);
    }
    let samples = measure::read(&output)?;
    let sample = samples.into_values().next();
    let logs = match mode {
        Mode::Off => Vec::new(),
        Mode::On | Mode::Eager | Mode::Random => folder.read_logs()?,
    };
    Ok((sample.context("it measured nothing")?, logs))
}

/// What a program had compiled.
#[derive(Default, PartialEq, Eq, Debug)]
struct Compiled {
    quick: u64,
    hot: u64,
    refused: u64,
    /// How many bytes of machine code were made in all.
    bytes: u64,
    /// How long all steps took, in nanoseconds.
    time: u64,
}

impl Compiled {
    /// Adds what a log says.
    fn add(&mut self, log: &[Line]) {
        let mut tiers: BTreeMap<u64, Tier> = BTreeMap::new();
        for line in log {
            match &line.event {
                Event::Ordered {
                    compilation, tier, ..
                } => {
                    tiers.insert(*compilation, *tier);
                }
                Event::Finished {
                    compilation,
                    bytes,
                    steps,
                    ..
                } => {
                    match tiers.get(compilation) {
                        Some(Tier::Hot) => self.hot += 1,
                        Some(Tier::Quick) | None => self.quick += 1,
                    }
                    self.bytes += bytes;
                    self.time += steps.values().sum::<u64>();
                }
                Event::Refused { .. } => self.refused += 1,
                Event::Begin { .. }
                | Event::Started { .. }
                | Event::Watched { .. }
                | Event::Published { .. }
                | Event::Dropped { .. }
                | Event::Withdrawn { .. }
                | Event::Exits { .. }
                | Event::Time { .. }
                | Event::Collected { .. }
                | Event::CollectedUnseen { .. }
                | Event::End => {}
            }
        }
    }
}

/// When a program was as fast as it would be.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Steady {
    /// After how many iterations.
    iterations: usize,
    /// How long those took, in iterations of the last ones.
    time: f64,
}

/// How many iterations one after the other are looked at together: whatever disturbs the machine makes one of them slow.
const TOGETHER: usize = 3;

impl Steady {
    /// Of the seconds that iterations took; nothing if only the last ones themselves are as fast as the last ones.
    fn of(values: &[f64], within: f64) -> Option<Self> {
        let last = last(values)?;
        let most = last * (1.0 + within);
        let is_steady = |some: &[f64]| some[0] <= most && median(some).is_some_and(|of| of <= most);
        let first = values.windows(TOGETHER).position(is_steady)?;
        (first < values.len() - quarter(values)).then(|| Self {
            iterations: first,
            // The sum of nothing is a negative zero.
            time: values[..first].iter().sum::<f64>() / last + 0.0,
        })
    }
}

/// How many the last ones are: a quarter.
fn quarter(values: &[f64]) -> usize {
    values.len().div_ceil(4)
}

/// How long one of the last iterations took.
fn last(values: &[f64]) -> Option<f64> {
    median(&values[values.len() - quarter(values)..])
}

fn fastest(values: &[f64]) -> Option<f64> {
    values.iter().copied().reduce(f64::min)
}

fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The table.
fn table(rows: &[(String, Cost)], preset: &str) -> String {
    let mut table = Table::new();
    table
        .load_preset(preset)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "benchmark",
        "quick",
        "hot",
        "refused",
        "code",
        "compiling",
        "steady after",
        "in the time of",
        "gain",
    ]);
    for (name, cost) in rows {
        let steady = |text: fn(Steady, usize) -> String| {
            let steady = cost.steady.map(|steady| text(steady, cost.iterations));
            steady.unwrap_or_else(|| "–".to_owned())
        };
        table.add_row([
            name.clone(),
            cost.compiled.quick.to_string(),
            cost.compiled.hot.to_string(),
            cost.compiled.refused.to_string(),
            format!("{} KiB", cost.compiled.bytes.div_ceil(1024)),
            format!("{:.1} %", cost.share * 100.0),
            steady(|steady, of| format!("{} of {of}", steady.iterations)),
            steady(|steady, _| format!("{:.1} of the last", steady.time)),
            format!("{:.2}×", cost.gain),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn it_is_steady_when_it_is_as_fast_as_the_last_ones() {
        let values = [8.0, 4.0, 9.0, 1.0, 1.04, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        let steady = Steady::of(&values, 0.05).expect("it is");
        assert_eq!(steady.iterations, 3);
        assert!((steady.time - 21.0).abs() < 1e-9);
        let slower: Vec<f64> = (1..20).rev().map(f64::from).collect();
        assert_eq!(Steady::of(&slower, 0.05), None);
        let at_once = Steady::of(&[1.0; 8], 0.05).expect("it is");
        assert_eq!(at_once.iterations, 0);
    }

    #[test]
    fn what_is_short_is_repeated() {
        let wanted = |seconds| {
            let args = Arguments::parse_from(["", "--milliseconds=50", "--seconds=6"]).of;
            let Length { loops, iterations } = Length::of(seconds, &args);
            (loops, iterations)
        };
        assert_eq!(wanted(0.001), (50, 60));
        assert_eq!(wanted(0.2), (1, 30));
        assert_eq!(wanted(3.0), (1, 8));
    }

    /// A command with nothing but these.
    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        of: Args,
    }

    #[test]
    fn compilations_are_counted_by_tier() {
        let text = [
            r#"{"at":0,"event":"begin","format":2,"process":1,"mode":"on","clock":0}"#,
            r#"{"at":1,"event":"ordered","compilation":1,"file":"a.py","line":1,"name":"f","tier":"quick","attempt":1,"entries":[]}"#,
            r#"{"at":2,"event":"finished","compilation":1,"bytes":10,"exits":0,"interpreted":0,"steps":{"build":5}}"#,
            r#"{"at":3,"event":"ordered","compilation":2,"file":"a.py","line":1,"name":"f","tier":"hot","attempt":2,"entries":[]}"#,
            r#"{"at":4,"event":"finished","compilation":2,"bytes":30,"exits":0,"interpreted":0,"steps":{"build":7,"link":1}}"#,
            r#"{"at":5,"event":"ordered","compilation":3,"file":"a.py","line":9,"name":"g","tier":"quick","attempt":1,"entries":[]}"#,
            r#"{"at":6,"event":"refused","compilation":3,"reason":"too_large"}"#,
        ];
        let log = pyroxene_jit_log::read(&(text.join("\n") + "\n")).expect("it is a log");
        let mut compiled = Compiled::default();
        compiled.add(&log);
        let expected = Compiled {
            quick: 1,
            hot: 1,
            refused: 1,
            bytes: 40,
            time: 13,
        };
        assert_eq!(compiled, expected);
    }
}
