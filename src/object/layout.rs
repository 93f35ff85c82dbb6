//! What makes a C struct an object: it starts with a `PyObject`. Marks only; nothing here runs.
use crate::ffi;
use crate::object::Borrowed;

/// A C struct that starts with a `PyObject`, so that a pointer to it is a pointer to an object.
///
/// # Safety
/// The first member of the struct is a `PyObject` or a struct for which this holds, at offset 0.
pub unsafe trait Layout {}

/// A layout whose objects can be told by looking at one, as the `Py…_Check` macros do.
///
/// # Safety
/// [`Typed::check`] is true only for objects that have this layout.
pub unsafe trait Typed: Layout {
    /// Whether the object has this layout (its type is this one or a subclass).
    fn check(object: Borrowed<'_>) -> bool;
}

macro_rules! layouts {
    ($($layout:ident),* $(,)?) => {$(
        // SAFETY: bindgen's struct starts with PyObject_HEAD or PyObject_VAR_HEAD, as the header declares it.
        unsafe impl Layout for ffi::$layout {}
    )*};
}

layouts!(
    PyObject,
    PyVarObject,
    PyTypeObject,
    PyBytesObject,
    PyTupleObject,
    PyListObject,
    PyDictObject,
    PyCodeObject,
    PyFrameObject,
    PyTracebackObject,
    PyModuleObject,
    PyBaseExceptionObject,
    PyAttributeErrorObject,
    PyGenObject,
    PyFunctionObject,
    PyMethodObject,
);

macro_rules! typed {
    ($($layout:ident: $flag:ident),* $(,)?) => {$(
        // SAFETY: the flag is inherited from the one base type whose instances have this layout.
        unsafe impl Typed for ffi::$layout {
            #[inline(always)]
            fn check(object: Borrowed<'_>) -> bool {
                object.type_of().has_feature(ffi::$flag)
            }
        }
    )*};
}

macro_rules! typed_exactly {
    ($($layout:ident: $class:ident),* $(,)?) => {$(
        // SAFETY: this type alone has instances of this layout, and it cannot be subclassed.
        unsafe impl Typed for ffi::$layout {
            #[inline(always)]
            fn check(object: Borrowed<'_>) -> bool {
                object.is_exactly(&raw const ffi::$class)
            }
        }
    )*};
}

typed_exactly!(
    PyCodeObject: PyCode_Type,
    PyMethodObject: PyMethod_Type,
    PyFrameObject: PyFrame_Type,
    PyTracebackObject: PyTraceBack_Type,
);

typed!(
    PyTypeObject: Py_TPFLAGS_TYPE_SUBCLASS,
    PyBytesObject: Py_TPFLAGS_BYTES_SUBCLASS,
    PyTupleObject: Py_TPFLAGS_TUPLE_SUBCLASS,
    PyListObject: Py_TPFLAGS_LIST_SUBCLASS,
    PyDictObject: Py_TPFLAGS_DICT_SUBCLASS,
    PyBaseExceptionObject: Py_TPFLAGS_BASE_EXC_SUBCLASS,
);
