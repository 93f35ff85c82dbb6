//! `TO_BOOL`. Reads the value and its class; writes the instruction's cache, and gives the class a version.
use crate::bytecode::Opcode;
use crate::bytecode::cache::ToBool;
use crate::ffi::{self, PyTypeObject};
use crate::field;
use crate::object::Borrowed;
use crate::specialize::{Site, descriptors};

/// Specialises the question whether a value is true (specialize.c `_Py_Specialize_ToBool`).
pub fn to_bool(site: Site<'_, ToBool>, value: Borrowed<'_>) {
    site.settle(choose(site, value));
}

fn choose(site: Site<'_, ToBool>, value: Borrowed<'_>) -> Option<Opcode> {
    let by_class = [
        (&raw const ffi::PyBool_Type, Opcode::TO_BOOL_BOOL),
        (&raw const ffi::PyLong_Type, Opcode::TO_BOOL_INT),
        (&raw const ffi::PyList_Type, Opcode::TO_BOOL_LIST),
        (&raw const ffi::_PyNone_Type, Opcode::TO_BOOL_NONE),
        (&raw const ffi::PyUnicode_Type, Opcode::TO_BOOL_STR),
    ];
    let class = value.type_of();
    if let Some((_, opcode)) = by_class.iter().find(|(address, _)| class.is_at(*address)) {
        return Some(*opcode);
    }
    if !class.has_feature(ffi::Py_TPFLAGS_HEAPTYPE) || can_be_false(class) {
        return None;
    }
    // SAFETY: a live class.
    if unsafe { ffi::PyUnstable_Type_AssignVersionTag(class.as_ptr()) } == 0 {
        return None;
    }
    site.cache().version.set(descriptors::version(class)?);
    Some(Opcode::TO_BOOL_ALWAYS_TRUE)
}

/// Whether a class has a say in the truth of its instances: by `__bool__`, or by their length.
fn can_be_false(class: Borrowed<'_, PyTypeObject>) -> bool {
    // SAFETY: the tables of a class are NULL or live as long as the class.
    unsafe {
        let number = field!(class.tp_as_number);
        let mapping = field!(class.tp_as_mapping);
        let sequence = field!(class.tp_as_sequence);
        (!number.is_null() && (*number).nb_bool.is_some())
            || (!mapping.is_null() && (*mapping).mp_length.is_some())
            || (!sequence.is_null() && (*sequence).sq_length.is_some())
    }
}
