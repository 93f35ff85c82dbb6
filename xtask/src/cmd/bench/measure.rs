//! Runs one program once on both sides, by pyperf, and reads what it measured.
use super::catalogue::{Program, dir};
use super::sides::Side;
use super::turns::{self, Player};
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// What a benchmark's clock counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The time that passes.
    Wall,
    /// The time that the processor spends on the program: for machines that others use too.
    Cpu,
}

/// The variable that tells a program what its clock counts.
const CLOCK: &str = "PYROXENE_BENCH_CLOCK";

/// How a program is to be run.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Plan {
    /// Values that a process measures.
    pub values: u32,
    /// Values that it throws away before.
    pub warmups: u32,
    /// The processor to which everything is bound.
    pub cpu: Option<usize>,
    /// What is measured.
    pub clock: Clock,
    /// Seconds after which a process counts as hung.
    pub timeout: u32,
}

/// What one process measured of one benchmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Seconds.
    pub values: Vec<f64>,
    /// How often the statement was repeated for a value.
    pub loops: u64,
    /// How often each repetition makes what the seconds are those of.
    pub inner_loops: u64,
    /// The largest resident size of the process, in bytes.
    pub peak: Option<u64>,
}

/// Samples by the name of the benchmark: most programs have one.
pub type Samples = BTreeMap<String, Sample>;

/// Runs `program` on both `sides`, which take turns, that of index `first` first; `loops` says how often a value repeats its
/// statement, where that is known.
///
/// # Errors
/// When the program fails, for the side on which it does; the message is the last line that it wrote.
pub fn run(
    sides: [&Side; 2],
    program: &Program,
    plan: &Plan,
    loops: [Option<u64>; 2],
    first: usize,
) -> [Result<Samples>; 2] {
    let [ours, reference] =
        [0, 1].map(
            |index| match Process::new(sides[index], index, program, plan, loops[index]) {
                Ok(Process { player, files }) => (Ok(player), Some(files)),
                Err(error) => (Err(error), None),
            },
        );
    let files = [ours.1, reference.1];
    let mut files = files.into_iter();
    turns::play([ours.0, reference.0], first).map(|end| {
        let files = files.next().flatten();
        let status = end?;
        files
            .context("what has ended has begun")?
            .read(program, status)
    })
}

/// A process that is to run.
struct Process {
    player: Player,
    files: Files,
}

impl Process {
    fn new(
        side: &Side,
        index: usize,
        program: &Program,
        plan: &Plan,
        loops: Option<u64>,
    ) -> Result<Self> {
        let name = ["ours", "reference"][index];
        let files = Files::new(name)?;
        let mut command = side.env(program.needs)?.command();
        command
            .arg("-u")
            .arg(&program.script)
            .args(&program.options);
        command
            .args(["--quiet", "--processes=1"])
            .arg("--output")
            .arg(&files.results);
        command.arg(format!("--values={}", plan.values));
        command.arg(format!("--warmups={}", plan.warmups));
        // Half of the time is the other's.
        command.arg(format!("--timeout={}", 2 * plan.timeout));
        command.arg(format!("--inherit-environ={}", inherited().join(",")));
        command.args(loops.map(|loops| format!("--loops={loops}")));
        command.env("PYTHONPATH", dir().join("worker"));
        if plan.clock == Clock::Cpu {
            command.env(CLOCK, "cpu");
        }
        if let Some(cpu) = plan.cpu {
            pin(&mut command, cpu);
        }
        // Programs may write beside themselves or where they stand.
        let scratch = paths::target().join("bench/scratch").join(name);
        std::fs::create_dir_all(&scratch)?;
        command
            .current_dir(&scratch)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&files.words)?);
        Ok(Self {
            player: Player::new(command, name)?,
            files,
        })
    }
}

/// What a process writes.
struct Files {
    /// What it measured.
    results: PathBuf,
    /// What it says of errors.
    words: PathBuf,
}

impl Files {
    fn new(name: &str) -> Result<Self> {
        let dir = paths::target().join("bench");
        let results = dir.join(format!("sample-{name}.json"));
        if results.exists() {
            std::fs::remove_file(&results)?;
        }
        let words = dir.join(format!("sample-{name}.err"));
        Ok(Self { results, words })
    }

    /// What the process measured that ended with `status`.
    fn read(&self, program: &Program, status: ExitStatus) -> Result<Samples> {
        if status.success() {
            return read(&self.results);
        }
        let words = String::from_utf8_lossy(&std::fs::read(&self.words)?).into_owned();
        let log = proc::log_file(&format!("bench-{}", program.name))?;
        std::fs::write(log, words.as_bytes())?;
        bail!("{}", reason(&words).unwrap_or_else(|| status.to_string()))
    }
}

/// What an interpreter of ours is told through the environment, and what scripts look for programs by.
fn inherited() -> Vec<String> {
    let ours = std::env::vars()
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("PYROXENE_"));
    ["PATH", "VIRTUAL_ENV", "PYTHONPATH", turns::SOCKET, CLOCK]
        .map(str::to_owned)
        .into_iter()
        .chain(ours)
        .collect()
}

/// The line of a traceback that says what happened.
fn reason(words: &str) -> Option<String> {
    let lines: Vec<&str> = words
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let is_error = |line: &&&str| {
        let name = line.split(':').next().unwrap_or_default();
        let known = name.ends_with("Error") || name.ends_with("Exception");
        // pyperf's own complaint about its worker comes last and says nothing.
        known && !line.contains("with exit code") && !name.contains(' ')
    };
    let found = lines.iter().rev().find(is_error).or(lines.last())?;
    Some((*found).to_owned())
}

/// Binds what `command` starts to processor `cpu`.
fn pin(command: &mut Command, cpu: usize) {
    use std::os::unix::process::CommandExt;
    // SAFETY: the closure runs between fork and exec; it touches only its own stack and makes one system call.
    unsafe {
        command.pre_exec(move || {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(cpu, &mut set);
            match libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        });
    }
}

/// The last processor that we may use: the first one serves most interrupts.
pub fn last_cpu() -> Option<usize> {
    // SAFETY: a set of bits is valid with all bits clear, and the call writes no more than the size that it is given.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) != 0 {
            return None;
        }
        set
    };
    // SAFETY: the index stays below the number of bits in the set.
    (0..libc::CPU_SETSIZE as usize)
        .rev()
        .find(|cpu| unsafe { libc::CPU_ISSET(*cpu, &set) })
}

/// Reads the file that pyperf wrote.
///
/// # Errors
/// When there is none, or nothing in it.
pub fn read(path: &Path) -> Result<Samples> {
    let text = std::fs::read(path).context("it wrote no results")?;
    parse(&serde_json::from_slice(&text)?)
}

fn parse(suite: &Value) -> Result<Samples> {
    let common = &suite["metadata"];
    let mut samples = Samples::new();
    for benchmark in suite["benchmarks"].as_array().context("no benchmarks")? {
        // pyperf writes what all benchmarks, or all runs, have in common only once, above them.
        let own = &benchmark["metadata"];
        let get = |run: &Value, key: &str| {
            [&run["metadata"][key], &own[key], &common[key]]
                .into_iter()
                .find(|v| !v.is_null())
                .cloned()
        };
        let name = get(&Value::Null, "name").context("a benchmark without a name")?;
        let name = name.as_str().context("a name that is no text")?.to_owned();
        for run in benchmark["runs"].as_array().context("no runs")? {
            let Some(values) = run["values"].as_array() else {
                continue;
            };
            let values = values.iter().filter_map(Value::as_f64).collect();
            let memory = get(run, "command_max_rss").or_else(|| get(run, "mem_max_rss"));
            let count = |key| get(run, key).and_then(|count| count.as_u64()).unwrap_or(1);
            let peak = memory.and_then(|memory| memory.as_u64());
            samples.insert(
                name.clone(),
                Sample {
                    values,
                    loops: count("loops"),
                    inner_loops: count("inner_loops"),
                    peak,
                },
            );
        }
    }
    anyhow::ensure!(!samples.is_empty(), "it measured nothing");
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_common_stands_once() {
        let suite = serde_json::json!({
            "metadata": {"name": "nbody", "loops": 4, "inner_loops": 20},
            "benchmarks": [{"runs": [
                {"metadata": {"calibrate_loops": 4}, "warmups": [[1, 0.5]]},
                {"metadata": {"mem_max_rss": 1000}, "values": [0.25, 0.5]},
            ]}],
        });
        let samples = parse(&suite).unwrap();
        let sample = Sample {
            values: vec![0.25, 0.5],
            loops: 4,
            inner_loops: 20,
            peak: Some(1000),
        };
        assert_eq!(samples, Samples::from([("nbody".to_owned(), sample)]));
    }

    #[test]
    fn a_command_counts_with_its_own_memory() {
        let suite = serde_json::json!({
            "metadata": {},
            "benchmarks": [{
                "metadata": {"name": "startup", "command_max_rss": 5},
                "runs": [{"metadata": {"mem_max_rss": 9}, "values": [1.0]}],
            }],
        });
        assert_eq!(parse(&suite).unwrap()["startup"].peak, Some(5));
    }

    #[test]
    fn the_reason_is_the_exception() {
        let words = "Traceback:\n  File x\nModuleNotFoundError: No module named 'cgi'\n\
                     ERROR: Benchmark died\nRuntimeError: p.py failed with exit code 1\n";
        assert_eq!(
            reason(words).unwrap(),
            "ModuleNotFoundError: No module named 'cgi'"
        );
        assert_eq!(reason("  \nKilled\n").unwrap(), "Killed");
        assert_eq!(reason(""), None);
    }
}
