//! The manifest against upstream: it names every file that upstream's rules compile and no other, what is compiled is
//! the tarball's byte for byte, and the frozen modules are all there. Prepares the sources if they are not yet.
use cpython_sources::manifest::{Entry, Fate, Files, Manifest};
use cpython_sources::tree::Tree;
use cpython_sources::units::Rules;
use cpython_sources::{freeze, prepare, verify};
use std::collections::BTreeSet;

fn rules() -> (Tree, Rules) {
    let tree = prepare().expect("the sources can be prepared");
    let rules = Rules::read(&tree).expect("configure wrote a Makefile");
    (tree, rules)
}

fn names(files: &Files) -> BTreeSet<String> {
    files.keys().cloned().collect()
}

#[test]
fn libpython_is_what_upstream_links() {
    let (_, rules) = rules();
    let upstream: BTreeSet<String> = rules.upstream_libpython().into_iter().collect();
    assert!(
        upstream.len() > 170,
        "upstream's list is read: {}",
        upstream.len()
    );
    assert_eq!(names(&Manifest::get().libpython), upstream);
}

#[test]
fn extensions_are_what_upstream_builds() {
    let (_, rules) = rules();
    let upstream: Vec<_> = rules
        .upstream_extensions()
        .into_iter()
        .map(|(name, files)| (name, files.into_iter().collect::<BTreeSet<_>>()))
        .collect();
    let upstream: BTreeSet<_> = upstream.into_iter().collect();
    let ours: BTreeSet<_> = Manifest::get()
        .extensions
        .iter()
        .map(|(name, files)| (name.clone(), names(files)))
        .collect();
    assert_eq!(ours, upstream);
}

#[test]
fn programs_are_what_upstream_builds() {
    let (_, rules) = rules();
    let made_by = |program: &str| -> BTreeSet<String> {
        let library = rules.makefile().words("LIBRARY_OBJS");
        rules
            .makefile()
            .prerequisites(program)
            .into_iter()
            .filter(|object| object.ends_with(".o") && !library.contains(object))
            .map(|object| object.replace(".o", ".c"))
            .collect()
    };
    assert_eq!(names(&Manifest::get().program), made_by("python"));
    let mut helpers = made_by("Programs/_freeze_module");
    helpers.extend(made_by("_bootstrap_python"));
    assert_eq!(names(&Manifest::get().helpers), helpers);
}

#[test]
fn every_file_has_a_rule() {
    let (tree, rules) = rules();
    for path in Manifest::get().compiled() {
        assert!(tree.file(path).exists(), "{path} exists");
        let unit = rules.unit(path).unwrap_or_else(|why| panic!("{why:#}"));
        assert!(
            unit.flags.iter().any(|flag| flag == "-fPIC"),
            "{path}: {:?}",
            unit.flags
        );
        let core = unit
            .flags
            .iter()
            .any(|flag| flag.starts_with("-DPy_BUILD_CORE"));
        let in_library = Manifest::get().libpython.contains_key(path);
        assert!(
            core || !in_library,
            "{path} is part of the core: {:?}",
            unit.flags
        );
    }
}

#[test]
fn a_replaced_file_says_by_what() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the checkout");
    for (path, entry) in &Manifest::get().libpython {
        match entry {
            Entry::Plain(fate) => {
                assert_eq!(*fate, Fate::Compile, "{path} needs a module and a reason")
            }
            Entry::Planned(planned) => {
                assert!(!planned.why.is_empty(), "{path}");
                let there = root.join(&planned.by).exists();
                assert!(
                    there || planned.fate == Fate::Compile,
                    "{path}: no {}",
                    planned.by
                );
            }
        }
    }
}

#[test]
fn frozen_modules_are_upstreams() {
    let (tree, rules) = rules();
    let source = std::fs::read_to_string(tree.source().join("Python/frozen.c")).expect("frozen.c");
    let included: BTreeSet<String> = source
        .lines()
        .filter_map(|line| {
            line.strip_prefix("#include \"frozen_modules/")?
                .strip_suffix('"')
        })
        .map(str::to_owned)
        .collect();
    let mut made: BTreeSet<String> = freeze::headers(&rules)
        .filter_map(|header| header.strip_prefix("Python/frozen_modules/"))
        .map(str::to_owned)
        .collect();
    // getpath.c includes its own.
    assert!(made.remove("getpath.h"));
    assert_eq!(made, included);
}

#[test]
fn compiled_files_are_the_tarballs() {
    let (tree, _) = rules();
    let count = verify::verify(&tree).unwrap_or_else(|why| panic!("{why:#}"));
    assert!(count > 1000, "{count} files were compared");
}
