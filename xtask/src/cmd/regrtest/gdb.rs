//! A folder that looks like one in which CPython was built: test_gdb skips itself on an installed Python. It holds a copy of
//! the executable, and links to the prefix.
use crate::cmd::build::LIBRARY;
use anyhow::{Context, Result};
use cpython_sources::manifest::Manifest;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder, ready.
pub struct Build {
    /// Its interpreter.
    pub python: PathBuf,
    settings: PathBuf,
}

/// The module that takes the place of sysconfig's data in the process that runs the tests.
const DATA: &str = "_sysconfigdata_of_plain_code";

/// Its text. Tests skip themselves where the compiler's options make them expect that gdb finds no variables; what they look
/// for is found in optimised code too. In a build, the tests keep their temporary files in its folder; here, who runs them may
/// not write to the one that the prefix names.
const DATA_TEXT: &str = "\
from importlib import import_module
from tempfile import gettempdir

build_time_vars = dict(import_module('_sysconfigdata__linux_x86_64-linux-gnu').build_time_vars)
build_time_vars['PY_CFLAGS'] = ''
build_time_vars['abs_builddir'] = gettempdir()
";

impl Build {
    /// Whether `unit` wants it.
    pub fn is_for(unit: &str) -> bool {
        unit.starts_with("test.test_gdb.")
    }

    /// Makes it in `folder` for the interpreter of `prefix`. None if the prefix has no script for gdb: stock's has not.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn prepare(prefix: &Path, folder: &Path) -> Result<Option<Self>> {
        let lib = prefix.join("lib");
        if !lib.join(format!("{LIBRARY}-gdb.py")).is_file() {
            return Ok(None);
        }
        let made = Self {
            python: folder.join("build/python"),
            settings: folder.join("settings"),
        };
        made.write(prefix, folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Some(made))
    }

    fn write(&self, prefix: &Path, folder: &Path) -> Result<()> {
        let build = folder.join("build");
        let source = folder.join(&Manifest::get().upstream.folder);
        for folder in [&build.join("Modules"), &source, &self.settings] {
            std::fs::create_dir_all(folder)?;
        }
        // What Modules/getpath.py and sysconfig know a build by, and where they look from it.
        std::fs::write(build.join("Modules/Setup.local"), "")?;
        std::fs::write(build.join("pybuilddir.txt"), "modules")?;
        let library = prefix.join("lib/python3.13");
        symlink(library.join("lib-dynload"), build.join("modules"))?;
        symlink(&library, source.join("Lib"))?;
        // The executable finds the library as in a prefix.
        symlink(prefix.join("lib"), folder.join("lib"))?;
        std::fs::copy(prefix.join("bin/python3.13"), &self.python)?;
        // The tests allow gdb to load this one script.
        let scripts = prefix.join("lib");
        std::fs::write(
            build.join("python-gdb.py"),
            format!(
                "import gdb\ngdb.execute(\"add-auto-load-safe-path {}\")\n",
                scripts.display()
            ),
        )?;
        std::fs::write(self.settings.join(format!("{DATA}.py")), DATA_TEXT)?;
        Ok(())
    }

    /// Adds to the command for a unit what it wants.
    pub fn add(&self, command: &mut Command) {
        command
            .env("PYTHONPATH", &self.settings)
            .env("_PYTHON_SYSCONFIGDATA_NAME", DATA);
    }
}
