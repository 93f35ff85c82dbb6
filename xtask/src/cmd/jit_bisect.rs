//! `cargo xtask jit-bisect -- COMMAND…`: names the function whose compilation changes what a command does. Runs the command with
//! the compiler off and on, and then with fewer and fewer of the functions compiled (`PYROXENE_JIT_ONLY`).
use crate::compiler::Mode;
use crate::jit_logs::Folder;
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use pyroxene_jit_log::Event;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// How eagerly functions are compiled.
    #[arg(long, value_enum, default_value = "eager")]
    mode: Mode,
    /// The standard output belongs to what the command does, not only its exit status.
    #[arg(long)]
    output: bool,
    /// How often the command is run before its outcome is believed.
    #[arg(long, default_value_t = 2, value_name = "TIMES")]
    repeat: u32,
    /// The command. `python3.13`, if it is the first word, is the interpreter in target/dist.
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// What a command did.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Outcome {
    status: ExitStatus,
    /// What it printed, if that matters.
    printed: Vec<u8>,
}

/// Runs the command.
///
/// # Errors
/// When the compiler makes no difference, when outcomes vary from run to run, or the command cannot be started.
pub fn run(args: Args) -> Result<()> {
    let mode = args.mode;
    if mode == Mode::Off {
        bail!("the mode is one in which something is compiled");
    }
    report(&search(args)?, mode);
    Ok(())
}

/// The functions that must be compiled for the command to do something else.
fn search(args: Args) -> Result<Vec<String>> {
    let folder = Folder::new("jit-bisect")?;
    let runner = Runner { args, folder };
    let plain = runner.outcome(Mode::Off, None)?;
    println!("without the compiler: {}", plain.status);
    let mode = runner.args.mode;
    let compiled = runner.outcome(mode, None)?;
    if plain == compiled {
        bail!(
            "the command does the same with the compiler ({}){}",
            compiled.status,
            if runner.args.output {
                ""
            } else {
                "; --output would compare what it prints, too"
            }
        );
    }
    println!("with the compiler ({}): {}", mode.name(), compiled.status);
    let functions: Vec<String> = runner.compiled()?.into_iter().collect();
    println!("{} functions were compiled", functions.len());
    let differs = |some: &[String]| -> Result<bool> {
        let outcome = runner.outcome(mode, Some(some))?;
        let differs = outcome != plain;
        let verdict = if differs { "differs" } else { "the same" };
        println!("  {} functions: {verdict}", some.len());
        Ok(differs)
    };
    if differs(&[])? {
        bail!(
            "the command differs though no function is compiled: it may look at the compiler's options, or at the time"
        );
    }
    if !differs(&functions)? {
        bail!(
            "the command does not differ when the functions of the first run are compiled by name: \
             others are hot in each run (--mode eager depends less on time)"
        );
    }
    minimize(functions, differs)
}

/// Says which functions it takes.
fn report(culprits: &[String], mode: Mode) {
    match culprits {
        [one] => println!("the outcome changes when this function is compiled:\n{one}"),
        several => {
            println!(
                "the outcome changes when these {} functions are compiled, and not without one of them:",
                several.len()
            );
            for one in several {
                println!("{one}");
            }
        }
    }
    let variables: Vec<String> = mode
        .variables()
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    println!(
        "to see it: {} PYROXENE_JIT_ONLY=a file of these lines, \
         and PYROXENE_JIT_DUMP=hir,llvm:NAME for what becomes of it",
        variables.join(" ")
    );
}

/// The smallest part of a list that still differs, in the sense that it does not without any one of its items (delta
/// debugging). The whole list differs, and the empty one does not.
fn minimize(
    mut all: Vec<String>,
    mut differs: impl FnMut(&[String]) -> Result<bool>,
) -> Result<Vec<String>> {
    let mut parts = 2;
    while all.len() > 1 {
        let size = all.len().div_ceil(parts);
        let chunks: Vec<Vec<String>> = all.chunks(size).map(<[String]>::to_vec).collect();
        let mut smaller = None;
        for chunk in &chunks {
            if differs(chunk)? {
                smaller = Some((chunk.clone(), 2));
                break;
            }
        }
        // With two parts, each is what the other leaves.
        if smaller.is_none() && chunks.len() > 2 {
            for index in 0..chunks.len() {
                let rest: Vec<String> = chunks
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != index)
                    .flat_map(|(_, chunk)| chunk.clone())
                    .collect();
                if differs(&rest)? {
                    smaller = Some((rest, (parts - 1).max(2)));
                    break;
                }
            }
        }
        match smaller {
            Some(found) => (all, parts) = found,
            None if size == 1 => break,
            None => parts = (parts * 2).min(all.len()),
        }
    }
    Ok(all)
}

/// Runs the command in different ways.
struct Runner {
    args: Args,
    folder: Folder,
}

impl Runner {
    /// What the command does with the compiler in this mode, restricted to some functions if they are given.
    ///
    /// # Errors
    /// When it does not do the same each time.
    fn outcome(&self, mode: Mode, only: Option<&[String]>) -> Result<Outcome> {
        let first = self.execute(mode, only)?;
        for _ in 1..self.args.repeat {
            let again = self.execute(mode, only)?;
            if again != first {
                let what = match first.status == again.status {
                    true => "prints something else".to_owned(),
                    false => format!("ends with {} and with {}", first.status, again.status),
                };
                bail!(
                    "the command {what} from run to run with the compiler {}: \
                     nothing can be found so (fixed seeds, PYTHONHASHSEED=0, may help)",
                    mode.name()
                );
            }
        }
        Ok(first)
    }

    fn execute(&self, mode: Mode, only: Option<&[String]>) -> Result<Outcome> {
        let (program, words) = self
            .args
            .command
            .split_first()
            .context("a command is required")?;
        let program = match program.as_str() {
            "python3.13" => paths::python(),
            other => PathBuf::from(other),
        };
        let mut command = Command::new(&program);
        mode.set(&mut command)
            .args(words)
            .env_remove("PYROXENE_JIT_LOG")
            .env_remove("PYROXENE_JIT_ONLY");
        match only {
            Some(only) => {
                let list = self.folder.path().join("only");
                let mut lines = only.join("\n");
                lines.push('\n');
                fs::write(&list, lines)
                    .with_context(|| format!("cannot write {}", list.display()))?;
                command.env("PYROXENE_JIT_ONLY", list);
            }
            None if mode != Mode::Off => {
                command.env("PYROXENE_JIT_LOG", self.folder.log());
            }
            None => {}
        }
        let output = proc::default_signals(&mut command)
            .output()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let printed = match self.args.output {
            true => output.stdout,
            false => Vec::new(),
        };
        Ok(Outcome {
            status: output.status,
            printed,
        })
    }

    /// The functions that were compiled when the command was run with all, as `file:line:name`.
    ///
    /// # Errors
    /// When its logs cannot be read, or there is none.
    fn compiled(&self) -> Result<BTreeSet<String>> {
        let mut functions = BTreeSet::new();
        for line in self.folder.read_logs()?.into_iter().flatten() {
            if let Event::Ordered { function, .. } = line.event {
                functions.insert(function.to_string());
            }
        }
        if functions.is_empty() {
            bail!("the command differs, but no function was compiled");
        }
        Ok(functions)
    }
}

#[cfg(test)]
mod tests {
    use super::{Args, minimize, search};
    use crate::compiler::Mode;
    use crate::jit_logs::Folder;
    use crate::paths;

    /// What is found for a program, with its path; it needs a build in `target/dist`.
    fn searched(program: &str, output: bool) -> (anyhow::Result<Vec<String>>, String) {
        let folder = Folder::new("jit-bisect").expect("a folder is made");
        let path = folder.path().join("program.py").display().to_string();
        std::fs::write(&path, program).expect("the program is written");
        let python = paths::python().display().to_string();
        let args = Args {
            mode: Mode::Eager,
            output,
            repeat: 2,
            command: vec![python, path.clone()],
        };
        (search(args), path)
    }

    /// Functions that are compiled, and `seen`, which says whether one of them was.
    const FUNCTIONS: &str = "
import os, pyroxene, sys
def one(x): return x + x
class Two:
    def three(self, x): return x - x
def four(x): return x * x
for _ in range(20): one(1), Two().three(1), four(1)
def seen(function):
    before = pyroxene.jit()['entered']
    function(*[1] * function.__code__.co_argcount)
    return pyroxene.jit()['entered'] > before
";

    #[test]
    fn the_function_is_named() {
        let program = format!("{FUNCTIONS}sys.exit(3 if seen(Two.three) else 0)");
        let (found, path) = searched(&program, false);
        assert_eq!(found.expect("it is found"), [format!("{path}:5:Two.three")]);
        let program = format!("{FUNCTIONS}print(seen(one) and seen(four))");
        let (found, path) = searched(&program, true);
        let both = [format!("{path}:3:one"), format!("{path}:6:four")];
        assert_eq!(found.expect("it is found"), both);
    }

    #[test]
    fn what_cannot_be_searched_is_refused() {
        let why = |program: &str| {
            let (found, _) = searched(&format!("{FUNCTIONS}{program}"), false);
            found.expect_err("nothing is found").to_string()
        };
        let same = why("print(seen(one))");
        assert!(same.contains("does the same with the compiler"), "{same}");
        let flaky = why("sys.exit(os.getpid() % 250 + 1 if seen(one) else 0)");
        assert!(flaky.contains("from run to run"), "{flaky}");
        let other = why("sys.exit(pyroxene.jit()['mode'] == 'eager')");
        assert!(other.contains("though no function is compiled"), "{other}");
    }

    /// What is found among so many when the outcome changes with all of these, and how often that was tried.
    fn found(count: usize, needed: &[usize]) -> (Vec<String>, usize) {
        let all: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        let needed: Vec<String> = needed.iter().map(ToString::to_string).collect();
        let mut tries = 0;
        let result = minimize(all, |some| {
            tries += 1;
            Ok(needed.iter().all(|one| some.contains(one)))
        });
        (result.expect("nothing fails here"), tries)
    }

    #[test]
    fn one_is_found_among_many() {
        for needed in [0, 1, 499, 500, 777, 999] {
            let (result, tries) = found(1000, &[needed]);
            assert_eq!(result, [needed.to_string()]);
            assert!(tries <= 20, "{tries} runs");
        }
        assert_eq!(found(1, &[0]).0, ["0"]);
    }

    #[test]
    fn two_that_only_do_it_together_are_found() {
        for (one, other) in [(0, 99), (3, 4), (50, 51), (10, 70)] {
            let (result, tries) = found(100, &[one, other]);
            assert_eq!(result, [one.to_string(), other.to_string()]);
            assert!(tries <= 100, "{tries} runs");
        }
    }

    #[test]
    fn a_failure_ends_the_search() {
        let all = vec!["a".to_owned(), "b".to_owned()];
        assert!(minimize(all, |_| anyhow::bail!("no")).is_err());
    }
}
