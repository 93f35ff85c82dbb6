//! `cargo xtask differential`: command lines of all sorts on ours, compared with what stock CPython prints, in the record in
//! tests/differential or side by side.
mod case;
mod process;
mod terminal;

use crate::interpreter::Interpreter;
use crate::{difference, packed, paths, proc};
use anyhow::{Context, Result, bail};
use case::Case;
use process::{Done, Python};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// Only cases whose names contain one of these.
    names: Vec<String>,
    /// On what: ours, reference, or the path of an interpreter.
    #[arg(long, default_value = "ours")]
    python: Interpreter,
    /// Run it on this interpreter too, rather than read the record.
    #[arg(long)]
    against: Option<Interpreter>,
    /// Keep what the reference does as the record.
    #[arg(long)]
    record: bool,
    /// Print what each case does, and compare nothing.
    #[arg(long)]
    show: bool,
}

/// What stock does, by the names of the cases.
#[derive(Default, Serialize, Deserialize)]
struct Record {
    about: BTreeMap<String, String>,
    results: BTreeMap<String, Entry>,
}

/// What stock does in one case.
#[derive(Serialize, Deserialize)]
struct Entry {
    /// The case for which this holds.
    digest: String,
    done: Done,
}

/// Runs the command.
///
/// # Errors
/// When a command line does otherwise than on stock, or cannot be run.
pub fn run(args: Args) -> Result<()> {
    let mut cases = case::all()?;
    let whole = args.names.is_empty();
    cases.retain(|(name, _)| whole || args.names.iter().any(|part| name.contains(part)));
    if args.record {
        if !whole {
            bail!("the record is made of all cases");
        }
        return make_record(&cases);
    }
    let here = run_all(&cases, &args.python)?;
    if args.show {
        for ((name, case), done) in cases.iter().zip(&here) {
            println!("{name}\n  {}\n  {}", case.shown(), done.status);
            println!("{}\n--- stderr\n{}", done.stdout, done.stderr);
        }
        return Ok(());
    }
    let there: Vec<Option<Done>> = match &args.against {
        Some(other) => run_all(&cases, other)?.into_iter().map(Some).collect(),
        None => recorded(&cases)?,
    };
    let mut failed = 0;
    for (((name, case), here), there) in cases.iter().zip(&here).zip(&there) {
        if there.as_ref() != Some(here) {
            failed += 1;
            report(name, case, here, there.as_ref());
        }
    }
    println!("{} passed, {failed} failed", cases.len() - failed);
    if failed > 0 {
        bail!("{failed} command lines do otherwise than on stock CPython");
    }
    Ok(())
}

fn record_file() -> PathBuf {
    case::folder().join("record.json.zst")
}

/// What the record says of each case; nothing when it is one of another case of that name.
fn recorded(cases: &[(String, Case)]) -> Result<Vec<Option<Done>>> {
    let mut record: Record = packed::read(&record_file())?;
    let find = |(name, case): &(String, Case)| {
        let digest = case.digest()?;
        let entry = record.results.remove(name);
        Ok(entry
            .filter(|entry| entry.digest == digest)
            .map(|entry| entry.done))
    };
    cases.iter().map(find).collect()
}

fn make_record(cases: &[(String, Case)]) -> Result<()> {
    let python = Interpreter::Reference;
    let done = run_all(cases, &python)?;
    // What differs from run to run is no record.
    let again = run_all(cases, &python)?;
    let mut record = Record::default();
    let mut unsteady = 0;
    for (((name, case), done), again) in cases.iter().zip(done).zip(&again) {
        if done != *again {
            unsteady += 1;
            report(name, case, &done, Some(again));
        }
        let digest = case.digest()?;
        record.results.insert(name.clone(), Entry { digest, done });
    }
    if unsteady > 0 {
        bail!("{unsteady} command lines do one thing once and another thing again");
    }
    let version = Python::new(python.ensure()?)?.version();
    let made_by = "cargo xtask differential --record".to_owned();
    record.about = BTreeMap::from([
        ("python".to_owned(), version),
        ("made by".to_owned(), made_by),
    ]);
    packed::write(&record_file(), &record)?;
    println!("{} command lines kept as the record", cases.len());
    Ok(())
}

/// Runs every case on one interpreter, several at a time.
fn run_all(cases: &[(String, Case)], interpreter: &Interpreter) -> Result<Vec<Done>> {
    let python = Python::new(interpreter.ensure()?)?;
    let place = paths::target().join("differential");
    let results: Vec<Mutex<Option<Result<Done>>>> =
        cases.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let bar = proc::spinner(&format!(
        "{} command lines on {}",
        cases.len(),
        interpreter.kind()
    ));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((name, case)) = cases.get(number) else {
                        return;
                    };
                    let folder = place.join(format!("{}-{number}", interpreter.kind()));
                    let done = python.run(case, &folder).with_context(|| name.clone());
                    *results[number].lock().expect("no panic while held") = Some(done);
                }
            });
        }
    });
    bar.finish_and_clear();
    results
        .into_iter()
        .map(|result| {
            let done = result.into_inner().expect("no panic while held");
            done.expect("every case was run")
        })
        .collect()
}

fn report(name: &str, case: &Case, here: &Done, there: Option<&Done>) {
    println!("FAILED {name}\n  {}", case.shown());
    let Some(there) = there else {
        println!("  the record does not know it; make it anew: cargo xtask differential --record");
        return;
    };
    let streams = [
        ("status", &here.status, &there.status),
        ("stdout", &here.stdout, &there.stdout),
        ("stderr", &here.stderr, &there.stderr),
    ];
    for (stream, here, there) in streams {
        if here != there {
            match difference::first(here, there) {
                Some(found) => println!(
                    "  {stream}, line {}\n    here  {}\n    stock {}",
                    found.line, found.here, found.there
                ),
                None => println!("  {stream}: the ends of lines differ"),
            }
        }
    }
}
