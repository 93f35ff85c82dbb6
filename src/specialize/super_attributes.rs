//! `LOAD_SUPER_ATTR`. Reads what `super` means here, and the class.
use crate::bytecode::Opcode;
use crate::bytecode::cache::LoadSuperAttr;
use crate::ffi::{self, PyTypeObject};
use crate::object::Borrowed;
use crate::specialize::Site;

/// Specialises `super(class, …).name`, with what the name `super` stands for, and whether the attribute is a method that is
/// about to be called (specialize.c `_Py_Specialize_LoadSuperAttr`).
pub fn load(
    site: Site<'_, LoadSuperAttr>,
    global_super: Borrowed<'_>,
    class: Borrowed<'_>,
    load_method: bool,
) {
    let is_usual = global_super.is_at(&raw const ffi::PySuper_Type)
        && class.downcast::<PyTypeObject>().is_some();
    site.settle(is_usual.then_some(if load_method {
        Opcode::LOAD_SUPER_ATTR_METHOD
    } else {
        Opcode::LOAD_SUPER_ATTR_ATTR
    }));
}
