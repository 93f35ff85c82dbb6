//! Where and as whom the suite runs. CPython's tests mean to be run by an ordinary user: as root, dozens skip
//! themselves and the permission tests fail, so root hands over to `nobody`, with a home and a TMPDIR of its own.
use crate::{paths, session};
use anyhow::{Context, Result, bail};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A scratch folder, removed at the end, and the user that the tests run as.
pub struct Sandbox {
    dir: PathBuf,
    user: Option<User>,
    /// The interpreter.
    pub python: PathBuf,
    copies: bool,
}

struct User {
    uid: u32,
    gid: u32,
}

impl Sandbox {
    /// Makes the scratch folder and sees to it that the user can start `python`.
    ///
    /// # Errors
    /// When the folder cannot be made or the interpreter cannot be reached.
    pub fn new(python: &Path) -> Result<Self> {
        remove_left_behind();
        // Short, because tests put socket files below it and a socket's path holds 107 bytes at most.
        // Not TMPDIR's: that may be ours alone.
        let dir = Path::new("/tmp").join(format!("pxr{}", std::process::id()));
        std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755))?;
        // SAFETY: geteuid has no precondition and cannot fail.
        let root = unsafe { libc::geteuid() } == 0;
        let user = if root { Some(nobody()?) } else { None };
        let mut sandbox = Self {
            dir,
            user,
            python: python.to_owned(),
            copies: false,
        };
        sandbox.folder("home")?;
        if !sandbox.can_start()? {
            sandbox.copy_prefix()?;
        }
        Ok(sandbox)
    }

    /// A command for the interpreter `python`, as the user, in a clean environment.
    pub fn command(&self, python: &Path, tmp: &Path) -> Command {
        let mut command = Command::new(python);
        session::clean_environment(&mut command, &self.dir.join("home"), tmp).current_dir(tmp);
        if let Some(user) = &self.user {
            command
                .uid(user.uid)
                .gid(user.gid)
                .env("USER", "nobody")
                .env("LOGNAME", "nobody");
        }
        command
    }

    /// Makes a folder that belongs to the user.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.dir.join(name);
        std::fs::create_dir_all(&path)
            .with_context(|| format!("cannot make {}", path.display()))?;
        if let Some(user) = &self.user {
            chown(&path, Some(user.uid), Some(user.gid))?;
        }
        Ok(path)
    }

    /// Who runs the tests, for people.
    pub fn user(&self) -> &'static str {
        if self.user.is_some() {
            "nobody"
        } else {
            "the calling user"
        }
    }

    fn can_start(&self) -> Result<bool> {
        let status = self
            .command(&self.python, &self.dir.join("home"))
            .args(["-I", "-c", "import test.support"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status();
        match status {
            Ok(status) => Ok(status.success()),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(false),
            Err(error) => {
                Err(error).with_context(|| format!("cannot start {}", self.python.display()))
            }
        }
    }

    /// A checkout below a home that others may not enter hides its interpreter from `nobody`; the prefix is
    /// relocatable, so a copy of it will do.
    fn copy_prefix(&mut self) -> Result<()> {
        self.copies = true;
        let copy = self.reachable(self.prefix()?)?;
        self.python = copy
            .join("bin")
            .join(self.python.file_name().context("a file")?);
        if !self.can_start()? {
            bail!(
                "{} cannot run `import test.support` as {}; try it by hand",
                self.python.display(),
                self.user()
            );
        }
        Ok(())
    }

    /// The folder `path`, or a copy of it where the user cannot reach it.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn reachable(&self, path: &Path) -> Result<PathBuf> {
        if !self.copies {
            return Ok(path.to_owned());
        }
        let copy = self
            .dir
            .join(path.file_name().context("a folder has a name")?);
        let status = Command::new("cp").arg("-a").arg(path).arg(&copy).status()?;
        if !status.success() {
            bail!("cannot copy {} to {}", path.display(), copy.display());
        }
        Ok(copy)
    }

    /// The prefix of the interpreter.
    ///
    /// # Errors
    /// When it does not lie in a `bin`.
    pub fn prefix(&self) -> Result<&Path> {
        self.python
            .parent()
            .and_then(Path::parent)
            .context("python lies in bin/")
    }

    /// The scratch folder itself, which belongs to us.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        remove(&self.dir);
    }
}

/// Removes a scratch folder. Tests leave folders behind that cannot be entered; what cannot be removed stays in /tmp.
fn remove(dir: &Path) {
    let _ = Command::new("chmod")
        .args(["-R", "u+rwX"])
        .arg(dir)
        .status();
    let _ = std::fs::remove_dir_all(dir);
}

/// Removes the scratch folders of runs that were killed: the number in a folder's name is the process that made it.
fn remove_left_behind() {
    for entry in std::fs::read_dir("/tmp").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|name| name.strip_prefix("pxr")?.parse::<u32>().ok());
        if process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            remove(&entry.path());
        }
    }
}

fn nobody() -> Result<User> {
    let passwd = std::fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
    let entry = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != "nobody" {
            return None;
        }
        Some(User {
            uid: fields.nth(1)?.parse().ok()?,
            gid: fields.next()?.parse().ok()?,
        })
    });
    entry.context("there is no user `nobody`; run as an ordinary user")
}

/// Where the ledger and the reference's record lie.
pub fn folder() -> PathBuf {
    paths::root().join("tests/cpython")
}
