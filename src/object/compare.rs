//! Comparison, hash and truth of objects, through their types' slots.
use crate::ffi;
use crate::object::exception;
use crate::object::{Borrowed, Owned, Raised, Recursion, check_bool, check_status};
use crate::{field, raise_format};
use core::ffi::{CStr, c_int};

/// A comparison, with C's numbers (object.h `Py_LT` …).
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Comparison {
    /// `<`
    Lt = ffi::Py_LT as i32,
    /// `<=`
    Le = ffi::Py_LE as i32,
    /// `==`
    Eq = ffi::Py_EQ as i32,
    /// `!=`
    Ne = ffi::Py_NE as i32,
    /// `>`
    Gt = ffi::Py_GT as i32,
    /// `>=`
    Ge = ffi::Py_GE as i32,
}

impl Comparison {
    /// All of them, in the order of C's numbers.
    pub const ALL: [Self; 6] = [Self::Lt, Self::Le, Self::Eq, Self::Ne, Self::Gt, Self::Ge];

    /// The comparison with C's number.
    #[inline(always)]
    pub const fn from_c(number: c_int) -> Option<Self> {
        // Written out so that it compiles to a range check.
        Some(match number {
            0 => Self::Lt,
            1 => Self::Le,
            2 => Self::Eq,
            3 => Self::Ne,
            4 => Self::Gt,
            5 => Self::Ge,
            _ => return None,
        })
    }

    /// The one that gives the same answer with the operands exchanged.
    pub const fn swapped(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Eq => Self::Eq,
            Self::Ne => Self::Ne,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
        }
    }

    /// As it is written.
    pub const fn symbol(self) -> &'static CStr {
        match self {
            Self::Lt => c"<",
            Self::Le => c"<=",
            Self::Eq => c"==",
            Self::Ne => c"!=",
            Self::Gt => c">",
            Self::Ge => c">=",
        }
    }
}

/// Asks one operand's type; nothing when it has no answer (no slot, or `NotImplemented`).
#[inline(always)]
fn ask(
    class: Borrowed<'_, ffi::PyTypeObject>,
    left: Borrowed<'_>,
    right: Borrowed<'_>,
    comparison: Comparison,
) -> Result<Option<Owned>, Raised> {
    let Some(slot) = field!(class.tp_richcompare) else {
        return Ok(None);
    };
    // SAFETY: a type's slot is called with an instance of it and any object.
    let answer =
        unsafe { Owned::from_c(slot(left.as_ptr(), right.as_ptr(), comparison as c_int))? };
    let implemented = !answer
        .borrow()
        .is_at(&raw const ffi::_Py_NotImplementedStruct);
    Ok(implemented.then_some(answer))
}

/// `left <comparison> right` (object.c `PyObject_RichCompare`). A subclass on the right is asked first; when nobody
/// answers, `==` and `!=` compare identities.
///
/// # Errors
/// What the slots raise; `TypeError` when nobody orders the two; `RecursionError`.
pub fn compare(
    left: Borrowed<'_>,
    right: Borrowed<'_>,
    comparison: Comparison,
) -> Result<Owned, Raised> {
    let _level = Recursion::enter(c" in comparison")?;
    let (left_type, right_type) = (left.type_of(), right.type_of());
    let right_first = !left_type.is(right_type)
        && right_type.is_subtype(left_type)
        && field!(right_type.tp_richcompare).is_some();
    if right_first && let Some(answer) = ask(right_type, right, left, comparison.swapped())? {
        return Ok(answer);
    }
    // The types are read again: a comparison may have assigned `__class__`.
    if let Some(answer) = ask(left.type_of(), left, right, comparison)? {
        return Ok(answer);
    }
    match right_first {
        true => unanswered(left, right, comparison),
        false => compare_reflected(left, right, comparison),
    }
}

/// The same, when the left operand has no answer, and the right one was not asked.
///
/// # Errors
/// What the slot raises; `TypeError` when it has no answer either and nobody orders the two.
pub fn compare_reflected(
    left: Borrowed<'_>,
    right: Borrowed<'_>,
    comparison: Comparison,
) -> Result<Owned, Raised> {
    match ask(right.type_of(), right, left, comparison.swapped())? {
        Some(answer) => Ok(answer),
        None => unanswered(left, right, comparison),
    }
}

/// What there is to say when no operand has an answer.
fn unanswered(
    left: Borrowed<'_>,
    right: Borrowed<'_>,
    comparison: Comparison,
) -> Result<Owned, Raised> {
    match comparison {
        Comparison::Eq => Ok(Borrowed::from_bool(left.is(right)).new_ref()),
        Comparison::Ne => Ok(Borrowed::from_bool(!left.is(right)).new_ref()),
        // SAFETY: the format takes three C strings.
        _ => Err(unsafe {
            raise_format!(
                exception::TypeError,
                c"'%s' not supported between instances of '%.100s' and '%.100s'",
                comparison.symbol().as_ptr(),
                left.type_of().name().as_ptr(),
                right.type_of().name().as_ptr(),
            )
        }),
    }
}

/// Whether `left <comparison> right` is true, where identical objects are equal (object.c `PyObject_RichCompareBool`).
///
/// # Errors
/// As [`compare`], and what the truth of the answer raises.
pub fn compare_bool(
    left: Borrowed<'_>,
    right: Borrowed<'_>,
    comparison: Comparison,
) -> Result<bool, Raised> {
    if left.is(right) {
        match comparison {
            Comparison::Eq => return Ok(true),
            Comparison::Ne => return Ok(false),
            _ => {}
        }
    }
    let answer = compare(left, right, comparison)?;
    if answer.borrow().is_exactly(&raw const ffi::PyBool_Type) {
        Ok(answer.borrow().is_at(&raw const ffi::_Py_TrueStruct))
    } else {
        is_true(answer.borrow())
    }
}

/// The truth of an object (object.c `PyObject_IsTrue`): `__bool__`, else whether `__len__` is not zero, else true.
///
/// # Errors
/// What the slots raise.
#[inline]
pub fn is_true(object: Borrowed<'_>) -> Result<bool, Raised> {
    if object.is_at(&raw const ffi::_Py_TrueStruct) {
        return Ok(true);
    }
    if object.is_at(&raw const ffi::_Py_FalseStruct) || object.is_none() {
        return Ok(false);
    }
    let class = object.type_of();
    // SAFETY: a type's method tables live as long as the type, and its slots are called with an instance of it.
    unsafe {
        if let Some(number) = field!(class.tp_as_number).as_ref()
            && let Some(nb_bool) = number.nb_bool
        {
            return check_bool(nb_bool(object.as_ptr()));
        }
        let length = if let Some(mapping) = field!(class.tp_as_mapping).as_ref()
            && let Some(mp_length) = mapping.mp_length
        {
            mp_length(object.as_ptr())
        } else if let Some(sequence) = field!(class.tp_as_sequence).as_ref()
            && let Some(sq_length) = sequence.sq_length
        {
            sq_length(object.as_ptr())
        } else {
            return Ok(true);
        };
        if length < 0 {
            Err(Raised::on_c_word())
        } else {
            Ok(length > 0)
        }
    }
}

/// The error for an object without a hash, which is also the slot of types that have none
/// (object.c `PyObject_HashNotImplemented`).
#[cold]
pub fn unhashable(object: Borrowed<'_>) -> Raised {
    // SAFETY: the format takes one C string.
    unsafe {
        raise_format!(
            exception::TypeError,
            c"unhashable type: '%.200s'",
            object.type_of().name().as_ptr(),
        )
    }
}

/// `hash(object)` (object.c `PyObject_Hash`). A type that nobody has made ready yet is made so.
///
/// # Errors
/// What `__hash__` raises; `TypeError` for an unhashable object.
#[inline]
pub fn hash(object: Borrowed<'_>) -> Result<ffi::Py_hash_t, Raised> {
    let class = object.type_of();
    let mut slot = field!(class.tp_hash);
    if slot.is_none() {
        ensure_ready(class)?;
        slot = field!(class.tp_hash);
    }
    let Some(slot) = slot else {
        return Err(unhashable(object));
    };
    // SAFETY: a type's slot is called with an instance of it.
    let hash = unsafe { slot(object.as_ptr()) };
    if hash == -1 {
        Err(Raised::on_c_word())
    } else {
        Ok(hash)
    }
}

/// Makes a static type ready that an extension forgot to make so (typeobject.c `PyType_Ready`).
///
/// # Errors
/// What that raises.
#[inline(always)]
pub fn ensure_ready(class: Borrowed<'_, ffi::PyTypeObject>) -> Result<(), Raised> {
    if !field!(class.tp_dict).is_null() {
        return Ok(());
    }
    // A built-in static type keeps its dict in the interpreter, where the C function finds it.
    // SAFETY: a live type.
    unsafe {
        if ffi::_PyType_GetDict(class.as_ptr()).is_null() {
            check_status(ffi::PyType_Ready(class.as_ptr()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Comparison;

    #[test]
    fn swapping_twice_is_nothing() {
        for (number, comparison) in Comparison::ALL.into_iter().enumerate() {
            assert_eq!(comparison as usize, number);
            assert!(Comparison::from_c(number as i32) == Some(comparison));
            assert!(comparison.swapped().swapped() == comparison);
        }
    }
}
