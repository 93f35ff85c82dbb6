//! In which folders the library may lie, seen from the executable.
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The folders where the library of `executable` may be, the likeliest first: that of its own prefix, or that of the prefix
/// from which its virtual environment was made. Links are resolved in `executable`, as the kernel does: only a copy of the
/// interpreter is in a virtual environment.
pub fn candidates(executable: &Path) -> impl Iterator<Item = PathBuf> {
    let bin = executable.parent().unwrap_or(Path::new("/"));
    let own = library_beside(bin);
    // Where Modules/getpath.py looks, in its order; only if the first candidate is not it.
    let settings = [bin.parent(), Some(bin)].map(|folder| folder.map(|at| at.join("pyvenv.cfg")));
    let environment = core::iter::once_with(move || {
        settings
            .into_iter()
            .flatten()
            .find_map(|path| std::fs::read(path).ok())
            .unwrap_or_default()
    });
    core::iter::once(own).chain(environment.flat_map(|text| prefixes(&text)))
}

/// The folders that a `pyvenv.cfg` leads to. `home` is the folder that the interpreter was started from, perhaps by a link
/// to it; `executable` is the interpreter itself, links resolved.
fn prefixes(settings: &[u8]) -> Vec<PathBuf> {
    let home = value(settings, b"home").map(library_beside);
    let executable = value(settings, b"executable").and_then(Path::parent);
    home.into_iter()
        .chain(executable.map(library_beside))
        .collect()
}

/// The folder for libraries in the prefix of which `bin` is the folder for programs.
fn library_beside(bin: &Path) -> PathBuf {
    bin.parent().unwrap_or(bin).join("lib")
}

/// The value of a key, as Modules/getpath.py reads such a file: blanks around it and the case of the key are ignored.
fn value<'a>(settings: &'a [u8], wanted: &[u8]) -> Option<&'a Path> {
    settings.split(|&byte| byte == b'\n').find_map(|line| {
        let equals = line.iter().position(|&byte| byte == b'=')?;
        let (key, value) = (&line[..equals], &line[equals + 1..]);
        key.trim_ascii()
            .eq_ignore_ascii_case(wanted)
            .then(|| Path::new(OsStr::from_bytes(value.trim_ascii())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_name_the_prefix() {
        let text = b"Home = /opt/p/bin\ninclude-system-site-packages = false\nversion = 3.13.5\n\
            executable = /opt/q/bin/python3.13\ncommand = /opt/p/bin/python3 -m venv --copies /e\n";
        assert_eq!(
            prefixes(text),
            [Path::new("/opt/p/lib"), Path::new("/opt/q/lib")]
        );
        assert!(prefixes(b"no settings\n").is_empty());
    }

    #[test]
    fn the_own_prefix_comes_first() {
        let found: Vec<_> = candidates(Path::new("/nowhere/bin/python3.13")).collect();
        assert_eq!(found, [Path::new("/nowhere/lib")]);
    }
}
