//! `UNPACK_SEQUENCE`. Reads the sequence.
use crate::bytecode::Opcode;
use crate::bytecode::cache::UnpackSequence;
use crate::ffi::{Py_ssize_t, PyListObject, PyTupleObject};
use crate::field;
use crate::object::Borrowed;
use crate::specialize::Site;

/// Specialises the assignment of a sequence's items to so many targets (specialize.c `_Py_Specialize_UnpackSequence`).
pub fn unpack(site: Site<'_, UnpackSequence>, sequence: Borrowed<'_>, targets: Py_ssize_t) {
    site.settle(choose(sequence, targets));
}

fn choose(sequence: Borrowed<'_>, targets: Py_ssize_t) -> Option<Opcode> {
    if let Some(tuple) = sequence.downcast_exact::<PyTupleObject>() {
        match field!(tuple.ob_base.ob_size) {
            size if size != targets => None,
            2 => Some(Opcode::UNPACK_SEQUENCE_TWO_TUPLE),
            _ => Some(Opcode::UNPACK_SEQUENCE_TUPLE),
        }
    } else {
        let list = sequence.downcast_exact::<PyListObject>()?;
        (field!(list.ob_base.ob_size) == targets).then_some(Opcode::UNPACK_SEQUENCE_LIST)
    }
}
