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

/// A layout that belongs to one static type, whose instances the `Py…_CheckExact` macros tell from those of subclasses.
///
/// # Safety
/// Every object whose type is [`Exact::CLASS`] itself has this layout.
pub unsafe trait Exact: Layout {
    /// The type.
    const CLASS: *const ffi::PyTypeObject;
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
    PyFrameLocalsProxyObject,
    PyCellObject,
    PyTracebackObject,
    PyModuleObject,
    PyBaseExceptionObject,
    PyAttributeErrorObject,
    PyGenObject,
    PyFunctionObject,
    PyHeapTypeObject,
    PyLongObject,
    PyMethodObject,
    PyCFunctionObject,
    PyMemberDescrObject,
    PyMethodDescrObject,
    _PyPropertyObject,
    PyNameErrorObject,
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
        // SAFETY: the instances of this type have this layout, and it cannot be subclassed.
        unsafe impl Typed for ffi::$layout {
            #[inline(always)]
            fn check(object: Borrowed<'_>) -> bool {
                object.is_exactly(&raw const ffi::$class)
            }
        }
    )*};
}

typed_exactly!(
    PyCellObject: PyCell_Type,
    PyCodeObject: PyCode_Type,
    PyFrameLocalsProxyObject: PyFrameLocalsProxy_Type,
    PyFrameObject: PyFrame_Type,
    PyFunctionObject: PyFunction_Type,
    PyMethodObject: PyMethod_Type,
    PyTracebackObject: PyTraceBack_Type,
    PyMemberDescrObject: PyMemberDescr_Type,
    PyMethodDescrObject: PyMethodDescr_Type,
);

// SAFETY: the instances of a subclass of a type start with that type's layout.
unsafe impl Typed for ffi::PyModuleObject {
    #[inline]
    fn check(object: Borrowed<'_>) -> bool {
        // SAFETY: an immortal static.
        let module = unsafe { Borrowed::from_static(&raw mut ffi::PyModule_Type) };
        object.type_of().is_subtype(module)
    }
}

// SAFETY: the instances of a subclass of a type start with that type's layout.
unsafe impl Typed for ffi::PyCFunctionObject {
    #[inline]
    fn check(object: Borrowed<'_>) -> bool {
        // SAFETY: an immortal static.
        let function = unsafe { Borrowed::from_static(&raw mut ffi::PyCFunction_Type) };
        object.type_of().is_subtype(function)
    }
}

typed!(
    PyTypeObject: Py_TPFLAGS_TYPE_SUBCLASS,
    PyBytesObject: Py_TPFLAGS_BYTES_SUBCLASS,
    PyTupleObject: Py_TPFLAGS_TUPLE_SUBCLASS,
    PyListObject: Py_TPFLAGS_LIST_SUBCLASS,
    PyDictObject: Py_TPFLAGS_DICT_SUBCLASS,
    PyBaseExceptionObject: Py_TPFLAGS_BASE_EXC_SUBCLASS,
);

macro_rules! exact {
    ($($layout:ident: $class:ident),* $(,)?) => {$(
        // SAFETY: the file that defines the type declares this struct as its instances' layout.
        unsafe impl Exact for ffi::$layout {
            const CLASS: *const ffi::PyTypeObject = &raw const ffi::$class;
        }
    )*};
}

exact!(
    PyTupleObject: PyTuple_Type,
    PyListObject: PyList_Type,
    PyDictObject: PyDict_Type,
    PyLongObject: PyLong_Type,
    PyModuleObject: PyModule_Type,
    PyCFunctionObject: PyCFunction_Type,
    _PyPropertyObject: PyProperty_Type,
);
