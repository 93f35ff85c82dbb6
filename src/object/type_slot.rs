//! From safe Rust functions to the C functions that a type's slots and tables want. Nothing here has behaviour.
use crate::ffi;
use crate::object::{Borrowed, Layout, Slot};
use core::ffi::{c_int, c_void};
use core::ops::ControlFlow;

/// What the garbage collector does at each reference of an object (object.h `Py_VISIT`).
///
/// A traversal breaks off with the first number other than 0 that a visit gives.
#[derive(Clone, Copy)]
pub struct Visitor {
    visit: unsafe extern "C" fn(*mut ffi::PyObject, *mut c_void) -> c_int,
    argument: *mut c_void,
}

impl Visitor {
    /// The visitor that a `tp_traverse` was called with; `None` when C gave no function, so that there is nothing to do.
    ///
    /// # Safety
    /// `visit` may be called with `argument` and any object that the traversed one refers to.
    pub unsafe fn from_c(visit: ffi::visitproc, argument: *mut c_void) -> Option<Self> {
        visit.map(|visit| Self { visit, argument })
    }

    /// Visits what is in a slot, if anything is.
    #[inline]
    pub fn visit_slot<T: Layout>(self, slot: &Slot<T>) -> ControlFlow<c_int> {
        // SAFETY: the slot keeps the object alive, and a visit changes no counts.
        self.visit(unsafe { Borrowed::from_c_optional(slot.as_ptr()) })
    }

    /// Visits an object if there is one.
    #[inline]
    pub fn visit<T: Layout>(self, object: Option<Borrowed<'_, T>>) -> ControlFlow<c_int> {
        let Some(object) = object else {
            return ControlFlow::Continue(());
        };
        // SAFETY: the object is alive, and who made the visitor allowed the call.
        match unsafe { (self.visit)(object.as_ptr().cast(), self.argument) } {
            0 => ControlFlow::Continue(()),
            stop => ControlFlow::Break(stop),
        }
    }
}

/// A slot's value, made from a safe function: `type_slot!(get PyTracebackObject, line)`. The layout is that of the instances
/// of the type to which the slot belongs. Where a function gives a `Lookup` instead of a `Result<Owned, Raised>`, "nothing" is
/// NULL without an exception.
///
/// | Kind | Slot | The function |
/// |---|---|---|
/// | `get` | `PyGetSetDef::get` | `fn(Borrowed<'_, L>) -> Result<Owned, Raised>` |
/// | `set` | `PyGetSetDef::set` | `fn(Borrowed<'_, L>, Option<Borrowed<'_>>) -> Result<(), Raised>`; `None` deletes |
/// | `noargs` | `PyMethodDef::ml_meth` with `METH_NOARGS` | `fn(Borrowed<'_, L>) -> Result<Owned, Raised>` |
/// | `new` | `tp_new` | `fn(Borrowed<'_, PyTypeObject>, Borrowed<'_, PyTupleObject>, Option<Borrowed<'_>>) -> Result<Owned, Raised>` |
/// | `traverse` | `tp_traverse` | `fn(Borrowed<'_, L>, Visitor) -> ControlFlow<c_int>` |
/// | `clear` | `tp_clear` | `fn(Borrowed<'_, L>)` |
/// | `unary` | `tp_repr`, `tp_iternext`, `am_await` … | `fn(Borrowed<'_, L>) -> Result<Owned, Raised>` |
/// | `o` | `PyMethodDef::ml_meth` with `METH_O`; `mp_subscript`, `nb_or` … | `fn(Borrowed<'_, L>, Borrowed<'_>) -> Result<Owned, Raised>` |
/// | `varargs` | `PyMethodDef::ml_meth` with `METH_VARARGS` | `fn(Borrowed<'_, L>, Borrowed<'_, PyTupleObject>) -> Result<Owned, Raised>` |
/// | `fast` | `PyMethodDef::ml_meth` with `METH_FASTCALL` | `fn(Borrowed<'_, L>, &[Borrowed<'_>]) -> Result<Owned, Raised>` |
/// | `finalize` | `tp_finalize` | `fn(Borrowed<'_, L>)` |
/// | `length` | `mp_length`, `sq_length` | `fn(Borrowed<'_, L>) -> Result<Py_ssize_t, Raised>` |
/// | `contains` | `sq_contains` | `fn(Borrowed<'_, L>, Borrowed<'_>) -> Result<bool, Raised>` |
/// | `set_item` | `mp_ass_subscript` | `fn(Borrowed<'_, L>, Borrowed<'_>, Option<Borrowed<'_>>) -> Result<(), Raised>`; `None` deletes |
/// | `compare` | `tp_richcompare` | `fn(Borrowed<'_, L>, Borrowed<'_>, Comparison) -> Result<Owned, Raised>` |
#[macro_export]
macro_rules! type_slot {
    (@object $pointer:ident: $layout:ty) => {
        // SAFETY: C calls a slot with a live object of the type that the slot belongs to, or with a live argument.
        unsafe { $crate::object::Borrowed::<$layout>::from_raw_unchecked($pointer.cast()) }
    };
    (@optional $pointer:ident) => {
        // SAFETY: C gives NULL or a live object.
        unsafe { $crate::object::Borrowed::from_c_optional($pointer) }
    };
    (@pointer $result:expr) => {
        $crate::object::IntoC::<*mut $crate::ffi::PyObject>::into_c($result)
    };
    (get $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_get(
            object: *mut $crate::ffi::PyObject,
            _closure: *mut core::ffi::c_void,
        ) -> *mut $crate::ffi::PyObject {
            $crate::type_slot!(@pointer $function($crate::type_slot!(@object object: $layout)))
        }
        Some(c_get)
    }};
    (set $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_set(
            object: *mut $crate::ffi::PyObject,
            value: *mut $crate::ffi::PyObject,
            _closure: *mut core::ffi::c_void,
        ) -> core::ffi::c_int {
            let object = $crate::type_slot!(@object object: $layout);
            $crate::object::IntoC::into_c($function(object, $crate::type_slot!(@optional value)))
        }
        Some(c_set)
    }};
    (noargs $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_noargs(
            object: *mut $crate::ffi::PyObject,
            _nothing: *mut $crate::ffi::PyObject,
        ) -> *mut $crate::ffi::PyObject {
            $crate::type_slot!(@pointer $function($crate::type_slot!(@object object: $layout)))
        }
        Some(c_noargs)
    }};
    (new $function:path) => {{
        unsafe extern "C" fn c_new(
            class: *mut $crate::ffi::PyTypeObject,
            arguments: *mut $crate::ffi::PyObject,
            keywords: *mut $crate::ffi::PyObject,
        ) -> *mut $crate::ffi::PyObject {
            let class = $crate::type_slot!(@object class: $crate::ffi::PyTypeObject);
            let arguments = $crate::type_slot!(@object arguments: $crate::ffi::PyTupleObject);
            let keywords = $crate::type_slot!(@optional keywords);
            $crate::type_slot!(@pointer $function(class, arguments, keywords))
        }
        Some(c_new)
    }};
    (traverse $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_traverse(
            object: *mut $crate::ffi::PyObject,
            visit: $crate::ffi::visitproc,
            argument: *mut core::ffi::c_void,
        ) -> core::ffi::c_int {
            // SAFETY: C gives the function with the argument that belongs to it.
            let visitor = unsafe { $crate::object::type_slot::Visitor::from_c(visit, argument) };
            let object = $crate::type_slot!(@object object: $layout);
            match visitor.map(|visitor| $function(object, visitor)) {
                Some(core::ops::ControlFlow::Break(stop)) => stop,
                _ => 0,
            }
        }
        Some(c_traverse)
    }};
    (clear $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_clear(object: *mut $crate::ffi::PyObject) -> core::ffi::c_int {
            $function($crate::type_slot!(@object object: $layout));
            0
        }
        Some(c_clear)
    }};
    (unary $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_unary(object: *mut $crate::ffi::PyObject) -> *mut $crate::ffi::PyObject {
            $crate::type_slot!(@pointer $function($crate::type_slot!(@object object: $layout)))
        }
        Some(c_unary)
    }};
    (o $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_o(
            object: *mut $crate::ffi::PyObject,
            argument: *mut $crate::ffi::PyObject,
        ) -> *mut $crate::ffi::PyObject {
            let object = $crate::type_slot!(@object object: $layout);
            let argument = $crate::type_slot!(@object argument: $crate::ffi::PyObject);
            $crate::type_slot!(@pointer $function(object, argument))
        }
        Some(c_o)
    }};
    (varargs $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_varargs(
            object: *mut $crate::ffi::PyObject,
            arguments: *mut $crate::ffi::PyObject,
        ) -> *mut $crate::ffi::PyObject {
            let object = $crate::type_slot!(@object object: $layout);
            let arguments = $crate::type_slot!(@object arguments: $crate::ffi::PyTupleObject);
            $crate::type_slot!(@pointer $function(object, arguments))
        }
        Some(c_varargs)
    }};
    (fast $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_fast(
            object: *mut $crate::ffi::PyObject,
            arguments: *const *mut $crate::ffi::PyObject,
            count: $crate::ffi::Py_ssize_t,
        ) -> *mut $crate::ffi::PyObject {
            let object = $crate::type_slot!(@object object: $layout);
            // SAFETY: C gives an array with its length.
            let arguments = unsafe { $crate::call::arguments::slice(arguments, count) };
            $crate::type_slot!(@pointer $function(object, arguments))
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
            $function($crate::type_slot!(@object object: $layout));
        }
        Some(c_finalize)
    }};
    (length $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_length(object: *mut $crate::ffi::PyObject) -> $crate::ffi::Py_ssize_t {
            let object = $crate::type_slot!(@object object: $layout);
            $crate::object::IntoC::into_c($function(object))
        }
        Some(c_length)
    }};
    (contains $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_contains(
            object: *mut $crate::ffi::PyObject,
            item: *mut $crate::ffi::PyObject,
        ) -> core::ffi::c_int {
            let object = $crate::type_slot!(@object object: $layout);
            let item = $crate::type_slot!(@object item: $crate::ffi::PyObject);
            $crate::object::IntoC::<core::ffi::c_int>::into_c($function(object, item))
        }
        Some(c_contains)
    }};
    (set_item $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_set_item(
            object: *mut $crate::ffi::PyObject,
            key: *mut $crate::ffi::PyObject,
            value: *mut $crate::ffi::PyObject,
        ) -> core::ffi::c_int {
            let object = $crate::type_slot!(@object object: $layout);
            let key = $crate::type_slot!(@object key: $crate::ffi::PyObject);
            let value = $crate::type_slot!(@optional value);
            $crate::object::IntoC::into_c($function(object, key, value))
        }
        Some(c_set_item)
    }};
    (compare $layout:ty, $function:path) => {{
        unsafe extern "C" fn c_compare(
            object: *mut $crate::ffi::PyObject,
            other: *mut $crate::ffi::PyObject,
            comparison: core::ffi::c_int,
        ) -> *mut $crate::ffi::PyObject {
            let object = $crate::type_slot!(@object object: $layout);
            let other = $crate::type_slot!(@object other: $crate::ffi::PyObject);
            $crate::type_slot!(
                @pointer
                $crate::object::compare::Comparison::from_c(comparison)
                    .ok_or_else(|| $crate::bad_internal_call!())
                    .and_then(|comparison| $function(object, other, comparison))
            )
        }
        Some(c_compare)
    }};
}
