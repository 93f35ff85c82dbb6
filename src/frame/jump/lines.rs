//! Where in some code its lines start. Reads the code's line table.
use crate::ffi;
use crate::object::{Borrowed, Raised};
use core::ffi::c_int;
use core::mem::zeroed;

/// As many copies of a value as asked for. Errors: no memory.
pub(super) fn filled<T: Clone>(value: T, length: usize) -> Result<Vec<T>, Raised> {
    let mut values = Vec::new();
    values
        .try_reserve_exact(length)
        .map_err(|_| Raised::no_memory())?;
    values.resize(length, value);
    Ok(values)
}

/// For each code unit the line that starts there, if one does: a stretch of another line than the one before
/// (frameobject.c `marklines`). Errors: no memory.
pub(super) fn starting(
    code: Borrowed<'_, ffi::PyCodeObject>,
) -> Result<Vec<Option<c_int>>, Raised> {
    let mut lines = filled(None, code.unit_count())?;
    let mut last = None;
    for (offset, line) in stretches(code) {
        if line.is_some() && line != last {
            if let Some(place) = lines.get_mut(offset / size_of::<ffi::_Py_CODEUNIT>()) {
                *place = line;
            }
            last = line;
        }
    }
    Ok(lines)
}

/// The stretches of a code's line table: where each starts, in bytes, and its line if it has one.
fn stretches(
    code: Borrowed<'_, ffi::PyCodeObject>,
) -> impl Iterator<Item = (usize, Option<c_int>)> {
    // SAFETY: numbers and nullable pointers; the function sets them all. The code is alive.
    let mut range = unsafe {
        let mut range: ffi::PyCodeAddressRange = zeroed();
        ffi::_PyCode_InitAddressRange(code.as_ptr(), &raw mut range);
        range
    };
    core::iter::from_fn(move || {
        // SAFETY: the range was set up for this code, whose table does not change.
        let more = unsafe { ffi::_PyLineTable_NextAddressRange(&raw mut range) } != 0;
        more.then(|| {
            let line = (range.ar_line != -1).then_some(range.ar_line);
            (range.ar_start as usize, line)
        })
    })
}
