//! The manifest against upstream: it names every file that upstream's rules compile and no other, what is compiled is
//! the tarball's byte for byte, and the frozen modules are all there. Prepares the sources if they are not yet.
use cpython_sources::manifest::{Entry, Fate, Files, Manifest};
use cpython_sources::tree::Tree;
use cpython_sources::units::Rules;
use cpython_sources::{freeze, prepare, units, verify};
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
fn glue_is_all_there_and_has_a_reason() {
    let folder = units::glue_file("glue");
    let there: BTreeSet<String> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").file_name())
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.ends_with(".c"))
        .map(|name| format!("glue/{name}"))
        .collect();
    let manifest = Manifest::get();
    assert_eq!(
        manifest.glue.keys().cloned().collect::<BTreeSet<_>>(),
        there
    );
    let (tree, rules) = rules();
    let units = rules.libpython().unwrap_or_else(|why| panic!("{why:#}"));
    for (path, glue) in &manifest.glue {
        assert!(!glue.why.is_empty(), "{path}");
        assert!(manifest.libpython.contains_key(&glue.like), "{path}");
        assert!(!tree.file(path).exists(), "upstream has a {path} too");
        let unit = units.iter().find(|unit| unit.path == *path);
        let unit = unit.unwrap_or_else(|| panic!("{path} is not linked"));
        assert_eq!(unit.source, units::glue_file(path));
        assert!(
            unit.flags
                .iter()
                .any(|flag| flag.starts_with("-DPy_BUILD_CORE"))
        );
    }
}

/// What the glue defines are functions that upstream's headers or sources declare with `...`; anything else could be Rust.
#[test]
fn glue_defines_functions_of_variable_arguments_only() {
    let replaced: Vec<String> = {
        let (tree, _) = rules();
        Manifest::get()
            .replaced()
            .filter_map(|(path, _)| std::fs::read_to_string(tree.file(path)).ok())
            .collect()
    };
    for path in Manifest::get().glue.keys() {
        let text = std::fs::read_to_string(units::glue_file(path)).expect("readable");
        let exported = text.split("PyAPI_FUNC(").skip(1);
        let mut count = 0;
        for declaration in exported {
            let (head, _) = declaration
                .split_once(['{', ';'])
                .expect("a body or an alias");
            assert!(head.contains("...)"), "{path}: {head}");
            let (head, _) = head.split_once('(').expect("parameters");
            let name = head.split_whitespace().last().expect("a name");
            assert!(
                replaced
                    .iter()
                    .any(|source| source.contains(&format!("{name}("))),
                "{path}: {name} replaces nothing"
            );
            count += 1;
        }
        assert!(count > 0, "{path}");
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
