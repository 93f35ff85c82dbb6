//! `cargo xtask test`: sets everything up and runs the tests, the quick ones first. Each step is a command of its own,
//! which can be run alone; here they only follow one another, and their totals are added up.
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use regex::Regex;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// Run only these steps (see the list that is printed at the end of a run).
    steps: Vec<String>,
}

/// One step: its name and the command.
struct Step {
    name: &'static str,
    program: &'static str,
    args: &'static [&'static str],
}

/// In the order in which they run: what fails soonest comes first.
const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        program: "cargo",
        args: &["fmt", "--all", "--check"],
    },
    Step {
        name: "build",
        program: "xtask",
        args: &["build", "--profile", "release"],
    },
    Step {
        name: "clippy",
        program: "cargo",
        args: &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ],
    },
    Step {
        name: "rust",
        program: "cargo",
        args: &[
            "nextest",
            "run",
            "--workspace",
            "--no-fail-fast",
            "--cargo-quiet",
        ],
    },
    Step {
        name: "abi",
        program: "xtask",
        args: &["abi"],
    },
    Step {
        name: "jit",
        program: "xtask",
        args: &["jit"],
    },
    Step {
        name: "fuzz",
        program: "xtask",
        args: &["fuzz", "--jit", "off"],
    },
    Step {
        name: "fuzz-jit-on",
        program: "xtask",
        args: &["fuzz", "--jit", "on", "--programs", "2000"],
    },
    Step {
        name: "fuzz-jit-eager",
        program: "xtask",
        args: &["fuzz", "--jit", "eager", "--programs", "500"],
    },
    Step {
        name: "fuzz-jit-random",
        program: "xtask",
        args: &["fuzz", "--jit", "random", "--programs", "400"],
    },
    Step {
        name: "differential",
        program: "xtask",
        args: &["differential"],
    },
    Step {
        name: "demo",
        program: "xtask",
        args: &["demo"],
    },
    Step {
        name: "extensions",
        program: "xtask",
        args: &["extensions"],
    },
    Step {
        name: "numpy",
        program: "xtask",
        args: &["numpy"],
    },
    Step {
        name: "regrtest",
        program: "xtask",
        args: &["regrtest"],
    },
];

/// What a step reported.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Totals {
    passed: u64,
    failed: u64,
    skipped: u64,
}

/// Runs the steps, goes on after one that fails, and closes with the sum of their totals.
///
/// # Errors
/// When a step fails or cannot be started.
pub fn run(args: Args) -> Result<()> {
    for name in &args.steps {
        if !STEPS.iter().any(|step| step.name == name) {
            let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
            bail!(
                "there is no step {name}; the steps are {}",
                names.join(", ")
            );
        }
    }
    ensure_nextest()?;
    // Now: a step may link this program anew, and the system then knows the one that runs as deleted.
    let xtask = std::env::current_exe().context("the path of this program")?;
    let mut sum = Totals::default();
    let mut lines = Vec::new();
    for step in STEPS {
        if !args.steps.is_empty() && !args.steps.iter().any(|name| name == step.name) {
            continue;
        }
        let begin = Instant::now();
        println!("=== {} ===", step.name);
        let (succeeded, totals) = follow(step, &xtask)?;
        // A step that counts nothing, or that fails without saying how often, counts as one test.
        let totals = totals.unwrap_or(Totals {
            passed: 1,
            ..Totals::default()
        });
        let totals = match (succeeded, totals.failed) {
            (false, 0) => Totals {
                failed: 1,
                passed: totals.passed.saturating_sub(1),
                ..totals
            },
            _ => totals,
        };
        sum.passed += totals.passed;
        sum.failed += totals.failed;
        sum.skipped += totals.skipped;
        lines.push(format!(
            "{:12} {:6} {} passed, {} failed, {} skipped ({} s)",
            step.name,
            if succeeded { "ok" } else { "FAILED" },
            totals.passed,
            totals.failed,
            totals.skipped,
            begin.elapsed().as_secs(),
        ));
    }
    println!("=== summary ===");
    for line in lines {
        println!("{line}");
    }
    println!(
        "{} passed, {} failed, {} skipped",
        sum.passed, sum.failed, sum.skipped
    );
    if sum.failed > 0 {
        bail!(
            "{} of the tests failed; the sections above say which",
            sum.failed
        );
    }
    Ok(())
}

/// Runs a step, passes on what it prints, and reads its totals from it. `xtask` is the path of this program.
fn follow(step: &Step, xtask: &Path) -> Result<(bool, Option<Totals>)> {
    let mut command = match step.program {
        "xtask" => Command::new(xtask),
        "cargo" => proc::cargo(),
        other => Command::new(other),
    };
    command
        .args(step.args)
        .current_dir(paths::root())
        .stdin(Stdio::null());
    // Both streams into one pipe, so that the order of their lines stays.
    let (reader, writer) = std::io::pipe().context("a pipe for the output")?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = proc::default_signals(&mut command)
        .spawn()
        .with_context(|| format!("cannot start {}", step.program))?;
    // The command holds the writing ends; without this the pipe never ends.
    drop(command);
    let mut totals = None;
    let mut out = std::io::stdout().lock();
    for line in BufReader::new(reader).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        totals = parse_totals(&line).or(totals);
        writeln!(out, "{line}")?;
    }
    Ok((child.wait()?.success(), totals))
}

/// The totals in a line: our own closing line, or nextest's summary.
fn parse_totals(line: &str) -> Option<Totals> {
    let number = |what: &str| -> Option<u64> {
        let pattern = Regex::new(&format!(r"(\d+) {what}")).expect("a constant pattern");
        pattern.captures(line)?[1].parse().ok()
    };
    let ours = Regex::new(r"^\d+ passed, \d+ failed(, \d+ skipped)?$").expect("a constant pattern");
    let nextest = line.contains("Summary [") && line.contains("tests run:");
    if !ours.is_match(line.trim()) && !nextest {
        return None;
    }
    Some(Totals {
        passed: number("passed")?,
        failed: number("failed").unwrap_or(0),
        skipped: number("skipped").unwrap_or(0),
    })
}

/// Installs the test runner for Rust where it is missing.
fn ensure_nextest() -> Result<()> {
    let there = proc::cargo().args(["nextest", "--version"]).output();
    if there.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    proc::run_logged(
        proc::cargo().args(["install", "--locked", "cargo-nextest"]),
        "installing cargo-nextest",
        "nextest",
    )
}

#[cfg(test)]
mod tests {
    use super::{Totals, parse_totals};

    #[test]
    fn reads_both_forms() {
        let totals = |passed, failed, skipped| {
            Some(Totals {
                passed,
                failed,
                skipped,
            })
        };
        assert_eq!(
            parse_totals("12 passed, 1 failed, 3 skipped"),
            totals(12, 1, 3)
        );
        assert_eq!(
            parse_totals("     Summary [   0.250s] 21 tests run: 20 passed, 1 failed, 2 skipped"),
            totals(20, 1, 2)
        );
        assert_eq!(
            parse_totals("     Summary [   0.1s] 2 tests run: 2 passed, 0 skipped"),
            totals(2, 0, 0)
        );
        assert_eq!(
            parse_totals("numpy: 12 passed, 1 failed in a sentence"),
            None
        );
    }
}
