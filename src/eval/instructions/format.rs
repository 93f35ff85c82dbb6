//! What f-strings are made of.
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::eval::tables;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised};
use core::ptr::null_mut;

/// `CONVERT_VALUE(conversion)`: `!s`, `!r` or `!a`.
#[inline(always)]
pub(in crate::eval) fn convert_value(m: &mut Machine) -> Flow {
    let function = tables::conversion(m.operand());
    let value = m.pop();
    // SAFETY: a live object; the result is new, or NULL with an exception.
    let result = unsafe { Owned::from_c(function(value.as_ptr())) };
    drop(value);
    m.push(result?);
    Ok(())
}

/// `FORMAT_SIMPLE`: a value without a format. A string is its own.
#[inline(always)]
pub(in crate::eval) fn format_simple(m: &mut Machine) -> Flow {
    if m.peek(1).is_exactly(&raw const ffi::PyUnicode_Type) {
        return Ok(());
    }
    let value = m.pop();
    let text = format(value.borrow(), None);
    drop(value);
    m.push(text?);
    Ok(())
}

/// `FORMAT_WITH_SPEC`: a value with the format on top of it.
#[inline(always)]
pub(in crate::eval) fn format_with_spec(m: &mut Machine) -> Flow {
    let spec = m.pop();
    let value = m.pop();
    let text = format(value.borrow(), Some(spec.borrow()));
    drop(value);
    drop(spec);
    m.push(text?);
    Ok(())
}

fn format(value: Borrowed<'_>, spec: Option<Borrowed<'_>>) -> Result<Owned, Raised> {
    let spec = spec.map_or(null_mut(), Borrowed::as_ptr);
    // SAFETY: live objects; the result is new, or NULL with an exception.
    unsafe { Owned::from_c(ffi::PyObject_Format(value.as_ptr(), spec)) }
}

/// One string of several, which stay the caller's.
///
/// # Errors
/// `MemoryError`.
///
/// # Safety
/// As many strings lie there.
#[inline(always)]
pub(in crate::eval) unsafe fn join(
    strings: *mut *mut ffi::PyObject,
    count: usize,
) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises; the empty string is static.
    unsafe {
        let empty = &raw mut ffi::_PyRuntime
            .static_objects
            .singletons
            .strings
            .literals
            ._py_empty;
        Owned::from_c(ffi::_PyUnicode_JoinArray(
            empty.cast(),
            strings,
            count.cast_signed(),
        ))
    }
}

/// `BUILD_STRING(count)`: one string of the topmost ones.
#[inline(always)]
pub(in crate::eval) fn build_string(m: &mut Machine) -> Flow {
    let count = m.operand();
    // SAFETY: as many strings lie there.
    let text = unsafe { join(m.top(count), count) };
    m.drop_values_from_top(count);
    m.push(text?);
    Ok(())
}
