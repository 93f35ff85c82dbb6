//! Binding names through a proxy: `proxy[name] = value`, `update()`, `setdefault()`, `pop()`. Runs destructors, and any
//! code that keys and other mappings bring along.
use super::key::{Purpose, get_item, index_of, key_and_default, unless_missing};
use super::{Proxy, extra_locals, is_dict_or_proxy};
use crate::ffi;
use crate::object::singletons::not_implemented;
use crate::object::{Borrowed, Lookup, Owned, Raised, check_bool, check_status, exception, raise};
use core::ffi::CStr;
use core::ptr::null_mut;

/// A variable of the code cannot be unbound.
const CANNOT_REMOVE: &CStr = c"cannot remove local variables from FrameLocalsProxy";

/// Raises `KeyError` for a key (errors.c `_PyErr_SetKeyError`).
#[cold]
fn key_error(key: Borrowed<'_>) -> Raised {
    // SAFETY: the key is alive.
    unsafe { ffi::_PyErr_SetKeyError(key.as_ptr()) };
    Raised::on_c_word()
}

/// `proxy[key] = value`, or `del proxy[key]` (frameobject.c `framelocalsproxy_setitem`).
///
/// # Errors
/// What the key raises; `ValueError` for deleting a variable of the code; `KeyError`.
pub(super) fn set_item(
    proxy: Proxy<'_>,
    key: Borrowed<'_>,
    value: Option<Borrowed<'_>>,
) -> Result<(), Raised> {
    let object = proxy.frame_object()?;
    if let Some(index) = index_of(object, key, Purpose::Write)? {
        let value = value.ok_or_else(|| raise(exception::ValueError, CANNOT_REMOVE))?;
        // Before: the destructor of the old value may have the frame go on, in another thread.
        crate::jit::locals_written(object.frame());
        object.frame().variable(index).bind(value);
        return Ok(());
    }
    let extra = match (extra_locals(object), value) {
        (Some(extra), _) => extra,
        (None, None) => return Err(key_error(key)),
        (None, Some(_)) => {
            // SAFETY: gives a new reference, or NULL with an exception; the member is NULL, and takes a reference.
            unsafe {
                let extra = Owned::from_c(ffi::PyDict_New())?;
                (*object.as_ptr()).f_extra_locals = extra.clone().into_raw();
                extra
            }
        }
    };
    // SAFETY: a live dict, which we hold, a key and a value.
    check_status(unsafe {
        match value {
            Some(value) => ffi::PyDict_SetItem(extra.as_ptr(), key.as_ptr(), value.as_ptr()),
            None => ffi::PyDict_DelItem(extra.as_ptr(), key.as_ptr()),
        }
    })
}

/// Binds all that a dict or another proxy has (frameobject.c `framelocalsproxy_merge`).
///
/// # Errors
/// As [`set_item`]; what the other mapping raises.
fn merge(proxy: Proxy<'_>, other: Borrowed<'_>) -> Result<(), Raised> {
    // SAFETY: each call is given live objects, and gives a new reference, or NULL with an exception; NULL from the
    // iterator is its end unless one is set.
    unsafe {
        let keys = Owned::from_c(ffi::PyMapping_Keys(other.as_ptr()))?;
        let iterator = Owned::from_c(ffi::PyObject_GetIter(keys.as_ptr()))?;
        drop(keys);
        while let Some(key) = Owned::from_c_optional(ffi::PyIter_Next(iterator.as_ptr())) {
            let value = Owned::from_c(ffi::PyObject_GetItem(other.as_ptr(), key.as_ptr()))?;
            set_item(proxy, key.borrow(), Some(value.borrow()))?;
            drop((key, value));
        }
    }
    Raised::pending()
}

/// `proxy.update(other)` (frameobject.c `framelocalsproxy_update`).
///
/// # Errors
/// `TypeError`, whatever went wrong.
pub(super) fn update(proxy: Proxy<'_>, other: Borrowed<'_>) -> Result<Owned, Raised> {
    if !is_dict_or_proxy(other) || merge(proxy, other).is_err() {
        return Err(raise(
            exception::TypeError,
            c"update() argument must be dict or another FrameLocalsProxy",
        ));
    }
    Ok(Borrowed::none().new_ref())
}

/// `proxy |= other` (frameobject.c `framelocalsproxy_inplace_or`). A failure leaves its exception set behind a
/// `NotImplemented`, as upstream's does.
pub(super) fn inplace_or(proxy: Proxy<'_>, other: Borrowed<'_>) -> Result<Owned, Raised> {
    if !is_dict_or_proxy(other) || merge(proxy, other).is_err() {
        return Ok(not_implemented().new_ref());
    }
    Ok(proxy.upcast().new_ref())
}

/// `proxy.setdefault(key, default=None)` (frameobject.c `framelocalsproxy_setdefault`).
///
/// # Errors
/// What the key raises; `TypeError` for a wrong number of arguments.
pub(super) fn setdefault(proxy: Proxy<'_>, arguments: &[Borrowed<'_>]) -> Result<Owned, Raised> {
    let (key, default) = key_and_default(arguments, c"setdefault expected 1 or 2 arguments")?;
    if let Some(value) = unless_missing(get_item(proxy, key))? {
        return Ok(value);
    }
    set_item(proxy, key, Some(default))?;
    Ok(default.new_ref())
}

/// `proxy.pop(key[, default])` (frameobject.c `framelocalsproxy_pop`).
///
/// # Errors
/// What the key raises; `ValueError` for a variable of the code; `KeyError` without a default; `TypeError` for a wrong
/// number of arguments.
pub(super) fn pop(proxy: Proxy<'_>, arguments: &[Borrowed<'_>]) -> Result<Owned, Raised> {
    let count = arguments.len().cast_signed();
    // SAFETY: a C string and numbers.
    if unsafe { ffi::_PyArg_CheckPositional(c"pop".as_ptr(), count, 1, 2) } == 0 {
        return Err(Raised::on_c_word());
    }
    let (key, default) = (arguments[0], arguments.get(1).copied());
    let object = proxy.frame_object()?;
    if index_of(object, key, Purpose::Write)?.is_some() {
        return Err(raise(exception::ValueError, CANNOT_REMOVE));
    }
    let popped = match extra_locals(object) {
        Some(extra) => take(extra.borrow(), key)?,
        None => None,
    };
    popped
        .or_else(|| default.map(Borrowed::new_ref))
        .ok_or_else(|| key_error(key))
}

/// Takes an item out of a dict, if it is there (dictobject.c `PyDict_Pop`).
fn take(dict: Borrowed<'_>, key: Borrowed<'_>) -> Lookup {
    let mut found = null_mut();
    // SAFETY: live objects; the function sets `found` to NULL or a new reference.
    unsafe {
        check_bool(ffi::PyDict_Pop(dict.as_ptr(), key.as_ptr(), &raw mut found))?;
        Ok(Owned::from_c_optional(found))
    }
}
