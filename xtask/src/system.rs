//! System packages: installed where we are root on a Debian, named where we are not. Starts dpkg-query and apt-get.
use crate::proc;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::{Command, Stdio};

/// What building the runtime needs.
pub const BUILD: &[&str] = &[
    "ca-certificates",
    "clang-22",
    "dpkg-dev",
    "g++",
    "gcc",
    "gdb",
    "gfortran",
    "libbluetooth-dev",
    "libbz2-dev",
    "libclang-22-dev",
    "libclang-rt-22-dev",
    "libdb-dev",
    "libffi-dev",
    "libgdbm-compat-dev",
    "libgdbm-dev",
    "liblzma-dev",
    "libncurses-dev",
    "libreadline-dev",
    "libsqlite3-dev",
    "libssl-dev",
    "libzstd-dev",
    "lld-22",
    "llvm-22",
    "llvm-22-dev",
    "make",
    "pkg-config",
    "tk-dev",
    "uuid-dev",
    "xz-utils",
    "zlib1g-dev",
];

/// What the test suites want besides.
pub const TESTS: &[&str] = &["gdb", "gfortran", "locales", "tzdata", "xvfb"];

/// Makes sure that system packages are installed.
///
/// # Errors
/// When some are missing and we may not install them, or when apt-get fails.
pub fn ensure(packages: &[&str]) -> Result<()> {
    if !Path::new("/usr/bin/dpkg-query").exists() {
        eprintln!(
            "  not a Debian: the build relies on what is installed ({})",
            packages.join(" ")
        );
        return Ok(());
    }
    let missing = missing(packages)?;
    if missing.is_empty() {
        return Ok(());
    }
    // SAFETY: geteuid(2) cannot fail and touches no memory.
    if unsafe { libc::geteuid() } != 0 {
        bail!(
            "system packages are missing; have them installed, then run this command again: \
             sudo apt-get install {}",
            missing.join(" ")
        );
    }
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    proc::run_logged(
        apt().args(["-q", "update"]),
        "system package lists",
        "apt-update",
    )?;
    proc::run_logged(
        apt()
            .args(["-q", "-y", "--no-install-recommends", "install"])
            .args(&missing),
        &format!("installing {} system packages", missing.len()),
        "apt-install",
    )
}

/// Those of `packages` that are not installed.
fn missing<'a>(packages: &[&'a str]) -> Result<Vec<&'a str>> {
    let out = Command::new("dpkg-query")
        .args([
            "-W",
            "-f=${db:Status-Abbrev}${binary:Package} ${Provides}\n",
        ])
        .stderr(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&out.stdout);
    let mut installed = std::collections::HashSet::new();
    for line in text.lines().filter(|line| line.starts_with("ii")) {
        for name in line[2..].split([' ', ',']).filter(|name| !name.is_empty()) {
            installed.insert(name.split(':').next().unwrap_or(name).to_owned());
        }
    }
    Ok(packages
        .iter()
        .copied()
        .filter(|&name| !installed.contains(name))
        .collect())
}
