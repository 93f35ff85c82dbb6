//! A folder of `extensions/`: an extension with a `pyproject.toml`, or an embedding program without; `tests/` in both.
use super::job::{Context, Job, logged};
use super::stamp;
use super::totals::{Tested, Totals};
use crate::paths;
use crate::pyenv::PyEnv;
use anyhow::{Context as _, Result};
use cpython_sources::{files, hashes};
use std::path::PathBuf;

/// What is installed beside the extensions.
const PACKAGES: &[&str] = &["pytest==9.2.0"];

/// Minutes after which a build or a run of tests is ended.
const BUILD_MINUTES: u64 = 20;
const TEST_MINUTES: u64 = 10;

/// One folder.
pub struct Folder {
    name: String,
    path: PathBuf,
}

impl Folder {
    /// Every folder of `extensions/` that has tests, by name.
    ///
    /// # Errors
    /// When `extensions/` cannot be read.
    pub fn all() -> Result<Vec<Self>> {
        let root = paths::root().join("extensions");
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&root).context("no folder extensions")? {
            let path = entry?.path();
            if path.join("tests").is_dir() {
                let name = path.file_name().expect("an entry has a name");
                let name = name.to_string_lossy().into_owned();
                all.push(Self { name, path });
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// The environment that all folders share.
    fn environment(context: &Context) -> Result<PyEnv> {
        PyEnv::new(&context.python, context.kind, "extensions", PACKAGES)
    }
}

impl Job for Folder {
    fn name(&self) -> &str {
        &self.name
    }

    fn prepare(&self, context: &Context) -> Result<()> {
        Self::environment(context).map(drop)
    }

    fn build(&self, context: &Context) -> Result<()> {
        let env = Self::environment(context)?;
        if !self.path.join("pyproject.toml").is_file() {
            return Ok(());
        }
        // The stamp lies in the environment, so that both go together.
        let stamp = env.dir().join("pyroxene-extensions").join(&self.name);
        let key = hashes::of_bytes(stamp::of_folder(&self.path)? + &context.identity);
        if !context.rebuild && std::fs::read_to_string(&stamp).is_ok_and(|have| have == key) {
            return Ok(());
        }
        // Build back ends leave their files beside the sources; ours shall stay clean.
        let copy = context.work(&self.name);
        stamp::copy_folder(&self.path, &copy)?;
        logged(
            env.command()
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--disable-pip-version-check",
                    "--no-input",
                    ".",
                ])
                .current_dir(&copy),
            &context.log(&self.name, "build")?,
            BUILD_MINUTES,
            |status| status == 0,
        )?;
        files::write_whole(&stamp, key)
    }

    fn test(&self, context: &Context) -> Result<Tested> {
        let env = Self::environment(context)?;
        // A folder without sources, so that tests see what is installed and nothing else.
        let start = context.work(&format!("{}-tests", self.name));
        stamp::empty_folder(&start)?;
        let log = context.log(&self.name, "test")?;
        let output = logged(
            context
                .mode
                .set(&mut env.command())
                .args(["-m", "pytest", "-q", "-rfEs", "-p", "no:cacheprovider"])
                .arg(self.path.join("tests"))
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .current_dir(start),
            &log,
            context.minutes(TEST_MINUTES),
            // 1: some tests failed; the totals say how many.
            |status| status == 0 || status == 1,
        )?;
        Tested::read(&output, log, Totals::of_pytest)
    }
}
