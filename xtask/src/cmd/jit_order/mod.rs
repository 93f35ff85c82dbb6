//! `cargo xtask jit-order`: in which order functions lie in the compiler library, those together that compilations run. Runs
//! programs under a tracer, adds to `jit/order.txt`, which the linker reads.
mod trace;

use crate::cmd::build::COMPILER;
use crate::compiler::Mode;
use crate::interpreter::Interpreter;
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use cpython_sources::files;
use object::{Object, ObjectSymbol, SymbolKind};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// Programs; without any, those of `tests/jit`.
    programs: Vec<PathBuf>,
}

/// What runs a program.
const WAITS: &str = include_str!("waits.py");

/// Runs the command.
///
/// # Errors
/// When a program cannot be run or traced, or the list not be written.
pub fn run(args: Args) -> Result<()> {
    let python = Interpreter::Ours.ensure()?;
    let library = paths::dist().join("lib").join(COMPILER);
    let functions = functions(&library)?;
    let programs = match args.programs.is_empty() {
        true => programs()?,
        false => args.programs,
    };
    let entries: Vec<u64> = functions.keys().copied().collect();
    let mut ran: BTreeSet<u64> = BTreeSet::new();
    let mut names: Vec<&str> = Vec::new();
    // The quick tier is all that many programs need, so its functions come first.
    for mode in [Mode::Eager, Mode::On] {
        let mut more = BTreeSet::new();
        for program in &programs {
            let mut command = Command::new(&python);
            command
                .args(["-c", WAITS])
                .arg(program)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            mode.set(&mut command);
            let command = proc::default_signals(&mut command);
            let found = trace::functions_that_run(command, COMPILER, &entries)
                .with_context(|| format!("cannot trace {}", program.display()))?;
            println!(
                "{}, {}: {} functions",
                program.display(),
                mode.name(),
                found.len()
            );
            more.extend(found.into_iter().filter(|function| ran.insert(*function)));
        }
        let of_mode = more.iter().flat_map(|function| &functions[function]);
        let of_mode: BTreeSet<&str> = of_mode
            .map(String::as_str)
            .filter(|name| stays(name))
            .collect();
        names.extend(of_mode);
    }
    if names.is_empty() {
        bail!("nothing was compiled");
    }
    // What an earlier run has met belongs to it too: what is compiled when is a matter of time.
    let file = paths::root().join("jit/order.txt");
    let before = fs::read_to_string(&file).unwrap_or_default();
    let present: BTreeSet<&str> = functions.values().flatten().map(String::as_str).collect();
    let known: BTreeSet<&str> = names.iter().copied().collect();
    names.extend(
        before
            .lines()
            .filter(|name| present.contains(name) && !known.contains(name)),
    );
    let list: String = names.iter().map(|name| format!("{name}\n")).collect();
    files::write_if_changed(&file, list)?;
    println!(
        "{} functions lie together from the next build on",
        names.len()
    );
    Ok(())
}

/// The programs of `tests/jit`.
fn programs() -> Result<Vec<PathBuf>> {
    let mut programs: Vec<PathBuf> = fs::read_dir(paths::root().join("tests/jit"))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    programs.sort();
    Ok(programs)
}

/// The names of a library's functions, by their addresses in it.
fn functions(library: &Path) -> Result<BTreeMap<u64, Vec<String>>> {
    let content =
        fs::read(library).with_context(|| format!("cannot read {}", library.display()))?;
    let mut functions: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for symbol in object::File::parse(&*content)?.symbols() {
        if symbol.kind() == SymbolKind::Text && symbol.is_definition() && symbol.size() > 0 {
            let names = functions.entry(symbol.address()).or_default();
            names.push(symbol.name()?.to_owned());
        }
    }
    Ok(functions)
}

/// Whether a function has the same name in each build: those of Rust do not, and lie together anyway.
fn stays(name: &str) -> bool {
    let is_of_rust = name.starts_with("_R")
        || name.starts_with("__rust")
        || name.starts_with("rust_")
        || name.contains("17h") && name.ends_with('E') && !name.starts_with("_ZN4llvm");
    !is_of_rust
}

#[cfg(test)]
mod tests {
    use super::stays;

    #[test]
    fn names_of_rust_change() {
        assert!(!stays(
            "_RNvMsa_NtCsgvbsrvnw3yD_9hashbrown3raw13RawTableInner"
        ));
        assert!(!stays(
            "_ZN12pyroxene_hir10dominators10Dominators3new17h6cc44db5912f2e3eE"
        ));
        assert!(stays("_ZNK4llvm10MCStreamer18getDwarfFrameInfosEv"));
        assert!(stays("LLVMAddCase"));
    }
}
