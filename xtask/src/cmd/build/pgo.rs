//! The `pgo` profile: instrument both halves, run upstream's profile task without and with the compiler, build again with what that wrote, C and Rust
//! optimised across each other by the linker. Writes `target/cpython/out/pgo*` and then the prefix.
use super::{native, order, prefix};
use crate::compiler::Mode;
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use cpython_sources::profile::Profile;
use cpython_sources::runtime::Runtime;
use cpython_sources::toolchain::find_tool;
use cpython_sources::{files, hashes};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds and installs. A profile that was made from an older instrumented build is used again if `keep` says so.
///
/// # Errors
/// When a step fails.
pub fn build(keep: bool) -> Result<()> {
    let profile = Profile::PgoUse(profile(keep)?);
    let runtime = Runtime::new(profile.clone())?;
    let products = native::build(&runtime, &profile, "pgo")?;
    prefix::install(&runtime, &products, &paths::dist(), "pgo")
}

/// The merged profile of the instrumented build, made if it is missing or of another build.
fn profile(keep: bool) -> Result<PathBuf> {
    let instrumented = Profile::PgoGenerate;
    let runtime = Runtime::new(instrumented.clone())?;
    let out = runtime.tree().base().join("out/pgo-generate");
    let merged = out.join("merged.profdata");
    let names = order::names(&merged);
    if keep && merged.exists() && names.exists() {
        return Ok(merged);
    }
    let products = native::build(&runtime, &instrumented, "pgo-generate")?;
    let key = hashes::of_bytes(format!(
        "{:?} {:?} {:?} {MODES:?} {}",
        fs::read_to_string(files::stamp_of(&products.library))?,
        fs::read_to_string(files::stamp_of(&products.program))?,
        hashes::of_file(&products.compiler)?,
        order::PROGRAM
    ));
    if files::is_fresh(&merged, &key) {
        return Ok(merged);
    }
    let dist = out.join("prefix");
    prefix::install(&runtime, &products, &dist, "pgo-generate")?;
    let raw = out.join("raw");
    let _ = fs::remove_dir_all(&raw);
    files::make_dir(&raw)?;
    for mode in MODES {
        run_task(&runtime, &dist, &raw, mode)?;
    }
    merge(&raw, &merged)?;
    order::record(&dist.join("bin/python3.13"), &raw, &names)?;
    files::set_fresh(&merged, &key)?;
    let _ = fs::remove_dir_all(&raw);
    Ok(merged)
}

/// How the profile task is run, each time adding to the profile: once for the evaluator, which sees all the code only if none of it is
/// compiled, and once for what machine code calls. What no run has called would be optimised for size, and lie apart.
const MODES: [Mode; 2] = [Mode::Off, Mode::On];

/// Upstream's profile task, with the options that its Makefile gives it.
fn run_task(runtime: &Runtime, dist: &Path, raw: &Path, mode: Mode) -> Result<()> {
    let task = runtime.rules().makefile().words("PROFILE_TASK");
    if task.is_empty() {
        bail!("upstream's Makefile has no PROFILE_TASK");
    }
    let mut command = Command::new(dist.join("bin/python3.13"));
    command
        .args(&task)
        .current_dir(raw)
        .env("LLVM_PROFILE_FILE", raw.join("%m.profraw"))
        .env_remove("PYTHONHOME")
        .env_remove("PYTHONPATH");
    mode.set(&mut command);
    proc::run_logged(
        &mut command,
        &format!(
            "running the profile task, compiler {} (about 10 minutes)",
            mode.name()
        ),
        &format!("profile-task-{}", mode.name()),
    )
}

fn merge(raw: &Path, merged: &Path) -> Result<()> {
    let parts: Vec<PathBuf> = fs::read_dir(raw)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "profraw"))
        .collect();
    if parts.is_empty() {
        bail!("the profile task wrote no profile to {}", raw.display());
    }
    let partial = files::beside(merged);
    proc::run_logged(
        Command::new(find_tool("llvm-profdata")?)
            .args(["merge", "--failure-mode=all", "-o"])
            .arg(&partial)
            .args(&parts),
        "merging profiles",
        "profile-merge",
    )?;
    fs::rename(&partial, merged).with_context(|| format!("cannot write {}", merged.display()))
}
