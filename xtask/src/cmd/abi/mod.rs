//! `cargo xtask abi`: whether our libpython is stock's for everything that links to it, loads it or looks into it.
mod bindings;
mod dwarf;
mod elf;
mod headers;
mod layout;
mod library;
mod process;
mod runtime;
mod section;
mod symbols;

use crate::interpreter::Interpreter;
use crate::paths;
use anyhow::{Context, Result, bail};
use elf::Library;
use section::Section;
use std::path::{Path, PathBuf};

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// Write the records in tests/abi anew, from the reference.
    #[arg(long)]
    record: bool,
    /// Check the libpython of this prefix instead of ours.
    #[arg(long, value_name = "DIR", conflicts_with = "record")]
    prefix: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When something deviates from stock, or cannot be looked at.
pub fn run(args: Args) -> Result<()> {
    if args.record {
        Interpreter::Reference.ensure()?;
        return record(&paths::reference());
    }
    let prefix = match args.prefix {
        Some(prefix) => std::path::absolute(prefix)?,
        None => {
            Interpreter::Ours.ensure()?;
            paths::dist()
        }
    };
    let mut sections = compare_files(&prefix)?;
    sections.extend(compare_process(&prefix)?);
    sections.iter().for_each(Section::print);
    let sum = |count: fn(&Section) -> usize| sections.iter().map(count).sum::<usize>();
    let failed = sum(|section| section.failures.len());
    let skipped = sum(|section| section.skips.len());
    println!(
        "{} passed, {failed} failed, {skipped} skipped",
        sum(|section| section.passed)
    );
    if failed > 0 {
        bail!("{failed} deviations from stock's ABI");
    }
    Ok(())
}

/// Where the records are.
fn records() -> PathBuf {
    paths::root().join("tests/abi")
}

fn library_path(prefix: &Path) -> PathBuf {
    prefix.join("lib").join(library::SONAME)
}

fn include(prefix: &Path) -> PathBuf {
    prefix.join("include/python3.13")
}

fn read(name: &str) -> Result<String> {
    let path = records().join(name);
    std::fs::read_to_string(&path).with_context(|| format!("no record {}", path.display()))
}

/// What can be seen in the files of the prefix.
fn compare_files(prefix: &Path) -> Result<Vec<Section>> {
    let library = Library::read(&library_path(prefix))?;
    let recorded = symbols::from_text(&read(symbols::RECORD)?)?;
    let layouts = layout::Record::read(&records())?;
    let mut sections = vec![
        symbols::compare(&library, &recorded),
        symbols::imports(&library, &records().join("imported-by-wheels.txt"))?,
        library::check(&library),
        library::check_stable(&prefix.join("lib"))?,
    ];
    let is_ours = prefix == paths::dist();
    if is_ours {
        sections.push(library::check_program(&paths::python())?);
    }
    sections.extend([
        runtime::compare(&library, &read(runtime::RECORD)?)?,
        layout::compare_headers(&headers::layouts(&include(prefix))?, &layouts),
    ]);
    let described = dwarf::read(&library.data)?;
    match &described {
        Some(described) => sections.push(layout::compare_library(&described.c, &layouts)),
        None => sections.push(Section::skipped(
            "layouts in the library's C",
            "it is built without debug information",
        )),
    }
    // A build with full debug information says itself what its Rust has; any build was compiled against bindings.
    let rust = described.map(|described| described.rust);
    let rust = match rust.filter(|rust| !rust.is_empty()) {
        None if is_ours => bindings::layouts()?,
        rust => rust,
    };
    sections.push(match rust {
        Some(rust) => layout::compare_rust(&rust, &layouts),
        None => Section::skipped("layouts in Rust", "neither types nor bindings to be seen"),
    });
    Ok(sections)
}

/// What can be seen of a running process.
fn compare_process(prefix: &Path) -> Result<[Section; 2]> {
    let python = prefix.join("bin/python3.13");
    let kind = if prefix == paths::dist() {
        "ours"
    } else {
        "other"
    };
    let recorded = symbols::from_text(&read(symbols::RECORD)?)?;
    Ok([
        process::resolve(&python, &recorded)?,
        process::stack(&python, kind)?,
    ])
}

/// Writes every record from the reference.
fn record(prefix: &Path) -> Result<()> {
    let library = Library::read(&library_path(prefix))?;
    let described = dwarf::read(&library.data)?
        .context("the reference is built without debug information: nothing to record")?;
    let declared = headers::layouts(&include(prefix))?;
    let offsets = runtime::record(&library, &declared)?;
    let symbols = symbols::of(&library);
    let count = symbols.len();
    std::fs::write(records().join(symbols::RECORD), symbols::to_text(&symbols))?;
    std::fs::write(records().join(runtime::RECORD), &offsets)?;
    // What the headers say needs not be kept twice.
    let mut inside = described.c;
    inside.retain(|name, layouts| declared.get(name) != Some(layouts));
    let layouts = layout::Record {
        headers: declared,
        library: inside,
    };
    layouts.write(&records())?;
    println!(
        "recorded {count} symbols, {} debug offsets, {} layouts of headers, {} of the library",
        offsets.lines().count() - 1,
        layouts.headers.len(),
        layouts.library.len()
    );
    Ok(())
}
