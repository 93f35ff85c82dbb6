//! Virtual environments for suites: made once with an interpreter, filled from PyPI, remade when the list changes.
use crate::{paths, proc};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// An environment: its folder and its interpreter.
pub struct PyEnv {
    dir: PathBuf,
}

impl PyEnv {
    /// The environment `name` over `base` (a `bin/python3.13`), with `packages` (pip requirement strings) installed.
    /// `kind` tells apart environments of one name over several interpreters ("ours", "reference").
    /// It is kept between runs (a rebuilt interpreter keeps its environments) and made anew when the list of packages changes.
    ///
    /// # Errors
    /// When the interpreter is missing, or venv or pip fails.
    pub fn new(base: &Path, kind: &str, name: &str, packages: &[&str]) -> Result<Self> {
        let dir = paths::envs().join(format!("{name}-{kind}"));
        let stamp = dir.join("pyroxene-stamp");
        std::fs::metadata(base)
            .with_context(|| format!("no interpreter at {}; build it first", base.display()))?;
        let want = format!("{}\n{}\n", base.display(), packages.join("\n"));
        let env = Self { dir };
        if std::fs::read_to_string(&stamp).is_ok_and(|have| have == want) {
            return Ok(env);
        }
        let log = format!("env-{name}-{kind}");
        proc::run_logged(
            Command::new(base)
                .args(["-m", "venv", "--clear"])
                .arg(&env.dir),
            &format!("environment {name} ({kind})"),
            &log,
        )?;
        if !packages.is_empty() {
            env.pip_install(packages, &format!("packages of {name} ({kind})"), &log)?;
        }
        std::fs::write(&stamp, want)?;
        Ok(env)
    }

    /// Installs `args` (requirements, paths, options) with the environment's own pip.
    ///
    /// # Errors
    /// When pip fails.
    pub fn pip_install(&self, args: &[&str], what: &str, log: &str) -> Result<()> {
        proc::run_logged(
            self.command()
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--disable-pip-version-check",
                    "--no-input",
                ])
                .args(args),
            what,
            log,
        )
    }

    /// A command that starts the environment's interpreter with the environment's `bin` first on PATH.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.python());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut dirs = vec![self.dir.join("bin")];
        dirs.extend(std::env::split_paths(&path));
        command
            .env(
                "PATH",
                std::env::join_paths(dirs).expect("PATH entries hold no colon"),
            )
            .env("VIRTUAL_ENV", &self.dir)
            .env_remove("PYTHONHOME")
            .env_remove("PYTHONPATH");
        command
    }

    /// The environment's interpreter.
    pub fn python(&self) -> PathBuf {
        self.dir.join("bin/python")
    }

    /// The folder of the environment.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}
