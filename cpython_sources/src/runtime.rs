//! The C half of the runtime, as one thing: its objects, its executable's, its extension modules. Touches what the
//! modules that it calls touch.
use crate::compile::Compiler;
use crate::files::Lock;
use crate::freeze;
use crate::link::Link;
use crate::profile::Profile;
use crate::toolchain::Toolchain;
use crate::tree::Tree;
use crate::units::Rules;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The libraries that libpython needs besides the C library.
pub const SYSTEM_LIBRARIES: &[&str] = &["dl", "m", "pthread", "util"];

/// The C half of the runtime in one profile.
pub struct Runtime {
    tree: Tree,
    toolchain: Toolchain,
    rules: Rules,
    profile: Profile,
}

impl Runtime {
    /// Prepares the sources and reads upstream's rules.
    ///
    /// # Errors
    /// When the sources cannot be prepared or clang is missing.
    pub fn new(profile: Profile) -> Result<Self> {
        let tree = crate::prepare()?;
        let toolchain = Toolchain::find()?;
        let rules = Rules::read(&tree)?;
        Ok(Self {
            tree,
            toolchain,
            rules,
            profile,
        })
    }

    /// Where everything is.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The compiler.
    pub fn toolchain(&self) -> &Toolchain {
        &self.toolchain
    }

    /// Upstream's rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The objects of libpython, frozen modules included.
    ///
    /// # Errors
    /// When something does not compile.
    pub fn libpython(&self) -> Result<Vec<PathBuf>> {
        {
            let _lock = Lock::take(&self.tree.lock_file())?;
            freeze::freeze(&self.tree, &self.toolchain, &self.profile, &self.rules)?;
        }
        self.compiler()?
            .compile(&self.rules.libpython()?, "compiling libpython's C")
    }

    /// The objects of the executable.
    ///
    /// # Errors
    /// When something does not compile.
    pub fn program(&self) -> Result<Vec<PathBuf>> {
        self.compiler()?
            .compile(&self.rules.program()?, "compiling the executable's C")
    }

    /// Compiles and links the extension modules into `dir`; gives how many were linked.
    ///
    /// # Errors
    /// When something does not compile or link.
    pub fn extensions(&self, dir: &Path) -> Result<usize> {
        let extensions = self.rules.extensions()?;
        let compiler = self.compiler()?;
        let units: Vec<_> = extensions
            .iter()
            .flat_map(|extension| extension.units.iter().cloned())
            .collect();
        let mut objects = compiler
            .compile(&units, "compiling extension modules")?
            .into_iter();
        let mut linked = 0;
        for extension in &extensions {
            let inputs: Vec<PathBuf> = objects.by_ref().take(extension.units.len()).collect();
            let mut arguments = vec!["-shared".to_owned()];
            arguments.extend(extension.libraries.iter().cloned());
            let made = Link {
                toolchain: &self.toolchain,
                profile: &self.profile,
                output: &dir.join(&extension.file),
                inputs: &inputs,
                arguments: &arguments,
                whole: &[],
                named: &[],
            }
            .run()
            .with_context(|| format!("the extension module {}", extension.name))?;
            linked += usize::from(made);
        }
        Ok(linked)
    }

    fn compiler(&self) -> Result<Compiler<'_>> {
        Compiler::new(&self.tree, &self.toolchain, self.profile.clone())
    }
}
