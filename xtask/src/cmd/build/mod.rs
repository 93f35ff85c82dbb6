//! `cargo xtask build`: from nothing but Rust to an installed, relocatable prefix in `target/dist`.
//!
//! Each step looks at what is there and does only what is missing, so the command may be stopped and run again.
use crate::{paths, system};
use anyhow::Result;
use cpython_sources::runtime::Runtime;
use std::time::Instant;

mod copy;
mod native;
mod order;
mod pgo;
mod prefix;
mod python;
mod scripts;
mod sysconfig;

pub use native::{COMPILER, LIBRARY};

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// dev: quick to build; release: optimised; pgo: optimised by a profile, C and Rust across each other.
    #[arg(long, value_enum, default_value = "release")]
    pub profile: Profile,
}

/// The build profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Profile {
    /// Quick to build, good to debug.
    Dev,
    /// Optimised.
    Release,
    /// Optimised by a profile.
    Pgo,
    /// Optimised by the profile that is there, even if the code has changed since it was made.
    PgoKeep,
}

impl Profile {
    /// The name that users say.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
            Self::Pgo | Self::PgoKeep => "pgo",
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When it fails.
pub fn run(args: Args) -> Result<()> {
    let start = Instant::now();
    system::ensure(system::BUILD)?;
    match args.profile {
        Profile::Dev => install(cpython_sources::profile::Profile::Dev, "dev")?,
        Profile::Release => install(cpython_sources::profile::Profile::Release, "release")?,
        Profile::Pgo => pgo::build(false)?,
        Profile::PgoKeep => pgo::build(true)?,
    }
    eprintln!(
        "  {} ({}) is ready after {:.0?}",
        paths::python().display(),
        args.profile.name(),
        start.elapsed()
    );
    Ok(())
}

/// Builds everything in one profile of the C half and installs it.
fn install(profile: cpython_sources::profile::Profile, name: &str) -> Result<()> {
    let runtime = Runtime::new(profile.clone())?;
    let products = native::build(&runtime, &profile, name)?;
    prefix::install(&runtime, &products, &paths::dist(), name)
}
