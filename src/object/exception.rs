//! The built-in exception classes by name: `exception::TypeError` is the variable `PyExc_TypeError`. Reads statics.
#![allow(non_upper_case_globals, reason = "the names are Python's")]
use crate::ffi;
use crate::object::Borrowed;

/// A built-in exception class.
#[derive(Clone, Copy)]
pub struct Exception(*const *mut ffi::PyObject);

impl Exception {
    /// The class.
    #[inline]
    pub fn class(self) -> Borrowed<'static> {
        // SAFETY: every constant here is a `PyExc_…` variable, set before any code runs to a static type.
        unsafe { Borrowed::from_static(*self.0) }
    }

    /// The class as C functions take it.
    #[inline]
    pub fn as_ptr(self) -> *mut ffi::PyObject {
        self.class().as_ptr()
    }
}

/// Whether it is an exception (pyerrors.h `PyExceptionInstance_Check`).
pub fn is_instance(object: Borrowed<'_>) -> bool {
    object.downcast::<ffi::PyBaseExceptionObject>().is_some()
}

/// Whether it is a class of exceptions (pyerrors.h `PyExceptionClass_Check`).
pub fn is_class(object: Borrowed<'_>) -> bool {
    object
        .downcast::<ffi::PyTypeObject>()
        .is_some_and(|class| class.has_feature(ffi::Py_TPFLAGS_BASE_EXC_SUBCLASS))
}

macro_rules! exceptions {
    ($($name:ident $variable:ident)*) => {$(
        #[doc = concat!("Python's `", stringify!($name), "`.")]
        pub const $name: Exception = Exception(&raw const ffi::$variable);
    )*};
}

exceptions! {
    AssertionError PyExc_AssertionError
    AttributeError PyExc_AttributeError
    BaseExceptionGroup PyExc_BaseExceptionGroup
    DeprecationWarning PyExc_DeprecationWarning
    Exception_ PyExc_Exception
    GeneratorExit PyExc_GeneratorExit
    ImportError PyExc_ImportError
    IndexError PyExc_IndexError
    KeyError PyExc_KeyError
    KeyboardInterrupt PyExc_KeyboardInterrupt
    NameError PyExc_NameError
    OSError PyExc_OSError
    OverflowError PyExc_OverflowError
    RecursionError PyExc_RecursionError
    RuntimeError PyExc_RuntimeError
    RuntimeWarning PyExc_RuntimeWarning
    StopAsyncIteration PyExc_StopAsyncIteration
    StopIteration PyExc_StopIteration
    SystemError PyExc_SystemError
    TypeError PyExc_TypeError
    UnboundLocalError PyExc_UnboundLocalError
    ValueError PyExc_ValueError
}
