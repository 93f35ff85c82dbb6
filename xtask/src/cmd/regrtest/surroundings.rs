//! What some units want beyond an interpreter: locales, a screen, a loader that knows the library, the program that
//! test_embed drives, what test_gdb takes for a build. Units that would skip themselves for the lack of it run with it.
use super::display::Display;
use super::embed;
use super::gdb;
use super::ledger::Ledger;
use super::sandbox::Sandbox;
use crate::locales;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Units that ask for the network as a whole and talk to this machine only.
const LOCAL_NETWORK: &[&str] = &["test_socketserver"];

/// Units with tests that open windows.
const SCREEN: &[&str] = &["test_idle", "test_tkinter", "test_ttk", "test_turtle"];

/// Units that put copies of the interpreter into a prefix without a library, because the system's loader finds that of a
/// Python which belongs to the system.
const COPIES: &[&str] = &["test_venv"];

/// What there is.
pub struct Surroundings {
    library: PathBuf,
    locales: PathBuf,
    display: Option<Display>,
    embed: Option<PathBuf>,
    gdb: Option<gdb::Build>,
    left_out: Vec<(String, String)>,
}

impl Surroundings {
    /// Prepares what `units` want.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn new(sandbox: &Sandbox, ledger: &Ledger, units: &[String]) -> Result<Self> {
        let wanted = |list: &[&str]| units.iter().any(|unit| list.contains(&unit.as_str()));
        let display = wanted(SCREEN).then(Display::start).transpose()?;
        let has_headers = sandbox.prefix()?.join("include/python3.13").is_dir();
        let embed = (has_headers && wanted(&[embed::UNIT]))
            .then(|| embed::prepare(&sandbox.python, &sandbox.dir().join("embed")))
            .transpose()?;
        let gdb = match units.iter().any(|unit| gdb::Build::is_for(unit)) {
            true => gdb::Build::prepare(sandbox.prefix()?, &sandbox.dir().join("gdb"))?,
            false => None,
        };
        let left_out = ledger
            .left_out
            .iter()
            .map(|entry| (unit_of(&entry.test), entry.test.clone()));
        Ok(Self {
            library: sandbox.prefix()?.join("lib"),
            locales: sandbox.reachable(&locales::ensure()?)?,
            display,
            embed,
            gdb,
            left_out: left_out.collect(),
        })
    }

    /// The interpreter for `unit`, where it wants one of its own.
    pub fn python(&self, unit: &str) -> Option<&Path> {
        let gdb = self.gdb.as_ref().filter(|_| gdb::Build::is_for(unit));
        let embed = self.embed.as_deref().filter(|_| unit == embed::UNIT);
        gdb.map(|build| build.python.as_path()).or(embed)
    }

    /// Adds to the command for `unit` what it wants.
    pub fn add(&self, unit: &str, command: &mut Command) {
        command.env("LOCPATH", &self.locales);
        if LOCAL_NETWORK.contains(&unit) {
            command.args(["-u", "network"]);
        }
        if let Some(display) = self.display.as_ref().filter(|_| SCREEN.contains(&unit)) {
            command.env("DISPLAY", &display.name).args(["-u", "gui"]);
        }
        if let Some(build) = self.gdb.as_ref().filter(|_| gdb::Build::is_for(unit)) {
            build.add(command);
        }
        if COPIES.contains(&unit) {
            command.env("LD_LIBRARY_PATH", &self.library);
        }
        for (_, test) in self.left_out.iter().filter(|(of, _)| of == unit) {
            command.args(["-i", test]);
        }
    }
}

/// The unit of a test: `test.test_os.FileTests.test_access` is one of `test_os`. Those of packages that are split into
/// units have no tests left out.
fn unit_of(test: &str) -> String {
    test.split('.').nth(1).unwrap_or_default().to_owned()
}
