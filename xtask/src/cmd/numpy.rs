//! `cargo xtask numpy`: NumPy's entire suite on our interpreter, compared test by test with stock CPython. What it is
//! made of stands in numpy_tests/suite.toml, the record of stock beside it.
use super::suite::{Options, Suite, check};
use crate::paths;
use anyhow::Result;

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    options: Options,
}

/// Runs the command.
///
/// # Errors
/// When a test does worse than on stock, or the suite cannot run.
pub fn run(args: Args) -> Result<()> {
    let folder = paths::root().join("numpy_tests");
    let record = folder.join("record.json.zst");
    let suite = Suite::read(&folder.join("suite.toml"), "numpy", record)?;
    check(&suite, &args.options)
}
