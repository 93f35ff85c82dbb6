//! Where things of CPython are: the folders of `target/cpython`. Names paths only, touches nothing.
use crate::manifest::Manifest;
use std::path::{Path, PathBuf};

/// The prefix that configure is told. It exists nowhere: installing replaces it by what is computed from the place
/// where the installed files are found, so that the whole prefix can be moved.
pub const PLACEHOLDER_PREFIX: &str = "/__pyroxene_prefix__";

/// The folders in which CPython's source is prepared and compiled.
#[derive(Debug, Clone)]
pub struct Tree {
    target: PathBuf,
}

impl Tree {
    /// The tree of this checkout.
    ///
    /// # Panics
    /// Never: this crate lies in a folder of the checkout.
    pub fn of_checkout() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("a folder of the checkout");
        Self::at(root.join("target"))
    }

    /// A tree under another target folder; tests use it to cause failures away from the real one.
    pub fn at(target: impl Into<PathBuf>) -> Self {
        Self {
            target: target.into(),
        }
    }

    /// The folder for all that is generated.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Everything that belongs to this crate.
    pub fn base(&self) -> PathBuf {
        self.target.join("cpython")
    }

    /// Upstream's source, as extracted.
    pub fn source(&self) -> PathBuf {
        self.base().join(&Manifest::get().upstream.folder)
    }

    /// Where configure ran: Makefile, pyconfig.h, generated config.c, frozen modules.
    pub fn config(&self) -> PathBuf {
        self.base().join("config")
    }

    /// The cache of compiled objects.
    pub fn objects(&self) -> PathBuf {
        self.base().join("objects")
    }

    /// The list of hashes that was made when the source was extracted.
    pub fn source_hashes(&self) -> PathBuf {
        self.base().join("source-hashes")
    }

    /// What is remembered of files that were hashed before.
    pub fn hash_cache(&self) -> PathBuf {
        self.base().join("hash-cache")
    }

    /// Held while something in the tree is made.
    pub fn lock_file(&self) -> PathBuf {
        self.base().join("lock")
    }

    /// A folder for the output of long steps.
    pub fn logs(&self) -> PathBuf {
        self.target.join("logs")
    }

    /// The file that a path of the manifest means: upstream's, or the one that configure generated.
    pub fn file(&self, path: &str) -> PathBuf {
        let upstream = self.source().join(path);
        if upstream.exists() {
            upstream
        } else {
            self.config().join(path)
        }
    }
}
