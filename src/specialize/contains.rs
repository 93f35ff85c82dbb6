//! `CONTAINS_OP`. Reads the container.
use crate::bytecode::Opcode;
use crate::bytecode::cache::ContainsOp;
use crate::ffi;
use crate::object::Borrowed;
use crate::specialize::Site;

/// Specialises `… in container` (specialize.c `_Py_Specialize_ContainsOp`).
pub fn contains(site: Site<'_, ContainsOp>, container: Borrowed<'_>) {
    site.settle(choose(container));
}

fn choose(container: Borrowed<'_>) -> Option<Opcode> {
    if container.is_exactly(&raw const ffi::PyDict_Type) {
        Some(Opcode::CONTAINS_OP_DICT)
    } else if container.is_exactly(&raw const ffi::PySet_Type)
        || container.is_exactly(&raw const ffi::PyFrozenSet_Type)
    {
        Some(Opcode::CONTAINS_OP_SET)
    } else {
        None
    }
}
