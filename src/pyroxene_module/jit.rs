//! What the compiler tells of itself. Makes dictionaries.
use super::State;
use crate::ffi;
use crate::jit::options::mode;
use crate::jit::statistics;
use crate::module::{IntoObject, Module};
use crate::object::{Owned, Raised, check_status};

/// `pyroxene.jit()`
pub(super) fn jit(_module: Module<'_, State>) -> Result<Owned, Raised> {
    let report = statistics::report();
    let mut entries = vec![("mode", mode().name().into_object()?)];
    for (name, amount) in report.amounts {
        entries.push((name, amount.into_object()?));
    }
    entries.push(("limits", dict(objects(report.limits)?)?));
    entries.push(("refused", dict(objects(report.refusals)?)?));
    entries.push(("put_off", dict(objects(report.put_off)?)?));
    entries.push(("exits", dict(objects(report.exits)?)?));
    entries.push(("interpreted", dict(objects(report.interpreted)?)?));
    entries.push(("seconds", dict(objects(report.seconds)?)?));
    dict(entries)
}

fn objects<T: IntoObject>(
    entries: Vec<(&'static str, T)>,
) -> Result<Vec<(&'static str, Owned)>, Raised> {
    entries
        .into_iter()
        .map(|(name, value)| Ok((name, value.into_object()?)))
        .collect()
}

/// A dictionary of named objects.
fn dict(entries: Vec<(&'static str, Owned)>) -> Result<Owned, Raised> {
    // SAFETY: gives a new reference, or NULL with an exception.
    let dict = unsafe { Owned::from_c(ffi::PyDict_New())? };
    for (name, value) in entries {
        let name = name.into_object()?;
        // SAFETY: the three are alive; the dictionary takes references of its own.
        check_status(unsafe { ffi::PyDict_SetItem(dict.as_ptr(), name.as_ptr(), value.as_ptr()) })?;
    }
    Ok(dict)
}
