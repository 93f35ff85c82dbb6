//! How upstream compiles a file and puts a module together, read from the Makefile that configure wrote, and what
//! is different here: the compiler, its optimisation, and the name that `sys.version` shows. Reads that file only.
use crate::makefile::Makefile;
use crate::manifest::{Files, Manifest, compiled_of};
use crate::tree::Tree;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// One file with the flags that upstream's rules give it, to be compiled in the folder where configure ran.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The path in the manifest.
    pub path: String,
    /// The file itself.
    pub source: PathBuf,
    /// Flags without optimisation and warnings.
    pub flags: Vec<String>,
}

/// An extension module of the standard library.
#[derive(Debug, Clone)]
pub struct Extension {
    /// The module's name.
    pub name: String,
    /// The file's name in `lib-dynload`.
    pub file: String,
    /// What is compiled for it.
    pub units: Vec<Unit>,
    /// Libraries that it needs.
    pub libraries: Vec<String>,
}

/// Upstream's rules.
pub struct Rules {
    tree: Tree,
    make: Makefile,
    source_dir: String,
}

impl Rules {
    /// Reads the Makefile that configure wrote.
    ///
    /// # Errors
    /// When it is not there.
    pub fn read(tree: &Tree) -> Result<Self> {
        let make = Makefile::read(&tree.config().join("Makefile"))?;
        let source_dir = make.variable("srcdir");
        Ok(Self {
            tree: tree.clone(),
            make,
            source_dir,
        })
    }

    /// The makefile itself.
    pub fn makefile(&self) -> &Makefile {
        &self.make
    }

    /// The files of libpython that are compiled, our own among them.
    ///
    /// # Errors
    /// When upstream has no rule for one.
    pub fn libpython(&self) -> Result<Vec<Unit>> {
        let mut units = self.units(compiled_of(&Manifest::get().libpython))?;
        for (path, glue) in &Manifest::get().glue {
            units.push(Unit {
                path: path.clone(),
                source: glue_file(path),
                ..self.unit(&glue.like)?
            });
        }
        for unit in &mut units {
            // The thread state is read at nearly every call: a load, not a call of the dynamic linker's function.
            unit.flags.push("-ftls-model=initial-exec".into());
            match unit.path.as_str() {
                "Modules/getpath.c" => find_own_prefix(&mut unit.flags),
                "Modules/posixmodule.c" => include(&mut unit.flags, "glue/counts.h"),
                // An evaluator of its own, which the flags for ours would make slower: it is machine code before the
                // linker sees it.
                "Modules/_sre/sre.c" => {
                    unit.flags
                        .extend(["-fno-lto".into(), "-falign-loops=32".into()]);
                }
                _ => {}
            }
        }
        Ok(units)
    }

    /// The files of the executable.
    ///
    /// # Errors
    /// When upstream has no rule for one.
    pub fn program(&self) -> Result<Vec<Unit>> {
        self.units(compiled_of(&Manifest::get().program))
    }

    /// One file.
    ///
    /// # Errors
    /// When upstream has no rule for it.
    pub fn unit(&self, path: &str) -> Result<Unit> {
        let object = object_of(path);
        let source = format!("{}/{path}", self.source_dir);
        let command = self
            .make
            .command(&object, &source)
            .or_else(|| self.make.suffix_command(&object, &source))
            .with_context(|| format!("upstream's Makefile does not say how to make {object}"))?;
        let words = shlex::split(&command)
            .with_context(|| format!("cannot read the recipe of {object}: {command}"))?;
        Ok(Unit {
            path: path.to_owned(),
            source: self.tree.file(path),
            flags: flags(path, &words),
        })
    }

    fn units<'a>(&self, paths: impl Iterator<Item = &'a str>) -> Result<Vec<Unit>> {
        paths.map(|path| self.unit(path)).collect()
    }

    /// The files that upstream's rules put into libpython.
    pub fn upstream_libpython(&self) -> Vec<String> {
        self.make
            .words("LIBRARY_OBJS")
            .iter()
            .map(|object| self.source_of(object))
            .collect()
    }

    /// The names and files of the extension modules that upstream's rules build.
    pub fn upstream_extensions(&self) -> Vec<(String, Vec<String>)> {
        self.make
            .words("SHAREDMODS")
            .iter()
            .map(|target| {
                let (objects, _) = self.parts_of(target);
                (
                    module_name(target).to_owned(),
                    objects
                        .iter()
                        .map(|object| self.source_of(object))
                        .collect(),
                )
            })
            .collect()
    }

    /// The extension modules.
    ///
    /// # Errors
    /// When upstream has no rule for one of their files.
    pub fn extensions(&self) -> Result<Vec<Extension>> {
        let listed = &Manifest::get().extensions;
        let none = Files::new();
        self.make
            .words("SHAREDMODS")
            .iter()
            .map(|target| {
                let name = module_name(target);
                let (_, libraries) = self.parts_of(target);
                Ok(Extension {
                    name: name.to_owned(),
                    file: target.rsplit('/').next().unwrap_or(target).to_owned(),
                    units: self.units(compiled_of(listed.get(name).unwrap_or(&none)))?,
                    libraries,
                })
            })
            .collect()
    }

    /// The objects and the libraries of a module, archives taken apart.
    fn parts_of(&self, target: &str) -> (Vec<String>, Vec<String>) {
        let command = self.make.command(target, "").unwrap_or_default();
        let mut objects = Vec::new();
        let mut libraries = Vec::new();
        for word in shlex::split(&command)
            .unwrap_or_default()
            .into_iter()
            .skip(1)
        {
            if has_extension(&word, "o") {
                objects.push(word);
            } else if has_extension(&word, "a") {
                let parts = self.make.prerequisites(&word);
                objects.extend(parts.into_iter().filter(|part| has_extension(part, "o")));
            } else if word.starts_with("-l") || word.starts_with("-L") {
                libraries.push(word);
            }
        }
        (objects, libraries)
    }

    /// The source from which upstream's rules make an object.
    fn source_of(&self, object: &str) -> String {
        let stem = object.strip_suffix(".o").unwrap_or(object);
        let assembler = self
            .make
            .prerequisites(object)
            .iter()
            .any(|source| has_extension(source, "S"));
        format!("{stem}.{}", if assembler { "S" } else { "c" })
    }
}

fn has_extension(word: &str, wanted: &str) -> bool {
    Path::new(word)
        .extension()
        .is_some_and(|have| have == wanted)
}

/// Gives getpath.c a prefix that is found at run time. The helper programs keep the constant: they run in the folder
/// where they are built.
fn find_own_prefix(flags: &mut Vec<String>) {
    for flag in flags.iter_mut() {
        for name in ["PREFIX", "EXEC_PREFIX"] {
            if let Some(value) = flag.strip_prefix(&format!("-D{name}=")) {
                *flag = format!("-D{name}=pyroxene_prefix({value})");
                break;
            }
        }
    }
    include(flags, "glue/prefix.h");
}

/// Has a header of our own included before the file.
fn include(flags: &mut Vec<String>, header: &str) {
    flags.push("-include".into());
    flags.push(glue_file(header).display().to_string());
}

/// A file of our own by its path in this crate's folder.
pub fn glue_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The object's name in upstream's rules.
fn object_of(path: &str) -> String {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    format!("{stem}.o")
}

/// The module's name from its file's.
fn module_name(target: &str) -> &str {
    let file = target.rsplit('/').next().unwrap_or(target);
    file.split('.').next().unwrap_or(file)
}

/// The flags of a recipe that this build keeps, and those that it adds.
fn flags(path: &str, words: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = words.iter().skip(1).peekable();
    while let Some(word) = words.next() {
        if word == "-o" {
            words.next();
            continue;
        }
        // Who optimises and warns is decided here; the version control identity is the next match's matter.
        let dropped = word == "-c"
            || word == "-g"
            || word.starts_with("-W")
            || word.starts_with("-O")
            || word.starts_with("-DGIT")
            || !word.starts_with('-');
        if !dropped {
            kept.push(word.clone());
        }
    }
    kept.push("-fno-semantic-interposition".into());
    match path {
        // `sys.version` names the runtime by the mechanism by which it names a branch of CPython.
        "Modules/getbuildinfo.c" => {
            let upstream = &Manifest::get().upstream;
            kept.push("-DGITVERSION=\"\"".into());
            kept.push(format!(
                "-DGITTAG=\"pyroxene-{}\"",
                env!("CARGO_PKG_VERSION")
            ));
            kept.push("-DGITBRANCH=\"\"".into());
            kept.push(format!("-DDATE=\"{}\"", upstream.date));
            kept.push(format!("-DTIME=\"{}\"", upstream.time));
        }
        // What upstream's configure says for clang; it was asked about `cc`.
        "Python/dtoa.c" => kept.push("-fno-strict-aliasing".into()),
        _ => {}
    }
    kept
}
