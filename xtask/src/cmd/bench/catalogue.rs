//! Which benchmarks there are, and which of them a run wants: pyperformance's manifest and `benches/sets.toml`.
use crate::pyenv::PyEnv;
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Which packages a program needs: the name of a file in `benches/requirements`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Needs {
    /// pyperf alone.
    Base,
    /// The applications and libraries that pyperformance measures.
    Apps,
    /// NumPy.
    Numpy,
}

impl Needs {
    /// The name of the file, and of the environments made from it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Apps => "apps",
            Self::Numpy => "numpy",
        }
    }
}

/// The group of everything that comes from pyperformance.
pub const PYPERFORMANCE: &str = "pyperformance";

/// A script that uses pyperf; it may hold several benchmarks.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// What the user calls it.
    pub name: String,
    /// With what it shares a geometric mean.
    pub group: String,
    /// The script.
    pub script: PathBuf,
    /// What the script wants to be told.
    pub options: Vec<String>,
    /// Its packages.
    pub needs: Needs,
    /// How often a value repeats its statement, where that is not to be found out.
    pub loops: Option<u64>,
}

/// `benches/sets.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sets {
    programs: BTreeMap<String, Own>,
    sets: BTreeMap<String, Vec<String>>,
}

/// A program of our own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    group: String,
    about: String,
    script: PathBuf,
    needs: Needs,
    loops: Option<u64>,
}

/// What pyperformance says of a benchmark (`benches/catalogue.py`).
#[derive(Debug, Deserialize)]
struct Listed {
    name: String,
    script: PathBuf,
    options: Vec<String>,
    packages: bool,
}

/// All programs and the sets.
#[derive(Debug)]
pub struct Catalogue {
    programs: Vec<Program>,
    sets: BTreeMap<String, Vec<String>>,
    about: BTreeMap<String, String>,
}

/// The folder of the benchmarks.
pub fn dir() -> PathBuf {
    paths::root().join("benches")
}

impl Catalogue {
    /// Reads our own list, and pyperformance's from `env`, where it is installed.
    ///
    /// # Errors
    /// When either cannot be read.
    pub fn read(env: &PyEnv) -> Result<Self> {
        let path = dir().join("sets.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let sets = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        let listed = proc::output(env.command().arg(dir().join("catalogue.py")))?;
        Self::new(sets, serde_json::from_str(&listed)?)
    }

    fn new(sets: Sets, listed: Vec<Listed>) -> Result<Self> {
        let mut about = BTreeMap::new();
        let mut programs = vec![];
        for (name, own) in sets.programs {
            about.insert(name.clone(), own.about);
            let script = dir().join("programs").join(own.script);
            let (group, needs, loops) = (own.group, own.needs, own.loops);
            programs.push(Program {
                name,
                group,
                script,
                options: vec![],
                needs,
                loops,
            });
        }
        let mut all = sets.sets;
        let full = all.entry("full".to_owned()).or_default();
        for listed in listed {
            full.push(listed.name.clone());
            programs.push(Program {
                name: listed.name,
                group: PYPERFORMANCE.to_owned(),
                script: listed.script,
                options: listed.options,
                needs: if listed.packages {
                    Needs::Apps
                } else {
                    Needs::Base
                },
                loops: None,
            });
        }
        let catalogue = Self {
            programs,
            sets: all,
            about,
        };
        for name in catalogue.sets.values().flatten() {
            catalogue.program(name).context("in benches/sets.toml")?;
        }
        Ok(catalogue)
    }

    fn program(&self, name: &str) -> Result<&Program> {
        let found = self.programs.iter().find(|program| program.name == name);
        found.with_context(|| format!("no benchmark is called {name}; --list --set full names all"))
    }

    /// The programs of `set`, or those of `names` where there are any.
    ///
    /// # Errors
    /// When a name or the set is unknown.
    pub fn select(&self, set: &str, names: &[String]) -> Result<Vec<Program>> {
        let chosen = match self.sets.get(set) {
            _ if !names.is_empty() => names,
            Some(chosen) => chosen,
            None => bail!("no set is called {set}, but {:?}", self.sets.keys()),
        };
        chosen
            .iter()
            .map(|name| self.program(name).cloned())
            .collect()
    }

    /// A line about a program.
    pub fn describe(&self, program: &Program) -> String {
        let about = self
            .about
            .get(&program.name)
            .map_or(PYPERFORMANCE, String::as_str);
        format!("{:<36} {:<6} {about}", program.name, program.needs.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        [programs.startup]
        group = "startup"
        about = "Starting"
        script = "startup.py"
        needs = "base"
        [sets]
        full = ["startup"]
        quick = ["nbody"]
    "#;

    fn catalogue(listed: &str) -> Result<Catalogue> {
        Catalogue::new(
            toml::from_str(TEXT).unwrap(),
            serde_json::from_str(listed).unwrap(),
        )
    }

    const NBODY: &str =
        r#"{"name": "nbody", "script": "n.py", "options": ["x"], "packages": true}"#;

    #[test]
    fn full_holds_both_and_names_go_before_the_set() {
        let all = catalogue(&format!("[{NBODY}]")).unwrap();
        let names = |set, names: &[&str]| -> Vec<String> {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            all.select(set, &names)
                .unwrap()
                .into_iter()
                .map(|program| program.name)
                .collect()
        };
        assert_eq!(names("full", &[]), ["startup", "nbody"]);
        assert_eq!(names("quick", &[]), ["nbody"]);
        assert_eq!(names("quick", &["startup"]), ["startup"]);
        assert!(all.select("fast", &[]).is_err());
        assert!(all.select("quick", &["nobody".to_owned()]).is_err());
    }

    #[test]
    fn a_set_that_names_nothing_is_refused() {
        assert!(catalogue("[]").is_err());
    }

    #[test]
    fn packages_decide_the_environment() {
        let all = catalogue(&format!("[{NBODY}]")).unwrap();
        assert_eq!(all.program("nbody").unwrap().needs, Needs::Apps);
        assert_eq!(all.program("startup").unwrap().needs, Needs::Base);
    }
}
