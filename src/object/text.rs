//! An object as text: `repr`, `str`, `ascii`, `bytes`, print to a C stream, and the guard against infinite `repr`s.
use crate::ffi;
use crate::object::compare::{Comparison, compare_bool};
use crate::object::exception;
use crate::object::{Borrowed, Lookup, Owned, Raised, Recursion, check_status, lookup};
use crate::thread::{ThreadState, without_gil};
use crate::{field, raise_format, static_id};
use core::ffi::CStr;

/// Looks at signals, as the long-running operations on objects do (`PyErr_CheckSignals`).
fn check_signals() -> Result<(), Raised> {
    // SAFETY: the thread is attached.
    check_status(unsafe { ffi::PyErr_CheckSignals() })
}

/// A `str` from C text (unicodeobject.c `PyUnicode_FromString`).
///
/// # Errors
/// `MemoryError`, and `UnicodeDecodeError` for text that is not UTF-8.
pub fn str_from(text: &CStr) -> Result<Owned, Raised> {
    // SAFETY: a C string, which is copied.
    unsafe { Owned::from_c(ffi::PyUnicode_FromString(text.as_ptr())) }
}

/// `repr(object)` (object.c `PyObject_Repr`). C may pass NULL, which is shown as such.
///
/// # Errors
/// What `__repr__` raises; `TypeError` when it gives no `str`; `RecursionError`; what a signal handler raises.
pub fn repr(object: Option<Borrowed<'_>>) -> Result<Owned, Raised> {
    check_signals()?;
    let Some(object) = object else {
        return str_from(c"<NULL>");
    };
    let class = object.type_of();
    let Some(tp_repr) = field!(class.tp_repr) else {
        // SAFETY: the format takes a C string and a pointer.
        return unsafe {
            Owned::from_c(ffi::PyUnicode_FromFormat(
                c"<%s object at %p>".as_ptr(),
                class.name().as_ptr(),
                object.as_ptr(),
            ))
        };
    };
    let result = {
        let _level = Recursion::enter(c" while getting the repr of an object")?;
        // SAFETY: a type's slot is called with an instance of it.
        unsafe { Owned::from_c(tp_repr(object.as_ptr()))? }
    };
    if result.borrow().is_str() {
        Ok(result)
    } else {
        Err(wrong_kind(
            c"__repr__ returned non-string (type %.200s)",
            result.borrow(),
        ))
    }
}

/// `str(object)` (object.c `PyObject_Str`). C may pass NULL, which is shown as such.
///
/// # Errors
/// As [`repr`], for `__str__`.
pub fn str(object: Option<Borrowed<'_>>) -> Result<Owned, Raised> {
    check_signals()?;
    let Some(object) = object else {
        return str_from(c"<NULL>");
    };
    if object.is_exactly(&raw const ffi::PyUnicode_Type) {
        return Ok(object.new_ref());
    }
    let class = object.type_of();
    let Some(tp_str) = field!(class.tp_str) else {
        return repr(Some(object));
    };
    let result = {
        let _level = Recursion::enter(c" while getting the str of an object")?;
        // SAFETY: a type's slot is called with an instance of it.
        unsafe { Owned::from_c(tp_str(object.as_ptr()))? }
    };
    if result.borrow().is_str() {
        Ok(result)
    } else {
        Err(wrong_kind(
            c"__str__ returned non-string (type %.200s)",
            result.borrow(),
        ))
    }
}

/// `ascii(object)` (object.c `PyObject_ASCII`): the `repr` with what is not ASCII escaped.
///
/// # Errors
/// As [`repr`].
pub fn ascii(object: Option<Borrowed<'_>>) -> Result<Owned, Raised> {
    let repr = repr(object)?;
    // SAFETY: `repr` is a str; `escaped` is a bytes object, whose buffer lives while we hold it.
    unsafe {
        if ffi::PyUnicode_IS_ASCII(repr.as_ptr()) {
            return Ok(repr);
        }
        let escaped = Owned::from_c(ffi::_PyUnicode_AsASCIIString(
            repr.as_ptr(),
            c"backslashreplace".as_ptr(),
        ))?;
        Owned::from_c(ffi::PyUnicode_DecodeASCII(
            ffi::PyBytes_AsString(escaped.as_ptr()),
            ffi::PyBytes_Size(escaped.as_ptr()),
            core::ptr::null(),
        ))
    }
}

/// `bytes(object)` for one argument (object.c `PyObject_Bytes`). C may pass NULL, which is shown as such.
///
/// # Errors
/// What `__bytes__` raises; `TypeError` when it gives no `bytes`, or the object is nothing that bytes are made from.
pub fn bytes(object: Option<Borrowed<'_>>) -> Result<Owned, Raised> {
    let Some(object) = object else {
        // SAFETY: a C string, which is copied.
        return unsafe { Owned::from_c(ffi::PyBytes_FromString(c"<NULL>".as_ptr())) };
    };
    if object.is_exactly(&raw const ffi::PyBytes_Type) {
        return Ok(object.new_ref());
    }
    let Some(method) = lookup::special(object, static_id!(_py___bytes__))? else {
        // SAFETY: a live object.
        return unsafe { Owned::from_c(ffi::PyBytes_FromObject(object.as_ptr())) };
    };
    let result = method.borrow().call(&[])?;
    drop(method);
    if result.borrow().downcast::<ffi::PyBytesObject>().is_some() {
        Ok(result)
    } else {
        Err(wrong_kind(
            c"__bytes__ returned non-bytes (type %.200s)",
            result.borrow(),
        ))
    }
}

/// A function's qualified name with its module, for messages about calls (object.c `_PyObject_FunctionStr`):
/// `module.qualname()`, without the module for built-ins, and `str(object)` for what has no qualified name.
///
/// # Errors
/// What looking the two attributes up or comparing them raises.
pub fn function_name(object: Borrowed<'_>) -> Result<Owned, Raised> {
    let Some(qualname) = lookup::optional(object, static_id!(_py___qualname__))? else {
        return str(Some(object));
    };
    let module = lookup::optional(object, static_id!(_py___module__))?;
    // SAFETY: the formats take one or two objects.
    unsafe {
        if let Some(module) = module
            && !module.borrow().is_none()
            && compare_bool(module.borrow(), static_id!(_py_builtins), Comparison::Ne)?
        {
            return Owned::from_c(ffi::PyUnicode_FromFormat(
                c"%S.%S()".as_ptr(),
                module.as_ptr(),
                qualname.as_ptr(),
            ));
        }
        Owned::from_c(ffi::PyUnicode_FromFormat(
            c"%S()".as_ptr(),
            qualname.as_ptr(),
        ))
    }
}

/// Which text [`print`] writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `str(object)` (`Py_PRINT_RAW`).
    Str,
    /// `repr(object)`.
    Repr,
}

/// Writes an object to a C stream (object.c `PyObject_Print`).
///
/// # Errors
/// What making the text raises, and `OSError` when the stream does not take it.
///
/// # Safety
/// `stream` is an open C stream, and the object, if given, is readable though perhaps dead.
pub unsafe fn print(
    object: Option<Borrowed<'_>>,
    stream: *mut libc::FILE,
    form: Form,
) -> Result<(), Raised> {
    check_signals()?;
    // SAFETY: the stream is open; the text lives while `text` does; the formats fit their arguments.
    unsafe {
        libc::clearerr(stream);
        let written = match object {
            None => {
                let stream = stream.expose_provenance();
                without_gil(|| {
                    let stream = core::ptr::with_exposed_provenance_mut(stream);
                    libc::fprintf(stream, c"<nil>".as_ptr()) >= 0
                })
            }
            Some(dead) if dead.count() <= 0 => {
                // The object itself is out of reach without the GIL: two numbers of it are enough.
                let (count, address) = (dead.count(), dead.as_ptr().addr());
                let stream = stream.expose_provenance();
                without_gil(|| {
                    let stream = core::ptr::with_exposed_provenance_mut(stream);
                    libc::fprintf(stream, c"<refcnt %zd at %p>".as_ptr(), count, address) >= 0
                })
            }
            Some(object) => {
                let text = match form {
                    Form::Str => str(Some(object)),
                    Form::Repr => repr(Some(object)),
                }?;
                let mut length = 0;
                let utf8 = ffi::PyUnicode_AsUTF8AndSize(text.as_ptr(), &raw mut length);
                if utf8.is_null() {
                    return Err(Raised::on_c_word());
                }
                let length = length.cast_unsigned();
                libc::fwrite(utf8.cast(), 1, length, stream) == length
            }
        };
        if !written || libc::ferror(stream) != 0 {
            let raised = Raised::from_errno(exception::OSError);
            libc::clearerr(stream);
            return Err(raised);
        }
    }
    Ok(())
}

/// The list of the objects whose `repr` is being made on the thread with this dict, if there is one.
fn repr_list(dict: Borrowed<'_>) -> Lookup {
    // SAFETY: a thread's dict is a dict, and lives while it is borrowed; it has a reference to what is found.
    unsafe {
        let key = static_id!(_py_Py_Repr);
        let list = ffi::PyDict_GetItemWithError(dict.as_ptr(), key.as_ptr());
        if list.is_null() {
            Raised::pending()?;
        }
        Ok(Borrowed::from_c_optional(list).map(Borrowed::new_ref))
    }
}

/// Enters the `repr` of a container; true when it is being made already (object.c `Py_ReprEnter`).
///
/// # Errors
/// `MemoryError`.
pub fn enter_repr(object: Borrowed<'_>) -> Result<bool, Raised> {
    let thread = ThreadState::attached();
    let Some(dict) = thread.as_ref().and_then(ThreadState::dict) else {
        return Ok(false);
    };
    // SAFETY: the list is alive in the dict; indices stay below its size.
    unsafe {
        let list = match repr_list(dict)? {
            Some(list) => list,
            None => {
                let list = Owned::from_c(ffi::PyList_New(0))?;
                let key = static_id!(_py_Py_Repr);
                check_status(ffi::PyDict_SetItem(
                    dict.as_ptr(),
                    key.as_ptr(),
                    list.as_ptr(),
                ))?;
                list
            }
        };
        let inside = (0..ffi::PyList_Size(list.as_ptr()))
            .rev()
            .any(|index| ffi::PyList_GetItem(list.as_ptr(), index) == object.as_ptr());
        if inside {
            return Ok(true);
        }
        check_status(ffi::PyList_Append(list.as_ptr(), object.as_ptr()))?;
    }
    Ok(false)
}

/// Leaves the `repr` of a container; it keeps an exception that is set, and cannot fail (object.c `Py_ReprLeave`).
pub fn leave_repr(object: Borrowed<'_>) {
    // SAFETY: as in `enter_repr`; the exception is put back as it was.
    unsafe {
        let exception = ffi::PyErr_GetRaisedException();
        let thread = ThreadState::attached();
        if let Some(dict) = thread.as_ref().and_then(ThreadState::dict)
            && let Ok(Some(list)) = repr_list(dict)
            && list.borrow().downcast::<ffi::PyListObject>().is_some()
        {
            let list = list.as_ptr();
            // The last one: reprs nest.
            let place = (0..ffi::PyList_Size(list))
                .rev()
                .find(|&index| ffi::PyList_GetItem(list, index) == object.as_ptr());
            if let Some(index) = place {
                ffi::PyList_SetSlice(list, index, index + 1, core::ptr::null_mut());
            }
        }
        ffi::PyErr_SetRaisedException(exception);
    }
}

/// Raises `TypeError` with the object's type in the message.
#[cold]
pub fn wrong_kind(format: &CStr, object: Borrowed<'_>) -> Raised {
    // SAFETY: the formats given here take one C string.
    unsafe {
        raise_format!(
            exception::TypeError,
            format,
            object.type_of().name().as_ptr()
        )
    }
}
