//! What the dynamic linker decides by: names of the libraries, what they ask for, what they must not do.
use super::elf::Library;
use super::section::Section;
use anyhow::Result;
use std::path::Path;

/// The name of the library that holds everything.
pub const SONAME: &str = "libpython3.13.so.1.0";
/// The name of the library that extensions for the stable ABI link to.
pub const STABLE_SONAME: &str = "libpython3.so";

/// Parts of the C library.
const SYSTEM: [&str; 6] = [
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "libutil.so.1",
    "ld-linux-x86-64.so.2",
];

/// Checks the library that holds everything.
pub fn check(library: &Library) -> Section {
    let mut section = Section::new("library");
    section.check(library.soname.as_deref() == Some(SONAME), || {
        format!("its soname is {:?}, not {SONAME}", library.soname)
    });
    for name in &library.needed {
        section.check(SYSTEM.contains(&name.as_str()), || {
            format!("it needs {name}, which an embedding program need not have")
        });
    }
    common(&mut section, library);
    section
}

/// Checks the library for the stable ABI in `dir`.
///
/// # Errors
/// When it cannot be read.
pub fn check_stable(dir: &Path) -> Result<Section> {
    let mut section = Section::new("stable-ABI library");
    let library = Library::read(&dir.join(STABLE_SONAME))?;
    section.check(library.soname.as_deref() == Some(STABLE_SONAME), || {
        format!("its soname is {:?}, not {STABLE_SONAME}", library.soname)
    });
    section.check(library.needed.iter().any(|name| name == SONAME), || {
        format!("it does not need {SONAME}, but {:?}", library.needed)
    });
    for name in library.symbols.keys() {
        section.fail(format!("{name}: exported; the library only passes on"));
    }
    common(&mut section, &library);
    Ok(section)
}

/// Checks the executable `program`.
///
/// # Errors
/// When it cannot be read.
pub fn check_program(program: &Path) -> Result<Section> {
    let mut section = Section::new("executable");
    let program = Library::read(program)?;
    for name in &program.needed {
        section.check(SYSTEM.contains(&name.as_str()), || {
            format!("it needs {name}; what it loads is found at run time")
        });
    }
    section.check(program.run_path.is_empty(), || {
        format!(
            "it looks for libraries in {}: a copy elsewhere would find none, or those of another",
            program.run_path.join(":")
        )
    });
    for name in program.symbols.keys() {
        section.fail(format!("{name}: exported; it would hide the library's"));
    }
    common(&mut section, &program);
    Ok(section)
}

fn common(section: &mut Section, library: &Library) {
    section.check(!library.text_relocations, || {
        "it has text relocations".to_owned()
    });
    section.check(!library.defines_versions, || {
        "it defines symbol versions; stock has none, and what links to ours would ask for them"
            .to_owned()
    });
    section.check(!library.writable_code, || {
        "a segment or the stack is writable and executable at once".to_owned()
    });
    for entry in &library.run_path {
        section.check(entry.starts_with("$ORIGIN"), || {
            format!("it looks for libraries in {entry}: the prefix cannot be moved")
        });
    }
}
