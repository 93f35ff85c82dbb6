//! The Debian way to the tarball: the source package, through the mirror that this machine is set up with.
//! Reads /etc/apt and writes its own state below the cache folder; the system's package lists stay as they are.
use crate::files;
use crate::manifest::Manifest;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A place that serves Debian packages, as this machine is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mirror {
    uri: String,
    keyring: Option<String>,
}

/// Downloads the source package's tarball to `to`, working below `dir`.
///
/// # Errors
/// When this is no Debian machine, no mirror is configured, or apt fails.
pub fn source_tarball(dir: &Path, to: &Path) -> Result<()> {
    let debian = &Manifest::get().sources.debian;
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!("this machine has no apt-get");
    }
    let mirrors = configured_mirrors();
    if mirrors.is_empty() {
        bail!("no Debian mirror is configured in /etc/apt");
    }
    let mut reasons = Vec::new();
    for mirror in mirrors {
        let work = dir.join(format!("apt.{}", std::process::id()));
        let result = from_mirror(&mirror, &work)
            .and_then(|()| Ok(fs::copy(work.join(&debian.file), to).map(|_| ())?));
        let _ = fs::remove_dir_all(&work);
        match result {
            Ok(()) => return Ok(()),
            Err(why) => reasons.push(format!("{why:#}")),
        }
    }
    bail!("{}", reasons.join("; "))
}

fn from_mirror(mirror: &Mirror, work: &Path) -> Result<()> {
    let debian = &Manifest::get().sources.debian;
    for sub in ["lists/partial", "cache/archives/partial", "state"] {
        files::make_dir(&work.join(sub))?;
    }
    let list = work.join("sources.list");
    let signed = mirror
        .keyring
        .clone()
        .or_else(default_keyring)
        .map(|keyring| format!(" [signed-by={keyring}]"))
        .unwrap_or_default();
    fs::write(
        &list,
        format!("deb-src{signed} {} {} main\n", mirror.uri, debian.suite),
    )?;
    fs::write(work.join("state/status"), "")?;
    apt(work, &list, &["update"])?;
    apt(work, &list, &["source", "--download-only", &debian.package])
}

fn apt(work: &Path, list: &Path, args: &[&str]) -> Result<()> {
    let option = |name: &str, value: &Path| format!("{name}={}", value.display());
    let out = Command::new("apt-get")
        .current_dir(work)
        .arg("-q")
        .args(["-o", &option("Dir::Etc::sourcelist", list)])
        .args(["-o", "Dir::Etc::sourceparts=/dev/null"])
        .args(["-o", &option("Dir::State", &work.join("state"))])
        .args(["-o", &option("Dir::State::lists", &work.join("lists"))])
        .args([
            "-o",
            &option("Dir::State::status", &work.join("state/status")),
        ])
        .args(["-o", &option("Dir::Cache", &work.join("cache"))])
        .args(["-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=1"])
        .args([
            "-o",
            "Acquire::http::Timeout=20",
            "-o",
            "Acquire::https::Timeout=20",
        ])
        .args(["-o", "APT::Get::List-Cleanup=false"])
        .args(args)
        .output()
        .context("cannot start apt-get")?;
    if !out.status.success() {
        let said = String::from_utf8_lossy(&out.stderr);
        bail!(
            "apt-get {} failed: {}",
            args[0],
            files::last_lines(said.trim(), 3)
        );
    }
    Ok(())
}

fn default_keyring() -> Option<String> {
    let path = "/usr/share/keyrings/debian-archive-keyring.gpg";
    Path::new(path).exists().then(|| path.to_owned())
}

/// Every mirror that /etc/apt names for Debian itself, in the order found.
fn configured_mirrors() -> Vec<Mirror> {
    let mut paths = vec![PathBuf::from("/etc/apt/sources.list")];
    let mut parts: Vec<PathBuf> = fs::read_dir("/etc/apt/sources.list.d")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    parts.sort();
    paths.extend(parts);
    let mut mirrors = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let found = match path.extension().and_then(|ext| ext.to_str()) {
            Some("sources") => from_deb822(&text),
            Some("list") => from_one_line(&text),
            _ => Vec::new(),
        };
        for mirror in found {
            if !mirrors.contains(&mirror) {
                mirrors.push(mirror);
            }
        }
    }
    mirrors
}

/// A URI that serves the main archive: not the security archive, whose path ends differently.
fn is_archive(uri: &str) -> bool {
    let path = uri.trim_end_matches('/');
    (uri.starts_with("http") || uri.starts_with("file:")) && path.ends_with("/debian")
}

fn from_one_line(text: &str) -> Vec<Mirror> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        let Some(rest) = line
            .strip_prefix("deb ")
            .or_else(|| line.strip_prefix("deb-src "))
        else {
            continue;
        };
        let rest = rest.trim_start();
        let (options, rest) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((options, rest)) => (options, rest.trim_start()),
            None => ("", rest),
        };
        let keyring = options
            .split_whitespace()
            .find_map(|option| option.strip_prefix("signed-by="))
            .map(str::to_owned);
        if let Some(uri) = rest.split_whitespace().next().filter(|uri| is_archive(uri)) {
            found.push(Mirror {
                uri: uri.to_owned(),
                keyring,
            });
        }
    }
    found
}

fn from_deb822(text: &str) -> Vec<Mirror> {
    let mut found = Vec::new();
    for stanza in text.split("\n\n") {
        let field = |name: &str| {
            stanza.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.trim()
                    .eq_ignore_ascii_case(name)
                    .then(|| value.trim().to_owned())
            })
        };
        if field("Enabled").is_some_and(|value| value.eq_ignore_ascii_case("no")) {
            continue;
        }
        let keyring = field("Signed-By").filter(|value| value.starts_with('/'));
        for uri in field("URIs").unwrap_or_default().split_whitespace() {
            if is_archive(uri) {
                found.push(Mirror {
                    uri: uri.to_owned(),
                    keyring: keyring.clone(),
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_style() {
        let found = from_one_line(
            "# deb http://off.example/debian x main\n\
             deb [arch=amd64 signed-by=/k.gpg] http://m.example/debian bookworm main\n\
             deb http://m.example/debian-security bookworm-security main\n",
        );
        let want = Mirror {
            uri: "http://m.example/debian".into(),
            keyring: Some("/k.gpg".into()),
        };
        assert_eq!(found, [want]);
    }

    #[test]
    fn deb822_style() {
        let found = from_deb822(
            "Types: deb\nURIs: http://m.example/debian\nSuites: trixie\nSigned-By: /k.gpg\n\n\
             Types: deb\nURIs: http://m.example/debian-security\nSuites: trixie-security\n\n\
             Enabled: no\nURIs: http://n.example/debian\n",
        );
        let want = Mirror {
            uri: "http://m.example/debian".into(),
            keyring: Some("/k.gpg".into()),
        };
        assert_eq!(found, [want]);
    }
}
