//! Where a suite runs: the environment with its packages, and a work folder with the tests of its sdist.
use super::definition::{Sdist, Suite};
use crate::compiler::Mode;
use crate::pyenv::PyEnv;
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A suite made ready for one interpreter.
pub struct Place {
    /// Its environment.
    pub env: PyEnv,
    /// Where the environment's packages are.
    pub site: PathBuf,
    /// A folder that is empty but for the sdist's tests; made anew for each run.
    pub work: PathBuf,
    /// Where the tests are started.
    pub start: PathBuf,
}

impl Place {
    /// Installs what `suite` needs for the interpreter `python`, of this kind, for a run in a mode of the compiler: runs in
    /// different modes share the environment only.
    ///
    /// # Errors
    /// When pip fails or a folder cannot be made.
    pub fn new(suite: &Suite, python: &Path, kind: &str, mode: Mode) -> Result<Self> {
        let packages: Vec<&str> = suite.packages.iter().map(String::as_str).collect();
        let env = PyEnv::new(python, kind, &suite.name, &packages)?;
        let line = "import sysconfig; print(sysconfig.get_path('purelib'))";
        let site = PathBuf::from(proc::output(env.command().args(["-c", line]))?.trim());
        let work =
            paths::target()
                .join("suite")
                .join(format!("{}-{}", suite.name, mode.label(kind)));
        if work.exists() {
            std::fs::remove_dir_all(&work)
                .with_context(|| format!("cannot empty {}", work.display()))?;
        }
        for folder in ["tmp", "home"] {
            std::fs::create_dir_all(work.join(folder))?;
        }
        let mut place = Self {
            env,
            site,
            start: work.join("tmp"),
            work,
        };
        if let Some(sdist) = &suite.sdist {
            let tree = place.unpack(sdist)?;
            place.link(sdist, &tree)?;
            place.start = tree.join(&sdist.folder);
        }
        Ok(place)
    }

    /// Fetches and unpacks the sdist; gives the folder with what was taken of it.
    fn unpack(&self, sdist: &Sdist) -> Result<PathBuf> {
        let file = fetch(&self.env, &sdist.requirement)?;
        let whole = self.work.join("sdist");
        std::fs::create_dir_all(&whole)?;
        run(Command::new("tar")
            .arg("-xf")
            .arg(&file)
            .arg("-C")
            .arg(&whole))?;
        let tree = std::fs::read_dir(&whole)?
            .next()
            .context("an sdist holds a folder")??
            .path();
        if sdist.take.is_empty() {
            return Ok(tree);
        }
        let taken = self.work.join("tests");
        for path in &sdist.take {
            let to = taken.join(path);
            std::fs::create_dir_all(to.parent().context("a path below the folder")?)?;
            std::fs::rename(tree.join(path), to)
                .with_context(|| format!("{} holds no {path}", sdist.requirement))?;
        }
        Ok(taken)
    }

    fn link(&self, sdist: &Sdist, tree: &Path) -> Result<()> {
        for (path, package) in &sdist.links {
            let from = tree.join(path);
            if from.is_dir() {
                std::fs::remove_dir_all(&from)?;
            }
            std::fs::create_dir_all(from.parent().context("a path below the tree")?)?;
            std::os::unix::fs::symlink(self.site.join(package), from)?;
        }
        Ok(())
    }
}

/// The sdist of `requirement`, downloaded once.
fn fetch(env: &PyEnv, requirement: &str) -> Result<PathBuf> {
    let folder = paths::target().join("sdist").join(requirement);
    let found = || -> Option<PathBuf> {
        let entry = std::fs::read_dir(&folder).ok()?.next()?.ok()?;
        Some(entry.path())
    };
    if let Some(file) = found() {
        return Ok(file);
    }
    // pip asks the package's own build for its metadata, so this can take a while. What that build needs may be
    // binary: only the package itself is wanted as source.
    let name = requirement.split(['=', '<', '>', '~', '!', '[']).next();
    let mut pip = env.command();
    pip.args(["-m", "pip", "download", "--no-deps", "--no-binary"])
        .args([name.unwrap_or(requirement), "--dest"])
        .arg(&folder)
        .arg(requirement);
    proc::run_logged(&mut pip, &format!("sdist of {requirement}"), "sdist")?;
    found().with_context(|| format!("pip left no file of {requirement}"))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if !status.success() {
        bail!("{command:?} failed ({status})");
    }
    Ok(())
}
