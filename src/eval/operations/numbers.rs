//! Operators, comparisons and truth values.
use super::{answer, kept, taken};
use crate::eval::tables;
use crate::ffi;
use crate::field;
use crate::object::{Borrowed, lookup};
use pyroxene_jit_api::Raw;

/// The number of a float, or of an int of one digit, which is no other as a float; and whether it is a float.
#[inline(always)]
fn number(value: Borrowed<'_>) -> Option<(f64, bool)> {
    // SAFETY: of the types that are looked at.
    unsafe {
        if value.is_exactly(&raw const ffi::PyFloat_Type) {
            let float = value.as_ptr().cast::<ffi::PyFloatObject>();
            return Some(((*float).ob_fval, true));
        }
    }
    value.small_int().map(|number| (number as f64, false))
}

/// The result of an operator on two numbers, one of them a float, where it is plain.
#[inline(always)]
fn of_floats(left: Borrowed<'_>, right: Borrowed<'_>, operator: u32) -> Option<f64> {
    let ((left, left_is_float), (right, right_is_float)) = (number(left)?, number(right)?);
    if !left_is_float && !right_is_float {
        return None;
    }
    match operator {
        ffi::NB_ADD | ffi::NB_INPLACE_ADD => Some(left + right),
        ffi::NB_SUBTRACT | ffi::NB_INPLACE_SUBTRACT => Some(left - right),
        ffi::NB_MULTIPLY | ffi::NB_INPLACE_MULTIPLY => Some(left * right),
        ffi::NB_TRUE_DIVIDE | ffi::NB_INPLACE_TRUE_DIVIDE if right != 0.0 => Some(left / right),
        _ => None,
    }
}

pub(super) unsafe extern "C" fn binary(left: Raw, right: Raw, operator: u32) -> Raw {
    // SAFETY: as the folder says of what machine code gives; there is such an operator.
    unsafe {
        let (left, right) = (taken(left), taken(right));
        let result = match of_floats(left.borrow(), right.borrow(), operator) {
            Some(number) => ffi::PyFloat_FromDouble(number),
            None => tables::binary_operation(operator as usize)(left.as_ptr(), right.as_ptr()),
        };
        drop(left);
        drop(right);
        result.cast()
    }
}

pub(super) unsafe extern "C" fn compare(left: Raw, right: Raw, comparison: u32) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let (left, right) = (taken(left), taken(right));
        let result = match of_identity(left.borrow(), right.borrow(), comparison) {
            Some(answer) => Borrowed::from_bool(answer).new_ref().into_raw(),
            None => {
                ffi::PyObject_RichCompare(left.as_ptr(), right.as_ptr(), comparison.cast_signed())
            }
        };
        drop(left);
        drop(right);
        result.cast()
    }
}

/// How two objects compare that are equal to themselves only, as all are whose classes say nothing else.
#[inline(always)]
fn of_identity(left: Borrowed<'_>, right: Borrowed<'_>, comparison: u32) -> Option<bool> {
    // SAFETY: the type is ready.
    let usual = unsafe { ffi::PyBaseObject_Type.tp_richcompare };
    let is_usual = |object: Borrowed<'_>| {
        let class = object.type_of();
        field!(class.tp_richcompare).map(|slot| slot as usize) == usual.map(|slot| slot as usize)
    };
    if !is_usual(left) || !is_usual(right) {
        return None;
    }
    match comparison {
        ffi::Py_EQ => Some(left.is(right)),
        ffi::Py_NE => Some(!left.is(right)),
        _ => None,
    }
}

/// How two numbers compare, where that is plain.
#[inline(always)]
fn of_numbers(left: Borrowed<'_>, right: Borrowed<'_>, comparison: u32) -> Option<bool> {
    let ((left, _), (right, _)) = (number(left)?, number(right)?);
    match comparison {
        ffi::Py_LT => Some(left < right),
        ffi::Py_LE => Some(left <= right),
        ffi::Py_EQ => Some(left == right),
        ffi::Py_NE => Some(left != right),
        ffi::Py_GT => Some(left > right),
        ffi::Py_GE => Some(left >= right),
        _ => None,
    }
}

pub(super) unsafe extern "C" fn compare_truth(left: Raw, right: Raw, comparison: u32) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let (one, other) = (kept(left), kept(right));
        let answer =
            of_numbers(one, other, comparison).or_else(|| of_identity(one, other, comparison));
        if let Some(answer) = answer {
            drop(taken(left));
            drop(taken(right));
            return i32::from(answer);
        }
        let result = compare(left, right, comparison);
        if result.is_null() {
            return -1;
        }
        truth(result)
    }
}

/// Whether an item is in a list or a tuple, where both it and those that are looked at are ints of one digit.
#[inline(always)]
fn is_among_ints(item: Borrowed<'_>, container: Borrowed<'_>) -> Option<bool> {
    let number = item.small_int()?;
    // SAFETY: of the types that are looked at. No other code runs, so that all items stay where they are.
    let items = unsafe {
        let (first, count) = if container.is_exactly(&raw const ffi::PyList_Type) {
            let list = container.as_ptr().cast::<ffi::PyListObject>();
            ((*list).ob_item, (*list).ob_base.ob_size)
        } else if container.is_exactly(&raw const ffi::PyTuple_Type) {
            let tuple = container.as_ptr().cast::<ffi::PyTupleObject>();
            (ffi::_PyTuple_ITEMS(tuple.cast()), (*tuple).ob_base.ob_size)
        } else {
            return None;
        };
        (0..count).map(move |index| Borrowed::from_raw_unchecked(*first.offset(index)))
    };
    for other in items {
        if other.small_int()? == number {
            return Some(true);
        }
    }
    Some(false)
}

pub(super) unsafe extern "C" fn contains(item: Raw, container: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let (item, container) = (taken(item), taken(container));
        let found = match is_among_ints(item.borrow(), container.borrow()) {
            Some(found) => i32::from(found),
            None => ffi::PySequence_Contains(container.as_ptr(), item.as_ptr()),
        };
        drop(item);
        drop(container);
        found
    }
}

pub(super) unsafe extern "C" fn truth(value: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let value = taken(value);
        let truth = ffi::PyObject_IsTrue(value.as_ptr());
        drop(value);
        truth
    }
}

/// What a function of C gives for a value.
///
/// # Safety
/// The value is the caller's to give away.
#[inline(always)]
pub(super) unsafe fn unary(
    value: Raw,
    function: unsafe extern "C" fn(*mut ffi::PyObject) -> *mut ffi::PyObject,
) -> Raw {
    // SAFETY: as the caller promises.
    unsafe {
        let value = taken(value);
        let result = function(value.as_ptr());
        drop(value);
        result.cast()
    }
}

pub(super) unsafe extern "C" fn negative(value: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    unsafe { unary(value, ffi::PyNumber_Negative) }
}

pub(super) unsafe extern "C" fn invert(value: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    unsafe { unary(value, ffi::PyNumber_Invert) }
}

pub(super) unsafe extern "C" fn is_instance(value: Raw, class: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let (value, class) = (taken(value), taken(class));
        let result = lookup::is_instance(value.borrow(), class.borrow());
        drop(value);
        drop(class);
        answer(result)
    }
}

pub(super) unsafe extern "C" fn append_text(left: Raw, right: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives; two exact strings. The function takes the first from its place,
    // where it puts the result, or NULL with an exception.
    unsafe {
        let right = taken(right);
        let mut place = left.cast::<ffi::PyObject>();
        ffi::PyUnicode_Append(&raw mut place, right.as_ptr());
        drop(right);
        place.cast()
    }
}
