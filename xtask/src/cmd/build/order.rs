//! In which order functions lie in libpython: those together that nearly every program runs, so that of the rest little gets
//! into memory. Runs the instrumented interpreter, reads symbols of a library, writes the list that the linker wants.
use crate::proc;
use anyhow::{Context, Result};
use cpython_sources::files;
use cpython_sources::toolchain::find_tool;
use object::{Object, ObjectSymbol, SymbolKind};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program whose functions lie together.
pub const PROGRAM: &str = include_str!("small_program.py");

/// Where the names of the functions are that lie together, beside the profile by which everything is optimised.
pub fn names(profile: &Path) -> PathBuf {
    profile.with_file_name("small-program.txt")
}

/// Writes the names of the functions that the small program runs, a line each.
///
/// # Errors
/// When the program or the reader of profiles fails, or a file cannot be written.
pub fn record(python: &Path, folder: &Path, names: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(folder);
    files::make_dir(folder)?;
    // What runs only where byte code is missing does not belong to it: the first run is for that.
    for number in 0..2 {
        proc::run(
            Command::new(python)
                .args(["-c", PROGRAM])
                .current_dir(folder)
                .env(
                    "LLVM_PROFILE_FILE",
                    folder.join(format!("{number}.profraw")),
                )
                .env_remove("PYTHONHOME")
                .env_remove("PYTHONPATH"),
        )?;
    }
    let merged = folder.join("merged.profdata");
    let tool = find_tool("llvm-profdata")?;
    proc::run(
        Command::new(&tool)
            .arg("merge")
            .arg(folder.join("1.profraw"))
            .arg("-o")
            .arg(&merged),
    )?;
    let shown = proc::output(
        Command::new(&tool)
            .args(["show", "--all-functions", "--counts"])
            .arg(&merged),
    )?;
    let mut lines = functions_that_ran(&shown).collect::<Vec<_>>().join("\n");
    lines.push('\n');
    files::write_if_changed(names, lines)?;
    let _ = fs::remove_dir_all(folder);
    Ok(())
}

/// The functions of which `llvm-profdata show` tells that a block ran. For a function that is local to a file it shows the
/// file too, with a semicolon behind.
fn functions_that_ran(shown: &str) -> impl Iterator<Item = &str> {
    let mut name = "";
    shown.lines().filter_map(move |line| {
        if let Some(counts) = line.trim_start().strip_prefix("Block counts: [") {
            let ran = counts.contains(|digit: char| ('1'..='9').contains(&digit));
            return ran.then_some(name);
        }
        let title = line.strip_prefix("  ")?.strip_suffix(':')?;
        name = title.rsplit_once(';').map_or(title, |(_, name)| name);
        None
    })
}

/// Writes the linker's list: the symbols of `library` that are functions of these names, in the order in which they lie
/// there, which the linker has chosen by who calls whom.
///
/// # Errors
/// When a file cannot be read or written.
pub fn list(library: &Path, names: &Path, list: &Path) -> Result<()> {
    let names =
        fs::read_to_string(names).with_context(|| format!("cannot read {}", names.display()))?;
    let names: HashSet<&str> = names.lines().collect();
    let content =
        fs::read(library).with_context(|| format!("cannot read {}", library.display()))?;
    let file = object::File::parse(&*content)?;
    let mut found: Vec<(u64, &str)> = file
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text)
        .filter_map(|symbol| Some((symbol.address(), symbol.name().ok()?)))
        .filter(|(_, name)| names.contains(source_name(name)))
        .collect();
    found.sort_unstable();
    let lines: String = found.iter().map(|(_, name)| format!("{name}\n")).collect();
    files::write_if_changed(list, lines)?;
    Ok(())
}

/// The name of a function before the link-time optimiser made it known to other files.
fn source_name(symbol: &str) -> &str {
    symbol.split_once(".llvm.").map_or(symbol, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_without_files_and_suffixes() {
        let shown = "Counters:\n  ../a/b.c;first:\n    Hash: 0x0a4d\n    Counters: 2\n    Block counts: [0, 0]\n  \
            second:\n    Hash: 0x0b\n    Counters: 2\n    Block counts: [0, 10]\n  ../c.c;third:\n    Block counts: [3]\n\
            Instrumentation level: IR\n";
        assert_eq!(
            functions_that_ran(shown).collect::<Vec<_>>(),
            ["second", "third"]
        );
        assert_eq!(source_name("third.llvm.1234"), "third");
        assert_eq!(source_name("second"), "second");
    }
}
