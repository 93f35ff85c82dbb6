//! What was built from what: digests of a folder's content and of what a build sees of an interpreter.
use crate::proc;
use anyhow::{Context, Result};
use cpython_sources::hashes;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Prints what decides how extensions are built for an interpreter, and where its headers and its configuration lie.
const PROBE: &str = "\
import sys, sysconfig
print(sys.version.replace('\\n', ' '))
print(sysconfig.get_config_var('SOABI'), sysconfig.get_config_var('CC'), sysconfig.get_config_var('CFLAGS'))
print(sysconfig.get_config_var('LDSHARED'), sysconfig.get_config_var('BLDSHARED'))
print(sysconfig.get_path('include'))";

/// The digest of an interpreter: its path, its version, how it has extensions built, and its headers. A runtime that
/// was merely rebuilt keeps it: what was built against it before is exactly what users bring along.
///
/// # Errors
/// When the interpreter does not run or a header cannot be read.
pub fn of_interpreter(python: &Path) -> Result<String> {
    let text = proc::output(Command::new(python).args(["-I", "-c", PROBE]))?;
    let include = text
        .lines()
        .last()
        .context("the interpreter prints its folder of headers")?;
    let headers = of_folder(Path::new(include))?;
    Ok(hashes::of_bytes(format!(
        "{}\n{text}\n{headers}",
        python.display()
    )))
}

/// The digest of all files below a folder, by their names and contents.
///
/// # Errors
/// When one cannot be read.
pub fn of_folder(folder: &Path) -> Result<String> {
    let mut text = String::new();
    for path in files_below(folder)? {
        let name = path.strip_prefix(folder).expect("it lies below");
        text += &format!("{} {}\n", hashes::of_file(&path)?, name.display());
    }
    Ok(hashes::of_bytes(text))
}

/// Copies a folder; the copy holds nothing else.
///
/// # Errors
/// When a file cannot be read or written.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    empty_folder(to)?;
    for path in files_below(from)? {
        let copy = to.join(path.strip_prefix(from).expect("it lies below"));
        let above = copy.parent().expect("it lies below `to`");
        fs::create_dir_all(above).with_context(|| format!("cannot make {}", above.display()))?;
        fs::copy(&path, &copy).with_context(|| format!("cannot copy {}", path.display()))?;
    }
    Ok(())
}

/// Makes a folder that holds nothing.
///
/// # Errors
/// When it cannot be emptied or made.
pub fn empty_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// All files below a folder, sorted, without what Python leaves behind.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if !path.is_dir() {
                files.push(path);
            } else if path.file_name().is_some_and(|name| name != "__pycache__") {
                folders.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
