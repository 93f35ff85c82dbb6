//! Looking a name up through a proxy: `proxy[name]`, `name in proxy`, `get()`. May run any code that keys bring along.
use super::{Proxy, extra_locals};
use crate::ffi;
use crate::frame::object::FrameObject;
use crate::object::compare::{Comparison, compare_bool, hash};
use crate::object::{Borrowed, Owned, Raised, check_bool, exception, raise};
use crate::raise_format;

/// What a variable is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To read it: it must be bound.
    Read,
    /// To bind it: it must not be one of an inlined comprehension.
    Write,
}

/// Whether the variable at an index may be used so.
fn is_usable(object: FrameObject<'_>, index: usize, purpose: Purpose) -> bool {
    let variable = object.frame().variable(index);
    match purpose {
        Purpose::Read => variable.value().is_some(),
        Purpose::Write => !variable.kind().is_hidden(),
    }
}

/// The index of the variable with this name that may be used so, if there is one (frameobject.c
/// `framelocalsproxy_getkeyindex`). Several may have one name: those of inlined comprehensions.
///
/// # Errors
/// What hashing the key, or comparing it with a name, raises.
pub(super) fn index_of(
    object: FrameObject<'_>,
    key: Borrowed<'_>,
    purpose: Purpose,
) -> Result<Option<usize>, Raised> {
    let key_hash = hash(key)?;
    let names = object.frame().code().variable_names();
    // Nearly always the key is interned, as the names are.
    let mut found = false;
    for (index, name) in names.iter().enumerate() {
        if name.is(key) {
            if is_usable(object, index, purpose) {
                return Ok(Some(index));
            }
            found = true;
        }
    }
    if found {
        return Ok(None);
    }
    for (index, &name) in names.iter().enumerate() {
        if hash(name)? == key_hash
            && compare_bool(name, key, Comparison::Eq)?
            && is_usable(object, index, purpose)
        {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// What a name is bound to, if it is.
///
/// # Errors
/// As [`index_of`]; what looking in the dict raises is reported and passed over, as `PyDict_GetItem` does.
fn find(proxy: Proxy<'_>, key: Borrowed<'_>) -> Result<Option<Owned>, Raised> {
    let object = proxy.frame_object()?;
    if let Some(index) = index_of(object, key, Purpose::Read)? {
        return Ok(object
            .frame()
            .variable(index)
            .value()
            .map(Borrowed::new_ref));
    }
    Ok(extra_locals(object).and_then(|extra| {
        // SAFETY: a live dict, which we hold; what is found in it lives until we have a reference.
        unsafe {
            let value = ffi::PyDict_GetItem(extra.as_ptr(), key.as_ptr());
            Borrowed::from_c_optional(value).map(Borrowed::new_ref)
        }
    }))
}

/// `proxy[key]` (frameobject.c `framelocalsproxy_getitem`).
///
/// # Errors
/// As [`index_of`]; `KeyError`.
pub(super) fn get_item(proxy: Proxy<'_>, key: Borrowed<'_>) -> Result<Owned, Raised> {
    // SAFETY: the format takes an object.
    find(proxy, key)?.ok_or_else(|| unsafe {
        raise_format!(
            exception::KeyError,
            c"local variable '%R' is not defined",
            key.as_ptr(),
        )
    })
}

/// `key in proxy` (frameobject.c `framelocalsproxy_contains`).
///
/// # Errors
/// As [`index_of`]; what looking in the dict raises.
pub(super) fn contains(proxy: Proxy<'_>, key: Borrowed<'_>) -> Result<bool, Raised> {
    let object = proxy.frame_object()?;
    if index_of(object, key, Purpose::Read)?.is_some() {
        return Ok(true);
    }
    match extra_locals(object) {
        // SAFETY: a live dict, which we hold.
        Some(extra) => check_bool(unsafe { ffi::PyDict_Contains(extra.as_ptr(), key.as_ptr()) }),
        None => Ok(false),
    }
}

/// `proxy.__contains__(key)`
///
/// # Errors
/// As [`contains`].
pub(super) fn contains_method(proxy: Proxy<'_>, key: Borrowed<'_>) -> Result<Owned, Raised> {
    contains(proxy, key).map(|found| Borrowed::from_bool(found).new_ref())
}

/// The arguments of `get` and `setdefault`: a key, and a value for when it is not there, `None` if none is given.
pub(super) fn key_and_default<'a>(
    arguments: &[Borrowed<'a>],
    message: &core::ffi::CStr,
) -> Result<(Borrowed<'a>, Borrowed<'a>), Raised> {
    match *arguments {
        [key] => Ok((key, Borrowed::none())),
        [key, default] => Ok((key, default)),
        _ => Err(raise(exception::TypeError, message)),
    }
}

/// What a lookup gave, or nothing for a `KeyError`, wherever that came from.
pub(super) fn unless_missing(found: Result<Owned, Raised>) -> Result<Option<Owned>, Raised> {
    match found {
        Ok(value) => Ok(Some(value)),
        Err(raised) if raised.matches(exception::KeyError) => {
            raised.clear();
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

/// `proxy.get(key, default=None)` (frameobject.c `framelocalsproxy_get`).
///
/// # Errors
/// As [`get_item`], but for `KeyError`; `TypeError` for a wrong number of arguments.
pub(super) fn get(proxy: Proxy<'_>, arguments: &[Borrowed<'_>]) -> Result<Owned, Raised> {
    let (key, default) = key_and_default(arguments, c"get expected 1 or 2 arguments")?;
    let found = unless_missing(get_item(proxy, key))?;
    Ok(found.unwrap_or_else(|| default.new_ref()))
}
