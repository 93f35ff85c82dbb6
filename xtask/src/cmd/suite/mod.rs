//! `cargo xtask suite`: the long suites of packages that know the interpreter well, each compared test by test with
//! stock CPython. A suite is a file in tests/suites; its record lies in tests/suites/records.
mod check;
mod definition;
mod events;
mod execute;
mod place;

pub use check::{Options, check};
pub use definition::Suite;

use crate::paths;
use anyhow::{Result, bail};

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// The suite; without a name, all are listed.
    name: Option<String>,
    #[command(flatten)]
    options: Options,
}

/// Runs the command.
///
/// # Errors
/// When a test does worse than on stock, or the suite cannot run.
pub fn run(args: Args) -> Result<()> {
    let folder = paths::root().join("tests/suites");
    let Some(name) = args.name else {
        return list(&folder);
    };
    if name.contains(['/', '.']) {
        bail!("a suite's name is a word: cargo xtask suite lists them");
    }
    let records = folder.join("records");
    std::fs::create_dir_all(&records)?;
    let record = records.join(format!("{name}.json.zst"));
    let suite = Suite::read(&folder.join(format!("{name}.toml")), &name, record)?;
    check(&suite, &args.options)
}

fn list(folder: &std::path::Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "toml") {
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            names.push((name, path));
        }
    }
    names.sort();
    for (name, path) in names {
        let suite = Suite::read(&path, &name, std::path::PathBuf::new())?;
        println!("{name:12} {}", suite.about);
    }
    Ok(())
}
