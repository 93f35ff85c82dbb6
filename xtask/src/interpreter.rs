//! Which interpreter a suite runs on: ours, the reference, or any other by its path.
use crate::{cmd, paths};
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
            "reference" | "stock" => Self::Reference,
            path => Self::Other(PathBuf::from(path)),
        })
    }
}

impl Interpreter {
    /// Its path; one of those that we build is built when it is not there. One that is there is taken as it is:
    /// whoever changed its source says when it is to be built anew.
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
            match self {
                Self::Ours => cmd::build::run(cmd::build::Args {
                    profile: cmd::build::Profile::Release,
                })?,
                Self::Reference => cmd::reference::run(cmd::reference::Args { force: false })?,
                Self::Other(_) => bail!("no interpreter at {}", path.display()),
            }
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
