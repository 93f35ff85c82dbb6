//! Names in class bodies and modules, where the namespace may be any mapping.
use super::global::find_global;
use crate::eval::errors;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, check_status, exception, lookup, raise};
use crate::raise_format;

/// `LOAD_LOCALS`: pushes the namespace.
#[inline(always)]
pub(in crate::eval) fn load_locals(m: &mut Machine) -> Flow {
    let namespace = namespace(m.namespace())?.new_ref();
    m.push(namespace);
    Ok(())
}

/// `LOAD_NAME(name)`: from the namespace, the globals or the built-ins.
#[inline(always)]
pub(in crate::eval) fn load_name(m: &mut Machine) -> Flow {
    let value = find(
        namespace(m.namespace())?,
        m.globals(),
        m.builtins(),
        m.name(m.operand()),
    )?;
    m.push(value);
    Ok(())
}

/// What a namespace has under a name, or else the globals or the built-ins.
///
/// # Errors
/// What the lookups raise; `NameError`.
pub(in crate::eval) fn find(
    namespace: Borrowed<'_>,
    globals: Borrowed<'_>,
    builtins: Borrowed<'_>,
    name: Borrowed<'_>,
) -> Result<Owned, Raised> {
    if let Some(value) = lookup::optional_item(namespace, name)? {
        return Ok(value);
    }
    if let Some(value) = lookup::dict_item(globals, name)? {
        return Ok(value);
    }
    lookup::optional_item(builtins, name)?.ok_or_else(|| errors::undefined(name))
}

/// `LOAD_FROM_DICT_OR_GLOBALS(name)`: takes a namespace, and pushes what it has under the name, or else the global
/// variable or built-in.
#[inline(always)]
pub(in crate::eval) fn load_from_dict_or_globals(m: &mut Machine) -> Flow {
    let name = m.name(m.operand());
    let value = find_or_global(m.peek(1), m.globals(), m.builtins(), name)?;
    drop(m.replace(1, value));
    Ok(())
}

/// What a namespace has under a name, or else the global variable or the built-in.
///
/// # Errors
/// What the lookups raise; `NameError`.
pub(in crate::eval) fn find_or_global(
    namespace: Borrowed<'_>,
    globals: Borrowed<'_>,
    builtins: Borrowed<'_>,
    name: Borrowed<'_>,
) -> Result<Owned, Raised> {
    match lookup::optional_item(namespace, name)? {
        Some(value) => Ok(value),
        None => find_global(globals, builtins, name),
    }
}

/// `STORE_NAME(name)`: binds in the namespace.
#[inline(always)]
pub(in crate::eval) fn store_name(m: &mut Machine) -> Flow {
    let value = m.pop();
    bind(m.namespace(), m.name(m.operand()), value.borrow())?;
    Ok(())
}

/// Binds a name in a namespace.
///
/// # Errors
/// What the namespace raises; `SystemError` if there is none.
#[inline(always)]
pub(in crate::eval) fn bind(
    namespace: Option<Borrowed<'_>>,
    name: Borrowed<'_>,
    value: Borrowed<'_>,
) -> Result<(), Raised> {
    match namespace {
        Some(namespace) => set_item(namespace, name, value),
        None => Err(no_locals_for(c"no locals found when storing %R", name)),
    }
}

/// `DELETE_NAME(name)`: unbinds in the namespace.
#[inline(always)]
pub(in crate::eval) fn delete_name(m: &mut Machine) -> Flow {
    unbind(m.namespace(), m.name(m.operand()))?;
    Ok(())
}

/// Unbinds a name in a namespace.
///
/// # Errors
/// `NameError`; `SystemError` if there is no namespace.
pub(in crate::eval) fn unbind(
    namespace: Option<Borrowed<'_>>,
    name: Borrowed<'_>,
) -> Result<(), Raised> {
    let Some(namespace) = namespace else {
        return Err(no_locals_for(c"no locals when deleting %R", name));
    };
    // SAFETY: live objects.
    if unsafe { ffi::PyObject_DelItem(namespace.as_ptr(), name.as_ptr()) } != 0 {
        // Whatever was raised: the name is not there.
        return Err(errors::undefined(name));
    }
    Ok(())
}

/// `SETUP_ANNOTATIONS`: a dict under `__annotations__`, if there is nothing yet.
#[inline(always)]
pub(in crate::eval) fn setup_annotations(m: &mut Machine) -> Flow {
    set_up_annotations(m.namespace())?;
    Ok(())
}

/// Puts a dict under `__annotations__` into a namespace, if there is nothing yet.
///
/// # Errors
/// What the namespace raises; `SystemError` if there is none.
pub(in crate::eval) fn set_up_annotations(namespace: Option<Borrowed<'_>>) -> Result<(), Raised> {
    let Some(namespace) = namespace else {
        let why = c"no locals found when setting up annotations";
        return Err(raise(exception::SystemError, why));
    };
    let name = crate::static_id!(_py___annotations__);
    if lookup::optional_item(namespace, name)?.is_some() {
        return Ok(());
    }
    // SAFETY: the result is new, or NULL with an exception.
    let dict = unsafe { Owned::from_c(ffi::PyDict_New()) }?;
    // SAFETY: live objects.
    unsafe {
        check_status(ffi::PyObject_SetItem(
            namespace.as_ptr(),
            name.as_ptr(),
            dict.as_ptr(),
        ))
    }
}

/// The namespace of a frame, if it has one.
///
/// # Errors
/// `SystemError` if not.
#[inline(always)]
pub(in crate::eval) fn namespace(namespace: Option<Borrowed<'_>>) -> Result<Borrowed<'_>, Raised> {
    namespace.ok_or_else(|| raise(exception::SystemError, c"no locals found"))
}

fn set_item(
    namespace: Borrowed<'_>,
    name: Borrowed<'_>,
    value: Borrowed<'_>,
) -> Result<(), Raised> {
    let set = if namespace.is_exactly(&raw const ffi::PyDict_Type) {
        ffi::PyDict_SetItem
    } else {
        ffi::PyObject_SetItem
    };
    // SAFETY: live objects.
    unsafe { check_status(set(namespace.as_ptr(), name.as_ptr(), value.as_ptr())) }
}

#[cold]
#[inline(never)]
fn no_locals_for(message: &'static core::ffi::CStr, name: Borrowed<'_>) -> Raised {
    // SAFETY: the formats take one object.
    unsafe { raise_format!(exception::SystemError, message, name.as_ptr()) }
}

/// `LOAD_BUILD_CLASS`: pushes what makes classes, `builtins.__build_class__`.
#[inline(always)]
pub(in crate::eval) fn load_build_class(m: &mut Machine) -> Flow {
    let builder = class_builder(m.builtins())?;
    m.push(builder);
    Ok(())
}

/// What makes classes, of the built-ins.
///
/// # Errors
/// `NameError` if it is not there, and what the lookup raises.
pub(in crate::eval) fn class_builder(builtins: Borrowed<'_>) -> Result<Owned, Raised> {
    lookup::optional_item(builtins, crate::static_id!(_py___build_class__))?
        .ok_or_else(|| raise(exception::NameError, c"__build_class__ not found"))
}
