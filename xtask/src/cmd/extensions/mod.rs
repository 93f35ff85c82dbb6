//! `cargo xtask extensions`: builds and tests the folders of `extensions/` and the packages of its recipes, each by its
//! own usual tool, on one interpreter. The folders and the recipes run beside each other, in environments of their own.
mod folder;
mod job;
mod recipe;
mod report;
mod stamp;
mod totals;

use crate::compiler::Mode;
use crate::interpreter::Interpreter;
use crate::system;
use anyhow::{Result, bail};
use folder::Folder;
use job::{Context, Job};
use recipe::Recipe;
use report::Report;
use std::thread;
use totals::Totals;

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// Only these: folders of extensions/ or names of recipes. Without any, all.
    names: Vec<String>,
    /// On what: ours, reference, or the path of an interpreter.
    #[arg(long, default_value = "ours")]
    python: Interpreter,
    /// The mode of ours' compiler in which the tests run. What they need is built without it.
    #[arg(long, value_enum, default_value_t)]
    jit: Mode,
    /// Build again what is built already.
    #[arg(long)]
    rebuild: bool,
}

/// What compiling the folders needs of the system; recipes name their own.
const SYSTEM: &[&str] = &["binutils", "g++", "gcc", "libc6-dev", "pkg-config"];

/// Runs the command.
///
/// # Errors
/// When something does not build, or a test fails.
pub fn run(args: Args) -> Result<()> {
    let folders = Folder::all()?;
    let recipes = Recipe::all()?;
    let known = || {
        let folders = folders.iter().map(Job::name);
        folders.chain(recipes.iter().map(Job::name))
    };
    if let Some(unknown) = args.names.iter().find(|name| !known().any(|n| n == **name)) {
        let known: Vec<&str> = known().collect();
        bail!("there is no {unknown}; there are {}", known.join(", "));
    }
    let wanted = |name: &str| args.names.is_empty() || args.names.iter().any(|n| n == name);
    let folders: Vec<_> = folders.iter().filter(|job| wanted(job.name())).collect();
    let recipes: Vec<_> = recipes.iter().filter(|job| wanted(job.name())).collect();

    system::ensure(SYSTEM)?;
    let context = Context::new(&args.python, args.jit, args.rebuild)?;
    for job in &folders {
        job.prepare(&context)?;
    }
    for job in &recipes {
        job.prepare(&context)?;
    }
    let report = Report::new(folders.len() + recipes.len());
    thread::scope(|scope| {
        scope.spawn(|| folders.iter().for_each(|job| report.run(*job, &context)));
        scope.spawn(|| recipes.iter().for_each(|job| report.run(*job, &context)));
    });
    close(report.totals())
}

fn close(totals: Totals) -> Result<()> {
    println!("{totals}");
    if totals.failed > 0 {
        bail!("{} failed; the lines above say which", totals.failed);
    }
    Ok(())
}
