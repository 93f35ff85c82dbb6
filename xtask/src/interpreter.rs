//! Which interpreter a suite runs on: ours, the reference, or any other by its path.
use crate::paths;
use anyhow::{Result, bail};
use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

/// An interpreter as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interpreter {
    /// The one that this checkout builds.
    Ours,
    /// Stock CPython of the same source.
    Reference,
    /// Any other, by its path.
    Other(PathBuf),
}

impl FromStr for Interpreter {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(match name {
            "ours" => Self::Ours,
            "reference" => Self::Reference,
            path => Self::Other(PathBuf::from(path)),
        })
    }
}

impl Interpreter {
    /// Its path, after building it when it is ours.
    ///
    /// # Errors
    /// When it cannot be built or does not exist.
    pub fn ensure(&self) -> Result<PathBuf> {
        let path = match self {
            Self::Ours => paths::python(),
            Self::Reference => paths::reference_python(),
            Self::Other(path) => path.clone(),
        };
        if !path.is_file() {
            bail!(match self {
                Self::Ours => "our interpreter is not built: cargo xtask build".to_owned(),
                Self::Reference => "the reference is not built: cargo xtask reference".to_owned(),
                Self::Other(_) => format!("no interpreter at {}", path.display()),
            });
        }
        Ok(std::path::absolute(path)?)
    }

    /// The word that tells its logs, environments and results from those of the others.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Reference => "reference",
            Self::Other(_) => "other",
        }
    }
}
