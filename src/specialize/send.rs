//! `SEND`. Reads the receiver.
use crate::bytecode::Opcode;
use crate::bytecode::cache::Send;
use crate::generator::Generator;
use crate::object::Borrowed;
use crate::specialize::{Site, functions};

/// Specialises a step of `yield from` or `await` (specialize.c `_Py_Specialize_Send`).
pub fn send(site: Site<'_, Send>, receiver: Borrowed<'_>) {
    let has_frame = Generator::of_delegate(receiver).is_some();
    site.settle((has_frame && functions::run_here()).then_some(Opcode::SEND_GEN));
}
