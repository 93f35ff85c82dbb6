//! Global names and built-ins.
use crate::bytecode::Opcode;
use crate::bytecode::cache::LoadGlobal;
use crate::eval::errors;
use crate::eval::flow::Flow;
use crate::eval::machine::Machine;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, check_status, lookup};
use crate::specialize;
use core::ptr::null_mut;

/// `LOAD_GLOBAL(name)`: a global variable, or else a built-in. The operand's low bit asks for the NULL that calls want.
#[inline(always)]
pub(in crate::eval) fn load_global(m: &mut Machine) -> Flow {
    m.adapt::<LoadGlobal>(|m, site| {
        specialize::globals::load(site, m.globals(), m.builtins(), m.name(m.operand() >> 1))
    })?;
    let value = find_global(m.globals(), m.builtins(), m.name(m.operand() >> 1))?;
    push(m, value);
    Ok(())
}

/// Looks a name up among globals and built-ins.
///
/// # Errors
/// `NameError`, or what a namespace that is not a dict raises.
#[inline]
pub(in crate::eval) fn find_global(
    globals: Borrowed<'_>,
    builtins: Borrowed<'_>,
    name: Borrowed<'_>,
) -> Result<Owned, Raised> {
    let dict = &raw const ffi::PyDict_Type;
    if globals.is_exactly(dict) && builtins.is_exactly(dict) {
        // SAFETY: two dicts; NULL says not found, or an exception.
        let found = unsafe {
            Owned::from_c_optional(ffi::_PyDict_LoadGlobal(
                globals.as_ptr().cast(),
                builtins.as_ptr().cast(),
                name.as_ptr(),
            ))
        };
        return match found {
            Some(value) => Ok(value),
            None => {
                Raised::pending()?;
                Err(errors::undefined(name))
            }
        };
    }
    if let Some(value) = lookup::optional_item(globals, name)? {
        return Ok(value);
    }
    lookup::optional_item(builtins, name)?.ok_or_else(|| errors::undefined(name))
}

/// `LOAD_GLOBAL_MODULE`: a global variable, where the cache knows the place.
#[inline(always)]
pub(in crate::eval) fn load_global_module(m: &mut Machine) -> Flow {
    let cache = m.cache::<LoadGlobal>();
    let globals = m.globals().as_ptr();
    guard_keys(m, globals, cache.module_keys_version.get())?;
    // SAFETY: a dict with the keys that the specialiser saw, as just checked.
    let value = unsafe { value_at(globals, cache.index.get()) };
    finish(m, value)
}

/// `LOAD_GLOBAL_BUILTIN`: a built-in, where the cache knows the place and no global variable hides it.
#[inline(always)]
pub(in crate::eval) fn load_global_builtin(m: &mut Machine) -> Flow {
    let cache = m.cache::<LoadGlobal>();
    let globals = m.globals().as_ptr();
    guard_keys(m, globals, cache.module_keys_version.get())?;
    let builtins = m.builtins().as_ptr();
    guard_keys(m, builtins, cache.builtin_keys_version.get())?;
    // SAFETY: as above.
    let value = unsafe { value_at(builtins, cache.index.get()) };
    finish(m, value)
}

/// Goes on only if the namespace is a dict whose keys have the version.
#[inline(always)]
fn guard_keys(m: &mut Machine, namespace: *mut ffi::PyObject, version: u16) -> Flow {
    // SAFETY: the frame's namespaces are alive, and the second look follows the check that it is a dict.
    unsafe {
        let is_dict = ffi::Py_TYPE(namespace) == &raw mut ffi::PyDict_Type;
        m.guard(is_dict, Opcode::LOAD_GLOBAL)?;
        let keys = (*namespace.cast::<ffi::PyDictObject>()).ma_keys;
        m.guard(
            (*keys).dk_version == u32::from(version),
            Opcode::LOAD_GLOBAL,
        )
    }
}

/// The value of an entry.
///
/// # Safety
/// `dict` is a dict whose keys are strings, with as many entries.
#[inline(always)]
unsafe fn value_at(dict: *mut ffi::PyObject, index: u16) -> *mut ffi::PyObject {
    // SAFETY: as the caller promises.
    unsafe {
        let keys = (*dict.cast::<ffi::PyDictObject>()).ma_keys;
        (*ffi::DK_UNICODE_ENTRIES(keys).add(usize::from(index))).me_value
    }
}

#[inline(always)]
fn finish(m: &mut Machine, value: *mut ffi::PyObject) -> Flow {
    m.guard(!value.is_null(), Opcode::LOAD_GLOBAL)?;
    // SAFETY: the namespace keeps the value.
    let value = unsafe { Borrowed::from_raw_unchecked(value).new_ref() };
    push(m, value);
    Ok(())
}

#[inline(always)]
fn push(m: &mut Machine, value: Owned) {
    m.push(value);
    if m.operand() & 1 != 0 {
        m.push_optional(None);
    }
}

/// `STORE_GLOBAL(name)`: binds a global variable.
#[inline(always)]
pub(in crate::eval) fn store_global(m: &mut Machine) -> Flow {
    let value = m.pop();
    // SAFETY: live objects; it is an error if the globals are no dict.
    unsafe {
        check_status(ffi::PyDict_SetItem(
            m.globals().as_ptr(),
            m.name(m.operand()).as_ptr(),
            value.as_ptr(),
        ))
    }?;
    Ok(())
}

/// `DELETE_GLOBAL(name)`: unbinds a global variable.
#[inline(always)]
pub(in crate::eval) fn delete_global(m: &mut Machine) -> Flow {
    delete(m.globals(), m.name(m.operand()))?;
    Ok(())
}

/// Unbinds a global variable.
///
/// # Errors
/// `NameError` if it is not bound; `SystemError` if the globals are no dict.
pub(in crate::eval) fn delete(globals: Borrowed<'_>, name: Borrowed<'_>) -> Result<(), Raised> {
    // SAFETY: live objects; it is an error if the globals are no dict.
    match unsafe { ffi::PyDict_Pop(globals.as_ptr(), name.as_ptr(), null_mut()) } {
        0 => Err(errors::undefined(name)),
        1.. => Ok(()),
        _ => Err(Raised::on_c_word()),
    }
}
