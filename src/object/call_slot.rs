//! From safe Rust functions to the C functions of slots and methods that compute something: with an argument, with many,
//! or with none. Nothing here has behaviour. What reads and writes members is in [`super::type_slot`].
use crate::ffi;
use crate::object::Borrowed;

/// The arguments of a `METH_FASTCALL` method.
///
/// # Safety
/// `arguments` points at `count` live objects that live for `'a`; it may be anything when `count` is 0.
#[inline(always)]
pub unsafe fn fast_arguments<'a>(
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> &'a [Borrowed<'a>] {
    match usize::try_from(count) {
        // SAFETY: a Borrowed has the bits of a pointer that is not NULL, and the caller promises so many.
        Ok(count @ 1..) => unsafe { core::slice::from_raw_parts(arguments.cast(), count) },
        _ => &[],
    }
}

/// A slot's value, made from a safe function: `call_slot!(o PyGenObject, send)`. The layout is that of the instances of
/// the type to which the slot belongs. Each function gives `Result<Owned, Raised>` or a `Lookup`, in which "nothing" is
/// NULL without an exception.
///
/// | Kind | Slot | The function |
/// |---|---|---|
/// | `unary` | `tp_repr`, `tp_iternext`, `am_await` … | `fn(Borrowed<'_, L>)` |
/// | `o` | `PyMethodDef::ml_meth` with `METH_O` | `fn(Borrowed<'_, L>, Borrowed<'_>)` |
/// | `varargs` | `PyMethodDef::ml_meth` with `METH_VARARGS` | `fn(Borrowed<'_, L>, Borrowed<'_, PyTupleObject>)` |
/// | `fast` | `PyMethodDef::ml_meth` with `METH_FASTCALL` | `fn(Borrowed<'_, L>, &[Borrowed<'_>])` |
/// | `finalize` | `tp_finalize` | `fn(Borrowed<'_, L>)`, which gives nothing |
#[macro_export]
macro_rules! call_slot {
    (@object $pointer:ident: $layout:ty) => {
        // SAFETY: C calls a slot with a live object of the type that the slot belongs to, or with a live argument.
        unsafe { $crate::object::Borrowed::<$layout>::from_raw_unchecked($pointer.cast()) }
    };
    (@pointer $result:expr) => {
        $crate::object::IntoC::<*mut $crate::ffi::PyObject>::into_c($result)
    };
    (unary $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_unary(object: *mut $crate::ffi::PyObject) -> *mut $crate::ffi::PyObject {
            $crate::call_slot!(@pointer $function($crate::call_slot!(@object object: $layout)))
        }
        Some(c_unary)
    }};
    (o $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_o(
            object: *mut $crate::ffi::PyObject,
            argument: *mut $crate::ffi::PyObject,
        ) -> *mut $crate::ffi::PyObject {
            let object = $crate::call_slot!(@object object: $layout);
            let argument = $crate::call_slot!(@object argument: $crate::ffi::PyObject);
            $crate::call_slot!(@pointer $function(object, argument))
        }
        Some(c_o)
    }};
    (varargs $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_varargs(
            object: *mut $crate::ffi::PyObject,
            arguments: *mut $crate::ffi::PyObject,
        ) -> *mut $crate::ffi::PyObject {
            let object = $crate::call_slot!(@object object: $layout);
            let arguments = $crate::call_slot!(@object arguments: $crate::ffi::PyTupleObject);
            $crate::call_slot!(@pointer $function(object, arguments))
        }
        Some(c_varargs)
    }};
    (fast $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_fast(
            object: *mut $crate::ffi::PyObject,
            arguments: *const *mut $crate::ffi::PyObject,
            count: $crate::ffi::Py_ssize_t,
        ) -> *mut $crate::ffi::PyObject {
            let object = $crate::call_slot!(@object object: $layout);
            // SAFETY: C gives an array with its length.
            let arguments = unsafe { $crate::object::call_slot::fast_arguments(arguments, count) };
            $crate::call_slot!(@pointer $function(object, arguments))
        }
        // SAFETY: the member is declared as a function of two objects, whatever it is; `METH_FASTCALL` beside it says
        // what it is called with.
        Some(unsafe {
            core::mem::transmute::<
                unsafe extern "C" fn(
                    *mut $crate::ffi::PyObject,
                    *const *mut $crate::ffi::PyObject,
                    $crate::ffi::Py_ssize_t,
                ) -> *mut $crate::ffi::PyObject,
                unsafe extern "C" fn(
                    *mut $crate::ffi::PyObject,
                    *mut $crate::ffi::PyObject,
                ) -> *mut $crate::ffi::PyObject,
            >(c_fast)
        })
    }};
    (finalize $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_finalize(object: *mut $crate::ffi::PyObject) {
            $function($crate::call_slot!(@object object: $layout));
        }
        Some(c_finalize)
    }};
}
