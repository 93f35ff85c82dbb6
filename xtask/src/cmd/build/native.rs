//! Machine code: the Rust core by cargo, the C by `cpython_sources`, and lld to put them together. Writes
//! `target/cpython/out/<profile>`, from which the prefix is installed.
use super::order;
use crate::cmd::reference;
use crate::{paths, proc};
use anyhow::{Context, Result, bail};
use cpython_sources::link::Link;
use cpython_sources::profile::{DYNAMIC_COUNTERS, JUMP_COPIES, PGO_VARIABLE, Profile};
use cpython_sources::runtime::{Runtime, SYSTEM_LIBRARIES};
use cpython_sources::{commit, files};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file name of the compiler library, which the core looks for beside itself.
pub const COMPILER: &str = "libpyroxene-jit.so";

/// The file name of the library, which is its soname too.
pub const LIBRARY: &str = "libpython3.13.so.1.0";

/// What was built.
pub struct Products {
    /// libpython itself.
    pub library: PathBuf,
    /// The stable ABI's library: it only points to the other one.
    pub stable: PathBuf,
    /// The interpreter's executable.
    pub program: PathBuf,
    /// The compiler library.
    pub compiler: PathBuf,
    /// The folder of the extension modules.
    pub extensions: PathBuf,
}

/// Builds everything that is machine code.
///
/// # Errors
/// When something does not compile or link, or when the evaluator's jumps were merged.
pub fn build(runtime: &Runtime, profile: &Profile, name: &str) -> Result<Products> {
    let out = runtime.tree().base().join("out").join(name);
    let objects = runtime.libpython()?;
    let core = core(profile)?;
    let library = library(runtime, profile, &out, objects, core)?;
    if matches!(profile, Profile::Release | Profile::PgoUse(_)) {
        reference::check_evaluator(&library, reference::HEALTHY_OURS)?;
    }
    let products = Products {
        stable: stable(runtime, profile, &out, &library)?,
        program: program(runtime, profile, &out)?,
        compiler: compiler(profile)?,
        extensions: out.join("lib-dynload"),
        library,
    };
    let linked = runtime.extensions(&products.extensions)?;
    if linked > 0 {
        eprintln!("  {linked} extension modules linked");
    }
    Ok(products)
}

/// The Rust core as a static library.
fn core(profile: &Profile) -> Result<PathBuf> {
    let (cargo_profile, folder, rustflags, pgo) = match profile {
        Profile::Dev => ("dev", "debug", None, None),
        Profile::Release => ("release", "release", None, None),
        Profile::PgoGenerate => (
            "pgo",
            "pgo-generate",
            Some(format!(
                "-Cprofile-generate=unused -Cllvm-args={DYNAMIC_COUNTERS}"
            )),
            Some("generate".to_owned()),
        ),
        Profile::PgoUse(path) => (
            "pgo",
            "pgo-use",
            Some(format!(
                "-Cprofile-use={} -Clinker-plugin-lto",
                path.display()
            )),
            Some(format!("use={}", path.display())),
        ),
    };
    let mut command = proc::cargo();
    command
        .current_dir(paths::root())
        .args(["rustc", "--package", "pyroxene", "--lib"]);
    command.args(["--profile", cargo_profile]);
    let mut folder = paths::target().join(folder);
    if let (Some(flags), Some(pgo)) = (rustflags, pgo) {
        // A target folder of its own, and flags for the target only: build scripts are not instrumented.
        command
            .arg("--target-dir")
            .arg(&folder)
            .args(["--target", TRIPLE]);
        command.env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", flags);
        command.env(PGO_VARIABLE, pgo);
        folder = folder.join(TRIPLE).join(cargo_profile);
    }
    // For this crate alone, not for what it depends on.
    if !matches!(profile, Profile::Dev) {
        command.args(["--", &format!("-Cllvm-args={}", JUMP_COPIES.join(" "))]);
    }
    proc::run(&mut command).context("the Rust core does not compile")?;
    let library = folder.join("libpyroxene.a");
    if !library.is_file() {
        bail!("cargo did not make {}", library.display());
    }
    Ok(library)
}

/// The compiler library, with LLVM inside. It is no part of what is optimised by a profile.
fn compiler(profile: &Profile) -> Result<PathBuf> {
    let (cargo_profile, folder) = match profile {
        Profile::Dev => ("dev", "debug"),
        Profile::Release | Profile::PgoGenerate | Profile::PgoUse(_) => ("release", "release"),
    };
    let mut command = proc::cargo();
    command
        .current_dir(paths::root())
        .args(["build", "--package", "pyroxene-jit", "--lib"])
        .args(["--profile", cargo_profile]);
    proc::run(&mut command).context("the compiler library does not build")?;
    let library = paths::target().join(folder).join("libpyroxene_jit.so");
    if !library.is_file() {
        bail!("cargo did not make {}", library.display());
    }
    Ok(library)
}

const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// libpython3.13.so.1.0: every object of both halves, and only the symbols that CPython exports, and ours.
fn library(
    runtime: &Runtime,
    profile: &Profile,
    out: &Path,
    objects: Vec<PathBuf>,
    core: PathBuf,
) -> Result<PathBuf> {
    let script = out.join("exports.map");
    files::write_if_changed(&script, exports()?)?;
    let library = out.join(LIBRARY);
    let mut arguments: Vec<String> = [
        "-shared",
        "-Wl,-z,defs",
        "-Wl,-z,relro",
        "-Wl,--gc-sections",
        // A call inside the library stays inside it, as in Debian's build.
        "-Wl,-Bsymbolic-functions",
        "-Wl,--build-id",
        // Rust's standard library wants an unwinder for its backtraces. The C library loads libgcc_s when it needs one.
        "-static-libgcc",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.extend(profile.library_link_flags());
    arguments.push(format!("-Wl,-soname,{LIBRARY}"));
    arguments.push(format!("-Wl,--version-script={}", script.display()));
    // Not among the inputs, by which it is decided whether to link again: a commit that changes nothing in the library
    // would have it linked and, with link-time optimisation, compiled.
    let commit = commit::object(runtime.toolchain(), out, &current_commit())?;
    arguments.push(commit.display().to_string());
    arguments.extend(SYSTEM_LIBRARIES.iter().map(|name| format!("-l{name}")));
    let plain = Link {
        toolchain: runtime.toolchain(),
        profile,
        output: &library,
        inputs: &objects,
        arguments: &arguments,
        whole: &[core],
        named: &[],
    };
    let linked = match profile {
        Profile::PgoUse(merged) => {
            // The second time, machine code comes out of the cache.
            let cache = format!("-Wl,--thinlto-cache-dir={}", out.join("thinlto").display());
            let arguments = [&arguments[..], &[cache]].concat();
            let draft = out.join("draft").join(LIBRARY);
            Link {
                output: &draft,
                arguments: &arguments,
                ..plain
            }
            .run()?;
            let list = out.join("order.txt");
            order::list(&draft, &order::names(merged), &list)?;
            let order = format!("-Wl,--symbol-ordering-file={}", list.display());
            Link {
                arguments: &[&arguments[..], &[order]].concat(),
                named: &[list],
                ..plain
            }
            .run()?
        }
        _ => plain.run()?,
    };
    if linked {
        eprintln!("  {LIBRARY} linked");
    }
    Ok(library)
}

/// The commit of the sources: as the caller says, who may have no repository, or as git does; empty when nobody knows.
fn current_commit() -> String {
    if let Ok(commit) = std::env::var("PYROXENE_BUILD_COMMIT") {
        return commit;
    }
    let mut git = Command::new("git");
    git.current_dir(paths::root())
        .args(["describe", "--always", "--abbrev=40", "--exclude=*"])
        .arg("--dirty");
    proc::output(&mut git)
        .map(|said| said.trim().to_owned())
        .unwrap_or_default()
}

/// The linker's list of what the library exports.
fn exports() -> Result<String> {
    let path = paths::root().join("tests/abi/exports-3.13.5.txt");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let names: String = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(|name| format!("    {name};\n"))
        .collect();
    Ok(format!(
        "{{\n  global:\n{names}    pyroxene_*;\n    Pyroxene_*;\n  local:\n    *;\n}};\n"
    ))
}

/// libpython3.so: what programs link that use the stable ABI only.
fn stable(runtime: &Runtime, profile: &Profile, out: &Path, library: &Path) -> Result<PathBuf> {
    let stable = out.join("libpython3.so");
    let arguments = [
        "-shared",
        "-Wl,--no-as-needed",
        "-Wl,-soname,libpython3.so",
        "-Wl,-rpath,$ORIGIN",
    ]
    .map(str::to_owned);
    Link {
        toolchain: runtime.toolchain(),
        profile,
        output: &stable,
        inputs: &[],
        arguments: &[&arguments[..], &[library.display().to_string()]].concat(),
        whole: &[],
        named: &[],
    }
    .run()?;
    Ok(stable)
}

/// The executable: upstream's, and what loads the library.
fn program(runtime: &Runtime, profile: &Profile, out: &Path) -> Result<PathBuf> {
    let program = out.join("python3.13");
    let mut inputs = runtime.program()?;
    inputs.push(launcher()?);
    let mut arguments = [
        "-static-libgcc",
        "-Wl,--as-needed",
        "-Wl,--gc-sections",
        "-Wl,--strip-debug",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.extend(SYSTEM_LIBRARIES.iter().map(|name| format!("-l{name}")));
    Link {
        toolchain: runtime.toolchain(),
        profile,
        output: &program,
        inputs: &inputs,
        arguments: &arguments,
        whole: &[],
        named: &[],
    }
    .run()?;
    Ok(program)
}

/// What loads the library, as a static library. It does its work once, so that no profile makes a difference.
fn launcher() -> Result<PathBuf> {
    let mut command = proc::cargo();
    command.current_dir(paths::root()).args([
        "build",
        "--release",
        "--package",
        "pyroxene-launcher",
    ]);
    proc::run(&mut command).context("the launcher does not compile")?;
    Ok(paths::target().join("release/libpyroxene_launcher.a"))
}
