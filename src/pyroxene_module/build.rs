//! What the build says of itself, through environment variables that the compiler reads and an object that is linked.
//! Constants, and the objects that show them.
use super::State;
use crate::module::{Module, Record, RecordField, RecordType};
use crate::object::{Owned, Raised};
use core::ffi::CStr;

/// The type of `pyroxene.build`.
const INFORMATION: RecordType = RecordType::new(
    c"pyroxene.build_info",
    c"How the core was built. What the build did not tell is None.",
    &[
        RecordField::new(c"profile", c"the profile: dev, release or pgo"),
        RecordField::new(c"rustc", c"the version of the Rust compiler"),
        RecordField::new(c"llvm", c"the version of LLVM in it"),
        RecordField::new(
            c"commit",
            c"the commit of Pyroxene's sources when the library was linked; -dirty means that they were changed",
        ),
        RecordField::END,
    ],
);

/// The values of the first three.
const VALUES: [Option<&str>; 3] = [
    option_env!("PYROXENE_BUILD_PROFILE"),
    option_env!("PYROXENE_BUILD_RUSTC"),
    option_env!("PYROXENE_BUILD_LLVM"),
];

unsafe extern "C" {
    /// The value of the last one, and zeros; `cpython_sources/src/commit.rs` makes it where the library is linked.
    safe static pyroxene_commit: [u8; 64];
}

/// The commit, if the build told it.
fn commit() -> Option<&'static str> {
    CStr::from_bytes_until_nul(&pyroxene_commit)
        .ok()?
        .to_str()
        .ok()
}

/// The files that are Rust, as the manifest has them: `Modules/main.c=src/main_program;…`.
const REPLACED: Option<&str> = option_env!("PYROXENE_BUILD_REPLACED");

/// `pyroxene.build`
pub(super) fn information() -> Result<Owned, Raised> {
    let class = INFORMATION.create()?;
    let mut record = Record::new(class.borrow())?;
    for value in VALUES.into_iter().chain([commit()]) {
        record.push(value.filter(|text| !text.is_empty()))?;
    }
    Ok(record.finish())
}

/// `pyroxene.replaced()`
#[allow(clippy::unnecessary_wraps, reason = "Python's functions may all raise")]
pub(super) fn replaced(
    _module: Module<'_, State>,
) -> Result<Vec<(&'static str, &'static str)>, Raised> {
    Ok(pairs(REPLACED.unwrap_or_default()).collect())
}

/// The pairs of `a=b;c=d`.
fn pairs(list: &str) -> impl Iterator<Item = (&str, &str)> {
    list.split(';').filter_map(|pair| pair.split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split() {
        assert_eq!(pairs("").count(), 0);
        let found: Vec<_> = pairs("Modules/main.c=src/main_program;a=b").collect();
        assert_eq!(found, [("Modules/main.c", "src/main_program"), ("a", "b")]);
    }
}
