//! Errors: CPython's "NULL and an exception is set" as a type. Reads and writes the thread state's current exception.
use crate::ffi;
use crate::object::exception::{self, Exception};
use crate::object::{Borrowed, Layout, Owned};
use core::ffi::{CStr, c_int};

/// A witness that the running thread's state holds an exception.
///
/// It has no size and no fields, so `Result<Owned<T>, Raised>` is, by Rust's guarantee for such results, a C pointer in
/// which NULL is the error: `?` is the NULL check. Nobody makes one but the functions here; it is not `Copy`, and whoever
/// has it passes it on, clears it ([`Raised::clear`]) or takes the exception ([`Raised::take`]).
#[must_use = "an exception is set: pass it on, clear it or take it"]
#[derive(Debug)]
pub struct Raised {}

const _: () = assert!(size_of::<Raised>() == 0);
const _: () =
    assert!(size_of::<Result<Owned<ffi::PyObject>, Raised>>() == size_of::<*mut ffi::PyObject>());
const _: () = assert!(
    size_of::<Result<Borrowed<'_, ffi::PyObject>, Raised>>() == size_of::<*mut ffi::PyObject>()
);
const _: () =
    assert!(size_of::<Option<Borrowed<'_, ffi::PyObject>>>() == size_of::<*mut ffi::PyObject>());

/// What a lookup gives: found, not there, or an exception.
pub type Lookup<T = ffi::PyObject> = Result<Option<Owned<T>>, Raised>;

impl Raised {
    /// The witness, on C's word: a function that says so by its result has just set an exception. An extension's word
    /// may be wrong, so nothing that is unsafe rests on it.
    #[inline(always)]
    pub fn on_c_word() -> Self {
        Self {}
    }

    /// Whether the running thread has an exception set (errors.c `PyErr_Occurred`).
    #[inline]
    pub fn is_pending() -> bool {
        // SAFETY: reads the attached thread's state; holding the GIL is what every caller of the core promises.
        unsafe { !ffi::PyErr_Occurred().is_null() }
    }

    /// The witness if an exception is set, for the C functions whose result does not tell.
    #[inline]
    pub fn pending() -> Result<(), Self> {
        if Self::is_pending() {
            Err(Self {})
        } else {
            Ok(())
        }
    }

    /// Whether the exception is an instance of `class` (errors.c `PyErr_ExceptionMatches`).
    pub fn matches(&self, class: Exception) -> bool {
        // SAFETY: an exception is set (we are the witness) and the class is a static type.
        unsafe { ffi::PyErr_ExceptionMatches(class.as_ptr()) != 0 }
    }

    /// Whether the exception's class is `class` itself, not one derived from it.
    pub fn is_exactly(&self, class: Exception) -> bool {
        // SAFETY: the thread is attached; only the address of the class is looked at.
        unsafe { ffi::PyErr_Occurred() == class.as_ptr() }
    }

    /// Drops the exception (errors.c `PyErr_Clear`).
    pub fn clear(self) {
        // SAFETY: the thread is attached.
        unsafe { ffi::PyErr_Clear() }
    }

    /// Takes the exception out of the thread state (errors.c `PyErr_GetRaisedException`). Where C's word was wrong and
    /// there is none, it is a `SystemError` that says so.
    pub fn take(self) -> Owned<ffi::PyObject> {
        // SAFETY: the thread is attached; the result is a new reference or NULL.
        let taken = unsafe { Owned::from_c_optional(ffi::PyErr_GetRaisedException()) };
        taken.unwrap_or_else(|| {
            raise(
                exception::SystemError,
                c"error return without exception set",
            )
            .take()
        })
    }

    /// Sets an exception that was taken before (errors.c `PyErr_SetRaisedException`).
    pub fn restore(exception: Owned<ffi::PyObject>) -> Self {
        // SAFETY: the reference is stolen, as the function wants it.
        unsafe { ffi::PyErr_SetRaisedException(exception.into_raw()) };
        Self::on_c_word()
    }

    /// Takes the exception out of the thread state if there is one.
    pub fn take_pending() -> Option<Owned<ffi::PyObject>> {
        // SAFETY: the result is NULL or a new reference.
        unsafe { Owned::from_c_optional(ffi::PyErr_GetRaisedException()) }
    }

    /// Makes an exception that was taken before the context of this one, which came up meanwhile
    /// (errors.c `_PyErr_ChainExceptions1`).
    pub fn with_context(self, earlier: Owned<ffi::PyObject>) -> Self {
        // SAFETY: the reference is stolen, as the function wants it; an exception is set.
        unsafe { ffi::_PyErr_ChainExceptions1(earlier.into_raw()) };
        self
    }

    /// Reports the exception as one that nobody can catch, with `message` before it
    /// (errors.c `PyErr_FormatUnraisable`).
    pub fn unraisable(self, message: &CStr) {
        // SAFETY: the format takes one C string.
        unsafe { ffi::PyErr_FormatUnraisable(c"%s".as_ptr(), message.as_ptr()) }
    }

    /// Reports the exception as one that nobody can catch, in the work of an object or of none in particular
    /// (errors.c `PyErr_WriteUnraisable`).
    pub fn unraisable_in(self, object: Option<Borrowed<'_>>) {
        let object = object.unwrap_or(Borrowed::none()).as_ptr();
        // SAFETY: a live object; None is immortal.
        unsafe { ffi::PyErr_WriteUnraisable(object) }
    }

    /// Shows the exception through `sys.excepthook` and keeps it in `sys.last_exc` (pythonrun.c `PyErr_Print`). On
    /// `SystemExit` the process ends, unless `-i` was given.
    pub fn print(self) {
        // SAFETY: the thread is attached and an exception is set.
        unsafe { ffi::PyErr_Print() }
    }

    /// Raises `MemoryError` (errors.c `PyErr_NoMemory`).
    #[cold]
    pub fn no_memory() -> Self {
        // SAFETY: the thread is attached; the result is always NULL.
        unsafe { ffi::PyErr_NoMemory() };
        Self::on_c_word()
    }

    /// Raises `SystemError` for a wrong call from C, which [`bad_internal_call!`](crate::bad_internal_call) found at this
    /// place.
    #[cold]
    pub fn bad_internal_call(file: &CStr, line: u32) -> Self {
        // SAFETY: the file name is a C string; the exception copies it.
        unsafe { ffi::_PyErr_BadInternalCall(file.as_ptr(), line as c_int) };
        Self::on_c_word()
    }

    /// Raises the exception for `errno` of the class given (errors.c `PyErr_SetFromErrno`).
    #[cold]
    pub fn from_errno(class: Exception) -> Self {
        // SAFETY: the class is an exception type; the result is always NULL.
        unsafe { ffi::PyErr_SetFromErrno(class.as_ptr()) };
        Self::on_c_word()
    }

    /// The same for a class that is not built in, such as one that a module made (errors.c `PyErr_SetFromErrno`).
    #[cold]
    pub fn from_errno_as(class: Borrowed<'_>) -> Self {
        // SAFETY: the class is alive; what is no exception class is reported by the function itself.
        unsafe { ffi::PyErr_SetFromErrno(class.as_ptr()) };
        Self::on_c_word()
    }

    /// Raises an exception from a value: an instance of the class, the arguments of one, its only argument, or nothing
    /// (errors.c `PyErr_SetObject`).
    pub fn with_value(class: Exception, value: Option<Borrowed<'_>>) -> Self {
        let value = value.map_or(core::ptr::null_mut(), Borrowed::as_ptr);
        // SAFETY: the class is an exception type, and the value NULL or alive.
        unsafe { ffi::PyErr_SetObject(class.as_ptr(), value) };
        Self::on_c_word()
    }

    /// Raises an exception without arguments (errors.c `PyErr_SetNone`).
    pub fn bare(class: Exception) -> Self {
        // SAFETY: the class is an exception type.
        unsafe { ffi::PyErr_SetNone(class.as_ptr()) };
        Self::on_c_word()
    }

    /// The same for a class that is not built in (errors.c `PyErr_SetNone`).
    pub fn bare_as(class: Borrowed<'_>) -> Self {
        // SAFETY: the class is alive; what is no exception class is reported by the function itself.
        unsafe { ffi::PyErr_SetNone(class.as_ptr()) };
        Self::on_c_word()
    }
}

/// Raises an exception with a fixed message (errors.c `PyErr_SetString`). For messages with values use [`raise_format!`](crate::raise_format).
#[cold]
pub fn raise(class: Exception, message: &CStr) -> Raised {
    // SAFETY: the class is an exception type and the message a C string; both are only read.
    unsafe { ffi::PyErr_SetString(class.as_ptr(), message.as_ptr()) };
    Raised::on_c_word()
}

/// Raises an exception with a formatted message (errors.c `PyErr_Format`) and gives the [`Raised`].
///
/// It expands to a call of a C variadic function, so it must stand in an `unsafe` block whose `SAFETY:` line says that
/// the arguments are what the format wants.
#[macro_export]
macro_rules! raise_format {
    ($class:expr, $format:expr $(, $argument:expr)* $(,)?) => {{
        let format: &core::ffi::CStr = $format;
        $crate::ffi::PyErr_Format($class.as_ptr(), format.as_ptr() $(, $argument)*);
        $crate::object::Raised::on_c_word()
    }};
}

/// Raises `SystemError` for a wrong call from C, with the place where the macro stands, and gives the
/// [`Raised`] (errors.c `PyErr_BadInternalCall`).
#[macro_export]
macro_rules! bad_internal_call {
    () => {
        $crate::object::Raised::bad_internal_call(
            const { $crate::module::text(concat!(file!(), "\0")) },
            line!(),
        )
    };
}

/// The result of a C function that gives -1 and an exception, or something else.
#[inline(always)]
pub fn check_status(result: c_int) -> Result<(), Raised> {
    if result < 0 {
        Err(Raised::on_c_word())
    } else {
        Ok(())
    }
}

/// The result of a C function that gives -1 and an exception, 0 for no, or 1 for yes.
#[inline(always)]
pub fn check_bool(result: c_int) -> Result<bool, Raised> {
    if result < 0 {
        Err(Raised::on_c_word())
    } else {
        Ok(result != 0)
    }
}

/// What an exported function gives to C for a result of ours: -1 for an exception, and else 0, 1 or the number.
pub trait IntoC<C> {
    /// The value that C expects.
    fn into_c(self) -> C;
}

impl IntoC<c_int> for Result<(), Raised> {
    #[inline(always)]
    fn into_c(self) -> c_int {
        match self {
            Ok(()) => 0,
            Err(_) => -1,
        }
    }
}

impl IntoC<c_int> for Result<bool, Raised> {
    #[inline(always)]
    fn into_c(self) -> c_int {
        match self {
            Ok(yes) => c_int::from(yes),
            Err(_) => -1,
        }
    }
}

impl IntoC<c_int> for Result<c_int, Raised> {
    #[inline(always)]
    fn into_c(self) -> c_int {
        self.unwrap_or(-1)
    }
}

impl IntoC<ffi::Py_ssize_t> for Result<ffi::Py_ssize_t, Raised> {
    #[inline(always)]
    fn into_c(self) -> ffi::Py_ssize_t {
        self.unwrap_or(-1)
    }
}

impl<T: Layout> IntoC<*mut T> for Result<Owned<T>, Raised> {
    #[inline(always)]
    fn into_c(self) -> *mut T {
        self.map_or(core::ptr::null_mut(), Owned::into_raw)
    }
}

impl<T: Layout> IntoC<*mut T> for Lookup<T> {
    #[inline(always)]
    fn into_c(self) -> *mut T {
        self.ok()
            .flatten()
            .map_or(core::ptr::null_mut(), Owned::into_raw)
    }
}
