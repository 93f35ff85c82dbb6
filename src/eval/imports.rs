//! `import` and `from … import`. Runs any code.
use crate::ffi;
use crate::object::text::str_from;
use crate::object::{
    Borrowed, Lookup, Owned, Raised, check_bool, check_status, exception, lookup, raise,
};
use crate::static_id;
use crate::thread::ThreadState;
use core::ffi::CStr;
use core::ptr::null_mut;

/// `import name`: calls `__import__` of the frame's builtins, or goes straight to the import system if that is the original
/// (ceval.c `import_name`).
///
/// # Errors
/// What the import raises; `ImportError` without an `__import__`.
///
/// # Safety
/// The thread runs the frame.
pub unsafe fn name(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    name: Borrowed<'_>,
    from_list: Borrowed<'_>,
    level: Borrowed<'_>,
) -> Result<Owned, Raised> {
    // SAFETY: a frame that runs has its globals and builtins, and its namespace or NULL.
    let (builtins, globals, locals) = unsafe {
        (
            Borrowed::from_raw_unchecked((*frame).f_builtins),
            Borrowed::from_raw_unchecked((*frame).f_globals),
            Borrowed::from_c_optional((*frame).f_locals).unwrap_or(Borrowed::none()),
        )
    };
    let function = lookup::optional_item(builtins, static_id!(_py___import__))?
        .ok_or_else(|| raise(exception::ImportError, c"__import__ not found"))?;
    // SAFETY: live objects; the result is a new reference or NULL with an exception.
    unsafe {
        if ffi::_PyImport_IsDefaultImportFunc(thread.interpreter(), function.as_ptr()) == 0 {
            let arguments = [name, globals, locals, from_list, level];
            return function.borrow().call(&arguments);
        }
        drop(function);
        let level = ffi::PyLong_AsInt(level.as_ptr());
        if level == -1 && thread.has_exception() {
            return Err(Raised::on_c_word());
        }
        Owned::from_c(ffi::PyImport_ImportModuleLevelObject(
            name.as_ptr(),
            globals.as_ptr(),
            locals.as_ptr(),
            from_list.as_ptr(),
            level,
        ))
    }
}

/// `from module import name`: an attribute or, while a circular import is under way, a submodule (ceval.c `import_from`).
///
/// # Errors
/// `ImportError` with a guess why, when there is neither; what reading the attribute raises.
pub fn from(module: Borrowed<'_>, name: Borrowed<'_>) -> Result<Owned, Raised> {
    if let Some(value) = lookup::optional(module, name)? {
        return Ok(value);
    }
    let module_name = lookup::optional(module, static_id!(_py___name__))?
        .filter(|module_name| module_name.borrow().is_str());
    if let Some(module_name) = &module_name
        && let Some(submodule) = submodule(module_name.borrow(), name)?
    {
        return Ok(submodule);
    }
    Err(cannot_import(module, name, module_name).unwrap_or_else(|raised| raised))
}

/// A submodule that has been imported, from `sys.modules`.
fn submodule(module_name: Borrowed<'_>, name: Borrowed<'_>) -> Lookup {
    // SAFETY: the format takes two strings; the second result is a new reference, or NULL perhaps with an exception.
    unsafe {
        let full_name =
            ffi::PyUnicode_FromFormat(c"%U.%U".as_ptr(), module_name.as_ptr(), name.as_ptr());
        let full_name = Owned::from_c(full_name)?;
        let found = Owned::from_c_optional(ffi::PyImport_GetModule(full_name.as_ptr()));
        if found.is_none() {
            Raised::pending()?;
        }
        Ok(found)
    }
}

/// Raises the `ImportError`, with a guess why there is no such name. Both results say that something was raised; the error
/// says that it is not what was asked for.
#[cold]
fn cannot_import(
    module: Borrowed<'_>,
    name: Borrowed<'_>,
    module_name: Option<Owned>,
) -> Result<Raised, Raised> {
    let known_name = match &module_name {
        Some(module_name) => module_name.clone(),
        None => str_from(c"<unknown module name>")?,
    };
    let mut origin = None;
    let message = match lookup::optional(module, static_id!(_py___spec__))? {
        None => message(
            c"cannot import name %R from %R (unknown location)",
            name,
            known_name.borrow(),
            None,
        )?,
        Some(spec) => {
            origin = file_origin(spec.borrow())?;
            let reason = Reason::find(module, known_name.borrow(), spec.borrow(), &mut origin)?;
            let origin = origin.as_ref().map(Owned::borrow);
            message(reason.format(), name, known_name.borrow(), origin)?
        }
    };
    // SAFETY: a message; the module's name and its origin, which may be NULL; a name. The result is always NULL.
    unsafe {
        ffi::_PyErr_SetImportErrorWithNameFrom(
            message.as_ptr(),
            module_name.as_ref().map_or(null_mut(), Owned::as_ptr),
            origin.as_ref().map_or(null_mut(), Owned::as_ptr),
            name.as_ptr(),
        );
    }
    Ok(Raised::on_c_word())
}

/// The message of the error: a name, a module and, where the format wants it, the place of that, and the module again.
fn message(
    format: &CStr,
    name: Borrowed<'_>,
    module_name: Borrowed<'_>,
    origin: Option<Borrowed<'_>>,
) -> Result<Owned, Raised> {
    let origin = origin.map_or(null_mut(), Borrowed::as_ptr);
    // SAFETY: the formats take up to four objects in this order; those that take the third are used where there is one.
    unsafe {
        Owned::from_c(ffi::PyUnicode_FromFormat(
            format.as_ptr(),
            name.as_ptr(),
            module_name.as_ptr(),
            origin,
            module_name.as_ptr(),
        ))
    }
}

/// Why a module has not the name that is imported from it.
#[derive(Clone, Copy)]
enum Reason {
    /// A file of the user's hides a module of the standard library.
    HidesStandardLibrary,
    /// A file of the user's may hide a library, and is being imported.
    HidesLibrary,
    /// The module is being imported, and imports itself by a detour. Whether its place is known.
    Circular(bool),
    /// It just has not. Whether its place is known.
    Absent(bool),
}

impl Reason {
    /// Guesses. Where the module's specification does not say where it comes from, its `__file__` may.
    fn find(
        module: Borrowed<'_>,
        module_name: Borrowed<'_>,
        spec: Borrowed<'_>,
        origin: &mut Option<Owned>,
    ) -> Result<Self, Raised> {
        let place = origin.as_ref().map_or(null_mut(), Owned::as_ptr);
        // SAFETY: a string or NULL.
        let hides = check_bool(unsafe { ffi::_PyModule_IsPossiblyShadowing(place) })?;
        let hides_standard_library = hides && is_in_standard_library(module_name)?;
        if origin.is_none() && module.downcast::<ffi::PyModuleObject>().is_some() {
            *origin = file_name(module)?;
        }
        if hides_standard_library {
            return Ok(Self::HidesStandardLibrary);
        }
        let is_known = origin.is_some();
        // SAFETY: a live object.
        let is_initializing =
            check_bool(unsafe { ffi::_PyModuleSpec_IsInitializing(spec.as_ptr()) })?;
        Ok(match (is_initializing, hides) {
            (true, true) => Self::HidesLibrary,
            (true, false) => Self::Circular(is_known),
            (false, _) => Self::Absent(is_known),
        })
    }

    /// The message's format for [`message`].
    const fn format(self) -> &'static CStr {
        match self {
            Self::HidesStandardLibrary => {
                c"cannot import name %R from %R (consider renaming %R since it has the same name as the standard library module named %R and prevents importing that standard library module)"
            }
            Self::HidesLibrary => {
                c"cannot import name %R from %R (consider renaming %R if it has the same name as a library you intended to import)"
            }
            Self::Circular(true) => {
                c"cannot import name %R from partially initialized module %R (most likely due to a circular import) (%S)"
            }
            Self::Circular(false) => {
                c"cannot import name %R from partially initialized module %R (most likely due to a circular import)"
            }
            Self::Absent(true) => c"cannot import name %R from %R (%S)",
            Self::Absent(false) => c"cannot import name %R from %R (unknown location)",
        }
    }
}

/// The file of a module by its specification, if it comes from one.
fn file_origin(spec: Borrowed<'_>) -> Lookup {
    let mut origin = null_mut();
    // SAFETY: a live object; the function sets the variable to NULL or a new reference.
    unsafe {
        check_status(ffi::_PyModuleSpec_GetFileOrigin(
            spec.as_ptr(),
            &raw mut origin,
        ))?;
        Ok(Owned::from_c_optional(origin))
    }
}

/// `__file__` of a module, if it is a string.
fn file_name(module: Borrowed<'_>) -> Lookup {
    // SAFETY: a module; the result is a new reference or NULL with an exception.
    match unsafe { Owned::from_c(ffi::PyModule_GetFilenameObject(module.as_ptr())) } {
        Ok(name) => Ok(Some(name)),
        Err(raised) if raised.matches(exception::SystemError) => {
            raised.clear();
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

/// Whether `sys.stdlib_module_names` has the name.
fn is_in_standard_library(module_name: Borrowed<'_>) -> Result<bool, Raised> {
    let mut names = null_mut();
    // SAFETY: a C string, and a variable that is set to NULL or a new reference; then live objects.
    unsafe {
        check_status(ffi::_PySys_GetOptionalAttrString(
            c"stdlib_module_names".as_ptr(),
            &raw mut names,
        ))?;
        match Owned::<ffi::PyObject>::from_c_optional(names) {
            Some(names) if is_any_set(names.borrow()) => {
                check_bool(ffi::PySet_Contains(names.as_ptr(), module_name.as_ptr()))
            }
            _ => Ok(false),
        }
    }
}

/// Whether it is a `set` or a `frozenset` (setobject.h `PyAnySet_Check`).
fn is_any_set(object: Borrowed<'_>) -> bool {
    let is_a = |class| {
        // SAFETY: called with static types.
        let class = unsafe { Borrowed::from_static(class) };
        object.type_of().is_subtype(class)
    };
    is_a(&raw mut ffi::PySet_Type) || is_a(&raw mut ffi::PyFrozenSet_Type)
}
