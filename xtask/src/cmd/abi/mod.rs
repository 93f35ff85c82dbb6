//! `cargo xtask abi`.
use anyhow::{Result, bail};

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// When it fails.
pub fn run(_args: Args) -> Result<()> {
    bail!("in the making")
}
