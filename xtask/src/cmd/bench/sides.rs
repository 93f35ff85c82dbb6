//! The two interpreters that are compared, each with an environment for what the programs need.
use super::catalogue::{Needs, dir};
use crate::interpreter::Interpreter;
use crate::pyenv::PyEnv;
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One of the two interpreters.
pub struct Side {
    /// The interpreter itself.
    pub python: PathBuf,
    envs: BTreeMap<Needs, Result<PyEnv>>,
}

impl Side {
    /// The side of `interpreter`, with an environment for each of `needs`. `wheel` goes into the environment of
    /// programs without packages.
    ///
    /// # Errors
    /// When the interpreter is not there. An environment that cannot be made fails the programs that need it.
    pub fn new(interpreter: &Interpreter, needs: &[Needs], wheel: &Path) -> Result<Self> {
        let python = interpreter.ensure()?;
        let mut envs = BTreeMap::new();
        for need in needs {
            let packages = packages(*need, wheel)?;
            let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
            let name = format!("bench-{}", need.name());
            envs.insert(
                *need,
                PyEnv::new(&python, interpreter.kind(), &name, &packages),
            );
        }
        Ok(Self { python, envs })
    }

    /// The environment for `needs`.
    ///
    /// # Errors
    /// When it could not be made.
    pub fn env(&self, needs: Needs) -> Result<&PyEnv> {
        match &self.envs[&needs] {
            Ok(env) => Ok(env),
            Err(error) => bail!("no environment: {error:#}"),
        }
    }
}

/// What pip is to install for `needs`.
fn packages(needs: Needs, wheel: &Path) -> Result<Vec<String>> {
    let mut packages = requirements(Needs::Base)?;
    match needs {
        Needs::Base => packages.push(wheel.display().to_string()),
        Needs::Apps | Needs::Numpy => packages.extend(requirements(needs)?),
    }
    Ok(packages)
}

fn requirements(needs: Needs) -> Result<Vec<String>> {
    let path = dir()
        .join("requirements")
        .join(format!("{}.txt", needs.name()));
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect())
}

/// An environment of the interpreter that is compared against, which has pyperformance and builds wheels.
///
/// # Errors
/// When it cannot be made.
pub fn tools(against: &Interpreter) -> Result<PyEnv> {
    let packages = requirements(Needs::Base)?;
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    PyEnv::new(&against.ensure()?, against.kind(), "bench-tools", &packages)
}

/// The wheel of `benches/c_calls`: one build by `tools`, so that both sides run the same machine code.
///
/// # Errors
/// When it cannot be built.
pub fn wheel(tools: &PyEnv) -> Result<PathBuf> {
    let source = dir().join("c_calls");
    let build = paths::target().join("bench/c_calls");
    let wheels = paths::target().join("bench/wheels");
    let mut changed = false;
    std::fs::create_dir_all(&build).with_context(|| format!("cannot make {}", build.display()))?;
    // setuptools leaves its traces beside its input, so it gets a copy.
    for entry in std::fs::read_dir(&source)? {
        let from = entry?.path();
        let to = build.join(from.file_name().context("a file has a name")?);
        let text = std::fs::read(&from)?;
        if std::fs::read(&to).ok().as_ref() != Some(&text) {
            std::fs::write(&to, text)?;
            changed = true;
        }
    }
    if let (false, Ok(wheel)) = (changed, only_wheel(&wheels)) {
        return Ok(wheel);
    }
    if wheels.exists() {
        std::fs::remove_dir_all(&wheels)?;
    }
    proc::run_logged(
        tools
            .command()
            .args([
                "-m",
                "pip",
                "wheel",
                "--disable-pip-version-check",
                "--no-deps",
                "-w",
            ])
            .args([&wheels, &build]),
        "the C that the C-call benchmarks call",
        "bench-wheel",
    )?;
    only_wheel(&wheels)
}

fn only_wheel(dir: &Path) -> Result<PathBuf> {
    let entry = std::fs::read_dir(dir)?.next().context("no wheel")?;
    Ok(entry?.path())
}
