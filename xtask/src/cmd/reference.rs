//! `cargo xtask reference`: stock CPython of the same source in `target/reference`, as fast as its own build makes it
//! with the compiler that we use. It is what our tests and our speed are compared with. Builds in
//! `target/reference-build`, which may be removed afterwards.
use crate::{paths, proc, system};
use anyhow::{Context, Result, bail};
use cpython_sources::manifest::Manifest;
use cpython_sources::toolchain::{LLVM, find_tool};
use cpython_sources::{extract, fetch, files, hashes};
use regex::Regex;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// Build it again even if there is one.
    #[arg(long)]
    pub force: bool,
}

/// How many indirect jumps stock's evaluator has at least when the compiler left them apart. A healthy one has about 140;
/// one in which all were merged has a single one and is a fifth slower, which would flatter us.
const HEALTHY: usize = 100;

/// The same of our own evaluator, where every instruction has one.
pub const HEALTHY_OURS: usize = 200;

/// Runs the command.
///
/// # Errors
/// When a system package is missing, a step of upstream's build fails, or the result is not a healthy baseline.
pub fn run(args: Args) -> Result<()> {
    system::ensure(system::BUILD)?;
    let python = paths::reference_python();
    let key = key();
    if !args.force {
        if files::is_fresh(&python, &key) {
            eprintln!("  {} is ready", python.display());
            return Ok(());
        }
        if is_ours(&python) {
            return accept(&python, &key);
        }
    }
    let build = paths::target().join("reference-build");
    files::need_room(&build, 3000, "building the reference")?;
    sources(&build, args.force)?;
    make(&build)?;
    accept(&python, &key)
}

/// Checks the evaluator and remembers that this one is good.
fn accept(python: &Path, key: &str) -> Result<()> {
    let jumps = check_evaluator(
        &paths::reference().join("lib/libpython3.13.so.1.0"),
        HEALTHY,
    )?;
    files::set_fresh(python, key)?;
    eprintln!(
        "  {} is ready: {jumps} indirect jumps in its evaluator",
        python.display()
    );
    Ok(())
}

/// How many indirect jumps the evaluator of a library has, where it ought to have `least`.
///
/// # Errors
/// When they are too few.
pub fn check_evaluator(library: &Path, least: usize) -> Result<usize> {
    let jumps = indirect_jumps(library)?;
    if jumps < least {
        bail!(
            "the evaluator in {} has {jumps} indirect jumps where a healthy one has over {least}: the \
             compiler merged them, which costs a fifth of the speed; check that clang-{LLVM} and rustc \
             are those that the project names and build again",
            library.display()
        );
    }
    Ok(jumps)
}

/// What the reference is made from.
fn key() -> String {
    hashes::of_bytes(format!(
        "{} {:?}",
        Manifest::get().upstream.sha256,
        arguments()
    ))
}

fn arguments() -> Vec<String> {
    vec![
        format!("--prefix={}", paths::reference().display()),
        "--enable-shared".into(),
        "--enable-optimizations".into(),
        "--with-lto=thin".into(),
        "--with-ensurepip=install".into(),
        "--enable-loadable-sqlite-extensions".into(),
        "--with-dbmliborder=bdb:gdbm".into(),
        format!("CC=clang-{LLVM}"),
        format!("CXX=clang++-{LLVM}"),
        format!("LDFLAGS_NODIST=-fuse-ld=lld-{LLVM} -Wl,-rpath,\\$$ORIGIN/../lib"),
    ]
}

/// Whether a finished reference is there that was made by this recipe.
fn is_ours(python: &Path) -> bool {
    let said = proc::output(Command::new(python).args([
        "-Ic",
        "import sys, sysconfig; print(sys.version.split()[0], sysconfig.get_config_var('CONFIG_ARGS'))",
    ]));
    said.is_ok_and(|said| {
        let wanted = arguments();
        said.starts_with(&Manifest::get().upstream.version)
            // Make takes one of the dollars of the last one.
            && wanted[..wanted.len() - 1].iter().all(|argument| said.contains(argument.as_str()))
            && python.with_file_name("pip3").exists()
    })
}

/// A tree of its own: upstream builds inside it.
fn sources(build: &Path, force: bool) -> Result<()> {
    if force && build.exists() {
        std::fs::remove_dir_all(build)
            .with_context(|| format!("cannot clear {}", build.display()))?;
    }
    if build.join("configure").exists() {
        return Ok(());
    }
    let tarball = fetch::tarball()?;
    let partial = files::beside(build);
    let source = extract::unpack(&tarball, &partial)?;
    if build.exists() {
        std::fs::remove_dir_all(build)?;
    }
    std::fs::rename(&source, build).with_context(|| format!("cannot make {}", build.display()))?;
    let _ = std::fs::remove_dir_all(&partial);
    Ok(())
}

fn make(build: &Path) -> Result<()> {
    // Upstream looks for llvm-profdata and llvm-ar without a version.
    let tools: PathBuf = find_tool("clang")?
        .canonicalize()?
        .parent()
        .context("clang lies in a folder")?
        .to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(tools).chain(std::env::split_paths(&path)))?;
    let step = |program: &str, args: &[String], what: &str, log: &str| {
        let mut command = Command::new(program);
        command.current_dir(build).args(args).env("PATH", &path);
        for name in ["CFLAGS", "LDFLAGS", "MAKEFLAGS", "PYTHONHOME", "PYTHONPATH"] {
            command.env_remove(name);
        }
        proc::run_logged(&mut command, what, log)
    };
    let configured = build.join("Makefile");
    if !files::is_fresh(&configured, &key()) {
        step(
            "./configure",
            &arguments(),
            "reference: configure",
            "reference-configure",
        )?;
        files::set_fresh(&configured, &key())?;
    }
    let jobs = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    step(
        "make",
        &[format!("-j{jobs}")],
        "reference: compile, run the profile task, compile again (about 25 minutes on 2 processors)",
        "reference-make",
    )?;
    step(
        "make",
        &["install".into()],
        "reference: install",
        "reference-install",
    )
}

/// How many jumps through a register or memory the evaluator's machine code has.
fn indirect_jumps(library: &Path) -> Result<usize> {
    let listing = proc::output(
        Command::new(find_tool("llvm-objdump")?)
            .args([
                "--no-show-raw-insn",
                "--disassemble-symbols=_PyEval_EvalFrameDefault",
            ])
            .arg(library),
    )?;
    let pattern = Regex::new(r"\bjmpq?\s+\*").expect("a constant pattern");
    Ok(listing
        .lines()
        .filter(|line| pattern.is_match(line))
        .count())
}
