//! Proves that the extracted source is the tarball's, byte for byte. Unpacks a second copy and removes it.
use crate::manifest::Manifest;
use crate::tree::Tree;
use crate::{extract, fetch, hashes};
use anyhow::{Result, bail};
use std::fs;

/// Compares every upstream file that is compiled, and every header, with a fresh copy from the verified tarball.
///
/// # Errors
/// When a file differs, naming all that do.
pub fn verify(tree: &Tree) -> Result<usize> {
    let tarball = fetch::tarball()?;
    let partial = tree
        .base()
        .join(format!("verify.{}.partial", std::process::id()));
    let fresh = extract::unpack(&tarball, &partial);
    let result = fresh.and_then(|fresh| {
        let known = extract::known_hashes(tree)?;
        let mut wrong = Vec::new();
        for (path, hash) in &known {
            let same = |root: &std::path::Path| {
                hashes::of_file(&root.join(path)).is_ok_and(|have| have == *hash)
            };
            if !same(&fresh) || !same(&tree.source()) {
                wrong.push(path.as_str());
            }
        }
        for path in Manifest::get().compiled() {
            let generated = tree.config().join(path).exists();
            if !known.contains_key(path) && !generated {
                wrong.push(path);
            }
        }
        if wrong.is_empty() {
            Ok(known.len())
        } else {
            bail!("not as in the tarball: {}", wrong.join(", "))
        }
    });
    let _ = fs::remove_dir_all(&partial);
    result
}
