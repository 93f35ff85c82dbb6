//! What machine code leaves to be done when it leaves: writes the frame as the evaluator wants it, by the tables of its exits.
use super::helpers;
use crate::ffi;
use crate::object::{Borrowed, Owned};
use core::cell::UnsafeCell;
use pyroxene_jit_api::{
    EXIT_VALUES, ExitLocal, ExitSource, ExitState, ExitValue, ExitValueKind, Raw,
};

/// Where machine code leaves what it had in registers. Nothing runs between that and [`write`].
struct Values(UnsafeCell<[u64; EXIT_VALUES]>);

// SAFETY: machine code runs with the main interpreter's GIL, and what it has left is read before that can be given up.
unsafe impl Sync for Values {}

static VALUES: Values = Values(UnsafeCell::new([0; EXIT_VALUES]));

/// The address of the first value.
pub(super) fn values() -> Raw {
    VALUES.0.get().cast()
}

/// Leaves an object for machine code as the first of the values.
pub(super) fn leave_value(value: Owned) {
    let value: *mut ffi::PyObject = value.into_raw();
    // SAFETY: the thread has the main interpreter's GIL, and machine code, which has called, reads it at once.
    unsafe { values().cast::<*mut ffi::PyObject>().write(value) }
}

/// The objects of unboxed values that occur more than once. Equal words may be values of different kinds: 0 is also the float
/// 0.0, and 1 is `True`.
type Shared = Vec<(ExitValue, Owned)>;

/// Writes the state of an exit to the frame, which goes on with an instruction.
///
/// # Safety
/// Machine code of the frame's code object has just left by the exit that this is the state of.
pub(super) unsafe fn write(
    state: &ExitState,
    frame: *mut ffi::_PyInterpreterFrame,
    instruction: usize,
) {
    let mut shared = Shared::new();
    // SAFETY: as the caller promises: the values are of the kinds that the table says, the slots of the locals hold NULL or
    // objects that die unseen, and the stack has room for the values that it is to hold.
    unsafe {
        let slots = ffi::_PyFrame_GetLocalsArray(frame);
        for local in &state.locals {
            let is_stale = local.stale.is_none_or(|stale| word(stale) != 0);
            if is_stale {
                write_local(slots.add(local.slot as usize), local, &mut shared);
            }
        }
        let code = (*frame).f_executable.cast::<ffi::PyCodeObject>();
        let bottom = (*code).co_nlocalsplus;
        let stack = slots.add(bottom as usize);
        for (index, entry) in state.stack.iter().enumerate() {
            let object = match entry.value.kind {
                ExitValueKind::Object => {
                    let object = address(word(entry.value.source));
                    if !entry.owned {
                        core::mem::forget(
                            Borrowed::<ffi::PyObject>::from_c_optional(object)
                                .map(Borrowed::new_ref),
                        );
                    }
                    object
                }
                _ => boxed(entry.value, &mut shared).into_raw(),
            };
            *stack.add(index) = object;
        }
        (*frame).stacktop = bottom + state.stack.len() as i32;
        (*frame).instr_ptr = ffi::_PyCode_CODE(code).add(instruction);
    }
}

/// A word that machine code has left, or a constant of its.
///
/// # Safety
/// Machine code has just left by an exit that has this source.
unsafe fn word(source: ExitSource) -> u64 {
    match source {
        // SAFETY: as the caller promises; the code keeps within the array.
        ExitSource::Saved(index) => unsafe { (*VALUES.0.get())[index as usize] },
        ExitSource::Constant(word) => word,
    }
}

/// An object's address.
fn address(word: u64) -> *mut ffi::PyObject {
    core::ptr::with_exposed_provenance_mut(word as usize)
}

/// Makes the slot of a local right; without memory, it notes that and leaves the slot as it is.
///
/// # Safety
/// See [`write`].
unsafe fn write_local(slot: *mut *mut ffi::PyObject, local: &ExitLocal, shared: &mut Shared) {
    let slot: *mut Raw = slot.cast();
    let value = local.value;
    // SAFETY: as the caller promises.
    unsafe {
        let number = word(value.source);
        match value.kind {
            ExitValueKind::Float if !value.shared => {
                helpers::write_float(slot, f64::from_bits(number));
            }
            ExitValueKind::Int if !value.shared => {
                helpers::write_int(slot, number.cast_signed());
            }
            _ => {
                let object = boxed(value, shared);
                helpers::write_object(slot, object.as_ptr().cast());
            }
        }
    }
}

/// An object of an unboxed value, the same for all that share it; `None` after noting that there was no memory.
///
/// # Safety
/// See [`write`].
unsafe fn boxed(value: ExitValue, shared: &mut Shared) -> Owned {
    let known = shared
        .iter()
        .find(|(other, _)| value.shared && *other == value);
    if let Some((_, object)) = known {
        return object.borrow().new_ref();
    }
    // SAFETY: as the caller promises. What makes objects gives references.
    let object: Owned = unsafe {
        let number = word(value.source);
        let object: *mut ffi::PyObject = match value.kind {
            ExitValueKind::Object => {
                return Borrowed::from_raw_unchecked(address(number)).new_ref();
            }
            ExitValueKind::Float => helpers::exit_float(f64::from_bits(number)).cast(),
            ExitValueKind::Int => helpers::exit_int(number.cast_signed()).cast(),
            ExitValueKind::Bool if number != 0 => (&raw mut ffi::_Py_TrueStruct).cast(),
            ExitValueKind::Bool => (&raw mut ffi::_Py_FalseStruct).cast(),
        };
        Owned::from_raw_unchecked(object)
    };
    if value.shared {
        shared.push((value, object.borrow().new_ref()));
    }
    object
}
