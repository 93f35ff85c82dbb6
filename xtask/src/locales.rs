//! Locales for tests that want others than C: made with `localedef` in target/locales, which LOCPATH names to the C
//! library, so that neither root nor a change of the system is needed. Reads /usr/share/i18n.
use crate::{paths, proc};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// What the tests of CPython and NumPy ask for, in every encoding that the system supports for it.
const NAMES: &[&str] = &[
    "ar_AE", "az_IR", "bn_IN", "cs_CZ", "de_DE", "el_GR", "en_US", "es_ES", "eu_ES", "fa_IR",
    "fi_FI", "fr_FR", "gez_ET", "he_IL", "hr_HR", "ja_JP", "lzh_TW", "my_MM", "or_IN", "pl_PL",
    "ps_AF", "pt_BR", "ru_RU", "shn_MM", "th_TH", "tr_TR", "uk_UA", "zh_CN", "zh_TW",
];

/// The folder with the locales, made when it is not there. It is complete or absent.
///
/// # Errors
/// When the definitions are not installed (Debian's package `locales`) or `localedef` fails.
pub fn ensure() -> Result<PathBuf> {
    let folder = paths::target().join("locales");
    if folder.exists() {
        return Ok(folder);
    }
    let file = Path::new("/usr/share/i18n/SUPPORTED");
    let supported = std::fs::read_to_string(file)
        .with_context(|| format!("no {}; install the package locales", file.display()))?;
    let wanted: Vec<(&str, &str)> = supported.lines().filter_map(wanted).collect();

    let new = paths::target().join("locales-new");
    let _ = std::fs::remove_dir_all(&new);
    std::fs::create_dir_all(&new).with_context(|| format!("cannot make {}", new.display()))?;
    // LOCPATH replaces the system's folder, so that what is needed of that has to come along.
    std::os::unix::fs::symlink("/usr/lib/locale/C.utf8", new.join("C.utf8"))?;
    let bar = proc::spinner(&format!("{} locales for the tests", wanted.len()));
    let queue = Mutex::new(wanted.into_iter());
    let next = || queue.lock().expect("no panic while held").next();
    let work = || -> Result<()> {
        while let Some((name, encoding)) = next() {
            make(&new, name, encoding)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })?;
    std::fs::rename(&new, &folder)?;
    bar.finish_and_clear();
    Ok(folder)
}

/// The name and the encoding in a line of SUPPORTED ("de_DE.UTF-8 UTF-8"), when we want it.
fn wanted(line: &str) -> Option<(&str, &str)> {
    let (name, encoding) = line.trim().split_once(' ')?;
    let language = name.split(['.', '@']).next()?;
    (NAMES.contains(&language) && !name.contains('@')).then_some((name, encoding))
}

fn make(folder: &Path, name: &str, encoding: &str) -> Result<()> {
    let (language, codeset) = name.split_once('.').unwrap_or((name, ""));
    // The C library looks for a codeset by its letters and digits alone: UTF-8 and utf8 are then both found.
    let plain: String = codeset
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let name = match plain.to_ascii_lowercase() {
        plain if plain.is_empty() => language.to_owned(),
        plain => format!("{language}.{plain}"),
    };
    let mut command = Command::new("localedef");
    command
        .args([
            "--no-archive",
            "--no-warnings=ascii",
            "-c",
            "-i",
            language,
            "-f",
            encoding,
        ])
        .arg(folder.join(name));
    proc::output(&mut command).map(drop)
}
