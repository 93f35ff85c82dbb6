//! A program that does otherwise on the two interpreters: run again alone, shown, kept with all that belongs to it in
//! `target/fuzz`, and made smaller.
use super::side::{BATCH, Outcome, Side, Span};
use crate::{difference, paths, proc, session};
use anyhow::{Context, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long a program may take alone.
const LIMIT: Duration = Duration::from_secs(60);
/// How long the search for a smaller program may take.
const REDUCE: Duration = Duration::from_secs(600);
/// Up to so many lines of a smaller program are printed.
const SHOWN: usize = 60;

/// A difference.
pub struct Finding {
    seed: u64,
    number: u64,
    here: Outcome,
    there: Option<Outcome>,
}

impl Finding {
    /// What became of a program here, and there if that is known.
    pub fn new(seed: u64, number: u64, here: Outcome, there: Option<Outcome>) -> Self {
        Self {
            seed,
            number,
            here,
            there,
        }
    }

    /// Prints what is different, and keeps everything that is needed to look into it.
    ///
    /// # Errors
    /// When a file cannot be written or a process cannot be started.
    pub fn explain(&self, here: &Side, there: Option<&Side>, reduce: bool) -> Result<()> {
        let place = paths::target()
            .join("fuzz")
            .join(format!("{}-{}", self.seed, self.number));
        std::fs::create_dir_all(&place)
            .with_context(|| format!("cannot make {}", place.display()))?;
        println!(
            "program {} of seed {}: {} ({})",
            self.number,
            self.seed,
            self.words(here, there),
            place.display()
        );
        let program = place.join("program.py");
        let mut source = there.unwrap_or(here).programs(self.alone(), &["--source"]);
        std::fs::write(&program, proc::output(&mut source)?)?;
        let ours = log(here, &program, &place.join("here.txt"))?;
        let Some(there) = there else {
            println!("  what stock logs is known with: {}", self.command());
            return Ok(());
        };
        let other = log(there, &program, &place.join("there.txt"))?;
        let Some(found) = difference::first(&ours, &other) else {
            println!(
                "  no difference when it runs alone; it takes the programs before it: {}",
                self.batch_command()
            );
            return Ok(());
        };
        println!("  line {} of the log", found.line);
        println!("  - {}  ({})", found.here, here.name);
        println!("  + {}  ({})", found.there, there.name);
        if reduce {
            self.reduce(here, there, &program, &place)?;
        }
        Ok(())
    }

    fn words(&self, here: &Side, there: Option<&Side>) -> String {
        let word = |outcome: &Outcome| match outcome {
            Outcome::Logged(_) => "ends".to_owned(),
            Outcome::Crashed(how) => format!("is taken down ({how})"),
            Outcome::Hung => "does not end".to_owned(),
        };
        match &self.there {
            Some(Outcome::Logged(_)) | None if matches!(self.here, Outcome::Logged(_)) => {
                "logs something else".to_owned()
            }
            None => format!("{} {}", here.name, word(&self.here)),
            Some(other) => format!(
                "{} {}, {} {}",
                here.name,
                word(&self.here),
                there.map_or("stock", |side| side.name),
                word(other)
            ),
        }
    }

    fn alone(&self) -> Span {
        Span {
            seed: self.seed,
            first: self.number,
            count: 1,
        }
    }

    fn command(&self) -> String {
        format!(
            "cargo xtask fuzz --against reference --seed {} --first {} --programs 1",
            self.seed, self.number
        )
    }

    fn batch_command(&self) -> String {
        let first = self.number / BATCH * BATCH;
        format!(
            "PYTHONHASHSEED=0 python -B tests/fuzz/run.py --seed {} --first {first} --count {}",
            self.seed,
            self.number - first + 1
        )
    }

    fn reduce(&self, here: &Side, there: &Side, program: &Path, place: &Path) -> Result<()> {
        let small = place.join("reduced.py");
        // Whatever ours may be broken at, the search itself runs on the other one.
        let mut command = there.command("reduce.py");
        command
            .args([here.python(), there.python(), program, &small])
            .stdout(Stdio::null())
            .stderr(File::create(place.join("reduce.txt"))?);
        let bar = proc::spinner("making it smaller");
        let ended = session::run(&mut command, REDUCE, || ())?;
        bar.finish_and_clear();
        if !ended.status.success() {
            println!("  it could not be made smaller, see reduce.txt");
            return Ok(());
        }
        let text = std::fs::read_to_string(&small)?;
        let lines = || text.lines().filter(|line| !line.trim().is_empty());
        println!("  reduced.py has {} lines:", lines().count());
        for line in lines().take(SHOWN) {
            println!("    {line}");
        }
        Ok(())
    }
}

/// Runs a program alone; gives what it logged, and how the process ended if not well. Keeps it in a file.
fn log(side: &Side, program: &Path, file: &PathBuf) -> Result<String> {
    let errors = file.with_extension("stderr");
    let mut command: Command = side.command("run.py");
    command
        .arg("--file")
        .arg(program)
        .stdout(File::create(file)?)
        .stderr(File::create(&errors)?);
    let ended = session::run(&mut command, LIMIT, || ())?;
    let mut text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
    if ended.timed_out {
        text.push_str("does not end\n");
    } else if !ended.status.success() {
        let said = String::from_utf8_lossy(&std::fs::read(&errors)?).into_owned();
        let last = said.lines().last().unwrap_or_default().to_owned();
        text.push_str(&format!("ends with {}: {last}\n", ended.status));
    }
    std::fs::write(file, &text)?;
    Ok(text)
}
