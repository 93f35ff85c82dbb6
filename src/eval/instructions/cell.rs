//! Cells: the variables that closures share.
use crate::eval::errors;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::frame::Frame;
use crate::object::{Borrowed, Owned, Raised, lookup};

/// `LOAD_DEREF(cell)`: pushes what a cell holds.
#[inline(always)]
pub(in crate::eval) fn load_deref(m: &mut Machine) -> Flow {
    let value = content(m.bound_local(m.operand()), m.code(), m.operand())?;
    m.push(value);
    Ok(())
}

/// `STORE_DEREF(cell)`: puts a value into a cell.
#[inline(always)]
pub(in crate::eval) fn store_deref(m: &mut Machine) -> Flow {
    let value = m.pop();
    drop(exchange(m.bound_local(m.operand()), Some(value)));
    Ok(())
}

/// `DELETE_DEREF(cell)`: empties a cell.
#[inline(always)]
pub(in crate::eval) fn delete_deref(m: &mut Machine) -> Flow {
    empty(m.bound_local(m.operand()), m.code(), m.operand())?;
    Ok(())
}

/// Empties the cell in a local.
///
/// # Errors
/// `NameError` if it is empty.
#[inline(always)]
fn empty(
    cell: Borrowed<'_>,
    code: Borrowed<'_, ffi::PyCodeObject>,
    local: usize,
) -> Result<(), Raised> {
    match exchange(cell, None) {
        Some(value) => drop(value),
        None => return Err(errors::unbound(code, local)),
    }
    Ok(())
}

/// Empties the cell in a local of a frame.
///
/// # Errors
/// `NameError` if it is empty.
///
/// # Safety
/// The frame runs, and has a cell there.
pub(in crate::eval) unsafe fn delete(frame: Frame<'_>, local: usize) -> Result<(), Raised> {
    // SAFETY: as the caller promises.
    empty(unsafe { cell_of(frame, local) }, frame.code(), local)
}

/// The cell in a local of a frame.
///
/// # Safety
/// The frame runs, and has a cell there.
unsafe fn cell_of(frame: Frame<'_>, local: usize) -> Borrowed<'_> {
    // SAFETY: as the caller promises.
    unsafe {
        let locals = ffi::_PyFrame_GetLocalsArray(frame.as_ptr());
        Borrowed::from_raw_unchecked(*locals.add(local))
    }
}

/// `LOAD_FROM_DICT_OR_DEREF(cell)`: takes the namespace of a class body and pushes what it has under the name of the
/// cell, or else what the cell holds.
#[inline(always)]
pub(in crate::eval) fn load_from_dict_or_deref(m: &mut Machine) -> Flow {
    // The namespace stays where it is until the value was found: an error leaves it to the handler.
    let cell = m.bound_local(m.operand());
    let value = find(m.peek(1), cell, m.code(), m.operand())?;
    drop(m.replace(1, value));
    Ok(())
}

/// What a namespace has under the name of a local, or else what the cell in it holds.
///
/// # Errors
/// What the namespace raises; `NameError` if the cell is empty.
#[inline(always)]
fn find(
    namespace: Borrowed<'_>,
    cell: Borrowed<'_>,
    code: Borrowed<'_, ffi::PyCodeObject>,
    local: usize,
) -> Result<Owned, Raised> {
    match lookup::optional_item(namespace, code.variable_names()[local])? {
        Some(value) => Ok(value),
        None => content(cell, code, local),
    }
}

/// The same for a frame.
///
/// # Errors
/// What the namespace raises; `NameError` if the cell is empty.
///
/// # Safety
/// The frame runs, and has a cell there.
pub(in crate::eval) unsafe fn find_or_content(
    namespace: Borrowed<'_>,
    frame: Frame<'_>,
    local: usize,
) -> Result<Owned, Raised> {
    // SAFETY: as the caller promises.
    let cell = unsafe { cell_of(frame, local) };
    find(namespace, cell, frame.code(), local)
}

/// What the cell in a local holds.
///
/// # Errors
/// `NameError` if it is empty.
#[inline(always)]
fn content(
    cell: Borrowed<'_>,
    code: Borrowed<'_, ffi::PyCodeObject>,
    local: usize,
) -> Result<Owned, Raised> {
    let cell = cell.as_ptr().cast::<ffi::PyCellObject>();
    // SAFETY: the compiler puts a cell in that place before it is used; it owns what it holds.
    let value = unsafe { Borrowed::from_c_optional((*cell).ob_ref) };
    match value {
        Some(value) => Ok(value.new_ref()),
        None => Err(errors::unbound(code, local)),
    }
}

/// Puts a value into a cell, or none, and gives back what it held.
#[inline(always)]
fn exchange(cell: Borrowed<'_>, value: Option<Owned>) -> Option<Owned> {
    let cell = cell.as_ptr().cast::<ffi::PyCellObject>();
    // SAFETY: as in `content`.
    unsafe { Owned::exchange(&raw mut (*cell).ob_ref, value) }
}
