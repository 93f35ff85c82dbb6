//! Finds the pinned tarball: named by the environment, in the cache, at upstream's site, or as Debian's source package.
//! Touches the cache folder only, and leaves there nothing but a tarball whose hash is right.
use crate::manifest::Manifest;
use crate::{debian, files, hashes};
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The verified tarball: where it is, after having been downloaded if need be.
///
/// # Errors
/// When the one that the environment names is wrong, or when no source had it; the message says what can be done.
pub fn tarball() -> Result<PathBuf> {
    let manifest = Manifest::get();
    if let Some(named) = std::env::var_os(&manifest.sources.environment) {
        let named = PathBuf::from(named);
        if !named.is_file() {
            bail!(
                "{} names {}, and there is no such file: name the {} or unset the variable",
                manifest.sources.environment,
                named.display(),
                manifest.upstream.archive
            );
        }
        check(&named).with_context(|| {
            format!(
                "the tarball that {} names is not usable",
                manifest.sources.environment
            )
        })?;
        return Ok(named);
    }
    let cached = cache_dir()?.join(&manifest.upstream.archive);
    if cached.is_file() {
        match check(&cached) {
            Ok(()) => return Ok(cached),
            Err(why) => {
                eprintln!("  {why:#}; getting it anew");
                fs::remove_file(&cached)
                    .with_context(|| format!("cannot remove {}", cached.display()))?;
            }
        }
    }
    download(&cached)?;
    Ok(cached)
}

/// The folder in the user's cache.
fn cache_dir() -> Result<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute());
    let base = match base {
        Some(dir) => dir,
        None => PathBuf::from(
            std::env::var_os("HOME")
                .context("neither XDG_CACHE_HOME nor HOME is set: set one of them")?,
        )
        .join(".cache"),
    };
    Ok(base.join(&Manifest::get().sources.cache))
}

/// Fails unless the file has the pinned hash.
fn check(path: &Path) -> Result<()> {
    let manifest = Manifest::get();
    let have = hashes::of_file(path)?;
    if have != manifest.upstream.sha256 {
        bail!(
            "{} has the SHA-256 {have}, and the pinned {} has {}: it is damaged or another file, \
             get it again",
            path.display(),
            manifest.upstream.archive,
            manifest.upstream.sha256
        );
    }
    Ok(())
}

/// Who is asked for the tarball.
#[derive(Clone, Copy)]
enum Source {
    Upstream,
    Debian,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream's site",
            Self::Debian => "Debian's source package",
        }
    }
}

/// Tries upstream's site, then Debian's source package.
fn download(wanted: &Path) -> Result<()> {
    let manifest = Manifest::get();
    let dir = wanted.parent().context("the cache has a folder")?;
    files::make_dir(dir)?;
    files::need_room(dir, 200, "downloading CPython's source")?;
    let mut reasons = Vec::new();
    let partial = files::beside(wanted);
    for source in [Source::Upstream, Source::Debian] {
        let got = match source {
            Source::Upstream => from_url(&manifest.sources.url, &partial),
            Source::Debian => debian::source_tarball(dir, &partial),
        };
        match got.and_then(|()| check(&partial)) {
            Ok(()) => {
                fs::rename(&partial, wanted)
                    .with_context(|| format!("cannot write {}", wanted.display()))?;
                return Ok(());
            }
            Err(why) => {
                let _ = fs::remove_file(&partial);
                reasons.push(format!("{}: {why:#}", source.name()));
            }
        }
    }
    bail!(
        "no source has {}: connect to the network, or get the file by other means and name it in the \
         environment variable {} ({})",
        manifest.upstream.archive,
        manifest.sources.environment,
        reasons.join("; ")
    )
}

/// Downloads over HTTPS. Gives up soon when nobody answers, so that the next source gets its turn.
fn from_url(url: &str, to: &Path) -> Result<()> {
    use ureq::tls::{RootCerts, TlsConfig};
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::PlatformVerifier)
                .build(),
        )
        .timeout_resolve(Some(Duration::from_secs(5)))
        .timeout_connect(Some(Duration::from_secs(5)))
        .timeout_recv_response(Some(Duration::from_secs(15)))
        .timeout_recv_body(Some(Duration::from_secs(1200)))
        .build()
        .into();
    let mut response = agent.get(url).call()?;
    let length: Option<u64> = response
        .headers()
        .get("content-length")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok());
    let bar = ProgressBar::new(length.unwrap_or(0));
    bar.set_style(ProgressStyle::with_template(
        "  downloading CPython's source {bar:30} {bytes}/{total_bytes} {eta}",
    )?);
    let mut body = response.body_mut().as_reader();
    let mut file = File::create(to)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = body.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        file.write_all(&buffer[..count])?;
        bar.inc(count as u64);
    }
    bar.finish_and_clear();
    Ok(())
}
