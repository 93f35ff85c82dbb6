//! A folder of a test's own, and what programs of Python do that run in it.
use pyroxene_jit_log::Line;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of a test's own, which goes with it.
pub struct Folder(pub PathBuf);

impl Folder {
    /// A new one.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pyroxene-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder is made");
        Self(path)
    }

    /// A program in it.
    pub fn program(&self, text: &str) -> PathBuf {
        let path = self.0.join("program.py");
        fs::write(&path, text).expect("the program is written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the folder goes");
    }
}

/// Runs a command to its end, which must be a good one.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    output
}

/// A log of the compiler.
pub fn log_of(path: &Path) -> Vec<Line> {
    let text = fs::read_to_string(path).expect("there is a log");
    pyroxene_jit_log::read(&text).expect("it is one")
}
