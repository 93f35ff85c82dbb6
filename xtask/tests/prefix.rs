//! The prefix that `cargo xtask build` installs, moved to another place: it works there, and knows nothing of where it was
//! made.
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const LIBRARY: &str = "libpython3.13.so.1.0";

/// A copy of `target/dist` in a folder of its own, removed at the end. The copy consists of links to the same files.
struct Moved(PathBuf);

impl Moved {
    fn new(name: &str) -> Self {
        let dist = checkout().join("target/dist");
        assert!(
            dist.join("bin/python3.13").exists(),
            "{} is missing: run `cargo xtask build`",
            dist.display()
        );
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder for the copy");
        let prefix = folder.join("prefix");
        let copied = Command::new("cp")
            .args([OsStr::new("-al"), dist.as_ref(), prefix.as_ref()])
            .status();
        assert!(copied.expect("cp starts").success());
        Self(folder)
    }

    fn folder(&self) -> &Path {
        &self.0
    }

    fn prefix(&self) -> PathBuf {
        self.0.join("prefix")
    }

    fn python(&self) -> PathBuf {
        self.prefix().join("bin/python3.13")
    }
}

impl Drop for Moved {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a folder of the checkout")
}

/// Runs a program without any setting of whoever runs the tests.
fn run(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap_or_else(|why| panic!("{} does not start: {why}", program.display()))
}

/// What a program prints that is expected to succeed.
fn output(program: &Path, arguments: &[&str]) -> String {
    let done = run(program, arguments);
    assert!(
        done.status.success(),
        "{} {arguments:?}: {}\n{}",
        program.display(),
        done.status,
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).expect("text")
}

/// The interpreter's own account of what runs: an extension module, the library, the prefix.
const ACCOUNT: &str = "import _ctypes, pyroxene, sys, sysconfig; assert sysconfig.get_config_var('INCLUDEPY')\n\
    print(pyroxene.library(), sys.base_prefix, sys.prefix, sep='\\n')";

#[test]
fn it_names_no_folder_of_the_build() {
    let moved = Moved::new("names");
    let prefix = moved.prefix().to_string_lossy().into_owned();
    let config = "lib/python3.13/config-3.13-x86_64-linux-gnu/Makefile";
    let makefile = std::fs::read_to_string(moved.prefix().join(config)).expect("the Makefile");
    let data = "import sysconfig; print(*sysconfig.get_config_vars().items(), sep='\\n')";
    for (what, text) in [
        (
            "sysconfig",
            output(&moved.python(), &["-I", "-m", "sysconfig"]),
        ),
        ("its data", output(&moved.python(), &["-I", "-c", data])),
        ("the Makefile", makefile),
    ] {
        let text = text.replace(&prefix, "");
        for name in [
            &*checkout().to_string_lossy(),
            "LD_LIBRARY_PATH",
            "__pyroxene_prefix__",
        ] {
            let found: Vec<_> = text.lines().filter(|line| line.contains(name)).collect();
            assert!(found.is_empty(), "{what} names {name}: {found:#?}");
        }
    }
}

#[test]
fn virtual_environments_of_both_kinds_run() {
    let moved = Moved::new("environments");
    // As seen through a link to the interpreter, which is how a prefix is put on PATH.
    let bin = moved.folder().join("linked");
    std::fs::create_dir(&bin).expect("a folder");
    std::os::unix::fs::symlink(moved.python(), bin.join("python3.13")).expect("a link");
    for (number, (python, kind)) in [
        (moved.python(), "--symlinks"),
        (moved.python(), "--copies"),
        (bin.join("python3.13"), "--copies"),
    ]
    .into_iter()
    .enumerate()
    {
        let env = moved.folder().join(format!("env{number}"));
        let place = env.to_string_lossy();
        output(
            &python,
            &["-I", "-m", "venv", kind, "--without-pip", &place],
        );
        let copied = !env.join("bin/python3.13").is_symlink();
        assert_eq!(copied, kind == "--copies");
        let prefix = moved.prefix();
        let library = prefix.join("lib").join(LIBRARY);
        assert_eq!(
            output(&env.join("bin/python"), &["-I", "-c", ACCOUNT]),
            format!(
                "{}\n{}\n{}\n",
                library.display(),
                prefix.display(),
                env.display()
            ),
            "{kind} from {}",
            python.display()
        );
    }
}

#[test]
fn an_executable_without_a_library_says_so() {
    let moved = Moved::new("alone");
    let copy = moved.folder().join("python3.13");
    std::fs::copy(moved.python(), &copy).expect("a copy");

    let found = Command::new(&copy)
        .args(["-S", "-c", ACCOUNT])
        .env_clear()
        .env("LD_LIBRARY_PATH", moved.prefix().join("lib"))
        .output()
        .expect("it starts");
    assert!(found.status.success(), "{found:?}");

    // Also where the system has a stock CPython of this version, whose library the loader knows.
    let done = run(&copy, &["-c", "pass"]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(127), "{said}");
    assert!(said.starts_with(&*copy.to_string_lossy()), "{said}");
    assert!(said.contains(LIBRARY), "{said}");
}

#[test]
fn it_tells_the_commit_of_its_sources() {
    let python = checkout().join("target/dist/bin/python3.13");
    let print = "import pyroxene; print(pyroxene.build.commit)";
    let said = output(&python, &["-I", "-c", print]);
    let repository = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(checkout())
        .output();
    if !repository.is_ok_and(|done| done.status.success()) {
        return;
    }
    // Another one than today's, if nothing has been linked since.
    let commit = said.trim_end().trim_end_matches("-dirty");
    assert!(
        commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{said}"
    );
}
