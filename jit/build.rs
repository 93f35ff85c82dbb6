//! Links LLVM statically, for x86 alone. Starts `llvm-config`.
use cpython_sources::toolchain::find_tool;
use std::process::{Command, ExitCode};

/// What the compiler uses of LLVM: code generation for x86, and the passes that tiers name. inkwell's modules know how to
/// end an execution engine, though none is ever made.
const COMPONENTS: [&str; 3] = ["executionengine", "passes", "x86"];

/// What LLVM itself is linked to. `llvm-config --system-libs` names more, for parts that are not linked.
const SYSTEM_LIBRARIES: [&str; 3] = ["stdc++", "z", "zstd"];

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=build.rs");
    match link() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn link() -> Result<(), Box<dyn std::error::Error>> {
    let folder = llvm_config(&["--libdir"])?;
    println!("cargo:rustc-link-search=native={}", folder.trim());
    let names = llvm_config(&[&["--link-static", "--libnames"], &COMPONENTS[..]].concat())?;
    for name in names.split_whitespace() {
        let name = name.trim_start_matches("lib").trim_end_matches(".a");
        println!("cargo:rustc-link-lib=static:-bundle={name}");
    }
    for name in SYSTEM_LIBRARIES {
        println!("cargo:rustc-link-lib=dylib={name}");
    }
    Ok(())
}

fn llvm_config(arguments: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let tool = find_tool("llvm-config").map_err(|why| format!("{why:#}"))?;
    let out = Command::new(tool).args(arguments).output()?;
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).into());
    }
    Ok(String::from_utf8(out.stdout)?)
}
