//! Makes the frozen modules: headers with the byte code of the modules that every start needs. Touches the folder
//! where configure ran: two helper programs and `Python/frozen_modules`.
//!
//! The helpers are linked with upstream's own version of every file of libpython, whatever the manifest says of it.
//! So a build needs no runtime of ours to make one, and a fault in ours cannot reach the frozen modules; that ours
//! freezes the same bytes is a test.
use crate::compile::Compiler;
use crate::files;
use crate::link::Link;
use crate::manifest::Manifest;
use crate::profile::Profile;
use crate::toolchain::Toolchain;
use crate::tree::Tree;
use crate::units::Rules;
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FREEZER: &str = "Programs/_freeze_module";
const BOOTSTRAP: &str = "_bootstrap_python";

/// Makes sure that every header of upstream's list is there.
///
/// # Errors
/// When a helper cannot be built or run.
pub fn freeze(tree: &Tree, toolchain: &Toolchain, profile: &Profile, rules: &Rules) -> Result<()> {
    let config = tree.config();
    let stamp = config.join("Python/frozen_modules/complete");
    // The byte code is a function of upstream's sources, and those are pinned.
    let key = Manifest::get().upstream.sha256.clone();
    let mut headers: Vec<&str> = headers(rules).collect();
    headers.sort_unstable();
    let there = headers.iter().all(|header| config.join(header).exists());
    if there && files::is_fresh(&stamp, &key) {
        return Ok(());
    }
    let profile = profile.for_helpers();
    let compiler = Compiler::new(tree, toolchain, profile.clone())?;
    let mut units = Vec::new();
    for path in Manifest::get().libpython.keys() {
        if path != "Python/frozen.c" && path != "Modules/getpath.c" {
            units.push(rules.unit(path)?);
        }
    }
    let shared = compiler.compile(&units, "compiling what freezes modules")?;
    // The first helper makes what the second one holds; the second imports with that and makes the rest.
    let stages = [
        (
            FREEZER,
            ["Programs/_freeze_module.c", "Modules/getpath_noop.c"],
        ),
        (
            BOOTSTRAP,
            ["Programs/_bootstrap_python.c", "Modules/getpath.c"],
        ),
    ];
    let bar = ProgressBar::new(headers.len() as u64);
    bar.set_style(ProgressStyle::with_template(
        "  freezing modules {bar:30} {pos}/{len}",
    )?);
    for (helper, own) in stages {
        let units = own
            .iter()
            .map(|path| rules.unit(path))
            .collect::<Result<Vec<_>>>()?;
        let objects = compiler.compile(&units, "compiling a helper")?;
        link(tree, toolchain, &profile, helper, objects, &shared)?;
        for header in headers
            .iter()
            .filter(|header| made_by(rules, header) == helper)
        {
            run(tree, rules, header)?;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    files::write_whole(&stamp, "")?;
    files::set_fresh(&stamp, &key)
}

/// The headers of upstream's list, as its rules name them.
pub fn headers(rules: &Rules) -> impl Iterator<Item = &str> {
    rules
        .makefile()
        .targets()
        .filter(|target| target.starts_with("Python/frozen_modules/"))
}

/// Freezes modules again with another interpreter, and names those that do not become the same. Those that upstream's
/// recipes freeze by the helper in C are left out: what it writes depends on how many references it holds itself.
///
/// # Errors
/// When the interpreter does not run.
pub fn differing(tree: &Tree, rules: &Rules, python: &Path, work: &Path) -> Result<Vec<String>> {
    let mut different = Vec::new();
    files::make_dir(work)?;
    for header in headers(rules).filter(|header| made_by(rules, header) == BOOTSTRAP) {
        let command = command(rules, header);
        let words = shlex::split(&command).with_context(|| format!("cannot read: {command}"))?;
        let [.., name, source, _] = words.as_slice() else {
            bail!("cannot read: {command}")
        };
        let again = work.join("again.h");
        let out = Command::new(python)
            .arg("-I")
            .arg(tree.source().join("Programs/_freeze_module.py"))
            .args([name, source])
            .arg(&again)
            .current_dir(tree.config())
            .output()
            .with_context(|| format!("cannot start {}", python.display()))?;
        if !out.status.success() {
            bail!(
                "freezing {name} failed: {}",
                String::from_utf8_lossy(&out.stderr).trim()
            );
        }
        // The first line says which program made the file.
        let body = |path: &Path| -> Result<String> {
            let text = fs::read_to_string(path)?;
            Ok(text
                .split_once('\n')
                .map(|(_, body)| body.to_owned())
                .unwrap_or_default())
        };
        if body(&again)? != body(&tree.config().join(header))? {
            different.push(name.clone());
        }
    }
    let _ = fs::remove_dir_all(work);
    Ok(different)
}

fn command(rules: &Rules, header: &str) -> String {
    rules.makefile().command(header, "").unwrap_or_default()
}

/// The helper that upstream's recipe of a header starts.
fn made_by(rules: &Rules, header: &str) -> &'static str {
    if command(rules, header).starts_with(&format!("./{FREEZER} ")) {
        FREEZER
    } else {
        BOOTSTRAP
    }
}

/// Runs upstream's recipe of one header.
fn run(tree: &Tree, rules: &Rules, header: &str) -> Result<()> {
    let command = command(rules, header);
    let words = shlex::split(&command).with_context(|| format!("cannot read: {command}"))?;
    let out = Command::new(tree.config().join(&words[0]))
        .args(&words[1..])
        .current_dir(tree.config())
        .env_remove("PYTHONHOME")
        .env_remove("PYTHONPATH")
        .output()
        .with_context(|| format!("cannot start {}", words[0]))?;
    if !out.status.success() {
        bail!(
            "{command} failed: {}",
            String::from_utf8_lossy(&out.stderr).trim()
        );
    }
    Ok(())
}

fn link(
    tree: &Tree,
    toolchain: &Toolchain,
    profile: &Profile,
    output: &str,
    own: Vec<PathBuf>,
    shared: &[PathBuf],
) -> Result<()> {
    let mut inputs = own;
    inputs.extend_from_slice(shared);
    let arguments: Vec<String> = ["-ldl", "-lm", "-lpthread", "-Wl,--export-dynamic"]
        .iter()
        .map(|&word| word.to_owned())
        .collect();
    Link {
        toolchain,
        profile,
        output: &tree.config().join(output),
        inputs: &inputs,
        arguments: &arguments,
        whole: &[],
        named: &[],
    }
    .run()
    .map(|_| ())
    .with_context(|| format!("cannot link {output}"))
}
