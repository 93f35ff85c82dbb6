//! `cargo xtask demo`: from nothing to a real program. Builds the interpreter where it is missing, makes an
//! environment with wheels from PyPI, and runs `extensions/demo` in it: lxml reads a document, NumPy computes on it,
//! cffi calls C, and matplotlib draws the picture.
use crate::interpreter::Interpreter;
use crate::pyenv::PyEnv;
use crate::{paths, proc, system};
use anyhow::{Context, Result, bail};
use std::fs;

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// On what: ours, reference, or the path of an interpreter.
    #[arg(long, default_value = "ours")]
    python: Interpreter,
}

/// The wheels, and setuptools, through which cffi's API mode finds the compiler.
const PACKAGES: &[&str] = &[
    "numpy==2.5.5",
    "lxml==6.1.3",
    "cffi==2.1.1",
    "matplotlib==3.11.2",
    "setuptools==84.2.1",
];

/// The first bytes of every PNG file.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// An interpreter's environment with the wheels.
///
/// # Errors
/// When something cannot be built or installed.
pub fn environment(python: &Interpreter) -> Result<PyEnv> {
    let base = python.ensure()?;
    system::ensure(&["gcc", "libc6-dev"])?;
    PyEnv::new(&base, python.kind(), "demo", PACKAGES)
}

/// Runs the command.
///
/// # Errors
/// When something cannot be built or installed, or the program fails.
pub fn run(args: Args) -> Result<()> {
    let env = environment(&args.python)?;
    let folder = paths::target().join("demo").join(args.python.kind());
    if folder.exists() {
        // The compiled part and the picture are made anew each time.
        fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    let picture = folder.join("pyroxenes.png");
    proc::run(
        env.command()
            .args(["-m", "pyroxenes"])
            .arg(&picture)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("MPLCONFIGDIR", env.dir().join("matplotlib"))
            .current_dir(paths::root().join("extensions/demo")),
    )?;
    let bytes =
        fs::read(&picture).with_context(|| format!("no picture at {}", picture.display()))?;
    if !bytes.starts_with(PNG) || bytes.len() < 20_000 {
        bail!("{} is no picture", picture.display());
    }
    Ok(())
}
