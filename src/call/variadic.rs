//! Calls whose arguments are a C function's variable ones. The C that gathers them is `cpython_sources/glue/variadic.c`.
use crate::call::array::{Array, FEW, Few, OwnedArray};
use crate::call::{Arguments, MethodArguments, method, vectorcall};
use crate::ffi::{self, PY_VECTORCALL_ARGUMENTS_OFFSET, PyObject, PyTupleObject};
use crate::object::{Borrowed, Owned, Raised, exception, raise, text};
use crate::thread::ThreadState;
use core::ffi::c_char;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A format of `Py_BuildValue` with the values that it takes, from which arguments are made once.
pub struct Format<'a> {
    format: *const c_char,
    values: *mut ffi::__va_list_tag,
    _values: PhantomData<&'a mut ffi::__va_list_tag>,
}

impl<'a> Format<'a> {
    /// What a C function got.
    ///
    /// # Safety
    /// `format` is NULL or a C string, and `values` has what it wants; both can be used for as long as `'a`.
    #[inline(always)]
    pub const unsafe fn from_c(format: *const c_char, values: *mut ffi::__va_list_tag) -> Self {
        Self {
            format,
            values,
            _values: PhantomData,
        }
    }

    /// Whether it makes no arguments.
    #[inline(always)]
    fn is_empty(&self) -> bool {
        // SAFETY: who made this promised a C string, which has at least its end.
        self.format.is_null() || unsafe { *self.format == 0 }
    }

    /// Makes the arguments (modsupport.c `_Py_VaBuildStack`).
    fn build<'few>(self, few: &'few mut Few) -> Result<OwnedArray<'few>, Raised> {
        let mut count = 0;
        // SAFETY: who made this promised that the values are what the format wants. The arguments come in `few`, which has
        // so many places, or in a block; both the references and the block are ours.
        unsafe {
            let first = ffi::_Py_VaBuildStack(
                few.first(),
                FEW.cast_signed(),
                self.format,
                self.values,
                &raw mut count,
            );
            let first = NonNull::new(first).ok_or_else(Raised::on_c_word)?;
            let array = Array::filled_by_c(few, first);
            Ok(OwnedArray::filled(array, count.cast_unsigned()))
        }
    }
}

/// `SystemError` for a NULL where an object or a name must be, unless an exception tells already why it is NULL
/// (call.c `null_error`).
#[cold]
fn null_argument() -> Raised {
    match Raised::pending() {
        Ok(()) => raise(exception::SystemError, c"null argument to internal routine"),
        Err(raised) => raised,
    }
}

/// An argument that must not be NULL.
#[inline(always)]
fn given<T>(argument: Option<T>) -> Result<T, Raised> {
    argument.ok_or_else(null_argument)
}

/// Calls with arguments made by a format (call.c `PyObject_CallFunction`). A format that makes one tuple passes its items.
///
/// # Errors
/// What making the arguments and calling raise; `SystemError` for a NULL.
pub fn call_with_format(
    callable: Option<Borrowed<'_>>,
    format: Format<'_>,
) -> Result<Owned, Raised> {
    let tstate = ThreadState::current();
    let callable = given(callable)?;
    if format.is_empty() {
        return vectorcall::call(tstate, callable, Arguments::NONE);
    }
    let mut few = Few::new();
    let built = format.build(&mut few)?;
    let arguments = built.arguments();
    let arguments = match arguments.positional() {
        [only] => only
            .downcast::<PyTupleObject>()
            .map_or(arguments, Arguments::of_tuple),
        _ => arguments,
    };
    vectorcall::call(tstate, callable, arguments)
}

/// Calls a method with arguments made by a format (call.c `PyObject_CallMethod`). `find` gets the attribute of that name
/// from the object.
///
/// # Errors
/// As [`call_with_format`]; what `find` raises; `TypeError` when the attribute cannot be called.
#[inline(always)]
pub fn call_method_with_format<N>(
    object: Option<Borrowed<'_>>,
    name: Option<N>,
    find: impl FnOnce(Borrowed<'_>, N) -> Result<Owned, Raised>,
    format: Format<'_>,
) -> Result<Owned, Raised> {
    let callable = find(given(object)?, given(name)?)?;
    if !callable.borrow().is_callable() {
        let message = c"attribute of type '%.200s' is not callable";
        return Err(text::wrong_kind(message, callable.borrow()));
    }
    call_with_format(Some(callable.borrow()), format)
}

/// Calls with objects that C gathered, behind a place for the callee (call.c `PyObject_CallFunctionObjArgs`).
///
/// # Errors
/// What the call raises; `SystemError` for a NULL instead of the callable.
///
/// # Safety
/// `row` points at a place that may be written to, and behind it at `count` live objects that stay alive.
#[inline(always)]
pub unsafe fn call_with_objects(
    callable: Option<Borrowed<'_>>,
    row: *mut *mut PyObject,
    count: usize,
) -> Result<Owned, Raised> {
    let callable = given(callable)?;
    // SAFETY: as the caller promises.
    let arguments =
        unsafe { Arguments::from_c(row.add(1), count | PY_VECTORCALL_ARGUMENTS_OFFSET, None) };
    vectorcall::call(ThreadState::current(), callable, arguments)
}

/// Calls a method with objects that C gathered, behind the object that has the method
/// (call.c `PyObject_CallMethodObjArgs`).
///
/// # Errors
/// What looking the method up and calling it raise; `SystemError` for a NULL instead of the object or the name.
///
/// # Safety
/// `row` points at NULL or a live object, which may be overwritten, and behind it at `count` live objects; they stay alive.
#[inline(always)]
pub unsafe fn call_method_with_objects(
    name: Option<Borrowed<'_>>,
    row: *mut *mut PyObject,
    count: usize,
) -> Result<Owned, Raised> {
    let flagged_count = (1 + count) | PY_VECTORCALL_ARGUMENTS_OFFSET;
    // SAFETY: as the caller promises; the object is there too when its place is not NULL.
    let arguments =
        unsafe { (!(*row).is_null()).then(|| MethodArguments::from_c(row, flagged_count, None)) };
    let (arguments, name) = (given(arguments)?, given(name)?);
    method::call(ThreadState::current(), name, arguments)
}
