//! Runs upstream's configure beside the source. Its answers (pyconfig.h, Makefile, the list of modules) are the
//! neutral ones that extension builders shall see: the machine's `cc`, no linker and no optimisation of ours.
use crate::files;
use crate::hashes;
use crate::tree::{PLACEHOLDER_PREFIX, Tree};
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// What configure is told.
pub fn arguments() -> Vec<String> {
    vec![
        "CC=cc".into(),
        "CXX=c++".into(),
        "AR=ar".into(),
        format!("--prefix={PLACEHOLDER_PREFIX}"),
        "--enable-shared".into(),
        "--with-ensurepip=no".into(),
        "--enable-loadable-sqlite-extensions".into(),
        "--with-dbmliborder=bdb:gdbm".into(),
    ]
}

/// Environment variables that would leak this machine's habits into what configure finds. cargo sets LD_LIBRARY_PATH
/// for what it runs.
const IGNORED: &[&str] = &[
    "CC",
    "CXX",
    "CPP",
    "AR",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "LIBS",
    "CONFIG_SITE",
    "LD_LIBRARY_PATH",
    "PYTHONHOME",
    "PYTHONPATH",
    "MAKEFLAGS",
];

/// Makes sure that configure has run with the arguments of today.
///
/// # Errors
/// When there is no C compiler or configure fails; the message ends with what it said.
pub fn configure(tree: &Tree) -> Result<()> {
    let config = tree.config();
    let script = tree.source().join("configure");
    let key = hashes::of_bytes(format!(
        "{:?} {IGNORED:?} {}",
        arguments(),
        hashes::of_file(&script)?
    ));
    let made = config.join("Makefile");
    if files::is_fresh(&made, &key) && config.join("Modules/config.c").exists() {
        return Ok(());
    }
    if Command::new("cc")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        bail!("no C compiler `cc` on PATH: install gcc (on Debian: apt-get install gcc g++ make)");
    }
    if config.exists() {
        fs::remove_dir_all(&config)
            .with_context(|| format!("cannot clear {}", config.display()))?;
    }
    files::make_dir(&config)?;
    files::make_dir(&tree.logs())?;
    let log = tree.logs().join("configure.log");
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template(
        "  {spinner} configuring CPython: {wide_msg}",
    )?);
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    let mut command = Command::new("sh");
    for name in IGNORED {
        command.env_remove(name);
    }
    let mut child = command
        .arg("-c")
        .arg("exec \"$0\" \"$@\" 2>&1")
        .arg(format!(
            "../{}/configure",
            tree.source().file_name().unwrap_or_default().display()
        ))
        .args(arguments())
        .current_dir(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start sh")?;
    let mut record = fs::File::create(&log)?;
    for line in BufReader::new(child.stdout.take().context("configure's output")?).lines() {
        let line = line?;
        writeln!(record, "{line}")?;
        bar.set_message(line);
    }
    let status = child.wait()?;
    bar.finish_and_clear();
    if !status.success() {
        let said = fs::read_to_string(&log).unwrap_or_default();
        bail!(
            "configure failed ({status}); the end of {}:\n{}",
            log.display(),
            files::last_lines(&said, 20)
        );
    }
    missing_modules(tree)?;
    files::set_fresh(&made, &key)
}

/// Fails when a module of the standard library that the manifest has could not be configured.
fn missing_modules(tree: &Tree) -> Result<()> {
    let text = fs::read_to_string(tree.config().join("Makefile"))?;
    let missing: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("MODULE_")?.strip_suffix("_STATE=missing"))
        .collect();
    if !missing.is_empty() {
        bail!(
            "libraries are missing for these modules of the standard library: {}; install the \
             packages that `cargo xtask build` names and run it again",
            missing.join(", ")
        );
    }
    Ok(())
}
