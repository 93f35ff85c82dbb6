//! What is known of running code, for whoever wants to look at it from Python. Reads [`crate::profile`].
use super::State;
use crate::ffi;
use crate::module::Module;
use crate::object::text::wrong_kind;
use crate::object::{Borrowed, Raised};
use crate::profile::{jumps, table};
use core::ffi::c_long;

/// One sight: the name of the instruction, and the versions of its operands' types.
type Sight = (&'static str, Vec<c_long>);

/// The code object that a function was given.
fn code<'a>(value: Borrowed<'a>) -> Result<Borrowed<'a, ffi::PyCodeObject>, Raised> {
    value
        .downcast()
        .ok_or_else(|| wrong_kind(c"expected a code object, not %.200s", value))
}

/// An index in code units as the offset in bytes that `dis` shows.
fn offset(index: usize) -> c_long {
    (index * size_of::<ffi::_Py_CODEUNIT>()) as c_long
}

/// `pyroxene.profile(enabled, /)`
#[allow(clippy::unnecessary_wraps, reason = "Python's functions may all raise")]
pub(super) fn profile(_: Module<'_, State>, enabled: bool) -> Result<(), Raised> {
    if enabled {
        crate::profile::turn_on(1);
    } else {
        crate::profile::turn_off();
    }
    Ok(())
}

/// `pyroxene.seen(code, /)`. Errors: `TypeError` for what is no code object.
pub(super) fn seen(
    _: Module<'_, State>,
    value: Borrowed<'_>,
) -> Result<Vec<(c_long, Vec<Sight>)>, Raised> {
    let sights = table::sights(code(value)?);
    Ok(sights
        .iter()
        .map(|(index, sights)| {
            let forms = sights.seen().iter().map(|sight| {
                let versions = sight.operands.into_iter().map(c_long::from);
                let versions = versions.take_while(|version| *version != 0);
                (sight.form.name().unwrap_or_default(), versions.collect())
            });
            (offset(*index as usize), forms.collect())
        })
        .collect())
}

/// `pyroxene.jumps(code, /)`. Errors: `TypeError` for what is no code object.
pub(super) fn jumps(
    _: Module<'_, State>,
    value: Borrowed<'_>,
) -> Result<Vec<(c_long, c_long)>, Raised> {
    let jumps = jumps::jumps(code(value)?);
    Ok(jumps
        .map(|jump| (offset(jump.index), c_long::from(jump.taken())))
        .collect())
}
