//! Compiles the C half of the runtime and makes Rust declarations from CPython's headers. Touches `target/cpython`
//! (through `cpython_sources`) and this package's output folder.
use cpython_sources::commit;
use cpython_sources::link;
use cpython_sources::manifest::Manifest;
use cpython_sources::profile::{PGO_VARIABLE, Profile};
use cpython_sources::runtime::{Runtime, SYSTEM_LIBRARIES};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn std::error::Error>> {
    // The manifest is compiled into `cpython_sources`: a change in it runs this script again by itself.
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=include");
    println!("cargo:rerun-if-changed=cpython_sources/glue");
    println!("cargo:rerun-if-env-changed={PGO_VARIABLE}");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo names OUT_DIR")?);
    let profile = Profile::of_build_script()?;
    identity(&profile)?;
    let runtime = Runtime::new(profile).map_err(|why| format!("{why:#}"))?;
    let mut objects = runtime.libpython().map_err(|why| format!("{why:#}"))?;
    // `cargo xtask build` knows the commit, and links its library with another object.
    let no_commit = commit::object(runtime.toolchain(), &out, "");
    objects.push(no_commit.map_err(|why| format!("{why:#}"))?);
    link_into_tests(&out, &objects)?;
    declarations(&runtime, &out)
}

/// What the module `pyroxene` tells of the build.
fn identity(profile: &Profile) -> Result<(), Box<dyn std::error::Error>> {
    let rustc = std::env::var_os("RUSTC").ok_or("cargo names RUSTC")?;
    let said = std::process::Command::new(rustc).arg("-vV").output()?;
    let said = String::from_utf8(said.stdout)?;
    let line = |key: &str| {
        said.lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
            .unwrap_or_default()
    };
    let replaced: Vec<_> = Manifest::get()
        .replaced()
        .map(|(file, module)| format!("{file}={module}"))
        .collect();
    for (name, value) in [
        ("PROFILE", profile.name()),
        ("RUSTC", line("release")),
        ("LLVM", line("LLVM version")),
        ("REPLACED", &replaced.join(";")),
    ] {
        println!("cargo:rustc-env=PYROXENE_BUILD_{name}={value}");
    }
    Ok(())
}

/// Test programs hold the whole interpreter; `cargo xtask build` links the shared library by itself.
fn link_into_tests(out: &Path, objects: &[PathBuf]) -> Result<(), Box<dyn std::error::Error>> {
    link::archive(&out.join("libcpython.a"), objects).map_err(|why| format!("{why:#}"))?;
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static:+whole-archive,-bundle=cpython");
    for library in SYSTEM_LIBRARIES {
        println!("cargo:rustc-link-lib=dylib={library}");
    }
    Ok(())
}

/// Layouts and prototypes from CPython's own headers, as `bindings.rs`.
fn declarations(runtime: &Runtime, out: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let tree = runtime.tree();
    let include = tree.source().join("Include");
    let builder = bindgen::Builder::default()
        .header("include/bindings.h")
        .clang_arg("-std=c11")
        .clang_arg(format!("-I{}", tree.config().display()))
        .clang_arg(format!("-I{}", include.display()))
        .clang_arg(format!("-I{}", include.join("internal").display()))
        .clang_arg(format!("-I{}", include.join("internal/mimalloc").display()));
    binding_options(builder)
        .generate()?
        .write_to_file(out.join("bindings.rs"))?;
    Ok(())
}

/// What is taken from the headers, and in which shape.
fn binding_options(builder: bindgen::Builder) -> bindgen::Builder {
    builder
        .allowlist_file(".*/Include/.*")
        .allowlist_type("StaticCode")
        .rust_edition(bindgen::RustEdition::Edition2024)
        .default_enum_style(bindgen::EnumVariation::Consts)
        .prepend_enum_name(false)
        .derive_default(false)
        .derive_debug(false)
        .layout_tests(true)
        .generate_comments(false)
        .use_core()
        .wrap_unsafe_ops(true)
        .size_t_is_usize(true)
}
