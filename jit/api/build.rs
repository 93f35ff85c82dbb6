//! Computes what tells one build of this crate from another: a hash of its sources and of the compiler's version. The
//! core and the compiler library exchange plain Rust values, which is right only if both come from the same of both.
use std::hash::{DefaultHasher, Hasher};
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

fn main() {
    let compiler = env::var_os("RUSTC").expect("cargo names the compiler");
    let version = Command::new(compiler)
        .arg("-vV")
        .output()
        .expect("the compiler tells its version");
    let mut hasher = DefaultHasher::new();
    hasher.write(&version.stdout);

    let mut sources: Vec<PathBuf> = fs::read_dir("src")
        .expect("the crate has sources")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    sources.sort();
    for source in &sources {
        hasher.write(&fs::read(source).expect("a readable source"));
    }

    println!("cargo::rustc-env=PYROXENE_JIT_API={}", hasher.finish());
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=build.rs");
}
