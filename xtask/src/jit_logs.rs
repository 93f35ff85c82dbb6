//! What several commands need that look at the compiler's logs: a folder in which a command and its children write logs, and
//! reading them.
use crate::paths;
use anyhow::{Context, Result, bail};
use core::sync::atomic::{AtomicU32, Ordering};
use pyroxene_jit_log::Line;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder for the logs of a command and its children, which goes with this.
pub struct Folder(PathBuf);

impl Folder {
    /// A new one, whose name begins with this.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(name: &str) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}-{}-{number}", std::process::id());
        let path = paths::target().join(name);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The log of the first process, for `PYROXENE_JIT_LOG`; those of the others come beside it.
    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    /// What all logs say, a list for each.
    ///
    /// # Errors
    /// When one cannot be read, or there is none.
    pub fn read_logs(&self) -> Result<Vec<Vec<Line>>> {
        let mut logs = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name == "log" || name.starts_with("log.") {
                logs.push(read(&path)?);
            }
        }
        if logs.is_empty() {
            bail!("the command wrote no log: it runs no Pyroxene, or without its environment");
        }
        Ok(logs)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nothing depends on that.
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// The lines of a log.
fn read(log: &Path) -> Result<Vec<Line>> {
    let text = fs::read_to_string(log).with_context(|| format!("cannot read {}", log.display()))?;
    // A process that was killed may not even have begun its log.
    if !text.contains('\n') {
        return Ok(Vec::new());
    }
    pyroxene_jit_log::read(&text)
        .map_err(|(line, why)| anyhow::anyhow!("{}, line {line}: {why}", log.display()))
}
