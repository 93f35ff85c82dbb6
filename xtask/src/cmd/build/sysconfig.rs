//! What sysconfig knows: upstream's generator run in the folder where configure ran, its values made relative to
//! wherever the prefix is. Writes that folder and the prefix's `_sysconfigdata` module.
use super::copy;
use super::prefix::CONFIG_DIR;
use anyhow::{Context, Result};
use cpython_sources::makefile::Makefile;
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
        &(installed(&text, runtime.rules().makefile()) + RELOCATION),
        0o644,
    )?;
    Ok(())
}

/// The text of a file that configure or upstream's generator wrote, for the prefix: it names no folder of this machine in
/// which the build ran. Upstream's own installation leaves those names; they lead nowhere on any other machine.
pub fn installed(text: &str, make: &Makefile) -> String {
    let folder = format!("{PLACEHOLDER_PREFIX}/{CONFIG_DIR}");
    // One name contains the next.
    [
        // With this setting, the interpreter in the build's folder finds its library. The installed one needs none.
        ("RUNSHARED", ""),
        // Where the installed Makefile is, as sysconfig says of `srcdir` too.
        ("abs_srcdir", &folder),
        ("abs_builddir", &folder),
    ]
    .into_iter()
    .map(|(name, value)| (make.variable(name), value))
    .filter(|(name, _)| !name.is_empty())
    .fold(text.to_owned(), |text, (name, value)| {
        text.replace(&name, value)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_of_the_build_is_left() {
        let text = "abs_srcdir=\t/b/config/../Python\nabs_builddir=\t/b/config\n\
            RUNSHARED=  LD_LIBRARY_PATH=/b/config\nTEST= $(RUNSHARED) ./python\nX= /b/config/x\n";
        let folder = format!("{PLACEHOLDER_PREFIX}/{CONFIG_DIR}");
        assert_eq!(
            installed(text, &Makefile::parse(text)),
            format!(
                "abs_srcdir=\t{folder}\nabs_builddir=\t{folder}\nRUNSHARED=  \n\
                 TEST= $(RUNSHARED) ./python\nX= {folder}/x\n"
            )
        );
    }
}
