//! Records in the repository: JSON, compressed.
use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads what [`write`] wrote.
///
/// # Errors
/// When the file is missing or holds something else.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let packed = std::fs::read(path).with_context(|| format!("no record at {}", path.display()))?;
    let text = zstd::decode_all(packed.as_slice())
        .with_context(|| format!("{} is not a zstd file", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no record", path.display()))
}

/// Writes a record.
///
/// # Errors
/// When the file cannot be written.
pub fn write<T: Serialize>(path: &Path, record: &T) -> Result<()> {
    let packed = zstd::encode_all(serde_json::to_vec(record)?.as_slice(), 21)?;
    std::fs::write(path, packed).with_context(|| format!("cannot write {}", path.display()))
}
