//! SHA-256 of files, remembered by size and time of change so that a second build does not read them again.
//! Touches the file that remembers.
use crate::files;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The hash of some bytes, in hexadecimal.
pub fn of_bytes(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes.as_ref()))
}

/// The hash of a file, in hexadecimal.
///
/// # Errors
/// When it cannot be read.
pub fn of_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file
            .read(&mut buffer)
            .with_context(|| format!("cannot read {}", path.display()))?;
        if count == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&buffer[..count]);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Hashes of files that are remembered between runs.
pub struct Cache {
    path: PathBuf,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// From earlier runs: path to (how it looked, hash).
    before: HashMap<PathBuf, (String, String)>,
    /// In this run: a file is looked at once.
    now: HashMap<PathBuf, Option<String>>,
    changed: bool,
}

impl Cache {
    /// Reads what is remembered; nothing if there is no such file.
    pub fn load(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let mut before = HashMap::new();
        for line in text.lines() {
            if let [look, hash, name] = *line.splitn(3, ' ').collect::<Vec<_>>() {
                before.insert(PathBuf::from(name), (look.to_owned(), hash.to_owned()));
            }
        }
        Self {
            path,
            known: Mutex::new(Known {
                before,
                ..Known::default()
            }),
        }
    }

    /// The hash of a file, or nothing when it cannot be read.
    ///
    /// # Panics
    /// When another thread panicked here.
    pub fn hash(&self, path: &Path) -> Option<String> {
        let mut known = self.known.lock().expect("no thread panics while it hashes");
        if let Some(hash) = known.now.get(path) {
            return hash.clone();
        }
        let hash = fs::metadata(path)
            .ok()
            .filter(fs::Metadata::is_file)
            .and_then(|meta| {
                let look = format!(
                    "{}.{}.{}.{}",
                    meta.size(),
                    meta.mtime(),
                    meta.mtime_nsec(),
                    meta.ino()
                );
                if let Some((_, hash)) =
                    known.before.get(path).filter(|(before, _)| *before == look)
                {
                    return Some(hash.clone());
                }
                let hash = of_file(path).ok()?;
                known.before.insert(path.to_owned(), (look, hash.clone()));
                known.changed = true;
                Some(hash)
            });
        known.now.insert(path.to_owned(), hash.clone());
        hash
    }

    /// Writes what is remembered, if something is new.
    ///
    /// # Errors
    /// When the file cannot be written.
    ///
    /// # Panics
    /// When another thread panicked here.
    pub fn save(&self) -> Result<()> {
        let mut known = self.known.lock().expect("no thread panics while it hashes");
        if !known.changed {
            return Ok(());
        }
        let mut lines: Vec<String> = known
            .before
            .iter()
            .map(|(path, (look, hash))| format!("{look} {hash} {}\n", path.display()))
            .collect();
        lines.sort_unstable();
        files::write_whole(&self.path, lines.concat())?;
        known.changed = false;
        Ok(())
    }
}
