//! `cargo xtask jit-coverage`: which share of the functions that get hot is compiled, and why the others are not. Runs
//! pyperformance's programs and units of CPython's suite, in which the standard library works, with the compiler on and eager,
//! and counts what its logs say.
use crate::cmd::bench::catalogue::{Catalogue, Program};
use crate::cmd::bench::sides::{self, Side};
use crate::compiler::Mode;
use crate::interpreter::Interpreter;
use crate::jit_logs::Folder;
use crate::{paths, proc, progress};
use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use pyroxene_jit_log::{Event, Function, Line};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// Benchmarks by name; without any benchmark or unit, all of pyperformance's.
    #[arg(long, num_args = 1.., value_name = "NAME")]
    benchmarks: Vec<String>,
    /// Units of CPython's suite; without any benchmark or unit, a fixed set.
    #[arg(long, num_args = 1.., value_name = "NAME")]
    units: Vec<String>,
    /// The mode of the compiler; without one, both, one after the other.
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// The share that is compiled must be this, in percent.
    #[arg(long, default_value_t = 98.0, value_name = "PERCENT")]
    least: f64,
    /// The interpreter: ours, or a path.
    #[arg(long, default_value = "ours", value_name = "PYTHON")]
    python: Interpreter,
    /// Name all functions that are not compiled, not only the first few for each reason.
    #[arg(long)]
    all: bool,
}

/// The units that run if nothing is named: the standard library's modules in Python with much code, and what the language has.
const UNITS: [&str; 44] = [
    "test_argparse",
    "test_ast",
    "test_asyncio.test_streams",
    "test_asyncio.test_tasks",
    "test_base64",
    "test_collections",
    "test_configparser",
    "test_contextlib",
    "test_copy",
    "test_coroutines",
    "test_csv",
    "test_dataclasses",
    "test_datetime",
    "test_decimal",
    "test_difflib",
    "test_email",
    "test_enum",
    "test_except_star",
    "test_fractions",
    "test_functools",
    "test_generators",
    "test_heapq",
    "test_html",
    "test_inspect.test_inspect",
    "test_ipaddress",
    "test_json",
    "test_logging",
    "test_patma",
    "test_pickle",
    "test_plistlib",
    "test_pprint",
    "test_random",
    "test_re",
    "test_statistics",
    "test_string",
    "test_tarfile",
    "test_textwrap",
    "test_tokenize",
    "test_typing",
    "test_unittest",
    "test_urlparse",
    "test_weakref",
    "test_xml_etree",
    "test_zipfile",
];

/// How many functions are named for each reason.
const NAMED: usize = 5;

/// Runs the command.
///
/// # Errors
/// When less is compiled than wanted, a program crashes, or nothing can be run.
pub fn run(args: Args) -> Result<()> {
    let default = args.benchmarks.is_empty() && args.units.is_empty();
    let units: Vec<&str> = match default {
        true => UNITS.to_vec(),
        false => args.units.iter().map(String::as_str).collect(),
    };
    let benchmarks = match default || !args.benchmarks.is_empty() {
        true => Some(Benchmarks::new(&args.benchmarks, &args.python)?),
        false => None,
    };
    if args.mode == Some(Mode::Off) {
        bail!("the mode is one in which something is compiled");
    }
    let modes = args
        .mode
        .map_or_else(|| vec![Mode::On, Mode::Eager], |mode| vec![mode]);
    let mut below = Vec::new();
    for mode in modes {
        let mut sets = Vec::new();
        if let Some(benchmarks) = &benchmarks {
            sets.push(("pyperformance", benchmarks.measure(mode)?));
        }
        if !units.is_empty() {
            sets.push(("CPython's tests", units_of(&units, mode, &args.python)?));
        }
        for (name, fates) in sets {
            let sums = Sums::of(&fates);
            print(name, mode, &fates, &sums, args.all);
            if sums.share() < args.least {
                below.push(format!("{name} with jit={}", mode.name()));
            }
        }
    }
    if !below.is_empty() {
        bail!(
            "less than {} % is compiled of {}",
            args.least,
            below.join(", ")
        );
    }
    Ok(())
}

/// The benchmarks to run, and with what.
pub(super) struct Benchmarks {
    /// Them.
    pub(super) programs: Vec<Program>,
    /// The interpreter, with the packages that they need.
    pub(super) side: Side,
}

impl Benchmarks {
    /// Those of these names, or all of pyperformance's.
    pub(super) fn new(names: &[String], python: &Interpreter) -> Result<Self> {
        let tools = sides::tools(&Interpreter::Reference)?;
        let catalogue = Catalogue::read(&tools)?;
        let mut programs = catalogue.select("full", names)?;
        if names.is_empty() {
            programs.retain(|program| program.group == super::bench::catalogue::PYPERFORMANCE);
        }
        let mut needs: Vec<_> = programs.iter().map(|program| program.needs).collect();
        needs.sort();
        needs.dedup();
        let side = Side::new(python, &needs, &sides::wheel(&tools)?)?;
        Ok(Self { programs, side })
    }

    /// What became of the functions that got hot in any of them.
    fn measure(&self, mode: Mode) -> Result<Fates> {
        let mut fates = Fates::new();
        let bar = ProgressBar::new(self.programs.len() as u64);
        for program in &self.programs {
            bar.inc(1);
            let Ok(env) = self.side.env(program.needs) else {
                progress::say(&bar, &format!("{}: no environment", program.name));
                continue;
            };
            let mut command = env.command();
            // What pyperf starts otherwise, in this process: few values, since what is hot is so at once.
            command.arg(&program.script).args(&program.options).args([
                "--worker",
                "--loops=1",
                "--warmups=1",
                "--values=3",
            ]);
            if let Some(why) = observe(command, mode, &mut fates)? {
                progress::say(&bar, &format!("{}: {why}", program.name));
            }
        }
        bar.finish_and_clear();
        Ok(fates)
    }
}

/// What became of the functions that got hot in units of CPython's suite.
fn units_of(units: &[&str], mode: Mode, python: &Interpreter) -> Result<Fates> {
    let python = python.ensure()?;
    let mut fates = Fates::new();
    let bar = ProgressBar::new(units.len() as u64);
    for unit in units {
        bar.inc(1);
        let mut command = Command::new(&python);
        command.args(["-m", "test", "-q", unit]);
        if let Some(why) = observe(command, mode, &mut fates)? {
            progress::say(&bar, &format!("{unit}: {why}"));
        }
    }
    bar.finish_and_clear();
    Ok(fates)
}

/// Runs a program, and adds what its logs say. If it fails, it says how: that is not what this looks for.
///
/// # Errors
/// When it cannot be run, or dies of a signal.
fn observe(mut command: Command, mode: Mode, fates: &mut Fates) -> Result<Option<String>> {
    let folder = Folder::new("jit-coverage")?;
    let scratch = folder.path().join("scratch");
    std::fs::create_dir_all(&scratch)?;
    mode.set(&mut command)
        .env("PYROXENE_JIT_LOG", folder.log())
        .env_remove("PYROXENE_JIT_ONLY")
        .current_dir(&scratch)
        .stdin(Stdio::null());
    let output = proc::default_signals(&mut command)
        .output()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if output.status.code().is_none() {
        bail!("{command:?} died: {}", output.status);
    }
    for log in folder.read_logs()? {
        add(log, fates);
    }
    Ok((!output.status.success()).then(|| output.status.to_string()))
}

/// What became of each function that got hot.
type Fates = BTreeMap<Function, Fate>;

/// What became of a function that got hot; the best of what became of it in several processes, or of several of one name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Fate {
    /// There was machine code of it.
    Compiled,
    /// The compiler would not, for this reason.
    Refused(String),
    /// The program ended, or nobody wanted it any more, before it was ready.
    Unfinished,
}

/// Adds what a log says.
fn add(log: Vec<Line>, fates: &mut Fates) {
    let mut ordered: BTreeMap<u64, Function> = BTreeMap::new();
    let mut tell = |function: Function, fate: Fate| {
        let known = fates.entry(function).or_insert(Fate::Unfinished);
        *known = fate.min(known.clone());
    };
    for line in log {
        match line.event {
            Event::Ordered {
                compilation,
                function,
                ..
            } => {
                tell(function.clone(), Fate::Unfinished);
                ordered.insert(compilation, function);
            }
            Event::Finished { compilation, .. } => {
                if let Some(function) = ordered.get(&compilation) {
                    tell(function.clone(), Fate::Compiled);
                }
            }
            Event::Refused {
                compilation,
                reason,
            } => {
                if let Some(function) = ordered.get(&compilation) {
                    tell(function.clone(), Fate::Refused(reason));
                }
            }
            Event::Watched { function } => {
                tell(function, Fate::Refused("watched by tools".to_owned()));
            }
            Event::Begin { .. }
            | Event::Started { .. }
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

/// How many functions there are of each fate.
#[derive(Default)]
struct Sums {
    compiled: usize,
    refused: usize,
    unfinished: usize,
}

impl Sums {
    fn of(fates: &Fates) -> Self {
        let mut sums = Self::default();
        for fate in fates.values() {
            match fate {
                Fate::Compiled => sums.compiled += 1,
                Fate::Refused(_) => sums.refused += 1,
                Fate::Unfinished => sums.unfinished += 1,
            }
        }
        sums
    }

    /// Which part of those that the compiler has answered for is compiled, in percent.
    fn share(&self) -> f64 {
        let answered = self.compiled + self.refused;
        if answered == 0 {
            return 0.0;
        }
        100.0 * self.compiled as f64 / answered as f64
    }
}

/// Says what was found.
fn print(name: &str, mode: Mode, fates: &Fates, sums: &Sums, all: bool) {
    println!(
        "{name}, jit={}: {} hot functions, {} compiled, {} refused, {} unfinished when the program ended: {:.2} % compiled",
        mode.name(),
        fates.len(),
        sums.compiled,
        sums.refused,
        sums.unfinished,
        sums.share(),
    );
    let mut reasons: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    for (function, fate) in fates {
        if let Fate::Refused(reason) = fate {
            reasons.entry(reason).or_default().push(function);
        }
    }
    let root = paths::root();
    for (reason, functions) in reasons {
        println!("  {reason}: {}", functions.len());
        let named = if all { functions.len() } else { NAMED };
        for function in functions.iter().take(named) {
            let file = Path::new(&function.file);
            let file = file.strip_prefix(root).unwrap_or(file);
            println!("    {}:{}:{}", file.display(), function.line, function.name);
        }
        if functions.len() > named {
            println!("    ... (--all names all)");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str) -> Function {
        Function {
            file: "a.py".to_owned(),
            line: 1,
            name: name.to_owned(),
        }
    }

    fn log(lines: &str) -> Vec<Line> {
        let begin = r#"{"at":0,"event":"begin","format":2,"process":1,"mode":"on","clock":0}"#;
        pyroxene_jit_log::read(&format!("{begin}\n{lines}\n")).expect("it is a log")
    }

    fn ordered(compilation: u64, name: &str) -> String {
        format!(
            r#"{{"at":1,"event":"ordered","compilation":{compilation},"file":"a.py","line":1,"name":"{name}","tier":"quick","attempt":1,"entries":[]}}"#
        )
    }

    fn refused(compilation: u64) -> String {
        format!(r#"{{"at":2,"event":"refused","compilation":{compilation},"reason":"too large"}}"#)
    }

    fn finished(compilation: u64) -> String {
        format!(
            r#"{{"at":2,"event":"finished","compilation":{compilation},"bytes":1,"exits":0,"interpreted":0,"steps":{{}}}}"#
        )
    }

    #[test]
    fn each_function_counts_once_with_the_best_that_became_of_it() {
        let mut fates = Fates::new();
        let first = [
            ordered(1, "f"),
            ordered(2, "g"),
            ordered(3, "h"),
            refused(1),
            finished(2),
        ];
        add(log(&first.join("\n")), &mut fates);
        let second = [
            ordered(1, "g"),
            ordered(2, "f"),
            refused(1),
            refused(2),
            r#"{"at":3,"event":"watched","file":"a.py","line":1,"name":"i"}"#.to_owned(),
        ];
        add(log(&second.join("\n")), &mut fates);
        let expected = [
            (function("f"), Fate::Refused("too large".to_owned())),
            (function("g"), Fate::Compiled),
            (function("h"), Fate::Unfinished),
            (function("i"), Fate::Refused("watched by tools".to_owned())),
        ];
        assert_eq!(fates, Fates::from(expected));
        let share = Sums::of(&fates).share();
        assert!((share - 100.0 / 3.0).abs() < 1e-9, "{share}");
    }
}
