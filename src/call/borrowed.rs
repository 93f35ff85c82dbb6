//! How Rust calls Python: `callable.call(&[a, b])`, `object.call_method(name, &[a])`. Runs any code, allocates nothing itself.
use crate::call::{Arguments, MethodArguments, method, vectorcall};
use crate::ffi::{PY_VECTORCALL_ARGUMENTS_OFFSET, PyObject};
use crate::field;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;

/// Arguments in a row behind a place that the callee may use, or behind the object whose method is called.
#[repr(C)]
struct Row<'a, const N: usize> {
    place: *mut PyObject,
    arguments: [Borrowed<'a>; N],
}

impl Borrowed<'_> {
    /// Calls the object with positional arguments (call.c `PyObject_Vectorcall`, `PyObject_CallNoArgs`,
    /// `PyObject_CallOneArg`).
    ///
    /// # Errors
    /// Whatever the call raises.
    #[inline]
    pub fn call<const N: usize>(self, arguments: &[Borrowed<'_>; N]) -> Result<Owned, Raised> {
        self.call_in(ThreadState::current(), arguments)
    }

    /// The same in the running thread, whose state is at hand.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    #[inline(always)]
    pub fn call_in<const N: usize>(
        self,
        tstate: ThreadState,
        arguments: &[Borrowed<'_>; N],
    ) -> Result<Owned, Raised> {
        let mut row = Row {
            place: core::ptr::null_mut(),
            arguments: *arguments,
        };
        // SAFETY: a Borrowed has the bits of the C pointer, and so many of them follow the place, which is ours.
        let arguments = unsafe {
            let first = (&raw mut row).cast::<*mut PyObject>().add(1);
            Arguments::from_c(first, N | PY_VECTORCALL_ARGUMENTS_OFFSET, None)
        };
        vectorcall::call(tstate, self, arguments)
    }

    /// Calls a method of the object (cpython/abstract.h `PyObject_CallMethodNoArgs`, `PyObject_CallMethodOneArg`).
    ///
    /// # Errors
    /// What looking it up and calling it raise.
    #[inline]
    pub fn call_method<const N: usize>(
        self,
        name: Borrowed<'_>,
        arguments: &[Borrowed<'_>; N],
    ) -> Result<Owned, Raised> {
        self.call_method_in(ThreadState::current(), name, arguments)
    }

    /// The same in the running thread, whose state is at hand.
    ///
    /// # Errors
    /// As [`call_method`](Self::call_method).
    #[inline(always)]
    pub fn call_method_in<const N: usize>(
        self,
        tstate: ThreadState,
        name: Borrowed<'_>,
        arguments: &[Borrowed<'_>; N],
    ) -> Result<Owned, Raised> {
        let mut row = Row {
            place: self.as_ptr(),
            arguments: *arguments,
        };
        // SAFETY: the object and so many arguments lie in a row, which is ours.
        let arguments = unsafe {
            let first = (&raw mut row).cast::<*mut PyObject>();
            MethodArguments::from_c(first, (1 + N) | PY_VECTORCALL_ARGUMENTS_OFFSET, None)
        };
        method::call(tstate, name, arguments)
    }

    /// Whether the object can be called (object.c `PyCallable_Check`).
    #[inline(always)]
    pub fn is_callable(self) -> bool {
        let class = self.type_of();
        field!(class.tp_call).is_some()
    }
}
