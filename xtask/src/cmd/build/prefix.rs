//! The prefix: libraries, executables, the standard library, headers. Writes `target/dist`, file by file, and never
//! removes what a user installed there.
use super::native::{COMPILER, LIBRARY, Products};
use super::{copy, python, scripts, sysconfig};
use crate::paths;
use anyhow::{Result, bail};
use cpython_sources::freeze;
use cpython_sources::runtime::Runtime;
use std::fs;
use std::path::Path;

/// The folder of what configure said, as sysconfig names it.
pub const CONFIG_DIR: &str = "lib/python3.13/config-3.13-x86_64-linux-gnu";

/// Installs everything.
///
/// # Errors
/// When something cannot be written or the new interpreter does not run.
pub fn install(runtime: &Runtime, products: &Products, dist: &Path, profile: &str) -> Result<()> {
    let source = runtime.tree().source();
    let config = runtime.tree().config();
    let copied = copy::tree(&source.join("Lib"), &dist.join("lib/python3.13"), &|path| {
        !path
            .components()
            .any(|part| part.as_os_str() == "__pycache__")
    })?;
    copy::file(
        &source.join("LICENSE"),
        &dist.join("lib/python3.13/LICENSE.txt"),
        0o644,
    )?;
    let new = binaries(products, dist)?;
    headers(&source, &config, dist)?;
    configuration(&source, &config, dist)?;
    scripts::install(&source, &config, runtime.rules().makefile(), dist)?;
    sysconfig::install(runtime, dist)?;
    copy::text(
        &dist.join(CONFIG_DIR).join("pyroxene-profile"),
        &format!("{profile}\n"),
        0o644,
    )?;
    python::compile_all(dist, copied)?;
    python::pip(dist)?;
    if new {
        same_byte_code(runtime, products, dist)?;
    }
    Ok(())
}

/// The frozen modules come from upstream's own C; ours must compile the same byte code, or something is badly wrong.
fn same_byte_code(runtime: &Runtime, products: &Products, dist: &Path) -> Result<()> {
    let work = products.library.with_file_name("freeze-again");
    let python = dist.join("bin/python3.13");
    let different = freeze::differing(runtime.tree(), runtime.rules(), &python, &work)?;
    if !different.is_empty() {
        bail!(
            "the new interpreter compiles other byte code than upstream's: {}",
            different.join(", ")
        );
    }
    Ok(())
}

/// Installs what is machine code; says whether the library is new.
fn binaries(products: &Products, dist: &Path) -> Result<bool> {
    let lib = dist.join("lib");
    let new = copy::file(&products.library, &lib.join(LIBRARY), 0o755)?;
    copy::link(Path::new(LIBRARY), &lib.join("libpython3.13.so"))?;
    copy::file(&products.compiler, &lib.join(COMPILER), 0o755)?;
    copy::file(&products.stable, &lib.join("libpython3.so"), 0o755)?;
    copy::file(&products.program, &dist.join("bin/python3.13"), 0o755)?;
    for name in ["python3", "pyroxene"] {
        copy::link(Path::new("python3.13"), &dist.join("bin").join(name))?;
    }
    let dynload = lib.join("python3.13/lib-dynload");
    copy::tree(&products.extensions, &dynload, &|path| {
        path.extension().is_some_and(|ext| ext == "so")
    })?;
    // A module that upstream's rules no longer build must not stay.
    for entry in fs::read_dir(&dynload)? {
        let entry = entry?;
        if !products.extensions.join(entry.file_name()).exists() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(new)
}

fn headers(source: &Path, config: &Path, dist: &Path) -> Result<()> {
    let include = dist.join("include/python3.13");
    copy::tree(&source.join("Include"), &include, &|path| {
        path.extension().is_none_or(|ext| ext == "h") && path.extension().is_some()
            || is_folder(path)
    })?;
    copy::file(
        &config.join("pyconfig.h"),
        &include.join("pyconfig.h"),
        0o644,
    )?;
    let ours = paths::root().join("include/pyroxene.h");
    copy::file(&ours, &include.join("pyroxene.h"), 0o644)?;
    Ok(())
}

/// The folders below `Include` that are installed.
fn is_folder(path: &Path) -> bool {
    [
        "cpython",
        "internal",
        "internal/mimalloc",
        "internal/mimalloc/mimalloc",
    ]
    .iter()
    .any(|folder| path == Path::new(folder))
}

/// What configure found, for those who build extensions by hand.
fn configuration(source: &Path, config: &Path, dist: &Path) -> Result<()> {
    let to = dist.join(CONFIG_DIR);
    for (from, name, mode) in [
        (config.join("Modules/config.c"), "config.c", 0o644),
        (source.join("Modules/config.c.in"), "config.c.in", 0o644),
        (source.join("Modules/Setup"), "Setup", 0o644),
        (
            config.join("Modules/Setup.bootstrap"),
            "Setup.bootstrap",
            0o644,
        ),
        (config.join("Modules/Setup.stdlib"), "Setup.stdlib", 0o644),
        (config.join("Modules/Setup.local"), "Setup.local", 0o644),
        (source.join("Modules/makesetup"), "makesetup", 0o755),
        (source.join("install-sh"), "install-sh", 0o755),
    ] {
        copy::file(&from, &to.join(name), mode)?;
    }
    let man = dist.join("share/man/man1");
    copy::file(
        &source.join("Misc/python.man"),
        &man.join("python3.13.1"),
        0o644,
    )?;
    copy::link(Path::new("python3.13.1"), &man.join("python3.1"))?;
    // gdb runs the script beside a library that it maps.
    copy::file(
        &source.join("Tools/gdb/libpython.py"),
        &to.join("libpython-gdb.py"),
        0o644,
    )?;
    copy::file(
        &paths::root().join("cpython_sources/glue/gdb.py"),
        &dist.join("lib").join(format!("{LIBRARY}-gdb.py")),
        0o644,
    )?;
    Ok(())
}
