//! Finds clang 22 and its companions. Starts `clang --version` and touches nothing.
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// The LLVM release of everything: clang, lld, and rustc's own.
pub const LLVM: &str = "22";

/// The compiler and what it says of itself.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// clang.
    pub clang: PathBuf,
    /// What `clang --version` prints; part of every object's key.
    pub version: String,
}

impl Toolchain {
    /// The toolchain of this machine.
    ///
    /// # Errors
    /// When clang 22 is not installed.
    pub fn find() -> Result<Self> {
        let clang = find_tool("clang")?;
        // `cc` knows how to ask a compiler what it is; the variables that it wants are cargo's.
        let compiler = cc::Build::new()
            .cargo_metadata(false)
            .compiler(&clang)
            .target("x86_64-unknown-linux-gnu")
            .host("x86_64-unknown-linux-gnu")
            .opt_level(2)
            .try_get_compiler()?;
        let out = Command::new(compiler.path()).arg("--version").output();
        let version = match out {
            Ok(out) if compiler.is_like_clang() => {
                String::from_utf8_lossy(&out.stdout).into_owned()
            }
            _ => bail!("{} is not clang: install clang-{LLVM}", clang.display()),
        };
        Ok(Self { clang, version })
    }
}

/// A tool of LLVM 22 by its name without version: `clang`, `llvm-ar`, `llvm-profdata`.
///
/// # Errors
/// When it is not installed.
pub fn find_tool(name: &str) -> Result<PathBuf> {
    let versioned = format!("{name}-{LLVM}");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| dir.join(&versioned))
        .chain([PathBuf::from(format!("/usr/lib/llvm-{LLVM}/bin/{name}"))])
        .find(|candidate| candidate.is_file())
        .map_or_else(
            || {
                bail!(
                    "{versioned} is not installed: run `cargo xtask build` as root, or have the \
                     packages clang-{LLVM}, lld-{LLVM} and llvm-{LLVM} installed"
                )
            },
            Ok,
        )
}
