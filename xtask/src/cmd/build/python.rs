//! What the new interpreter does for its own prefix: byte code of the standard library, and pip. Writes there.
use super::scripts;
use crate::proc;
use anyhow::Result;
use cpython_sources::files;
use std::path::Path;
use std::process::Command;

/// A command of the new interpreter that no setting of the user reaches.
fn python(dist: &Path) -> Command {
    let mut command = Command::new(dist.join("bin/python3.13"));
    // An instrumented interpreter counts in the profile task only.
    command.arg("-I").env("LLVM_PROFILE_FILE", "/dev/null");
    for name in [
        "PIP_PREFIX",
        "PIP_TARGET",
        "PIP_USER",
        "PIP_CONFIG_FILE",
        "LD_LIBRARY_PATH",
    ] {
        command.env_remove(name);
    }
    command
}

/// Compiles the standard library, if some of it is new.
///
/// # Errors
/// When the interpreter does not run. Files that are broken on purpose, for tests, are left out.
pub fn compile_all(dist: &Path, copied: usize) -> Result<()> {
    let library = dist.join("lib/python3.13");
    let done = library.join("__pycache__/.complete");
    if copied == 0 && done.exists() {
        return Ok(());
    }
    let _ = std::fs::remove_file(&done);
    proc::run_logged(
        python(dist)
            .args(["-Wi", "-m", "compileall", "-q", "-j0"])
            .args(["-x", "bad_coding|badsyntax|site-packages"])
            .arg(&library),
        "byte code of the standard library",
        "compileall",
    )?;
    files::write_whole(&done, "")
}

/// Installs the pip that the standard library bundles.
///
/// # Errors
/// When ensurepip fails.
pub fn pip(dist: &Path) -> Result<()> {
    let bin = dist.join("bin");
    let names = ["pip3", "pip3.13"];
    let there = dist
        .join("lib/python3.13/site-packages/pip/__main__.py")
        .exists();
    if !there || names.iter().any(|name| !bin.join(name).exists()) {
        proc::run_logged(
            python(dist)
                .args(["-m", "ensurepip", "--upgrade"])
                .env("PIP_ROOT_USER_ACTION", "ignore"),
            "pip",
            "ensurepip",
        )?;
    }
    for name in names {
        scripts::relocate(&bin.join(name))?;
    }
    Ok(())
}
