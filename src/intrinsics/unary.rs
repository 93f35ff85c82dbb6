//! The intrinsics with one value. They run any code: the display hook, `__pos__`, the making of type parameters.
use crate::ffi::{self, PyListObject, PyObject, PyThreadState};
use crate::field;
use crate::generator::async_gen_wrapped;
use crate::intrinsics::table::{Table, Unary, intrinsics, invalid};
use crate::intrinsics::{import_star, stop_iteration};
use crate::object::{Borrowed, Owned, Raised};
use crate::static_id;
use crate::thread::ThreadState;
use core::ptr::null_mut;

/// The table, by the operand of `CALL_INTRINSIC_1`.
pub const UNARY: Table<Unary, { ffi::MAX_INTRINSIC_1 as usize + 1 }> = intrinsics! {
    INTRINSIC_1_INVALID no_intrinsic;
    INTRINSIC_PRINT print;
    INTRINSIC_IMPORT_STAR import_star::import_star;
    INTRINSIC_STOPITERATION_ERROR stop_iteration::error;
    INTRINSIC_ASYNC_GEN_WRAP wrap;
    INTRINSIC_UNARY_POSITIVE positive;
    INTRINSIC_LIST_TO_TUPLE list_to_tuple;
    INTRINSIC_TYPEVAR type_variable;
    INTRINSIC_PARAMSPEC of_c(ffi::_Py_make_paramspec);
    INTRINSIC_TYPEVARTUPLE of_c(ffi::_Py_make_typevartuple);
    INTRINSIC_SUBSCRIPT_GENERIC of_c(ffi::_Py_subscript_generic);
    INTRINSIC_TYPEALIAS of_c(ffi::_Py_make_typealias);
};

/// A function of C, which owns nothing that it gets and gives a new reference, or NULL with an exception.
const fn of_c(
    function: unsafe extern "C" fn(*mut PyThreadState, *mut PyObject) -> *mut PyObject,
) -> Unary {
    // SAFETY: a thread state, a borrowed reference and such a result have the bits of the C pointers.
    unsafe { core::mem::transmute(function) }
}

/// No instruction has this number.
extern "C" fn no_intrinsic(_: ThreadState, _: Borrowed<'_>) -> Result<Owned, Raised> {
    Err(invalid())
}

/// Shows the value of an expression statement at the prompt, by `sys.displayhook`.
extern "C" fn print(_: ThreadState, value: Borrowed<'_>) -> Result<Owned, Raised> {
    let name = static_id!(_py_displayhook);
    // SAFETY: a static string; the result is a new reference, or NULL with an exception.
    let hook = unsafe { Owned::from_c(ffi::_PySys_GetRequiredAttr(name.as_ptr()))? };
    hook.borrow().call(&[value])
}

/// Wraps what an asynchronous generator yields.
extern "C" fn wrap(_: ThreadState, value: Borrowed<'_>) -> Result<Owned, Raised> {
    async_gen_wrapped::wrap(value)
}

/// `+value`.
extern "C" fn positive(_: ThreadState, value: Borrowed<'_>) -> Result<Owned, Raised> {
    // SAFETY: a live object; the result is a new reference, or NULL with an exception.
    unsafe { Owned::from_c(ffi::PyNumber_Positive(value.as_ptr())) }
}

/// A tuple of a list's items: the compiler builds a starred tuple as a list first.
extern "C" fn list_to_tuple(_: ThreadState, value: Borrowed<'_>) -> Result<Owned, Raised> {
    // SAFETY: the compiler gives a list that nobody else has.
    unsafe {
        let list: Borrowed<'_, PyListObject> = Borrowed::from_raw_unchecked(value.as_ptr().cast());
        let (items, size) = (field!(list.ob_item), field!(list.ob_base.ob_size));
        Owned::from_c(ffi::_PyTuple_FromArray(items, size))
    }
}

/// A type variable without bound or constraints.
extern "C" fn type_variable(_: ThreadState, name: Borrowed<'_>) -> Result<Owned, Raised> {
    // SAFETY: the compiler gives a str; NULL is no bound, and no constraints.
    unsafe { Owned::from_c(ffi::_Py_make_typevar(name.as_ptr(), null_mut(), null_mut())) }
}
