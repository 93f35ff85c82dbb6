//! What a result was measured on and with: enough to know what it is worth, nothing that names the machine.
use super::catalogue::dir;
use super::sides::Side;
use crate::{paths, proc};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::process::Command;

/// The machine.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// The model of its processor.
    pub cpu: String,
    /// How many processors it has.
    pub cpus: usize,
    /// Memory in GiB.
    pub memory: u64,
    /// The version of the kernel.
    pub kernel: String,
    /// The distribution.
    pub system: String,
    /// How many processes wanted a processor in the minute before.
    pub load: f64,
}

impl Machine {
    /// This one.
    pub fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let (cpu, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
        let kilobytes: u64 = field(&memory, "MemTotal:")
            .trim_end_matches(" kB")
            .parse()
            .unwrap_or(0);
        Self {
            cpu: field(&cpu, "model name\t:").to_owned(),
            cpus: cpu
                .lines()
                .filter(|line| line.starts_with("processor\t"))
                .count(),
            memory: (kilobytes + (1 << 19)) >> 20,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            system: field(&read("/etc/os-release"), "PRETTY_NAME=")
                .trim_matches('"')
                .to_owned(),
            load: read("/proc/loadavg")
                .split(' ')
                .next()
                .map_or(0.0, |load| load.parse().unwrap_or(0.0)),
        }
    }
}

impl Machine {
    /// Whether others use it so much that the ratios will spread.
    pub fn is_busy(&self) -> bool {
        self.load > 0.5 * self.cpus as f64
    }
}

/// What follows `key` on the first line that begins with it.
fn field<'a>(text: &'a str, key: &str) -> &'a str {
    text.lines()
        .find_map(|line| line.strip_prefix(key))
        .unwrap_or_default()
        .trim()
}

/// An interpreter that took part, as `benches/subject.py` describes it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Subject {
    /// What it says of itself: `sys.version`.
    pub version: String,
    /// How it was built, where the interpreter can tell.
    pub build: Option<Build>,
}

/// How an interpreter of ours was built.
#[derive(Debug, Serialize, Deserialize)]
pub struct Build {
    /// dev, release or pgo.
    pub profile: Option<String>,
    /// The version of the Rust compiler.
    pub rustc: Option<String>,
    /// The version of LLVM in it.
    pub llvm: Option<String>,
    /// The commit of the sources.
    pub commit: Option<String>,
}

impl Subject {
    /// The interpreter of `side`.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn of(side: &Side) -> Result<Self> {
        let mut ask = Command::new(&side.python);
        let answer = proc::output(ask.arg("-I").arg(dir().join("subject.py")))?;
        serde_json::from_str(&answer).context("it does not say what it is")
    }

    /// The name of the build profile.
    pub fn profile(&self) -> Option<&str> {
        self.build.as_ref()?.profile.as_deref()
    }
}

/// The commit of the checkout, with a plus sign when files differ from it.
pub fn commit() -> Option<String> {
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        proc::output(git.args(args).current_dir(paths::root())).ok()
    };
    let head = git(&["rev-parse", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    let mark = if changed.trim().is_empty() { "" } else { "+" };
    Some(format!("{}{mark}", head.trim()))
}

/// The beginning of a commit, for people.
pub fn short(commit: Option<&str>) -> String {
    commit.map_or("unknown".to_owned(), |commit| {
        let mark = if commit.ends_with('+') { "+" } else { "" };
        format!("{}{mark}", commit.get(..10).unwrap_or(commit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_key() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\n";
        assert_eq!(field(text, "model name\t:"), "Some CPU @ 3 GHz");
        assert_eq!(field(text, "MemTotal:"), "");
    }

    #[test]
    fn stock_knows_nothing_of_its_build() {
        let stock: Subject = serde_json::from_str(r#"{"version": "3", "build": null}"#).unwrap();
        assert_eq!(stock.profile(), None);
        let ours = r#"{"version": "3", "build": {"profile": "pgo", "commit": null}}"#;
        let ours: Subject = serde_json::from_str(ours).unwrap();
        assert_eq!(ours.profile(), Some("pgo"));
    }

    #[test]
    fn a_short_commit_keeps_its_mark() {
        assert_eq!(short(Some("0123456789abcdef+")), "0123456789+");
        assert_eq!(short(Some("0123456789abcdef")), "0123456789");
        assert_eq!(short(None), "unknown");
    }

    #[test]
    fn the_machine_has_processors_and_memory() {
        let machine = Machine::here();
        assert!(machine.cpus > 0 && machine.memory > 0, "{machine:?}");
    }
}
