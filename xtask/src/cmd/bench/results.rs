//! The record of a run: every value of every process, as JSON in `benches/results`.
use super::catalogue::{Program, dir};
use super::machine::{Machine, Subject};
use super::measure::{Plan, Samples};
use super::statistics::{Pair, Ratio, geometric_mean};
use anyhow::{Context, Result};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

/// What became of one benchmark.
#[derive(Debug, Serialize)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// With what it shares a geometric mean.
    pub group: String,
    /// How many times faster we are.
    pub speed: Option<Ratio>,
    /// How much memory we take in comparison.
    pub memory: Option<Ratio>,
    /// Both sides, round by round.
    pub rounds: Vec<Pair>,
}

/// The geometric means of a group.
#[derive(Debug, Serialize)]
pub struct Mean {
    /// The group.
    pub group: String,
    /// How many benchmarks it has.
    pub benchmarks: usize,
    /// How many times faster we are.
    pub speed: Option<Ratio>,
    /// How much memory we take in comparison.
    pub memory: Option<Ratio>,
}

/// A whole run.
#[derive(Debug, Serialize)]
pub struct Results {
    /// When it began, in seconds since 1970 (UTC).
    pub started: u64,
    /// What was asked for: the name of a set, or `names`.
    pub set: String,
    /// The commit that ours was built from, where it knows; otherwise that of the checkout, with a plus sign when files
    /// differ from it.
    pub commit: Option<String>,
    /// The interpreter that is looked at.
    pub ours: Subject,
    /// The one that it is compared with.
    pub reference: Subject,
    /// The machine.
    pub machine: Machine,
    /// How programs were run.
    pub plan: Plan,
    /// What the environment told our interpreter.
    pub options: BTreeMap<String, String>,
    /// The geometric means, a group each.
    pub means: Vec<Mean>,
    /// The benchmarks, in the order in which they ran.
    pub benchmarks: Vec<Series>,
    /// Programs that do not run on stock, with the reason.
    pub unfit: BTreeMap<String, String>,
    /// Programs that run on stock and not on ours, with the reason.
    pub failed: BTreeMap<String, String>,
}

impl Results {
    /// A run that has just begun.
    pub fn new(set: &str, plan: Plan, ours: Subject, reference: Subject) -> Self {
        let built_from = ours.build.as_ref().and_then(|build| build.commit.clone());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            started: now.map_or(0, |since| since.as_secs()),
            set: set.to_owned(),
            commit: built_from.or_else(super::machine::commit),
            ours,
            reference,
            machine: Machine::here(),
            plan,
            options: std::env::vars()
                .filter(|(name, _)| name.starts_with("PYROXENE_"))
                .collect(),
            means: vec![],
            benchmarks: vec![],
            unfit: BTreeMap::new(),
            failed: BTreeMap::new(),
        }
    }

    /// Adds what both sides measured of `program` in one round, and gives the speeds.
    pub fn add(&mut self, program: &Program, ours: Samples, mut reference: Samples) -> Vec<f64> {
        let mut speeds = vec![];
        for (name, ours) in ours {
            let Some(reference) = reference.remove(&name) else {
                continue;
            };
            let pair = Pair { ours, reference };
            speeds.push(pair.speed());
            match self
                .benchmarks
                .iter_mut()
                .find(|series| series.name == name)
            {
                Some(series) => series.rounds.push(pair),
                None => {
                    let (group, rounds) = (program.group.clone(), vec![pair]);
                    self.benchmarks.push(Series {
                        name,
                        group,
                        speed: None,
                        memory: None,
                        rounds,
                    });
                }
            }
        }
        speeds
    }

    /// Works out ratios and means from the rounds that are there.
    pub fn sum_up(&mut self) {
        for series in &mut self.benchmarks {
            series.speed = Ratio::of(&series.speeds());
            series.memory = Ratio::of(&series.memories());
        }
        let mut groups: Vec<String> = vec![];
        for series in &self.benchmarks {
            if !groups.contains(&series.group) {
                groups.push(series.group.clone());
            }
        }
        self.means = groups.into_iter().map(|group| self.mean(group)).collect();
    }

    fn mean(&self, group: String) -> Mean {
        let series: Vec<&Series> = self
            .benchmarks
            .iter()
            .filter(|s| s.group == group)
            .collect();
        let speeds: Vec<_> = series.iter().map(|series| series.speeds()).collect();
        let memories: Vec<_> = series
            .iter()
            .map(|series| series.memories())
            .filter(|all| !all.is_empty())
            .collect();
        Mean {
            group,
            benchmarks: series.len(),
            speed: geometric_mean(&speeds),
            memory: geometric_mean(&memories),
        }
    }

    /// Writes the record, over that of an earlier round of the same run.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self) -> Result<PathBuf> {
        let dir = dir().join("results");
        std::fs::create_dir_all(&dir)?;
        let commit = super::machine::short(self.commit.as_deref());
        let commit = commit.trim_end_matches('+');
        let path = dir.join(format!("{}-{}-{commit}.json", date(self.started), self.set));
        let mut text = serde_json::to_string(self)?;
        text.push('\n');
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }
}

impl Series {
    fn speeds(&self) -> Vec<f64> {
        self.rounds.iter().map(Pair::speed).collect()
    }

    fn memories(&self) -> Vec<f64> {
        self.rounds.iter().filter_map(Pair::memory).collect()
    }
}

/// The UTC time `seconds` after 1970 as a name that sorts: `20260131-235959`.
fn date(seconds: u64) -> String {
    let Ok(time) = libc::time_t::try_from(seconds) else {
        return seconds.to_string();
    };
    // SAFETY: all-zero bytes are a valid `tm`, and gmtime_r writes nothing but it.
    let tm = unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        libc::gmtime_r(&raw const time, &raw mut tm);
        tm
    };
    format!(
        "{:04}{:02}{:02}-{:02}{:02}{:02}",
        tm.tm_year + 1900,
        tm.tm_mon + 1,
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_sort_by_time() {
        assert_eq!(date(0), "19700101-000000");
        assert_eq!(date(1_769_903_999), "20260131-235959");
    }
}
