//! Links LLVM statically, for x86 alone, and the C++ library. Starts `llvm-config` and `cc`.
use cpython_sources::toolchain::find_tool;
use std::path::Path;
use std::process::{Command, ExitCode};

/// What the compiler uses of LLVM: code generation for x86, and the passes that tiers name. inkwell's modules know how to
/// end an execution engine, though none is ever made.
const COMPONENTS: [&str; 3] = ["executionengine", "passes", "x86"];

/// What LLVM itself is linked to. `llvm-config --system-libs` names more, for parts that are not linked.
const SYSTEM_LIBRARIES: [&str; 2] = ["z", "zstd"];

/// The C++ library is linked statically, so that it is the compiler's own like LLVM: what is led elsewhere below is so in it, too.
const CXX_LIBRARY: &str = "libstdc++.a";

/// Functions of the C and C++ libraries that are led to functions of `src/forks.rs` and `src/memory.rs`, wherever this library
/// calls them.
const WRAPPED: [&str; 16] = [
    "__cxa_atexit",
    "__cxa_guard_abort",
    "__cxa_guard_acquire",
    "__cxa_guard_release",
    "aligned_alloc",
    "calloc",
    "malloc",
    "posix_memalign",
    "pthread_mutex_lock",
    "pthread_mutex_trylock",
    "pthread_mutex_unlock",
    "pthread_once",
    "pthread_rwlock_rdlock",
    "pthread_rwlock_unlock",
    "pthread_rwlock_wrlock",
    "realloc",
];

/// How the library is laid out, so that less of it comes into memory: what LLVM initialises when the library is loaded lies together
/// and not in pages all over its code, equal functions are there once, and the list of addresses to relocate is short.
const LAYOUT: [&str; 3] = [
    "-Wl,-z,keep-text-section-prefix",
    "-Wl,--icf=safe",
    "-Wl,-z,pack-relative-relocs",
];

/// The functions of LLVM and the C++ library that compilations run, which lie together: they are a tenth of all, and the system maps
/// much of the file along with each. `cargo xtask jit-order` makes the list; names that there are not do no harm.
const ORDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/order.txt");

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={ORDER}");
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
    println!("cargo:rustc-link-search=native={}", cxx_folder()?);
    println!("cargo:rustc-link-lib=static:-bundle=stdc++");
    for name in WRAPPED {
        println!("cargo:rustc-link-arg=-Wl,--wrap={name}");
    }
    for flag in LAYOUT {
        println!("cargo:rustc-link-arg-cdylib={flag}");
    }
    println!("cargo:rustc-link-arg-cdylib=-Wl,--symbol-ordering-file={ORDER}");
    println!("cargo:rustc-link-arg-cdylib=-Wl,--no-warn-symbol-ordering");
    for name in SYSTEM_LIBRARIES {
        println!("cargo:rustc-link-lib=dylib={name}");
    }
    Ok(())
}

/// The folder of the C++ library, as the compiler that links says.
fn cxx_folder() -> Result<String, Box<dyn std::error::Error>> {
    let name = format!("-print-file-name={CXX_LIBRARY}");
    let said = run(Command::new("cc").arg(name))?;
    let folder = Path::new(said.trim()).parent().and_then(Path::to_str);
    match folder {
        None | Some("") => Err(format!("there is no {CXX_LIBRARY}: is g++ installed?").into()),
        Some(folder) => Ok(folder.to_owned()),
    }
}

fn llvm_config(arguments: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let tool = find_tool("llvm-config").map_err(|why| format!("{why:#}"))?;
    run(Command::new(tool).args(arguments))
}

fn run(command: &mut Command) -> Result<String, Box<dyn std::error::Error>> {
    let out = command.output()?;
    if !out.status.success() {
        return Err(String::from_utf8_lossy(&out.stderr).into());
    }
    Ok(String::from_utf8(out.stdout)?)
}
