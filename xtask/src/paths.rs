//! Where things are: every path that more than one command uses, relative to the root of the checkout.
use std::path::{Path, PathBuf};

/// The root of the checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the root of the checkout")
}

/// Everything that is generated: the cargo target folder.
pub fn target() -> PathBuf {
    root().join("target")
}

/// The installed prefix of ours.
pub fn dist() -> PathBuf {
    target().join("dist")
}

/// Our interpreter.
pub fn python() -> PathBuf {
    dist().join("bin/python3.13")
}

/// The installed prefix of stock CPython.
pub fn reference() -> PathBuf {
    target().join("reference")
}

/// The stock interpreter.
pub fn reference_python() -> PathBuf {
    reference().join("bin/python3.13")
}

/// Virtual environments of the test suites, one folder a name and interpreter.
pub fn envs() -> PathBuf {
    target().join("env")
}
