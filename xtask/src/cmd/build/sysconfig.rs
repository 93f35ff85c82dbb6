//! What sysconfig knows: upstream's generator run in the folder where configure ran, its values made relative to
//! wherever the prefix is. Writes that folder and the prefix's `_sysconfigdata` module.
use super::copy;
use anyhow::{Context, Result};
use cpython_sources::runtime::Runtime;
use cpython_sources::tree::PLACEHOLDER_PREFIX;
use cpython_sources::{files, hashes};
use std::fs;
use std::path::Path;
use std::process::Command;

const MODULE: &str = "_sysconfigdata__linux_x86_64-linux-gnu.py";

/// Installs the module.
///
/// # Errors
/// When the new interpreter does not run or the module cannot be written.
pub fn install(runtime: &Runtime, dist: &Path) -> Result<()> {
    let config = runtime.tree().config();
    let module = config.join("build/lib.linux-x86_64-3.13").join(MODULE);
    let mut key = String::new();
    for input in ["Makefile", "pyconfig.h"] {
        key.push_str(&hashes::of_file(&config.join(input))?);
    }
    if !files::is_fresh(&module, &key) {
        generate(&config, dist).context("cannot generate sysconfig's data")?;
        files::set_fresh(&module, &key)?;
    }
    let text =
        fs::read_to_string(&module).with_context(|| format!("cannot read {}", module.display()))?;
    copy::text(
        &dist.join("lib/python3.13").join(MODULE),
        &(text + RELOCATION),
        0o644,
    )?;
    Ok(())
}

/// What stands at the end of the module.
const RELOCATION: &str = r#"

def _relocate():
    from os.path import abspath, dirname
    placeholder = "/__pyroxene_prefix__"
    prefix = dirname(dirname(dirname(abspath(__file__))))
    for name, value in build_time_vars.items():
        if isinstance(value, str) and placeholder in value:
            build_time_vars[name] = value.replace(placeholder, prefix)


_relocate()
del _relocate
"#;

/// Runs upstream's generator the way its Makefile does, with the new interpreter under the name of upstream's.
fn generate(config: &Path, dist: &Path) -> Result<()> {
    assert!(
        RELOCATION.contains(PLACEHOLDER_PREFIX),
        "both name one placeholder"
    );
    let program = config.join("python");
    copy::file(&dist.join("bin/python3.13"), &program, 0o755)?;
    fs::write(config.join("pybuilddir.txt"), "none\n")?;
    let mut command = Command::new(&program);
    command
        .current_dir(config)
        .env("LD_LIBRARY_PATH", dist.join("lib"))
        .env("LLVM_PROFILE_FILE", "/dev/null")
        .args(["-E", "-S", "-m", "sysconfig", "--generate-posix-vars"]);
    let result = crate::proc::output(&mut command);
    fs::remove_file(&program)?;
    result.map(|_| ())
}
