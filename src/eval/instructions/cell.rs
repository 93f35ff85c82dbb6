//! Cells: the variables that closures share.
use crate::eval::errors;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, lookup};

/// `LOAD_DEREF(cell)`: pushes what a cell holds.
#[inline(always)]
pub(in crate::eval) fn load_deref(m: &mut Machine) -> Flow {
    let value = content(m)?;
    m.push(value);
    Ok(())
}

/// `STORE_DEREF(cell)`: puts a value into a cell.
#[inline(always)]
pub(in crate::eval) fn store_deref(m: &mut Machine) -> Flow {
    let value = m.pop();
    drop(exchange(m, Some(value)));
    Ok(())
}

/// `DELETE_DEREF(cell)`: empties a cell.
#[inline(always)]
pub(in crate::eval) fn delete_deref(m: &mut Machine) -> Flow {
    match exchange(m, None) {
        Some(value) => drop(value),
        None => return Err(errors::unbound(m.code(), m.operand()).into()),
    }
    Ok(())
}

/// `LOAD_FROM_DICT_OR_DEREF(cell)`: takes the namespace of a class body and pushes what it has under the name of the
/// cell, or else what the cell holds.
#[inline(always)]
pub(in crate::eval) fn load_from_dict_or_deref(m: &mut Machine) -> Flow {
    // The namespace stays where it is until the value was found: an error leaves it to the handler.
    let found = lookup::optional_item(m.peek(1), m.local_name(m.operand()))?;
    let value = match found {
        Some(value) => value,
        None => content(m)?,
    };
    drop(m.replace(1, value));
    Ok(())
}

/// What the cell holds that the operand names.
#[inline(always)]
fn content(m: &Machine) -> Result<Owned, Raised> {
    let cell = m
        .bound_local(m.operand())
        .as_ptr()
        .cast::<ffi::PyCellObject>();
    // SAFETY: the compiler puts a cell in that place before it is used; it owns what it holds.
    let value = unsafe { Borrowed::from_c_optional((*cell).ob_ref) };
    match value {
        Some(value) => Ok(value.new_ref()),
        None => Err(errors::unbound(m.code(), m.operand())),
    }
}

/// Puts a value into the cell that the operand names, or none, and gives back what it held.
#[inline(always)]
fn exchange(m: &Machine, value: Option<Owned>) -> Option<Owned> {
    let cell = m
        .bound_local(m.operand())
        .as_ptr()
        .cast::<ffi::PyCellObject>();
    // SAFETY: as in `content`.
    unsafe { Owned::exchange(&raw mut (*cell).ob_ref, value) }
}
