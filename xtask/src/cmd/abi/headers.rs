//! Layouts as an extension's author gets them: every installed header, internal ones included, through the compiler.
use super::dwarf;
use super::layout::Structs;
use crate::{paths, proc};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Headers that cannot be read on Debian alone: they belong to other systems, or want expat's.
const NOT_FOR_US: [&str; 3] = [
    "pycore_fileutils_windows.h",
    "pycore_emscripten_",
    "pyexpat.h",
];

/// The layout of everything that the headers in `include` (a `…/include/python3.13`) declare.
///
/// # Errors
/// When the compiler is missing or refuses the headers.
pub fn layouts(include: &Path) -> Result<Structs> {
    let dir = paths::target().join("abi");
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let source = dir.join("headers.c");
    std::fs::write(&source, unit(include)?)?;
    // Linked, because the debug sections of a relocatable file hold nothing but relocations.
    let library = dir.join("headers.so");
    proc::run_logged(
        Command::new("clang-22")
            .args([
                "-g",
                "-fno-eliminate-unused-debug-types",
                "-fstandalone-debug",
                "-w",
            ])
            .args(["-fPIC", "-shared", "-nostdlib", "-fuse-ld=lld-22", "-o"])
            .args([&library, &source])
            .arg("-I")
            .arg(include)
            .arg("-I")
            .arg(include.join("internal"))
            .arg("-I")
            .arg(include.join("internal/mimalloc")),
        "every header through the compiler",
        "abi-headers",
    )?;
    let described = dwarf::read(&std::fs::read(&library)?)?;
    Ok(described
        .context("the compiler wrote no debug information")?
        .c)
}

/// A C file that includes every header.
fn unit(include: &Path) -> Result<String> {
    let mut text = String::from("#define Py_BUILD_CORE 1\n#include \"Python.h\"\n");
    for (folder, begin) in [("", ""), ("internal", "pycore_")] {
        for name in headers(&include.join(folder), begin)? {
            text.push_str(&format!(
                "#include \"{}\"\n",
                Path::new(folder).join(name).display()
            ));
        }
    }
    Ok(text)
}

fn headers(dir: &Path, begin: &str) -> Result<Vec<String>> {
    let mut names = vec![];
    let entries =
        std::fs::read_dir(dir).with_context(|| format!("no headers in {}", dir.display()))?;
    for entry in entries {
        let name = PathBuf::from(entry?.file_name());
        let name = name.to_string_lossy().into_owned();
        let ours = name.ends_with(".h") && name.starts_with(begin);
        if ours && !NOT_FOR_US.iter().any(|not| name.starts_with(not)) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
