//! CPython's own C: where it comes from, what becomes of each file, and how it is compiled and linked.
//! Touches only `target/cpython`, the tarball's cache folder, and what its callers name.
//!
//! The order of things: [`fetch`] finds the pinned tarball and proves its hash, [`extract`] unpacks it,
//! [`configure`] runs upstream's configure beside it, [`makefile`] and [`units`] read from the result how
//! upstream compiles each file that the [`manifest`] keeps (the C of our own, in `glue`, is compiled like one of them),
//! [`compile`] does that with clang through a cache of objects, [`freeze`] makes the frozen modules, and [`link`]
//! puts libraries and programs together.

pub mod commit;
pub mod compile;
pub mod configure;
mod debian;
pub mod extract;
pub mod fetch;
pub mod files;
pub mod freeze;
pub mod hashes;
pub mod link;
pub mod makefile;
pub mod manifest;
pub mod profile;
pub mod runtime;
pub mod toolchain;
pub mod tree;
pub mod units;
pub mod verify;

use anyhow::Result;
use tree::Tree;

/// Everything that must be there before the first file is compiled: the verified, extracted and configured source.
/// Safe to repeat; a second call looks at a few stamps and returns.
///
/// # Errors
/// When the tarball cannot be had or is not the pinned one, when there is no room, or when configure fails: each
/// with a sentence that says what to do.
pub fn prepare() -> Result<Tree> {
    let tree = Tree::of_checkout();
    prepare_in(&tree)?;
    Ok(tree)
}

/// [`prepare`] in a tree elsewhere.
///
/// # Errors
/// As there.
pub fn prepare_in(tree: &Tree) -> Result<()> {
    let _lock = files::Lock::take(&tree.lock_file())?;
    extract::extract(tree)?;
    configure::configure(tree)
}
