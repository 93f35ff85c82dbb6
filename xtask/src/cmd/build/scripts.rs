//! Scripts of the prefix that find their interpreter from their own place, pkg-config files and the installed
//! Makefile among them. Writes below `target/dist`.
use super::prefix::CONFIG_DIR;
use super::{copy, sysconfig};
use anyhow::{Context, Result};
use cpython_sources::makefile::Makefile;
use cpython_sources::tree::PLACEHOLDER_PREFIX;
use std::fs;
use std::path::Path;

/// Installs the scripts.
///
/// # Errors
/// When upstream's or configure's files cannot be read, or ours not written.
pub fn install(source: &Path, config: &Path, make: &Makefile, dist: &Path) -> Result<()> {
    let bin = dist.join("bin");
    for (tool, name) in [("idle3", "idle3.13"), ("pydoc3", "pydoc3.13")] {
        let text = read(&source.join("Tools/scripts").join(tool))?;
        copy::text(&bin.join(name), &relocatable(&text, "python3.13"), 0o755)?;
        copy::link(Path::new(name), &bin.join(tool))?;
    }
    let text = read(&source.join("Misc/python-config.in"))?;
    copy::text(
        &dist.join(CONFIG_DIR).join("python-config.py"),
        &relocatable(&text, "../../../bin/python3.13"),
        0o755,
    )?;
    // Upstream's recipe: references in make's style become the shell's.
    let text = braces(&read(&config.join("Misc/python-config.sh"))?);
    copy::text(&bin.join("python3.13-config"), &text, 0o755)?;
    copy::link(Path::new("python3.13-config"), &bin.join("python3-config"))?;
    package_files(config, dist)?;
    let makefile = sysconfig::installed(&read(&config.join("Makefile"))?, make)
        .replace(
            &format!("prefix=\t\t{PLACEHOLDER_PREFIX}"),
            "prefix=\t\t$(abspath $(dir $(lastword $(MAKEFILE_LIST)))../../..)",
        )
        .replace(PLACEHOLDER_PREFIX, "$(prefix)");
    copy::text(&dist.join(CONFIG_DIR).join("Makefile"), &makefile, 0o644)?;
    Ok(())
}

fn package_files(config: &Path, dist: &Path) -> Result<()> {
    let to = dist.join("lib/pkgconfig");
    for (from, name, short) in [
        ("Misc/python.pc", "python-3.13.pc", "python3.pc"),
        (
            "Misc/python-embed.pc",
            "python-3.13-embed.pc",
            "python3-embed.pc",
        ),
    ] {
        let text = read(&config.join(from))?.replace(
            &format!("prefix={PLACEHOLDER_PREFIX}"),
            "prefix=${pcfiledir}/../..",
        );
        copy::text(&to.join(name), &text, 0o644)?;
        copy::link(Path::new(name), &to.join(short))?;
    }
    Ok(())
}

/// Makes the Python scripts that pip put into `bin` find the interpreter beside them.
///
/// # Errors
/// When one cannot be read or written.
pub fn relocate(script: &Path) -> Result<()> {
    let text = read(script)?;
    copy::text(script, &relocatable(&text, "python3.13"), 0o755)?;
    Ok(())
}

/// The script with a first line that starts the interpreter at a place relative to the script: a shell reads the
/// first three lines as a command, and Python as a string.
fn relocatable(script: &str, interpreter: &str) -> String {
    if script.starts_with("#!/bin/sh") {
        return script.to_owned();
    }
    let body = match script.strip_prefix("#!") {
        Some(rest) => rest.split_once('\n').map_or("", |(_, body)| body),
        None => script,
    };
    format!(
        "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")/{interpreter}\" \"$0\" \"$@\"\n' '''\n{body}"
    )
}

/// `$(NAME)` becomes `${NAME}`.
fn braces(text: &str) -> String {
    let pattern = regex::Regex::new(r"\$\(([A-Za-z0-9_]*)\)").expect("a constant pattern");
    pattern.replace_all(text, "$${$1}").into_owned()
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_find_their_interpreter() {
        let text = relocatable("#!/somewhere/python\nimport x\n", "python3.13");
        assert!(text.starts_with("#!/bin/sh\n'''exec' "));
        assert!(text.ends_with("\n' '''\nimport x\n"));
        assert_eq!(relocatable(&text, "python3.13"), text);
    }

    #[test]
    fn references_become_the_shells() {
        assert_eq!(
            braces("a $(B_1)$(C) $(dirname $x)"),
            "a ${B_1}${C} $(dirname $x)"
        );
    }
}
