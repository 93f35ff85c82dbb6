//! Child processes: run quietly with a log, show the end of the log when they fail, start with default signals; cargo.
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Makes the child start with the default action for every signal. A shell that runs us in the background
/// ignores SIGINT, and CPython's tests (and its PGO run) fail when they inherit that.
pub fn default_signals(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt;
    // SAFETY: the closure runs between fork and exec and calls only signal(2), which is async-signal-safe.
    unsafe {
        command.pre_exec(|| {
            for signal in [
                libc::SIGINT,
                libc::SIGQUIT,
                libc::SIGTERM,
                libc::SIGHUP,
                libc::SIGPIPE,
            ] {
                libc::signal(signal, libc::SIG_DFL);
            }
            Ok(())
        })
    }
}

/// cargo as whoever works on the project starts it: not with what the cargo that runs us says of this package. Build scripts
/// ask for some of those variables, and would have everything compiled anew whenever the two take turns.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let said = name.as_encoded_bytes();
        if said.starts_with(b"CARGO_MANIFEST_") || said.starts_with(b"CARGO_PKG_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs `command` with a spinner named `what`; its output goes to `target/logs/<log>.log`.
///
/// # Errors
/// When the program cannot be started or exits with failure; the message ends with the last lines of the log.
pub fn run_logged(command: &mut Command, what: &str, log: &str) -> Result<()> {
    let path = log_file(log)?;
    let out = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    command
        .stdout(out.try_clone()?)
        .stderr(out)
        .stdin(std::process::Stdio::null());
    let bar = spinner(what);
    let status = default_signals(command)
        .status()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    bar.finish_and_clear();
    if !status.success() {
        bail!(
            "{what} failed ({status}); the end of {}:\n{}",
            path.display(),
            tail(&path, 40)
        );
    }
    eprintln!("  {what}: done");
    Ok(())
}

/// Runs `command` with the terminal as its own and fails when it does.
///
/// # Errors
/// When the program cannot be started or exits with failure.
pub fn run(command: &mut Command) -> Result<()> {
    let status = default_signals(command)
        .status()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if !status.success() {
        bail!("{:?} failed ({status})", command.get_program());
    }
    Ok(())
}

/// Runs `command` and gives what it printed.
///
/// # Errors
/// When the program cannot be started or exits with failure; the message holds what it said on stderr.
pub fn output(command: &mut Command) -> Result<String> {
    let out = default_signals(command)
        .output()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if !out.status.success() {
        bail!(
            "{:?} failed ({}): {}",
            command.get_program(),
            out.status,
            String::from_utf8_lossy(&out.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// A spinner with the time it has run.
pub fn spinner(what: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(what.to_owned());
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg} [{elapsed}]").expect("a constant template"),
    );
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// The file to which the output of a step goes.
///
/// # Errors
/// When the folder for logs cannot be made.
pub fn log_file(name: &str) -> Result<PathBuf> {
    let dir = crate::paths::target().join("logs");
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir.join(format!("{name}.log")))
}

fn tail(path: &Path, lines: usize) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
