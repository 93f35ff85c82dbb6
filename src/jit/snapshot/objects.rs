//! The objects that a snapshot mentions: where they are, and what the compiler knows of them.
use crate::ffi;
use crate::object::Borrowed;
use crate::profile::operand::class_of;
use crate::static_id;
use pyroxene_jit_api::{Builtin, Class, Known, Object, ObjectId};
use std::collections::HashMap;

/// The objects that a snapshot mentions.
#[derive(Default)]
pub(super) struct Objects {
    pub(super) list: Vec<Object>,
    numbers: HashMap<usize, ObjectId>,
}

impl Objects {
    /// An object that something else keeps alive for as long as the machine code relies on it: the code object, or a guard.
    pub(super) fn add(&mut self, object: Borrowed<'_>) -> ObjectId {
        let address = object.as_ptr().addr();
        *self.numbers.entry(address).or_insert_with(|| {
            let number = ObjectId(self.list.len() as u32);
            self.list.push(Object {
                address,
                // SAFETY: the object is alive.
                immortal: unsafe { ffi::_Py_IsImmortal(object.as_ptr()) },
                known: known(object),
            });
            number
        })
    }

    /// An object that is alive while a guard holds, which may be over already: it is not looked into.
    pub(super) fn add_guarded(&mut self, object: *mut ffi::PyObject) -> ObjectId {
        let address = object.addr();
        *self.numbers.entry(address).or_insert_with(|| {
            let number = ObjectId(self.list.len() as u32);
            self.list.push(Object {
                address,
                immortal: false,
                known: builtin(object).map_or(Known::Nothing, Known::Builtin),
            });
            number
        })
    }
}

/// What can be told of an object.
fn known(object: Borrowed<'_>) -> Known {
    match class_of(object) {
        Class::None => Known::None,
        Class::Bool => Known::Bool(object.is_at(&raw const ffi::_Py_TrueStruct)),
        Class::Int => {
            let mut overflow = 0;
            // SAFETY: it is an exact int, so that there is no other error.
            let value =
                unsafe { ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &raw mut overflow) };
            match overflow {
                0 => Known::Int(value),
                _ => Known::Instance(Class::Int),
            }
        }
        Class::Float => {
            // SAFETY: it is an exact float.
            let value = unsafe { (*object.as_ptr().cast::<ffi::PyFloatObject>()).ob_fval };
            Known::Float(value)
        }
        class => builtin(object.as_ptr()).map_or(Known::Instance(class), Known::Builtin),
    }
}

/// The built-in function that an object is, if the compiler knows its meaning. It need not be alive.
pub(super) fn builtin(object: *mut ffi::PyObject) -> Option<Builtin> {
    // SAFETY: the main interpreter is alive, and its cache of callables holds addresses.
    let cache = unsafe { (*ffi::_PyRuntime.interpreters.main).callable_cache };
    let known = [
        (cache.len, Builtin::Len),
        (cache.isinstance, Builtin::IsInstance),
        (cache.list_append, Builtin::ListAppend),
        (dict_get(), Builtin::DictGet),
    ];
    let known = known.into_iter().find(|&(address, _)| address == object);
    known.map(|(_, builtin)| builtin)
}

/// `dict.get` as the type has it, which never changes.
fn dict_get() -> *mut ffi::PyObject {
    // SAFETY: a static type, which is ready; what it has is only compared.
    unsafe { ffi::_PyType_Lookup(&raw mut ffi::PyDict_Type, static_id!(_py_get).as_ptr()) }
}
