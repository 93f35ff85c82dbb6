//! A proxy as a whole: its names, values and items, its size, its text, and what it is as a dict. The lists are copies; what
//! makes a dict of a proxy may run any code.
use super::{Proxy, extra_locals, is_dict_or_proxy};
use crate::ffi;
use crate::module::IntoObject;
use crate::object::compare::{Comparison, compare};
use crate::object::singletons::not_implemented;
use crate::object::text::{enter_repr, leave_repr, repr as object_repr, str_from};
use crate::object::{Borrowed, Owned, Raised, check_status};
use core::ptr::null_mut;

/// Visits what is bound: the variables of the code, then the extra ones. No code of Python's may run meanwhile.
fn for_each(
    proxy: Proxy<'_>,
    mut visit: impl FnMut(Borrowed<'_>, Borrowed<'_>) -> Result<(), Raised>,
) -> Result<(), Raised> {
    let object = proxy.frame_object()?;
    for variable in object.frame().variables() {
        if let Some(value) = variable.value() {
            visit(variable.name(), value)?;
        }
    }
    if let Some(extra) = extra_locals(object) {
        let (mut position, mut key, mut value) = (0, null_mut(), null_mut());
        // SAFETY: a live dict, which does not change while its items are visited, and keeps them alive.
        unsafe {
            while ffi::PyDict_Next(
                extra.as_ptr(),
                &raw mut position,
                &raw mut key,
                &raw mut value,
            ) != 0
            {
                visit(
                    Borrowed::from_raw_unchecked(key),
                    Borrowed::from_raw_unchecked(value),
                )?;
            }
        }
    }
    Ok(())
}

/// A list with something of each item.
fn list(
    proxy: Proxy<'_>,
    of_item: impl Fn(Borrowed<'_>, Borrowed<'_>) -> Result<Owned, Raised>,
) -> Result<Owned, Raised> {
    // SAFETY: gives a new reference, or NULL with an exception.
    let list = unsafe { Owned::from_c(ffi::PyList_New(0))? };
    for_each(proxy, |name, value| {
        let item = of_item(name, value)?;
        // SAFETY: both are alive; the list takes a reference of its own.
        check_status(unsafe { ffi::PyList_Append(list.as_ptr(), item.as_ptr()) })
    })?;
    Ok(list)
}

/// `proxy.keys()` (frameobject.c `framelocalsproxy_keys`).
pub(super) fn keys(proxy: Proxy<'_>) -> Result<Owned, Raised> {
    list(proxy, |name, _| Ok(name.new_ref()))
}

/// `proxy.values()` (frameobject.c `framelocalsproxy_values`).
pub(super) fn values(proxy: Proxy<'_>) -> Result<Owned, Raised> {
    list(proxy, |_, value| Ok(value.new_ref()))
}

/// `proxy.items()` (frameobject.c `framelocalsproxy_items`).
pub(super) fn items(proxy: Proxy<'_>) -> Result<Owned, Raised> {
    list(proxy, |name, value| (name, value).into_object())
}

/// `len(proxy)` (frameobject.c `framelocalsproxy_length`).
pub(super) fn length(proxy: Proxy<'_>) -> Result<ffi::Py_ssize_t, Raised> {
    let mut length = 0;
    for_each(proxy, |_, _| {
        length += 1;
        Ok(())
    })?;
    Ok(length)
}

/// `iter(proxy)` (frameobject.c `framelocalsproxy_iter`).
pub(super) fn iter(proxy: Proxy<'_>) -> Result<Owned, Raised> {
    let keys = keys(proxy)?;
    // SAFETY: a live list; the result is a new reference, or NULL with an exception.
    unsafe { Owned::from_c(ffi::PyObject_GetIter(keys.as_ptr())) }
}

/// `reversed(proxy)`: a list, not an iterator (frameobject.c `framelocalsproxy_reversed`).
pub(super) fn reversed(proxy: Proxy<'_>) -> Result<Owned, Raised> {
    let keys = keys(proxy)?;
    // SAFETY: a live list.
    check_status(unsafe { ffi::PyList_Reverse(keys.as_ptr()) })?;
    Ok(keys)
}

/// A dict of what mappings have, where a later one wins.
fn dict_of(mappings: &[Borrowed<'_>]) -> Result<Owned, Raised> {
    // SAFETY: gives a new reference, or NULL with an exception.
    let dict = unsafe { Owned::from_c(ffi::PyDict_New())? };
    for mapping in mappings {
        // SAFETY: a live dict and a live object.
        check_status(unsafe { ffi::PyDict_Update(dict.as_ptr(), mapping.as_ptr()) })?;
    }
    Ok(dict)
}

/// `proxy.copy()`: a dict (frameobject.c `framelocalsproxy_copy`).
pub(super) fn copy(proxy: Proxy<'_>) -> Result<Owned, Raised> {
    dict_of(&[proxy.upcast()])
}

/// `left | right`: a dict. One of them is a proxy, and only the right one is known to be a mapping
/// (frameobject.c `framelocalsproxy_or`).
pub(super) fn or(left: Borrowed<'_>, right: Borrowed<'_>) -> Result<Owned, Raised> {
    if !is_dict_or_proxy(right) {
        return Ok(not_implemented().new_ref());
    }
    dict_of(&[left, right])
}

/// `proxy <comparison> other`: two proxies by their frames, a proxy and a dict as dicts
/// (frameobject.c `framelocalsproxy_richcompare`).
pub(super) fn rich_compare(
    proxy: Proxy<'_>,
    other: Borrowed<'_>,
    comparison: Comparison,
) -> Result<Owned, Raised> {
    if let Some(other) = other.downcast::<ffi::PyFrameLocalsProxyObject>() {
        let same = proxy.frame_object()?.is(other.frame_object()?);
        return Ok(match comparison {
            Comparison::Eq => Borrowed::from_bool(same),
            Comparison::Ne => Borrowed::from_bool(!same),
            _ => not_implemented(),
        }
        .new_ref());
    }
    if other.downcast::<ffi::PyDictObject>().is_some() {
        return compare(copy(proxy)?.borrow(), other, comparison);
    }
    Ok(not_implemented().new_ref())
}

/// `repr(proxy)`: that of the dict (frameobject.c `framelocalsproxy_repr`).
pub(super) fn repr(proxy: Proxy<'_>) -> Result<Owned, Raised> {
    if enter_repr(proxy.upcast())? {
        return str_from(c"{...}");
    }
    let text = copy(proxy).and_then(|dict| object_repr(Some(dict.borrow())));
    leave_repr(proxy.upcast());
    text
}
