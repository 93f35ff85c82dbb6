//! The program that test_embed drives, and a prefix in which that finds it: an installed Python has neither, and
//! test_embed would skip itself. The prefix is a copy of the executable beside links to the rest.
use anyhow::{Context, Result};
use cpython_sources::tree::Tree;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The unit.
pub const UNIT: &str = "test_embed";

/// Makes the prefix for the interpreter `python` in `folder`; gives its interpreter.
///
/// # Errors
/// When the compiler fails or a file cannot be written.
pub fn prepare(python: &Path, folder: &Path) -> Result<PathBuf> {
    let prefix = python
        .parent()
        .and_then(Path::parent)
        .context("python lies in bin/")?;
    let programs = folder.join("bin/Programs");
    std::fs::create_dir_all(&programs)
        .with_context(|| format!("cannot make {}", programs.display()))?;
    symlink(prefix.join("lib"), folder.join("lib"))?;
    symlink(prefix.join("include"), folder.join("include"))?;
    let copy = folder.join("bin/python3.13");
    std::fs::copy(python, &copy)?;
    compile(prefix, &programs.join("_testembed"))?;
    Ok(copy)
}

fn compile(prefix: &Path, program: &Path) -> Result<()> {
    // A build that runs meanwhile holds the tree; what is there need not wait for it.
    let mut source = source(&Tree::of_checkout());
    if !source.exists() {
        source = self::source(&cpython_sources::prepare()?);
    }
    let include = prefix.join("include/python3.13");
    let mut command = Command::new("cc");
    command
        .args(["-O1", "-w", "-DPy_BUILD_CORE"])
        .arg("-I")
        .arg(&include)
        .arg("-I")
        .arg(include.join("internal"))
        .arg("-I")
        .arg(include.join("internal/mimalloc"))
        .arg(source)
        .arg("-o")
        .arg(program)
        .arg("-L")
        .arg(prefix.join("lib"))
        .args(["-lpython3.13", "-Wl,-rpath,$ORIGIN/../../lib"]);
    crate::proc::output(&mut command).map(drop)
}

fn source(tree: &Tree) -> PathBuf {
    tree.file("Programs/_testembed.c")
}
