//! The object that says of which commit a library is. Touches the folder that it is told.
//!
//! The core declares the symbol, and whoever links it links this object too. If the core held the commit itself, every
//! commit would compile the core anew.
use crate::files;
use crate::toolchain::Toolchain;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The symbol's size, as the core declares it: a hash of git and a word behind it, then zeros.
const SIZE: usize = 64;

/// Makes the object, unless it is there; an empty `commit` says that none is known.
///
/// # Errors
/// When `commit` is no name of one, or the compiler fails.
pub fn object(toolchain: &Toolchain, dir: &Path, commit: &str) -> Result<PathBuf> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte);
    if commit.len() >= SIZE || !commit.bytes().all(plain) {
        bail!("`{commit}` is no name of a commit");
    }
    let source = dir.join("commit.c");
    let object = dir.join("commit.o");
    let text = format!(
        "__attribute__((visibility(\"hidden\"))) const char pyroxene_commit[{SIZE}] = \"{commit}\";\n"
    );
    if object.exists() && fs::read_to_string(&source).is_ok_and(|have| have == text) {
        return Ok(object);
    }
    // The text goes last to its place: it is the sign that the object is made from it.
    files::make_dir(dir)?;
    let new = files::beside(&source);
    fs::write(&new, &text).with_context(|| format!("cannot write {}", new.display()))?;
    let out = Command::new(&toolchain.clang)
        .args(["-x", "c", "-c", "-fPIC", "-o"])
        .args([&object, &new])
        .output()
        .context("cannot start clang")?;
    if !out.status.success() {
        bail!("{}", String::from_utf8_lossy(&out.stderr).trim());
    }
    fs::rename(&new, &source).with_context(|| format!("cannot write {}", source.display()))?;
    Ok(object)
}
