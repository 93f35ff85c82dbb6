//! Copies into the prefix: only what differs, whole or not at all. Writes where it is told.
use anyhow::{Context, Result};
use cpython_sources::files;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Copies a file with its time of change, unless the copy is there already; says whether it copied.
///
/// # Errors
/// When it cannot be read or written.
pub fn file(from: &Path, to: &Path, mode: u32) -> Result<bool> {
    let source = fs::metadata(from).with_context(|| format!("cannot read {}", from.display()))?;
    if let Ok(there) = fs::symlink_metadata(to) {
        let same = there.is_file()
            && there.len() == source.len()
            && there.modified()? == source.modified()?
            && there.permissions().mode() & 0o777 == mode;
        if same {
            return Ok(false);
        }
    }
    if let Some(dir) = to.parent() {
        files::make_dir(dir)?;
    }
    let partial = files::beside(to);
    let copy = || -> std::io::Result<()> {
        fs::copy(from, &partial)?;
        fs::set_permissions(&partial, fs::Permissions::from_mode(mode))?;
        File::options()
            .write(true)
            .open(&partial)?
            .set_modified(source.modified()?)?;
        fs::rename(&partial, to)
    };
    copy().with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(true)
}

/// Copies a folder with all below it that `wanted` accepts (called with paths relative to it); gives how many files
/// were copied.
///
/// # Errors
/// When something cannot be read or written.
pub fn tree(from: &Path, to: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<usize> {
    let mut copied = 0;
    let mut dirs = vec![from.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
            let path = entry?.path();
            let inside = path.strip_prefix(from).expect("found below it");
            if !wanted(inside) {
                continue;
            }
            let meta = fs::symlink_metadata(&path)?;
            if meta.is_dir() {
                files::make_dir(&to.join(inside))?;
                dirs.push(path);
            } else if meta.is_symlink() {
                link(&fs::read_link(&path)?, &to.join(inside))?;
            } else {
                let mode = if meta.permissions().mode() & 0o100 == 0 {
                    0o644
                } else {
                    0o755
                };
                copied += usize::from(file(&path, &to.join(inside), mode)?);
            }
        }
    }
    Ok(copied)
}

/// A symbolic link that says `target`.
///
/// # Errors
/// When it cannot be made.
pub fn link(target: &Path, at: &Path) -> Result<()> {
    if fs::read_link(at).is_ok_and(|there| there == target) {
        return Ok(());
    }
    if let Some(dir) = at.parent() {
        files::make_dir(dir)?;
    }
    let partial = files::beside(at);
    let _ = fs::remove_file(&partial);
    std::os::unix::fs::symlink(target, &partial)
        .and_then(|()| fs::rename(&partial, at))
        .with_context(|| format!("cannot make the link {}", at.display()))
}

/// A text file with a mode.
///
/// # Errors
/// When it cannot be written.
pub fn text(at: &Path, content: &str, mode: u32) -> Result<bool> {
    let wrote = files::write_if_changed(at, content)?;
    if fs::metadata(at)?.permissions().mode() & 0o777 != mode {
        fs::set_permissions(at, fs::Permissions::from_mode(mode))?;
    }
    Ok(wrote)
}
