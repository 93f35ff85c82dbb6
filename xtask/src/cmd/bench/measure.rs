//! Runs one program once on one side, by pyperf, and reads what it measured.
use super::catalogue::{Program, dir};
use super::sides::Side;
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a benchmark's clock counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The time that passes.
    Wall,
    /// The time that the processor spends on the program: for machines that others use too.
    Cpu,
}

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
    /// The largest resident size of the process, in bytes.
    pub peak: Option<u64>,
}

/// Samples by the name of the benchmark: most programs have one.
pub type Samples = BTreeMap<String, Sample>;

/// Runs `program` on `side`; `loops` says how often a value repeats its statement, where that is known.
///
/// # Errors
/// When the program fails; the message is the last line that it wrote.
pub fn run(side: &Side, program: &Program, plan: &Plan, loops: Option<u64>) -> Result<Samples> {
    let output = paths::target().join("bench/sample.json");
    if output.exists() {
        std::fs::remove_file(&output)?;
    }
    let mut command = side.env(program.needs)?.command();
    command
        .arg("-u")
        .arg(&program.script)
        .args(&program.options);
    command
        .args(["--quiet", "--processes=1"])
        .arg("--output")
        .arg(&output);
    command.arg(format!("--values={}", plan.values));
    command.arg(format!("--warmups={}", plan.warmups));
    command.arg(format!("--timeout={}", plan.timeout));
    command.arg(format!("--inherit-environ={}", inherited().join(",")));
    command.args(loops.map(|loops| format!("--loops={loops}")));
    if plan.clock == Clock::Cpu {
        command.env("PYTHONPATH", dir().join("clock"));
    }
    if let Some(cpu) = plan.cpu {
        pin(&mut command, cpu);
    }
    // Programs may write beside themselves or where they stand.
    let scratch = paths::target().join("bench/scratch");
    std::fs::create_dir_all(&scratch)?;
    command.current_dir(&scratch).stdin(Stdio::null());
    let out = proc::default_signals(&mut command)
        .output()
        .context("cannot start it")?;
    if !out.status.success() {
        let words = String::from_utf8_lossy(&out.stderr);
        std::fs::write(
            proc::log_file(&format!("bench-{}", program.name))?,
            words.as_bytes(),
        )?;
        bail!(
            "{}",
            reason(&words).unwrap_or_else(|| out.status.to_string())
        );
    }
    read(&output)
}

/// What an interpreter of ours is told through the environment, and what scripts look for programs by.
fn inherited() -> Vec<String> {
    let ours = std::env::vars()
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("PYROXENE_"));
    ["PATH", "VIRTUAL_ENV", "PYTHONPATH"]
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
            let loops = get(run, "loops")
                .and_then(|loops| loops.as_u64())
                .unwrap_or(1);
            let peak = memory.and_then(|memory| memory.as_u64());
            samples.insert(
                name.clone(),
                Sample {
                    values,
                    loops,
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
            "metadata": {"name": "nbody", "loops": 4},
            "benchmarks": [{"runs": [
                {"metadata": {"calibrate_loops": 4}, "warmups": [[1, 0.5]]},
                {"metadata": {"mem_max_rss": 1000}, "values": [0.25, 0.5]},
            ]}],
        });
        let samples = parse(&suite).unwrap();
        let sample = Sample {
            values: vec![0.25, 0.5],
            loops: 4,
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
