//! `BINARY_SUBSCR` and `STORE_SUBSCR`. Reads the container and its class; writes the class's `_spec_cache`.
use crate::bytecode::Opcode;
use crate::bytecode::cache::{BinarySubscr, StoreSubscr};
use crate::ffi::{self, PyDictObject, PyListObject, PyLongObject};
use crate::object::Borrowed;
use crate::specialize::Site;
use crate::specialize::descriptors::find;
use crate::specialize::functions::{self, Parameters};
use crate::{field, static_id};

/// Specialises `container[key]` (specialize.c `_Py_Specialize_BinarySubscr`).
pub fn load(site: Site<'_, BinarySubscr>, container: Borrowed<'_>, key: Borrowed<'_>) {
    site.settle(choose_load(container, key));
}

/// Specialises `container[key] = …` (specialize.c `_Py_Specialize_StoreSubscr`).
pub fn store(site: Site<'_, StoreSubscr>, container: Borrowed<'_>, key: Borrowed<'_>) {
    site.settle(choose_store(container, key));
}

fn choose_load(container: Borrowed<'_>, key: Borrowed<'_>) -> Option<Opcode> {
    let by_index = [
        (&raw const ffi::PyList_Type, Opcode::BINARY_SUBSCR_LIST_INT),
        (
            &raw const ffi::PyTuple_Type,
            Opcode::BINARY_SUBSCR_TUPLE_INT,
        ),
        (
            &raw const ffi::PyUnicode_Type,
            Opcode::BINARY_SUBSCR_STR_INT,
        ),
    ];
    for (class, opcode) in by_index {
        if container.is_exactly(class) {
            return index(key).map(|_| opcode);
        }
    }
    if container.downcast_exact::<PyDictObject>().is_some() {
        return Some(Opcode::BINARY_SUBSCR_DICT);
    }
    choose_getitem(container)
}

/// An index that is not negative and has one digit.
fn index(key: Borrowed<'_>) -> Option<usize> {
    let number = key.downcast_exact::<PyLongObject>()?;
    // SAFETY: a live int.
    unsafe { ffi::_PyLong_IsNonNegativeCompact(number.as_ptr()) }
        .then(|| field!(number.long_value.ob_digit)[0] as usize)
}

/// A `__getitem__` in Python, which will be entered without a call.
fn choose_getitem(container: Borrowed<'_>) -> Option<Opcode> {
    let class = container.type_of();
    let function = find(class, static_id!(_py___getitem__))?.downcast()?;
    let class = class.as_heap_type()?;
    if Parameters::of(function) != Parameters::Simple(2) {
        return None;
    }
    let version = functions::version(function)?;
    if !functions::run_here() {
        return None;
    }
    // SAFETY: a live class; its cache borrows the function, and `PyType_Modified` empties it before the class lets go.
    unsafe {
        let cache = &raw mut (*class.as_ptr())._spec_cache;
        (*cache).getitem = function.as_ptr().cast();
        (*cache).getitem_version = version;
    }
    Some(Opcode::BINARY_SUBSCR_GETITEM)
}

fn choose_store(container: Borrowed<'_>, key: Borrowed<'_>) -> Option<Opcode> {
    if let Some(list) = container.downcast_exact::<PyListObject>() {
        let in_list = index(key)? < field!(list.ob_base.ob_size).cast_unsigned();
        return in_list.then_some(Opcode::STORE_SUBSCR_LIST_INT);
    }
    container
        .downcast_exact::<PyDictObject>()
        .map(|_| Opcode::STORE_SUBSCR_DICT)
}
