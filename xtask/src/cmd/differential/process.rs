//! Runs one command line in a folder of its own and gives what can be compared of it.
use super::case::{Case, Stream};
use super::terminal;
use crate::session;
use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

/// How long a command line may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What a command line did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Exit code or signal.
    pub status: String,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// An interpreter, and the texts by which its output differs from that of any other.
pub struct Python {
    path: PathBuf,
    prefix: String,
    version: String,
}

static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("0x[0-9a-f]{6,}").expect("a constant expression"));

impl Python {
    /// The interpreter at `path`.
    ///
    /// # Errors
    /// When it does not say its version.
    pub fn new(path: PathBuf) -> Result<Self> {
        let line = "import sys; print(sys.base_prefix); print(sys.version)";
        let told = crate::proc::output(Command::new(&path).args(["-I", "-c", line]))?;
        let (prefix, version) = told.trim_end().split_once('\n').context("two lines")?;
        Ok(Self {
            path,
            prefix: prefix.to_owned(),
            version: version.to_owned(),
        })
    }

    /// What sys.version says, in a line.
    pub fn version(&self) -> String {
        self.version.replace('\n', " ")
    }

    /// Runs `case` in `folder`, which is made for it and removed afterwards.
    ///
    /// # Errors
    /// When it cannot be run; what it does otherwise is in the result.
    pub fn run(&self, case: &Case, folder: &Path) -> Result<Done> {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let work = folder.join("work");
        std::fs::create_dir(&work)?;
        for (name, text) in &case.files {
            let path = work.join(name);
            std::fs::create_dir_all(path.parent().context("a path below the folder")?)?;
            std::fs::write(path, text)?;
        }
        if !case.before.is_empty() {
            let mut command = self.command(case, &work, &case.before);
            crate::proc::output(&mut command).context("what comes before")?;
        }
        let mut command = self.command(case, &work, &case.args);
        let (status, stdout, stderr) = if case.terminal {
            let (status, output) = terminal::run(&mut command, &case.stdin, LIMIT)?;
            (status, output, Vec::new())
        } else {
            self.piped(&mut command, case, folder)?
        };
        let done = Done {
            status,
            stdout: self.normal(case, Stream::Stdout, &stdout, &work)?,
            stderr: self.normal(case, Stream::Stderr, &stderr, &work)?,
        };
        std::fs::remove_dir_all(folder)?;
        Ok(done)
    }

    /// Runs `command` with a pipe as its standard input and files for the rest.
    fn piped(
        &self,
        command: &mut Command,
        case: &Case,
        folder: &Path,
    ) -> Result<(String, Vec<u8>, Vec<u8>)> {
        let (reader, mut writer) = std::io::pipe()?;
        ensure!(case.stdin.len() < 4096, "an input that fits into the pipe");
        writer.write_all(case.stdin.as_bytes())?;
        drop(writer);
        let (out, err) = (folder.join("stdout"), folder.join("stderr"));
        command
            .stdin(reader)
            .stdout(Stdio::from(File::create(&out)?))
            .stderr(Stdio::from(File::create(&err)?));
        let ended = session::run(command, LIMIT, || ())?;
        let status = match ended.timed_out {
            true => "does not end".to_owned(),
            false => plain(&ended.status.to_string()),
        };
        Ok((status, std::fs::read(out)?, std::fs::read(err)?))
    }

    fn command(&self, case: &Case, work: &Path, args: &[String]) -> Command {
        let fill = |text: &String| {
            text.replace("{dir}", &work.to_string_lossy())
                .replace("{prefix}", &self.prefix)
        };
        let mut command = Command::new(&self.path);
        session::clean_environment(&mut command, work, &std::env::temp_dir())
            .env_remove("TERM")
            .envs(case.env.iter().map(|(name, value)| (name, fill(value))))
            .args(args.iter().map(fill))
            .current_dir(work);
        command
    }

    /// The text of a stream without what differs from run to run, and from one installation to another.
    fn normal(&self, case: &Case, stream: Stream, bytes: &[u8], work: &Path) -> Result<String> {
        if case.quiet.contains(&stream) {
            return Ok(String::new());
        }
        let mut text = String::from_utf8_lossy(bytes)
            .replace(&*work.to_string_lossy(), "{dir}")
            .replace(&self.prefix, "{prefix}")
            .replace(&self.version, "{version}")
            .replace(&self.version.replace('\n', ""), "{version}");
        text = ADDRESS.replace_all(&text, "0x").into_owned();
        if let Some(keep) = &case.keep {
            let found = Regex::new(keep)?;
            let lines: Vec<&str> = found.find_iter(&text).map(|one| one.as_str()).collect();
            text = lines.join("\n");
        }
        for (what, with) in &case.replace {
            text = Regex::new(what)?.replace_all(&text, with).into_owned();
        }
        Ok(text)
    }
}

/// Whether a core was written depends on the machine.
fn plain(status: &str) -> String {
    status.replace(" (core dumped)", "")
}
