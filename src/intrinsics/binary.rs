//! The intrinsics with two values. They run any code: the making of type parameters, of exception groups.
use crate::ffi::{self, PyObject, PyThreadState};
use crate::intrinsics::table::{Binary, Table, intrinsics, invalid};
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::ptr::null_mut;

/// The table, by the operand of `CALL_INTRINSIC_2`.
pub const BINARY: Table<Binary, { ffi::MAX_INTRINSIC_2 as usize + 1 }> = intrinsics! {
    INTRINSIC_2_INVALID no_intrinsic;
    INTRINSIC_PREP_RERAISE_STAR reraise_star;
    INTRINSIC_TYPEVAR_WITH_BOUND type_variable_with_bound;
    INTRINSIC_TYPEVAR_WITH_CONSTRAINTS type_variable_with_constraints;
    INTRINSIC_SET_FUNCTION_TYPE_PARAMS of_c(ffi::_Py_set_function_type_params);
    INTRINSIC_SET_TYPEPARAM_DEFAULT of_c(ffi::_Py_set_typeparam_default);
};

/// A function of C, which owns nothing that it gets and gives a new reference, or NULL with an exception.
const fn of_c(
    function: unsafe extern "C" fn(
        *mut PyThreadState,
        *mut PyObject,
        *mut PyObject,
    ) -> *mut PyObject,
) -> Binary {
    // SAFETY: a thread state, a borrowed reference and such a result have the bits of the C pointers.
    unsafe { core::mem::transmute(function) }
}

/// No instruction has this number.
extern "C" fn no_intrinsic(
    _: ThreadState,
    _: Borrowed<'_>,
    _: Borrowed<'_>,
) -> Result<Owned, Raised> {
    Err(invalid())
}

/// What an `except*` statement raises at its end, from the exception that came and the list of those that its clauses
/// raised or left; `None` for nothing.
extern "C" fn reraise_star(
    _: ThreadState,
    original: Borrowed<'_>,
    raised: Borrowed<'_>,
) -> Result<Owned, Raised> {
    // SAFETY: the compiler gives an exception and a list; the result is a new reference, or NULL with an exception.
    unsafe {
        Owned::from_c(ffi::_PyExc_PrepReraiseStar(
            original.as_ptr(),
            raised.as_ptr(),
        ))
    }
}

/// A type variable whose bound a function gives when it is asked for.
extern "C" fn type_variable_with_bound(
    _: ThreadState,
    name: Borrowed<'_>,
    bound: Borrowed<'_>,
) -> Result<Owned, Raised> {
    // SAFETY: the compiler gives a str and a function; NULL is no constraints.
    unsafe {
        Owned::from_c(ffi::_Py_make_typevar(
            name.as_ptr(),
            bound.as_ptr(),
            null_mut(),
        ))
    }
}

/// A type variable whose constraints a function gives when they are asked for.
extern "C" fn type_variable_with_constraints(
    _: ThreadState,
    name: Borrowed<'_>,
    constraints: Borrowed<'_>,
) -> Result<Owned, Raised> {
    let (name, constraints) = (name.as_ptr(), constraints.as_ptr());
    // SAFETY: the compiler gives a str and a function; NULL is no bound.
    unsafe { Owned::from_c(ffi::_Py_make_typevar(name, null_mut(), constraints)) }
}
