//! A small command around this crate, for trying its steps alone: `fetch`, `prepare`, `verify`. Touches what they touch,
//! below `target` or the folder that the second argument names.
use cpython_sources::tree::Tree;
use cpython_sources::{fetch, prepare_in, verify};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<String> {
    let mut words = std::env::args().skip(1);
    let step = words.next().unwrap_or_default();
    let tree = words.next().map_or_else(Tree::of_checkout, Tree::at);
    match step.as_str() {
        "fetch" => Ok(fetch::tarball()?.display().to_string()),
        "prepare" => {
            prepare_in(&tree)?;
            Ok(tree.config().display().to_string())
        }
        "verify" => Ok(format!(
            "{} files are the tarball's",
            verify::verify(&tree)?
        )),
        _ => anyhow::bail!("usage: cpython-sources fetch|prepare|verify [TARGET]"),
    }
}
