//! The built interpreter that tests start: of the prefix in `PYROXENE_TEST_HOME`, or else of `target/dist`.
use std::path::PathBuf;
use std::process::Command;

/// The prefix.
pub fn home() -> PathBuf {
    std::env::var_os("PYROXENE_TEST_HOME").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/dist"),
        PathBuf::from,
    )
}

/// The interpreter.
#[allow(dead_code, reason = "not every test program starts it")]
pub fn python() -> Command {
    let program = home().join("bin/python3.13");
    assert!(
        program.exists(),
        "{} is missing: run `cargo xtask build`, or name a prefix in PYROXENE_TEST_HOME",
        program.display()
    );
    Command::new(program)
}
