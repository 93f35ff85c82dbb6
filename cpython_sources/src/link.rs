//! Puts programs and libraries together with clang and lld. Touches the output it is asked for, and a stamp beside it:
//! what is made of the same inputs again is left alone.
use crate::profile::Profile;
use crate::toolchain::{LLVM, Toolchain, find_tool};
use crate::{files, hashes};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One run of the linker.
pub struct Link<'a> {
    /// The compiler that drives the linker.
    pub toolchain: &'a Toolchain,
    /// The profile, for its flags.
    pub profile: &'a Profile,
    /// What is made.
    pub output: &'a Path,
    /// Objects and archives: what the output's freshness depends on.
    pub inputs: &'a [PathBuf],
    /// Flags and libraries, after the inputs.
    pub arguments: &'a [String],
    /// Archives of which every member is linked.
    pub whole: &'a [PathBuf],
    /// Files that the arguments name, on which the output depends as well.
    pub named: &'a [PathBuf],
}

impl Link<'_> {
    /// Links, unless the output is of these inputs already; says whether it linked.
    ///
    /// # Errors
    /// When the linker fails; the message holds what it said.
    pub fn run(&self) -> Result<bool> {
        let mut key = format!(
            "{:?} {:?} {}\n",
            self.profile, self.arguments, self.toolchain.version
        );
        for input in self.inputs.iter().chain(self.whole).chain(self.named) {
            key.push_str(&look(input));
        }
        let key = hashes::of_bytes(key);
        if files::is_fresh(self.output, &key) {
            return Ok(false);
        }
        if let Some(dir) = self.output.parent() {
            files::make_dir(dir)?;
        }
        let partial = files::beside(self.output);
        let response = files::beside(&self.output.with_extension("link"));
        fs::write(&response, self.response())?;
        let out = Command::new(&self.toolchain.clang)
            .arg(format!("@{}", response.display()))
            .arg(format!(
                "--ld-path={}",
                find_tool("ld.lld").or_else(|_| find_tool("lld"))?.display()
            ))
            .args(self.profile.link_flags())
            .arg("-o")
            .arg(&partial)
            .output()
            .with_context(|| format!("cannot start clang-{LLVM}"))?;
        let _ = fs::remove_file(&response);
        if !out.status.success() {
            let _ = fs::remove_file(&partial);
            let said = String::from_utf8_lossy(&out.stderr);
            let said: Vec<&str> = said.lines().take(40).collect();
            bail!(
                "linking {} failed:\n{}",
                self.output.display(),
                said.join("\n")
            );
        }
        fs::rename(&partial, self.output)
            .with_context(|| format!("cannot write {}", self.output.display()))?;
        files::set_fresh(self.output, &key)?;
        Ok(true)
    }

    fn response(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        words.extend(self.inputs.iter().map(|path| path.display().to_string()));
        if !self.whole.is_empty() {
            words.push("-Wl,--whole-archive".into());
            words.extend(self.whole.iter().map(|path| path.display().to_string()));
            words.push("-Wl,--no-whole-archive".into());
        }
        words.extend(self.arguments.iter().cloned());
        words
            .iter()
            .map(|word| format!("\"{}\"\n", word.replace('\\', "\\\\").replace('"', "\\\"")))
            .collect()
    }
}

/// How a file looks: objects of the cache never change under their name, archives are made anew.
fn look(path: &Path) -> String {
    match fs::metadata(path) {
        Ok(meta) => format!(
            "{} {} {}.{}\n",
            path.display(),
            meta.size(),
            meta.mtime(),
            meta.mtime_nsec()
        ),
        Err(_) => format!("{} missing\n", path.display()),
    }
}

/// Makes a thin archive: a list of objects in the shape that a linker takes for a library.
///
/// # Errors
/// When `llvm-ar` is missing or fails.
pub fn archive(output: &Path, objects: &[PathBuf]) -> Result<()> {
    let key = hashes::of_bytes(format!("{objects:?}"));
    if files::is_fresh(output, &key) {
        return Ok(());
    }
    let partial = files::beside(output);
    let _ = fs::remove_file(&partial);
    let out = Command::new(find_tool("llvm-ar")?)
        .arg("rcsT")
        .arg(&partial)
        .args(objects)
        .output()
        .context("cannot start llvm-ar")?;
    if !out.status.success() {
        bail!(
            "llvm-ar failed: {}",
            String::from_utf8_lossy(&out.stderr).trim()
        );
    }
    fs::rename(&partial, output).with_context(|| format!("cannot write {}", output.display()))?;
    files::set_fresh(output, &key)
}
