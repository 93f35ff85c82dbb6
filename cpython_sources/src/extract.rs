//! Unpacks the tarball into `target/cpython`, all or nothing, and notes the hash of every file that compilers read.
use crate::manifest::Manifest;
use crate::tree::Tree;
use crate::{fetch, files, hashes};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes sure that the extracted source is there.
///
/// # Errors
/// When the tarball cannot be had, there is no room, or tar fails.
pub fn extract(tree: &Tree) -> Result<()> {
    if tree.source().is_dir() && tree.source_hashes().is_file() {
        return Ok(());
    }
    let tarball = fetch::tarball()?;
    files::need_room(&tree.base(), 1500, "extracting and building CPython")?;
    let partial = tree
        .base()
        .join(format!("extract.{}.partial", std::process::id()));
    let result = unpack(&tarball, &partial).and_then(|source| {
        let list = hash_list(&source)?;
        if tree.source().exists() {
            fs::remove_dir_all(tree.source())?;
        }
        fs::rename(&source, tree.source())
            .with_context(|| format!("cannot make {}", tree.source().display()))?;
        files::write_whole(&tree.source_hashes(), list)
    });
    let _ = fs::remove_dir_all(&partial);
    result
}

/// Unpacks the tarball below `into` and gives the folder that it holds.
///
/// # Errors
/// When tar fails.
pub fn unpack(tarball: &Path, into: &Path) -> Result<PathBuf> {
    files::make_dir(into)?;
    let out = Command::new("tar")
        .arg("-xJf")
        .arg(tarball)
        .arg("-C")
        .arg(into)
        .arg("--no-same-owner")
        .output()
        .context("cannot start tar: install the packages tar and xz-utils")?;
    if !out.status.success() {
        bail!(
            "cannot extract {} (are xz-utils installed, is the disk full?): {}",
            tarball.display(),
            String::from_utf8_lossy(&out.stderr).trim()
        );
    }
    Ok(into.join(&Manifest::get().upstream.folder))
}

/// One line a file, "hash path", for C, headers and assembler.
fn hash_list(source: &Path) -> Result<String> {
    let mut lines = Vec::new();
    let mut dirs = vec![source.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                dirs.push(path);
            } else if path
                .extension()
                .is_some_and(|ext| ext == "c" || ext == "h" || ext == "S")
            {
                let name = path.strip_prefix(source).expect("found below it");
                lines.push(format!("{} {}\n", hashes::of_file(&path)?, name.display()));
            }
        }
    }
    lines.sort_unstable();
    Ok(lines.concat())
}

/// The hashes of upstream's files as they were in the tarball, by path.
///
/// # Errors
/// When the list is missing.
pub fn known_hashes(tree: &Tree) -> Result<BTreeMap<String, String>> {
    let path = tree.source_hashes();
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(hash, path)| (path.to_owned(), hash.to_owned()))
        .collect())
}
