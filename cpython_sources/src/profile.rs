//! The build profiles and what each means for clang. Names flags only.
use anyhow::{Result, bail};
use std::path::PathBuf;

/// How the C is compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Profile {
    /// Quick to compile, good to debug.
    Dev,
    /// Optimised.
    Release,
    /// Optimised and instrumented: a run writes what it did.
    PgoGenerate,
    /// Optimised with what an instrumented run wrote; objects are bitcode for the linker.
    PgoUse(PathBuf),
}

/// The environment variable in which `cargo xtask build` tells build scripts the profile when cargo's own name of it
/// does not say enough: `generate`, or `use=` and the path of the merged profile.
pub const PGO_VARIABLE: &str = "PYROXENE_PGO";

/// An option of LLVM: counters of values are allocated as they are needed. With a fixed number of them an instrumented
/// program warns on stderr when they run out, and tests that look there fail.
pub const DYNAMIC_COUNTERS: &str = "-vp-static-alloc=false";

/// Options of LLVM: the jump at the head of the evaluator's loop is copied to the end of every instruction, however many
/// there are, so that the processor predicts each by itself. With LLVM's own limits there would be one jump for all.
pub const JUMP_COPIES: [&str; 2] = ["-tail-dup-pred-size=5000", "-tail-dup-succ-size=5000"];

impl Profile {
    /// The profile that a build script works for.
    ///
    /// # Errors
    /// When the variable holds something else than it may.
    pub fn of_build_script() -> Result<Self> {
        match std::env::var(PGO_VARIABLE) {
            Ok(value) if value == "generate" => Ok(Self::PgoGenerate),
            Ok(value) => match value.strip_prefix("use=") {
                Some(path) => Ok(Self::PgoUse(path.into())),
                None => bail!("{PGO_VARIABLE} is `{value}`: it may be `generate` or `use=FILE`"),
            },
            Err(_) => Ok(match std::env::var("OPT_LEVEL").as_deref() {
                Ok("0" | "1") => Self::Dev,
                _ => Self::Release,
            }),
        }
    }

    /// Its name, as `cargo xtask build --profile` takes it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
            Self::PgoGenerate | Self::PgoUse(_) => "pgo",
        }
    }

    /// The profile for programs that only run during the build.
    #[must_use]
    pub fn for_helpers(&self) -> Self {
        match self {
            Self::Release => Self::Release,
            _ => Self::Dev,
        }
    }

    /// Flags for compiling.
    pub fn compile_flags(&self) -> Vec<String> {
        let words: &[&str] = match self {
            Self::Dev => &["-O1", "-g"],
            Self::Release => &["-O3", "-g"],
            Self::PgoGenerate => &[
                "-O3",
                "-g",
                "-fprofile-generate",
                "-mllvm",
                DYNAMIC_COUNTERS,
            ],
            Self::PgoUse(_) => &["-O3", "-g", "-flto=thin"],
        };
        let mut flags: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        if let Self::PgoUse(path) = self {
            flags.push(format!("-fprofile-use={}", path.display()));
        }
        flags
    }

    /// Flags for linking anything.
    pub fn link_flags(&self) -> &'static [&'static str] {
        match self {
            Self::Dev | Self::Release => &[],
            Self::PgoGenerate => &["-fprofile-generate"],
            Self::PgoUse(_) => &["-flto=thin", "-O3", "-Wl,--lto-O3"],
        }
    }

    /// Flags for linking libpython besides. They are for the evaluator and for what all programs run: loops of C that have
    /// little to do with these get slower by them (base64 by a third).
    pub fn library_link_flags(&self) -> Vec<String> {
        let Self::PgoUse(_) = self else {
            return Vec::new();
        };
        let mut flags = vec![
            // What the profile task never ran lies apart from the rest, of each function too: it stays on the disk then.
            "-Wl,-mllvm,-split-machine-functions".to_owned(),
            "-Wl,-z,keep-text-section-prefix".to_owned(),
        ];
        // The linker makes the machine code.
        flags.extend(JUMP_COPIES.map(|option| format!("-Wl,-mllvm,{option}")));
        flags
    }

    /// A file on which the objects depend besides their sources.
    pub fn input(&self) -> Option<&PathBuf> {
        match self {
            Self::PgoUse(path) => Some(path),
            _ => None,
        }
    }
}
