//! A running process of ours: its loader finds every symbol, and a profiler from PyPI reads its stack from outside.
use super::section::Section;
use super::symbols::Record;
use crate::paths;
use crate::proc::default_signals;
use crate::pyenv::PyEnv;
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The profiler, as pip names it.
const PROFILER: &str = "py-spy==0.4.3";
/// The functions that `tests/abi/stack.py` is in when it says that it is ready, the innermost first.
const STACK: [&str; 5] = [
    "innermost",
    "Holder.method",
    "generator",
    "outermost",
    "<module>",
];

/// Looks up every symbol of `record` in a process of `python`.
///
/// # Errors
/// When the process cannot be started or fails.
pub fn resolve(python: &Path, record: &Record) -> Result<Section> {
    let mut section = Section::new("symbols in a process");
    let mut child = start(python, "tests/abi/resolve.py")?;
    let mut stdin = child.stdin.take().context("a pipe")?;
    let names: String = record
        .iter()
        .map(|(name, entry)| format!("{name}\t{}\n", entry.kind))
        .collect();
    // All of it fits neither the pipe nor the other's patience: write while the other reads.
    let writer = std::thread::spawn(move || stdin.write_all(names.as_bytes()));
    let out = child.wait_with_output()?;
    let written = writer.join().expect("writing to a pipe does not panic");
    ensure!(
        out.status.success(),
        "{} failed: {}",
        python.display(),
        out.status
    );
    written?;
    section.failures.extend(
        String::from_utf8_lossy(&out.stdout)
            .lines()
            .map(str::to_owned),
    );
    section.passed = record.len() - section.failures.len();
    Ok(section)
}

/// Lets py-spy read the stack of a process of `python`; `kind` names the environment that py-spy goes to.
///
/// # Errors
/// When the process or the environment cannot be made.
pub fn stack(python: &Path, kind: &str) -> Result<Section> {
    let mut section = Section::new("py-spy");
    let env = PyEnv::new(python, kind, "py-spy", &[PROFILER])?;
    let mut child = start(python, "tests/abi/stack.py")?;
    let ready = wait_until_ready(child.stdout.take());
    let dump = Command::new(env.dir().join("bin/py-spy"))
        .args(["dump", "--json", "--pid", &child.id().to_string()])
        .output();
    // Its standard input closes here, and it goes on to its end.
    drop(child.stdin.take());
    let end = child.wait()?;
    ready?;
    let dump = dump.context("cannot start py-spy")?;
    if !dump.status.success() {
        let words = String::from_utf8_lossy(&dump.stderr)
            .trim()
            .replace('\n', "; ");
        if words.to_lowercase().contains("permission") {
            section.skip(format!(
                "this machine forbids looking into other processes: {words}"
            ));
        } else {
            section.fail(words);
        }
        return Ok(section);
    }
    let found = functions(&dump.stdout)?;
    section.check(found == STACK, || {
        format!("it shows {found:?}, not {STACK:?}")
    });
    section.check(end.success(), || {
        format!("the process did not survive being read: {end}")
    });
    Ok(section)
}

fn start(python: &Path, script: &str) -> Result<Child> {
    default_signals(
        Command::new(python)
            .arg("-I")
            .arg(paths::root().join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped()),
    )
    .spawn()
    .with_context(|| format!("cannot start {}", python.display()))
}

fn wait_until_ready(stdout: Option<ChildStdout>) -> Result<()> {
    let mut line = String::new();
    BufReader::new(stdout.context("a pipe")?).read_line(&mut line)?;
    ensure!(
        line.trim() == "ready",
        "the process said {line:?} instead of being ready"
    );
    Ok(())
}

/// The names of the functions in a dump of py-spy, the innermost first.
fn functions(json: &[u8]) -> Result<Vec<String>> {
    let threads: serde_json::Value = serde_json::from_slice(json)?;
    let frames = threads[0]["frames"]
        .as_array()
        .context("py-spy shows no frames")?;
    Ok(frames
        .iter()
        .map(|frame| frame["name"].as_str().unwrap_or_default().to_owned())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_come_from_the_first_thread() {
        let dump = br#"[{"pid": 1, "frames": [{"name": "innermost"}, {"name": "<module>"}]}]"#;
        assert_eq!(functions(dump).unwrap(), ["innermost", "<module>"]);
        assert!(functions(b"[]").is_err());
    }
}
