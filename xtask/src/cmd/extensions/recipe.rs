//! A recipe of `extensions/recipes.toml`: a package from its sdist, fetched and verified, built unchanged by its own
//! back end, and the suite that it brings along run against what was installed.
use super::job::{Context, Job, logged};
use super::stamp;
use super::totals::{Tested, Totals};
use crate::pyenv::PyEnv;
use crate::{paths, system};
use anyhow::{Context as _, Result, bail};
use cpython_sources::{files, hashes};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Minutes after which fetching or building is ended.
const BUILD_MINUTES: u64 = 30;

/// The file: a list of recipes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    recipe: Vec<Recipe>,
}

/// One recipe.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    name: String,
    version: String,
    /// Of the sdist.
    sha256: String,
    /// Debian packages that building needs.
    #[serde(default)]
    system: Vec<String>,
    /// pip requirement strings that the suite needs beside the package.
    packages: Vec<String>,
    /// What the suite needs of the sdist; everything when empty. What is left out cannot hide what is installed.
    #[serde(default)]
    take: Vec<String>,
    /// Installed packages that the suite wants to find in its tree: path in the tree → package.
    #[serde(default)]
    installed: BTreeMap<String, String>,
    /// The interpreter's arguments that start the suite.
    args: Vec<String>,
    runner: Runner,
    minutes: u64,
    /// Fewer passes than this are a failure.
    at_least: u64,
    /// What stock CPython gave, for the reader.
    #[serde(rename = "stock")]
    _stock: toml::Table,
}

/// Whose summary the suite prints.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Runner {
    Pytest,
    Unittest,
}

impl Recipe {
    /// Every recipe, in the file's order.
    ///
    /// # Errors
    /// When the file is missing or is not well formed.
    pub fn all() -> Result<Vec<Self>> {
        let path = paths::root().join("extensions/recipes.toml");
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let file: File = toml::from_str(&text).context("extensions/recipes.toml")?;
        Ok(file.recipe)
    }

    fn environment(&self, context: &Context) -> Result<PyEnv> {
        let packages: Vec<&str> = self.packages.iter().map(String::as_str).collect();
        let name = format!("extensions-{}", self.name);
        PyEnv::new(&context.python, context.kind, &name, &packages)
    }

    fn requirement(&self) -> String {
        format!("{}=={}", self.name, self.version)
    }

    fn sdist(&self) -> PathBuf {
        let file = format!("{}-{}.tar.gz", self.name, self.version);
        paths::target().join("extensions/sdist").join(file)
    }

    /// Downloads the sdist unless it is there. pip refuses one with another hash.
    fn fetch(&self, env: &PyEnv, context: &Context) -> Result<()> {
        let sdist = self.sdist();
        if sdist.is_file() && hashes::of_file(&sdist)? == self.sha256 {
            return Ok(());
        }
        let requirements = context.work(&format!("{}.txt", self.name));
        let line = format!("{} --hash=sha256:{}\n", self.requirement(), self.sha256);
        files::write_whole(&requirements, line)?;
        let folder = sdist.parent().expect("a file lies in a folder");
        let mut pip = env.command();
        pip.args([
            "-m",
            "pip",
            "download",
            "--disable-pip-version-check",
            "--no-input",
        ])
        .args(["--no-deps", "--require-hashes", "--no-binary", &self.name])
        .arg("--dest")
        .arg(folder)
        .arg("-r")
        .arg(&requirements);
        logged(
            &mut pip,
            &context.log(&self.name, "fetch")?,
            BUILD_MINUTES,
            |status| status == 0,
        )?;
        if !sdist.is_file() {
            bail!("pip did not leave {}", sdist.display());
        }
        Ok(())
    }

    /// Unpacks what the suite needs, beside links to the installed packages that it looks for.
    fn lay_out(&self, env: &PyEnv, context: &Context) -> Result<PathBuf> {
        let tree = context.work(&format!("{}-suite", self.name));
        stamp::empty_folder(&tree)?;
        let whole = tree.join("sdist");
        fs::create_dir(&whole)?;
        crate::proc::run(
            Command::new("tar")
                .arg("-xf")
                .arg(self.sdist())
                .args(["--strip-components=1", "-C"])
                .arg(&whole),
        )?;
        if self.take.is_empty() {
            return Ok(whole);
        }
        let start = tree.join("suite");
        for (path, package) in &self.installed {
            let from = site_packages(env)?.join(package);
            stamp::copy_folder(&from, &start.join(path))?;
        }
        for path in &self.take {
            let to = start.join(path);
            if to.is_dir() {
                fs::remove_dir_all(&to)?;
            }
            fs::create_dir_all(to.parent().expect("it lies below the tree"))?;
            fs::rename(whole.join(path), to)
                .with_context(|| format!("the sdist of {} holds no {path}", self.name))?;
        }
        Ok(start)
    }
}

impl Job for Recipe {
    fn name(&self) -> &str {
        &self.name
    }

    fn prepare(&self, context: &Context) -> Result<()> {
        let packages: Vec<&str> = self.system.iter().map(String::as_str).collect();
        system::ensure(&packages)?;
        self.environment(context).map(drop)
    }

    fn build(&self, context: &Context) -> Result<()> {
        let env = self.environment(context)?;
        self.fetch(&env, context)?;
        let stamp = env.dir().join("pyroxene-extension");
        let key = hashes::of_bytes(format!("{} {}", self.sha256, context.identity));
        if !context.rebuild && fs::read_to_string(&stamp).is_ok_and(|have| have == key) {
            return Ok(());
        }
        logged(
            env.command()
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--disable-pip-version-check",
                    "--no-input",
                ])
                .args(["--force-reinstall", "--no-cache-dir"])
                .arg(self.sdist()),
            &context.log(&self.name, "build")?,
            BUILD_MINUTES,
            |status| status == 0,
        )?;
        files::write_whole(&stamp, key)
    }

    fn test(&self, context: &Context) -> Result<Tested> {
        let env = self.environment(context)?;
        let start = self.lay_out(&env, context)?;
        let log = context.log(&self.name, "test")?;
        let mut command = env.command();
        context
            .mode
            .set(&mut command)
            .args(&self.args)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("LANG", "C.UTF-8")
            .current_dir(start);
        // 1: some tests failed; the totals say how many.
        let output = logged(
            &mut command,
            &log,
            context.minutes(self.minutes),
            |status| status == 0 || status == 1,
        )?;
        let sum = match self.runner {
            Runner::Pytest => Totals::of_pytest,
            Runner::Unittest => Totals::of_unittest,
        };
        let mut tested = Tested::read(&output, log, sum)?;
        let passed = tested.totals.passed;
        if tested.totals.failed == 0 && passed < self.at_least {
            // Tests that vanish are failures too.
            tested.totals.failed = self.at_least - passed;
            let line = format!("only {passed} of at least {} tests", self.at_least);
            tested.failures.push(line);
        }
        Ok(tested)
    }
}

fn site_packages(env: &PyEnv) -> Result<PathBuf> {
    let line = "import sysconfig; print(sysconfig.get_path('platlib'))";
    let text = crate::proc::output(env.command().args(["-c", line]))?;
    Ok(Path::new(text.trim()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::Recipe;

    #[test]
    fn the_recipes_are_well_formed() {
        for recipe in Recipe::all().unwrap() {
            assert_eq!(recipe.sha256.len(), 64, "{}", recipe.name);
            assert!(
                !recipe.args.is_empty() && recipe.at_least > 0,
                "{}",
                recipe.name
            );
        }
    }
}
