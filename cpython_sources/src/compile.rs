//! Compiles units through a cache of objects, as many at a time as there are processors. Touches `target/cpython/objects`.
//!
//! An object's name holds a hash of the compiler, the flags and the source. Beside it lies the list of all headers
//! that went into it, with their hashes; the object is used again when they are all as they were. Two builds may work
//! here at a time: what both compile is the same, and it appears whole.
use crate::profile::Profile;
use crate::toolchain::Toolchain;
use crate::tree::Tree;
use crate::units::Unit;
use crate::{extract, files, hashes};
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A compiler with its cache.
pub struct Compiler<'a> {
    tree: &'a Tree,
    toolchain: &'a Toolchain,
    profile: Profile,
    hashes: hashes::Cache,
    upstream: BTreeMap<String, String>,
}

/// A unit with the place of its object.
struct Job<'u> {
    unit: &'u Unit,
    source: PathBuf,
    arguments: Vec<String>,
    object: PathBuf,
}

impl<'a> Compiler<'a> {
    /// A compiler for one profile.
    ///
    /// # Errors
    /// When the list of upstream's hashes is missing.
    pub fn new(tree: &'a Tree, toolchain: &'a Toolchain, profile: Profile) -> Result<Self> {
        let hashes = hashes::Cache::load(tree.hash_cache());
        let upstream = extract::known_hashes(tree)?;
        Ok(Self {
            tree,
            toolchain,
            profile,
            hashes,
            upstream,
        })
    }

    /// Compiles what is not in the cache, and gives the objects in the order of the units.
    ///
    /// # Errors
    /// When a file is not as in the tarball, or clang refuses one; the message holds what it said.
    ///
    /// # Panics
    /// When a compiling thread panicked.
    pub fn compile(&self, units: &[Unit], what: &str) -> Result<Vec<PathBuf>> {
        let jobs: Vec<Job> = units
            .iter()
            .map(|unit| self.job(unit))
            .collect::<Result<_>>()?;
        let missing: Vec<&Job> = jobs.iter().filter(|job| !self.is_current(job)).collect();
        if !missing.is_empty() {
            files::make_dir(&self.tree.objects())?;
            remove_partial(&self.tree.objects())?;
            files::need_room(&self.tree.objects(), 500, "compiling CPython")?;
            self.run(&missing, what)?;
        }
        self.hashes.save()?;
        Ok(jobs.into_iter().map(|job| job.object).collect())
    }

    fn job<'u>(&self, unit: &'u Unit) -> Result<Job<'u>> {
        let source = unit.source.clone();
        let hash = self
            .hashes
            .hash(&source)
            .with_context(|| format!("{} is missing", source.display()))?;
        if source.starts_with(self.tree.source()) && self.upstream.get(&unit.path) != Some(&hash) {
            bail!(
                "{} is not as in the tarball: remove {} and run the command again",
                source.display(),
                self.tree.source().display()
            );
        }
        // A file's own flags have the last word.
        let mut arguments = self.profile.compile_flags();
        arguments.extend(unit.flags.iter().cloned());
        arguments.push("-w".into());
        let input = self.profile.input().and_then(|path| self.hashes.hash(path));
        let key = hashes::of_bytes(format!(
            "{}\n{arguments:?}\n{}\n{hash}\n{input:?}\n{}",
            self.toolchain.version,
            unit.path,
            self.tree.config().display()
        ));
        let stem = unit.path.replace('/', ".");
        let object = self.tree.objects().join(format!("{stem}-{}.o", &key[..20]));
        Ok(Job {
            unit,
            source,
            arguments,
            object,
        })
    }

    /// Whether the object is there and its headers are as they were.
    fn is_current(&self, job: &Job) -> bool {
        if !job.object.exists() {
            return false;
        }
        let Ok(list) = fs::read_to_string(list_of(&job.object)) else {
            return false;
        };
        let config = self.tree.config();
        list.lines()
            .filter_map(|line| line.split_once(' '))
            .all(|(hash, path)| {
                self.hashes
                    .hash(&config.join(path))
                    .is_some_and(|have| have == hash)
            })
    }

    fn run(&self, jobs: &[&Job], what: &str) -> Result<()> {
        let bar = ProgressBar::new(jobs.len() as u64);
        bar.set_style(ProgressStyle::with_template(
            "  {msg} {bar:30} {pos}/{len} [{elapsed}, {eta} left]",
        )?);
        bar.set_message(what.to_owned());
        // The largest first, so that no processor idles at the end.
        let mut order: Vec<&&Job> = jobs.iter().collect();
        order
            .sort_by_key(|job| std::cmp::Reverse(fs::metadata(&job.source).map_or(0, |m| m.len())));
        let next = AtomicUsize::new(0);
        let failures = Mutex::new(Vec::new());
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some(job) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if let Err(why) = self.compile_one(job) {
                            failures.lock().expect("no panic while held").push(why);
                            next.store(order.len(), Ordering::Relaxed);
                        }
                        bar.inc(1);
                    }
                });
            }
        });
        bar.finish_and_clear();
        if let Some(why) = failures.into_inner().expect("no panic while held").pop() {
            return Err(why);
        }
        eprintln!("  {what}: {} compiled in {:.0?}", jobs.len(), bar.elapsed());
        Ok(())
    }

    fn compile_one(&self, job: &Job) -> Result<()> {
        let partial = files::beside(&job.object);
        let depends = partial.with_extension("d");
        let out = Command::new(&self.toolchain.clang)
            .current_dir(self.tree.config())
            .args(&job.arguments)
            .args(["-c", "-MD", "-MF"])
            .arg(&depends)
            .arg("-o")
            .arg(&partial)
            .arg(self.relative(&job.source))
            .output()
            .context("cannot start clang")?;
        if !out.status.success() {
            let _ = fs::remove_file(&partial);
            let _ = fs::remove_file(&depends);
            let said = String::from_utf8_lossy(&out.stderr);
            bail!(
                "clang failed on {}:\n{}",
                job.unit.path,
                files::last_lines(&said, 30)
            );
        }
        let list = self.header_list(&fs::read_to_string(&depends)?);
        let _ = fs::remove_file(&depends);
        files::write_whole(&list_of(&job.object), list)?;
        fs::rename(&partial, &job.object)
            .with_context(|| format!("cannot write {}", job.object.display()))
    }

    /// Upstream's files are named from the folder where configure ran, as its rules do.
    fn relative(&self, source: &Path) -> PathBuf {
        if let Ok(inside) = source.strip_prefix(self.tree.config()) {
            return inside.to_owned();
        }
        source
            .strip_prefix(self.tree.base())
            .map_or_else(|_| source.to_owned(), |p| Path::new("..").join(p))
    }

    /// The files that a dependency list names, each with its hash.
    fn header_list(&self, depends: &str) -> String {
        let text = depends.replace("\\\n", " ");
        let names = text.split_once(": ").map_or("", |(_, names)| names);
        let config = self.tree.config();
        names
            .split_whitespace()
            .fold(String::new(), |mut list, name| {
                let hash = self.hashes.hash(&config.join(name)).unwrap_or_default();
                let _ = writeln!(list, "{hash} {name}");
                list
            })
    }
}

/// Removes what an interrupted build left; what is young may be another build's that runs now.
fn remove_partial(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        let old = || {
            Some(
                entry
                    .metadata()
                    .ok()?
                    .modified()
                    .ok()?
                    .elapsed()
                    .ok()?
                    .as_secs()
                    > 3600,
            )
        };
        if path.extension().is_some_and(|ext| ext == "partial") && old() == Some(true) {
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}

/// The list of headers beside an object.
fn list_of(object: &Path) -> PathBuf {
    object.with_extension("headers")
}
