//! Which functions may be compiled, if not all (`-X jit-only=FILE`): whoever looks for the one that does harm halves a list.
//! Reads a file when the interpreter starts.
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

/// The functions, as `file:line:name`.
static ONLY: OnceLock<HashSet<String>> = OnceLock::new();

/// Only those in a file may be compiled from now on, a line each; none if it cannot be read.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn begin(path: &Path) -> io::Result<()> {
    let text = std::fs::read_to_string(path);
    let allowed = text.as_deref().unwrap_or_default().lines();
    // Of several main interpreters one after the other, the first decides.
    let _known = ONLY.set(allowed.map(str::to_owned).collect());
    text.map(drop)
}

/// Whether a function may be compiled.
pub(super) fn allows(function: impl FnOnce() -> pyroxene_jit_log::Function) -> bool {
    ONLY.get()
        .is_none_or(|only| only.contains(&function().to_string()))
}
