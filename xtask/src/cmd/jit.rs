//! `cargo xtask jit`: programs that must print the same whether they are compiled or not. Runs each of `tests/jit/` with the
//! compiler off, on, and eager. Those in `tests/jit/packages/` want packages in C, from the environment of the demo.
use super::demo;
use crate::compiler::Mode;
use crate::interpreter::Interpreter;
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// Run only these programs, by their names without `.py`.
    programs: Vec<String>,
}

/// The modes of the compiler that are compared with none.
const MODES: [Mode; 3] = [Mode::On, Mode::Eager, Mode::Random];

/// Runs a program, and tells on the last line of stderr how often machine code was entered.
const RUNNER: &str = "
import runpy, sys
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name='__main__')
import pyroxene
print(pyroxene.jit()['entered'], file=sys.stderr)
";

/// Runs the command.
///
/// # Errors
/// When a program behaves otherwise when it is compiled, or cannot be run.
pub fn run(args: Args) -> Result<()> {
    let python = Interpreter::Ours.ensure()?;
    let programs = programs(&args.programs)?;
    let packages = paths::root().join(PACKAGES);
    let with_packages = match programs
        .iter()
        .any(|program| program.starts_with(&packages))
    {
        true => demo::environment(&Interpreter::Ours)?.python(),
        false => python.clone(),
    };
    let (mut passed, mut failed) = (0, 0);
    for program in &programs {
        let name = program.file_stem().unwrap_or_default().to_string_lossy();
        let python = match program.starts_with(&packages) {
            true => &with_packages,
            false => &python,
        };
        let plain = execute(python, Mode::Off, program)?;
        for mode in MODES {
            let compiled = execute(python, mode, program)?;
            match difference(&plain, &compiled, mode) {
                None => passed += 1,
                Some(why) => {
                    failed += 1;
                    println!("{name}, jit={}: {why}", mode.name());
                }
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("{failed} of the runs differ from those without the compiler");
    }
    Ok(())
}

/// Where the programs are, and those that want packages.
const PROGRAMS: &str = "tests/jit";
const PACKAGES: &str = "tests/jit/packages";

/// The programs of these names, or all.
fn programs(names: &[String]) -> Result<Vec<PathBuf>> {
    let mut entries = Vec::new();
    for folder in [PROGRAMS, PACKAGES].map(|folder| paths::root().join(folder)) {
        let found = std::fs::read_dir(&folder);
        entries.extend(found.with_context(|| format!("cannot read {}", folder.display()))?);
    }
    let mut found: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "py"))
        .filter(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            names.is_empty() || names.contains(&name.into_owned())
        })
        .collect();
    found.sort();
    if found.len() < names.len().max(1) {
        let has = |name: &String| {
            found
                .iter()
                .any(|path| path.ends_with(format!("{name}.py")))
        };
        let missing: Vec<&String> = names.iter().filter(|name| !has(name)).collect();
        bail!("{PROGRAMS} has no {missing:?}");
    }
    Ok(found)
}

fn execute(python: &Path, mode: Mode, program: &Path) -> Result<Output> {
    let mut command = Command::new(python);
    mode.set(&mut command)
        .args(["-c", RUNNER])
        .arg(program)
        .env("PYTHONHASHSEED", "0")
        .env_remove("PYTHONPATH");
    proc::default_signals(&mut command)
        .output()
        .with_context(|| format!("cannot start {}", python.display()))
}

/// What is wrong with a run in comparison with the one without the compiler.
fn difference(plain: &Output, compiled: &Output, mode: Mode) -> Option<String> {
    let (before, entered) = split_last_line(&compiled.stderr);
    let (expected, _) = split_last_line(&plain.stderr);
    if plain.status != compiled.status {
        return Some(format!(
            "{} instead of {}\n{before}",
            compiled.status, plain.status
        ));
    }
    if before != expected {
        return Some(format!("stderr differs:\n{before}"));
    }
    if plain.stdout != compiled.stdout {
        return Some(first_difference(&plain.stdout, &compiled.stdout));
    }
    if mode == Mode::Eager && entered == "0" {
        return Some("no machine code was entered".to_owned());
    }
    None
}

/// The text without its last line, and that.
fn split_last_line(text: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(text);
    match text.trim_end().rsplit_once('\n') {
        Some((before, last)) => (before.to_owned(), last.to_owned()),
        None => (String::new(), text.trim_end().to_owned()),
    }
}

/// The first lines in which two outputs differ.
fn first_difference(expected: &[u8], found: &[u8]) -> String {
    let (expected, found) = (
        String::from_utf8_lossy(expected),
        String::from_utf8_lossy(found),
    );
    let pairs = expected.lines().zip(found.lines()).enumerate();
    for (number, (expected, found)) in pairs {
        if expected != found {
            return format!(
                "line {} of stdout differs:\n  {expected}\n  {found}",
                number + 1
            );
        }
    }
    "one stdout is longer than the other".to_owned()
}
