//! Small things about files: a lock between builds, room on the disk, writing without leaving halves, logs' ends.
//! Touches only the paths that it is given.
use anyhow::{Context, Result, bail};
use std::ffi::CString;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A lock on a file; other builds wait until it is dropped.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, waiting for another build if there is one.
    ///
    /// # Errors
    /// When the file cannot be made or locked.
    pub fn take(path: &Path) -> Result<Self> {
        if let Some(dir) = path.parent() {
            make_dir(dir)?;
        }
        let file =
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        // SAFETY: the descriptor is open for as long as `file` lives, and flock(2) touches no memory.
        let now = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
        if now != 0 {
            eprintln!("  another build holds {}; waiting for it", path.display());
            // SAFETY: as above.
            if unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX) } != 0 {
                return Err(std::io::Error::last_os_error())
                    .with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        Ok(Self { _file: file })
    }
}

/// Fails unless the file system that holds `dir` has at least `megabytes` free.
///
/// # Errors
/// When there is less room; the message says how much is needed for `what` and where.
pub fn need_room(dir: &Path, megabytes: u64, what: &str) -> Result<()> {
    let mut place = dir;
    while !place.exists() {
        place = place.parent().unwrap_or(Path::new("/"));
    }
    let name = CString::new(place.as_os_str().as_bytes()).context("a path with a zero byte")?;
    // SAFETY: statvfs is plain data, for which all zeros is a value.
    let mut stat: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: `name` is a C string and `stat` is writable, both for the length of the call.
    if unsafe { libc::statvfs(name.as_ptr(), &raw mut stat) } != 0 {
        return Ok(());
    }
    let free = stat.f_bavail.saturating_mul(stat.f_frsize) >> 20;
    if free < megabytes {
        bail!(
            "{what} needs {megabytes} MB, and {} has {free} MB left: free some space there (or move \
             the checkout to a larger disk) and run the command again",
            place.display()
        );
    }
    Ok(())
}

/// Makes a folder and those above it.
///
/// # Errors
/// When it cannot.
pub fn make_dir(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make the folder {}", dir.display()))
}

/// A name beside `path` for something that is renamed to it when it is whole.
pub fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}

/// Writes a file so that it is there whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write_whole(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    if let Some(dir) = path.parent() {
        make_dir(dir)?;
    }
    let partial = beside(path);
    fs::write(&partial, bytes)
        .and_then(|()| fs::rename(&partial, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a file unless it holds these very bytes; says whether it wrote.
///
/// # Errors
/// When it cannot be written.
pub fn write_if_changed(path: &Path, bytes: impl AsRef<[u8]>) -> Result<bool> {
    if fs::read(path).is_ok_and(|have| have == bytes.as_ref()) {
        return Ok(false);
    }
    write_whole(path, bytes)?;
    Ok(true)
}

/// The stamp beside an output: what it was made from.
pub fn stamp_of(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".stamp");
    path.with_file_name(name)
}

/// Whether `path` exists and was made from what `key` names.
pub fn is_fresh(path: &Path, key: &str) -> bool {
    path.exists() && fs::read_to_string(stamp_of(path)).is_ok_and(|have| have == key)
}

/// Remembers that `path` was made from what `key` names.
///
/// # Errors
/// When the stamp cannot be written.
pub fn set_fresh(path: &Path, key: &str) -> Result<()> {
    write_whole(&stamp_of(path), key)
}

/// The last `count` lines of a text.
pub fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
