//! A screen that nobody sees, for the tests of tkinter.
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running Xvfb, ended on drop.
pub struct Display {
    server: Child,
    /// The value of DISPLAY.
    pub name: String,
}

impl Display {
    /// Starts one; gives it when it answers.
    ///
    /// # Errors
    /// When Xvfb is not installed or does not start.
    pub fn start() -> Result<Self> {
        // It picks a free number and says it. Without access control, because the tests run as another user; it
        // listens on this machine only.
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1280x1024x24",
                "-ac",
                "-nolisten",
                "tcp",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start Xvfb (Debian's package xvfb)")?;
        let mut line = String::new();
        let out = server.stdout.take().context("its output is a pipe")?;
        BufReader::new(out).read_line(&mut line)?;
        let display = Self {
            server,
            name: format!(":{}", line.trim()),
        };
        anyhow::ensure!(!line.trim().is_empty(), "Xvfb gave no display");
        Ok(display)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
