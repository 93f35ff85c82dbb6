//! Attributes, and variables of modules.
use super::adapt::adapt;
use super::{kept, object, status, taken};
use crate::bytecode::cache::{LoadAttr, StoreAttr};
use crate::eval::instructions::attribute::entry_with_hint;
use crate::eval::instructions::global::find_global;
use crate::eval::instructions::store_attribute::store_in_dict;
use crate::eval::instructions::super_attribute::call_super;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, lookup};
use crate::specialize;
use crate::thread::ThreadState;
use core::ptr::null_mut;
use pyroxene_jit_api::Raw;

pub(super) unsafe extern "C" fn get_attribute(owner: Raw, name: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    let (owner, name) = unsafe { (taken(owner), kept(name)) };
    adapt_load(owner.borrow(), name);
    let value = lookup::get(owner.borrow(), name);
    drop(owner);
    object(value)
}

/// Has `LOAD_ATTR` specialised when it is time.
#[inline(always)]
fn adapt_load(owner: Borrowed<'_>, name: Borrowed<'_>) {
    adapt::<LoadAttr>(&[Some(owner)], |site| {
        specialize::attributes::load(site, owner, name)
    });
}

pub(super) unsafe extern "C" fn get_method(owner: Raw, name: Raw, place: *mut Raw) -> Raw {
    let mut found = null_mut();
    // SAFETY: as the folder says of what machine code gives. The place is one of the frame's stack.
    unsafe {
        let (owner, name) = (taken(owner), kept(name));
        adapt_load(owner.borrow(), name);
        if let Some(function) = class_method(owner.borrow(), name) {
            *place = owner.into_raw().cast();
            return function.into_raw().cast();
        }
        let is_method = ffi::_PyObject_GetMethod(owner.as_ptr(), name.as_ptr(), &raw mut found);
        if is_method != 0 && !found.is_null() {
            *place = owner.into_raw().cast();
        } else {
            drop(owner);
            *place = null_mut();
        }
    }
    found.cast()
}

/// A `classmethod` (funcobject.c).
#[repr(C)]
struct ClassMethod {
    base: ffi::PyObject,
    callable: *mut ffi::PyObject,
    dict: *mut ffi::PyObject,
}

/// The function of the class method that an attribute of a class is, which is called with the class before its arguments: so a
/// bound method need not be made. Runs no other code.
#[inline(always)]
fn class_method(owner: Borrowed<'_>, name: Borrowed<'_>) -> Option<Owned> {
    let metatype = &raw mut ffi::PyType_Type;
    if !owner.is_exactly(metatype) {
        return None;
    }
    // SAFETY: classes and a name; what is found is NULL, or borrowed from a class, which keeps it as long as nothing else runs.
    unsafe {
        if !ffi::_PyType_Lookup(metatype, name.as_ptr()).is_null() {
            return None;
        }
        let found = ffi::_PyType_Lookup(owner.as_ptr().cast(), name.as_ptr());
        let found = Borrowed::<ffi::PyObject>::from_c_optional(found)?;
        if !found.is_exactly(&raw const ffi::PyClassMethod_Type) {
            return None;
        }
        let callable = (*found.as_ptr().cast::<ClassMethod>()).callable;
        let callable = Borrowed::<ffi::PyObject>::from_c_optional(callable)?;
        let is_function = callable.is_exactly(&raw const ffi::PyFunction_Type);
        is_function.then(|| callable.new_ref())
    }
}

pub(super) unsafe extern "C" fn get_super_attribute(
    callable: Raw,
    class: Raw,
    receiver: Raw,
    name: Raw,
    arguments: u32,
) -> Raw {
    // SAFETY: as the folder says of what machine code gives.
    unsafe {
        let [callable, class, receiver] = [callable, class, receiver].map(|operand| taken(operand));
        let operands = [callable.borrow(), class.borrow(), receiver.borrow()];
        let value = super_attribute(operands, kept(name), arguments, null_mut());
        drop(callable);
        drop(class);
        drop(receiver);
        object(value)
    }
}

pub(super) unsafe extern "C" fn get_super_method(
    callable: Raw,
    class: Raw,
    receiver: Raw,
    name: Raw,
    arguments: u32,
    place: *mut Raw,
) -> Raw {
    // SAFETY: as the folder says of what machine code gives. The place is one of the frame's stack. Only types that look attributes up in the usual way can have
    // an unbound method.
    unsafe {
        let [callable, class, receiver] = [callable, class, receiver].map(|operand| taken(operand));
        let operands = [callable.borrow(), class.borrow(), receiver.borrow()];
        let type_of = receiver.borrow().type_of();
        let usual = crate::field!(type_of.tp_getattro).is_some_and(|getter| {
            getter as usize == ffi::PyObject_GenericGetAttr as *const () as usize
        });
        let mut is_method = 0;
        let flag = if usual {
            &raw mut is_method
        } else {
            null_mut()
        };
        let value = super_attribute(operands, kept(name), arguments, flag);
        drop(callable);
        drop(class);
        if is_method != 0 && value.is_ok() {
            *place = receiver.into_raw().cast();
        } else {
            drop(receiver);
            *place = null_mut();
        }
        object(value)
    }
}

/// What `super`, or what is in its place, called with the class and self, or with nothing, has by a name; if `is_method` is
/// not NULL, it may be a function that is not bound, and then is said to be one.
///
/// # Safety
/// `is_method` is NULL or a place for the answer, which is 0.
unsafe fn super_attribute(
    [callable, class, receiver]: [Borrowed<'_>; 3],
    name: Borrowed<'_>,
    arguments: u32,
    is_method: *mut i32,
) -> Result<Owned, Raised> {
    let is_class = class.type_of().has_feature(ffi::Py_TPFLAGS_TYPE_SUBCLASS);
    // SAFETY: a class, as just checked; the result is new, or NULL with an exception.
    unsafe {
        if callable.is_at(&raw const ffi::PySuper_Type) && is_class {
            return Owned::from_c(ffi::_PySuper_Lookup(
                class.as_ptr().cast(),
                receiver.as_ptr(),
                name.as_ptr(),
                is_method,
            ));
        }
        let mut operands = [class.as_ptr(), receiver.as_ptr()];
        let thread = ThreadState::current();
        let made = call_super(thread, callable, operands.as_mut_ptr(), arguments as usize)?;
        lookup::get(made.borrow(), name)
    }
}

pub(super) unsafe extern "C" fn set_attribute(value: Raw, owner: Raw, name: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    let (value, owner, name) = unsafe { (taken(value), taken(owner), kept(name)) };
    let operands = [Some(value.borrow()), Some(owner.borrow())];
    adapt::<StoreAttr>(&operands, |site| {
        specialize::attributes::store(site, owner.borrow(), name)
    });
    let stored = lookup::set(owner.borrow(), name, Some(value.borrow()));
    drop(value);
    drop(owner);
    status(stored)
}

pub(super) unsafe extern "C" fn set_attribute_by_hint(
    value: Raw,
    owner: Raw,
    name: Raw,
    hint: u32,
) -> i32 {
    // SAFETY: as the folder says of what machine code gives; the owner's type manages the dictionaries of its instances.
    unsafe {
        let dict = ffi::_PyObject_GetManagedDict(owner.cast());
        if !dict.is_null() && ffi::Py_TYPE(dict.cast()) == &raw mut ffi::PyDict_Type {
            let place = entry_with_hint(dict, hint as u16, name.cast());
            if !place.is_null() && !(*place).is_null() {
                let (value, owner) = (taken(value), taken(owner));
                let interpreter = ThreadState::current().interpreter();
                store_in_dict(interpreter, dict, name.cast(), place, value);
                drop(owner);
                return 0;
            }
        }
        set_attribute(value, owner, name)
    }
}

pub(super) unsafe extern "C" fn delete_attribute(owner: Raw, name: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives.
    let (owner, name) = unsafe { (taken(owner), kept(name)) };
    let deleted = lookup::set(owner.borrow(), name, None);
    drop(owner);
    status(deleted)
}

pub(super) unsafe extern "C" fn get_global(globals: Raw, builtins: Raw, name: Raw) -> Raw {
    // SAFETY: as the folder says of what machine code gives; the frame keeps both.
    object(unsafe { find_global(kept(globals), kept(builtins), kept(name)) })
}

pub(super) unsafe extern "C" fn set_global(globals: Raw, value: Raw, name: Raw) -> i32 {
    // SAFETY: as the folder says of what machine code gives; the frame keeps the globals.
    unsafe {
        let value = taken(value);
        let stored = ffi::PyDict_SetItem(globals.cast(), name.cast(), value.as_ptr());
        drop(value);
        stored
    }
}
