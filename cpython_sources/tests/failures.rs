//! What a user sees when something is missing: one sentence that says what to do, and nothing left half done. Each
//! failure is caused, in a folder of its own.
use cpython_sources::fetch;
use cpython_sources::files;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder that is removed when the test is over.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pyroxene-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// The command, with a cache and a target folder here.
    fn command(&self, step: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cpython-sources"));
        command
            .args([step, &self.0.join("target").display().to_string()])
            .env("XDG_CACHE_HOME", self.0.join("cache"))
            .env_remove("PYROXENE_CPYTHON_TARBALL");
        command
    }

    /// Every file here that looks like a half of something.
    fn halves(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut dirs = vec![self.0.clone()];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.extension().is_some_and(|ext| ext == "partial") {
                    found.push(path);
                } else if path.is_dir() && !path.is_symlink() {
                    dirs.push(path);
                }
            }
        }
        found
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The one sentence that a failure printed.
fn sentence(out: &Output) -> String {
    assert!(!out.status.success(), "it must fail");
    let said = String::from_utf8_lossy(&out.stderr).trim().to_owned();
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn a_wrong_hash_is_refused() {
    let place = Place::new("hash");
    let bad = place.path().join("bad.tar.xz");
    fs::write(&bad, "not a tarball").expect("writable");
    let out = place
        .command("prepare")
        .env("PYROXENE_CPYTHON_TARBALL", &bad)
        .output()
        .expect("starts");
    let said = sentence(&out);
    assert!(
        said.contains("SHA-256") && said.contains("get it again"),
        "{said}"
    );
    assert!(!place.path().join("target/cpython/Python-3.13.5").exists());
}

#[test]
fn a_named_tarball_must_exist() {
    let place = Place::new("named");
    let out = place
        .command("fetch")
        .env("PYROXENE_CPYTHON_TARBALL", "/nowhere/x")
        .output()
        .expect("starts");
    assert!(sentence(&out).contains("name the Python-3.13.5.tar.xz or unset the variable"));
}

#[test]
fn no_network_is_said() {
    let place = Place::new("network");
    // A network of its own has no way out. Where the kernel does not allow one, there is nothing to try.
    let own = ["--net", "--map-root-user", "--user"];
    let allowed = Command::new("unshare").args(own).arg("true").status();
    if !allowed.is_ok_and(|status| status.success()) {
        return;
    }
    let inner = place.command("fetch");
    let mut command = Command::new("unshare");
    command
        .args(own)
        .arg(inner.get_program())
        .args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    for name in [
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command.env_remove(name);
    }
    let said = sentence(&command.output().expect("starts"));
    assert!(said.contains("connect to the network"), "{said}");
    assert!(said.contains("PYROXENE_CPYTHON_TARBALL"), "{said}");
    assert_eq!(place.halves(), Vec::<PathBuf>::new());
    assert!(
        !place
            .path()
            .join("cache/pyroxene/Python-3.13.5.tar.xz")
            .exists()
    );
}

#[test]
fn no_room_is_said() {
    let place = Place::new("room");
    let why = files::need_room(&place.path().join("a/b"), u64::MAX, "this").expect_err("too much");
    let said = format!("{why:#}");
    assert!(
        said.contains("this needs") && said.contains("free some space"),
        "{said}"
    );
    files::need_room(place.path(), 0, "nothing").expect("nothing is there always");
}

#[test]
fn a_missing_compiler_is_said() {
    let place = Place::new("compiler");
    let tarball = fetch::tarball().unwrap_or_else(|why| panic!("{why:#}"));
    // A PATH with what unpacking needs, and no compiler.
    let bin = place.path().join("bin");
    fs::create_dir(&bin).expect("a folder");
    for tool in ["tar", "xz", "sh"] {
        let real = ["/bin", "/usr/bin"]
            .iter()
            .map(|dir| Path::new(dir).join(tool))
            .find(|path| path.exists());
        std::os::unix::fs::symlink(real.expect("the tool is installed"), bin.join(tool))
            .expect("a link");
    }
    let out = place
        .command("prepare")
        .env("PATH", &bin)
        .env("PYROXENE_CPYTHON_TARBALL", &tarball)
        .output()
        .expect("starts");
    let said = sentence(&out);
    assert!(
        said.contains("no C compiler `cc`") && said.contains("install gcc"),
        "{said}"
    );
    assert!(
        place
            .path()
            .join("target/cpython/Python-3.13.5/configure")
            .exists(),
        "unpacked whole"
    );
    assert!(
        !place.path().join("target/cpython/config").exists(),
        "configure has not begun"
    );
    assert_eq!(place.halves(), Vec::<PathBuf>::new());
}
