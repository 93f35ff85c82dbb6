//! The HIR of functions, as text: `cases/` shows one thing each, `corpus/` is adaptive bytecode of real functions
//! (`programs.py`, `dump.py`). `PYROXENE_BLESS=1` writes what is expected anew.
use pyroxene_hir::assemble::assemble;
use pyroxene_hir::print::print;
use pyroxene_hir::validate::validate;
use std::path::Path;
use std::{env, fs};

/// Compares each function of a folder.
fn compare(folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut sources: Vec<_> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    sources.sort();
    let mut differing = Vec::new();
    for source in sources {
        let text = fs::read_to_string(&source).expect("a source");
        let snapshot = assemble(&text).unwrap_or_else(|error| panic!("{source:?}: {error}"));
        let (function, _) = pyroxene_hir::compile(&snapshot, false).expect("it is compiled");
        if let Err(invalid) = validate(&function, &snapshot) {
            panic!("{source:?}: {invalid}");
        }
        let printed = print(&function, &snapshot);
        let golden = source.with_extension("hir");
        if env::var_os("PYROXENE_BLESS").is_some() {
            fs::write(&golden, &printed).expect("it can be written");
        } else if fs::read_to_string(&golden).ok().as_ref() != Some(&printed) {
            println!("{}:\n{printed}", golden.display());
            differing.push(golden);
        }
    }
    assert!(differing.is_empty(), "differ: {differing:?}");
}

#[test]
fn cases() {
    compare("cases");
}

#[test]
fn corpus() {
    compare("corpus");
}
