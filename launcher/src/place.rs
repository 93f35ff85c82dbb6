//! In which folders the library may lie, seen from the executable. Paths are bytes, as the kernel has them.
use crate::system;
use alloc::ffi::CString;
use alloc::vec::Vec;

/// The folders where the library of `executable` may be, the likeliest first: that of its own prefix, or that of the prefix
/// from which its virtual environment was made. Links are resolved in `executable`, as the kernel does: only a copy of the
/// interpreter is in a virtual environment.
pub fn candidates(executable: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let bin = folder_of(executable);
    let own = library_beside(bin);
    // Where Modules/getpath.py looks, in its order; only if the first candidate is not it.
    let environment = core::iter::once_with(move || {
        [folder_of(bin), bin]
            .into_iter()
            .filter_map(|folder| CString::new([folder, b"/pyvenv.cfg"].concat()).ok())
            .find_map(|path| system::read(&path))
            .unwrap_or_default()
    });
    core::iter::once(own).chain(environment.flat_map(|text| prefixes(&text)))
}

/// The folders that a `pyvenv.cfg` leads to. `home` is the folder that the interpreter was started from, perhaps by a link
/// to it; `executable` is the interpreter itself, links resolved.
fn prefixes(settings: &[u8]) -> Vec<Vec<u8>> {
    let home = value(settings, b"home");
    let executable = value(settings, b"executable").map(folder_of);
    [home, executable]
        .into_iter()
        .flatten()
        .map(library_beside)
        .collect()
}

/// The folder for libraries in the prefix of which `bin` is the folder for programs.
fn library_beside(bin: &[u8]) -> Vec<u8> {
    [folder_of(bin), b"/lib"].concat()
}

/// What stands before the last part of a path, without the slashes between: nothing for what lies in the root.
fn folder_of(path: &[u8]) -> &[u8] {
    let whole = without_slashes(path);
    let last = whole.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
    without_slashes(&whole[..last])
}

fn without_slashes(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&byte| byte != b'/');
    &path[..end.map_or(0, |last| last + 1)]
}

/// The value of a key, as Modules/getpath.py reads such a file: blanks around it and the case of the key are ignored.
fn value<'a>(settings: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    settings.split(|&byte| byte == b'\n').find_map(|line| {
        let equals = line.iter().position(|&byte| byte == b'=')?;
        let (key, value) = (&line[..equals], &line[equals + 1..]);
        key.trim_ascii()
            .eq_ignore_ascii_case(wanted)
            .then(|| value.trim_ascii())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_name_the_prefix() {
        let text = b"Home = /opt/p/bin/\ninclude-system-site-packages = false\nversion = 3.13.5\n\
            executable = /opt/q/bin/python3.13\ncommand = /opt/p/bin/python3 -m venv --copies /e\n";
        assert_eq!(prefixes(text), [b"/opt/p/lib", b"/opt/q/lib"]);
        assert!(prefixes(b"no settings\n").is_empty());
    }

    #[test]
    fn the_own_prefix_comes_first() {
        let found: Vec<_> = candidates(b"/nowhere/bin/python3.13").collect();
        assert_eq!(found, [b"/nowhere/lib"]);
        let found: Vec<_> = candidates(b"/bin/python3.13").take(1).collect();
        assert_eq!(found, [b"/lib"]);
    }
}
